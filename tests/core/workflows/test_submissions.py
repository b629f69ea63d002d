"""Submissions in a workspace: scored once, shown by the Ladder, counted exactly, kept through kill -9."""

import io
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import CorruptArtefact, InvalidInput, NotFound
from core.leaderboard.figures import figures_of
from core.leaderboard.predictions import Predictions
from core.leaderboard.quotas import HOUSE_QUOTA, HOUSE_TEAM, TEAM_QUOTA
from core.leaderboard.refusals import RefusalKind, SubmissionRefused
from core.leaderboard.solution import Solution, solution_bytes
from core.models.protocol import Track
from core.store import board_log as board_log_module
from core.store.backup import back_up
from core.store.board_log import board_log
from core.store.workspace import open_workspace
from core.workflows import submissions as workflow
from core.workflows.splits import SPLIT, solution_name
from core.workflows.submission_records import submissions_of
from core.workflows.submissions import SubmissionRequest, SubmissionSource, remaining_quota, submit

LABELS = ("pos", "neg", "avg")
N = 600
VERSION = "version-one"


def make_version(workspace, version=VERSION, n=N, seed=0):
    """A board version of n test rows, by its parts: enough to be scored against."""
    rng = np.random.default_rng(seed)
    truth = Solution(
        tuple(f"row-{number:05d}" for number in rng.permutation(n)),
        LABELS,
        rng.integers(0, 3, n).astype(np.int8),
        rng.random(n) < 0.5,
    )
    training, held = pa.table({"row_id": ["train-1", "train-2"], "label": ["pos", "neg"]}), io.BytesIO()
    pq.write_table(training, held)
    workspace.hidden.write(solution_name(version), solution_bytes(truth))
    workspace.artefacts.save(SPLIT, version, "A split", {"train.parquet": held.getvalue()})
    workspace.versions.open(version, "dataset", "A version", "owner")
    return truth


@pytest.fixture
def truth(workspace):
    return make_version(workspace)


def guess(truth, share_right, seed=1):
    """Labels that are right with this chance, int8 in the order of the solution."""
    rng = np.random.default_rng(seed)
    wrong = (truth.label + rng.integers(1, 3, len(truth.label))) % 3
    return np.where(rng.random(len(truth.label)) < share_right, truth.label, wrong).astype(np.int8)


def body(truth, labels):
    return json.dumps({i: LABELS[place] for i, place in zip(truth.row_ids, labels, strict=True)}).encode()


def request(truth, labels, team="Reds", **changes):
    wanted = {"version": VERSION, "model": "m", "track": Track.BLIND, "media_type": "application/json"}
    wanted |= {"data": body(truth, labels), "source": SubmissionSource.API, **changes}
    return SubmissionRequest(team=team, **wanted)


def refusal(workspace, wanted):
    with pytest.raises(SubmissionRefused) as caught:
        submit(workspace, wanted)
    return caught.value


def test_a_receipt_shows_the_public_score_alone(workspace, truth):
    labels = guess(truth, 0.7)
    receipt = submit(workspace, request(truth, labels, key="k"))
    public = figures_of(Predictions(labels), truth.label, 3, ~truth.is_private)
    assert receipt.public_score == round(public.score.macro_f1, 3)
    assert (receipt.low, receipt.high) == (round(public.interval.low, 3), round(public.interval.high, 3))
    assert receipt.improved and receipt.shown == receipt.id and not receipt.repeated
    assert (receipt.remaining_today, receipt.remaining_total) == (4, 99)
    [stored] = submissions_of(workspace, VERSION)
    assert (stored.id, stored.team, stored.private) == (receipt.id, "Reds", None)
    assert stored.public.score.macro_f1 == public.score.macro_f1
    assert submissions_of(workspace, "another") == ()


def test_a_score_that_is_not_better_beyond_noise_repeats_the_best(workspace, truth):
    first = submit(workspace, request(truth, guess(truth, 0.7)))
    worse = submit(workspace, request(truth, guess(truth, 0.4, seed=2)))
    alike = submit(workspace, request(truth, guess(truth, 0.71, seed=3)))
    for receipt in (worse, alike):
        assert receipt.public_score == first.public_score and receipt.shown == first.id
        assert not receipt.improved and first.id in receipt.note
    better = submit(workspace, request(truth, guess(truth, 0.95, seed=4)))
    assert better.improved and better.public_score > first.public_score
    stored = submissions_of(workspace)
    assert [s.improved for s in stored] == [True, False, False, True]
    assert [s.shown for s in stored] == [first.id, first.id, first.id, better.id]
    scores = {s.public.score.macro_f1 for s in stored}
    assert len(scores) == 2
    # What was not shown is nowhere: no row holds its figures.
    rows = board_log(workspace).submissions()
    assert [row.figures is None for row in rows] == [False, True, True, False]


def test_tracks_teams_and_models_of_the_house_have_standings_of_their_own(workspace, truth):
    good, poor = guess(truth, 0.9), guess(truth, 0.5, seed=2)
    house = {"team": HOUSE_TEAM, "source": SubmissionSource.WORKBENCH}
    assert submit(workspace, request(truth, good)).improved
    assert submit(workspace, request(truth, poor, track=Track.GRAPH_AWARE)).improved
    assert submit(workspace, request(truth, poor, team="Blues")).improved
    assert not submit(workspace, request(truth, poor, model="other")).improved
    assert submit(workspace, request(truth, good, model="a", **house)).improved
    receipt = submit(workspace, request(truth, poor, model="b", **house))
    assert receipt.improved
    assert (receipt.remaining_today, receipt.remaining_total) == (HOUSE_QUOTA.per_day - 2, HOUSE_QUOTA.total - 2)
    for source in (SubmissionSource.API, SubmissionSource.CLI):
        with pytest.raises(InvalidInput, match="belongs to the models of this workspace"):
            submit(workspace, request(truth, good, team=HOUSE_TEAM, source=source))


def test_the_same_key_repeats_the_receipt_and_takes_no_other_submission(workspace, truth):
    wanted = request(truth, guess(truth, 0.7), key="k")
    receipt = submit(workspace, wanted)
    submit(workspace, request(truth, guess(truth, 0.9, seed=2)))
    assert submit(workspace, wanted) == receipt
    for change in (
        {"data": body(truth, guess(truth, 0.8))},
        {"model": "another"},
        {"track": Track.GRAPH_AWARE},
        {"config": {"depth": 3}},
        {"code_ref": "abc"},
    ):
        refused = refusal(workspace, request(truth, guess(truth, 0.7), **{"key": "k", **change}))
        assert refused.kind is RefusalKind.CONFLICT and receipt.id in str(refused)
    assert submit(workspace, request(truth, guess(truth, 0.7), team="Blues", key="k")).id != receipt.id
    assert len(submissions_of(workspace)) == 3
    workspace.versions.close(VERSION, "owner")
    assert submit(workspace, wanted) == receipt


def test_the_same_file_is_scored_once_and_costs_nothing(workspace, truth):
    first = submit(workspace, request(truth, guess(truth, 0.7), key="one"))
    again = submit(workspace, request(truth, guess(truth, 0.7), key="two", model="other"))
    assert again.repeated and again.id == first.id and "The same file was scored before" in again.note
    assert again.remaining_total == first.remaining_total
    assert submit(workspace, request(truth, guess(truth, 0.7), key="two", model="other")) == again
    assert submit(workspace, request(truth, guess(truth, 0.7))).id == first.id
    assert len(submissions_of(workspace)) == 1
    for seed in range(2, 6):
        submit(workspace, request(truth, guess(truth, 0.5, seed)))
    assert submit(workspace, request(truth, guess(truth, 0.7))).remaining_today == 0
    # In another track it is another submission.
    assert refusal(workspace, request(truth, guess(truth, 0.7), track=Track.GRAPH_AWARE)).kind is RefusalKind.QUOTA


def test_the_quota_is_five_a_day_and_a_hundred_in_all(workspace, truth, monkeypatch):
    days = [f"2026-03-{day:02d}T" for day in range(1, 23)]
    for day in days[:20]:
        monkeypatch.setattr(workflow, "utc_now", lambda day=day: f"{day}12:00:00.000000Z")
        assert remaining_quota(workspace, VERSION, "Reds").today == TEAM_QUOTA.per_day
        for number in range(TEAM_QUOTA.per_day):
            receipt = submit(workspace, request(truth, guess(truth, 0.5, seed=int(day[-3:-1]) * 100 + number)))
        assert receipt.remaining_today == 0
        refused = refusal(workspace, request(truth, guess(truth, 0.9, seed=9)))
        assert refused.kind is RefusalKind.QUOTA
        assert ("midnight UTC" in refused.fix) == (day != days[19])
    assert receipt.remaining_total == 0
    monkeypatch.setattr(workflow, "utc_now", lambda: f"{days[21]}00:00:00.000000Z")
    refused = refusal(workspace, request(truth, guess(truth, 0.9, seed=9)))
    assert "All 100 submissions" in str(refused) and refused.kind is RefusalKind.QUOTA
    assert remaining_quota(workspace, VERSION, "Blues") == (5, 100)


def test_refused_files_cost_nothing_and_never_rank(workspace, truth):
    good = guess(truth, 0.7)
    for data in (b"[]", body(truth, good)[:-1], b'{"row-00000": "Pos"}', json.dumps({"train-1": "pos"}).encode()):
        with pytest.raises(InvalidInput):
            submit(workspace, request(truth, good, data=data, key="k"))
    with pytest.raises(InvalidInput, match="is a row of the training part"):
        submit(workspace, request(truth, good, data=json.dumps({"train-1": "pos"}).encode()))
    assert refusal(workspace, request(truth, good, media_type="text/html")).kind is RefusalKind.MEDIA_TYPE
    with pytest.raises(NotFound):
        submit(workspace, request(truth, good, version="nowhere"))
    assert submissions_of(workspace) == () and remaining_quota(workspace, VERSION, "Reds") == (5, 100)
    assert not (workspace.root / "submissions").exists()
    assert (
        submit(workspace, request(truth, good, key="k")).remaining_total == 99
    )  # a refused file does not take the key


def test_another_versions_file_is_told_apart(workspace, truth):
    make_version(workspace, "version-two", n=50, seed=1)
    with pytest.raises(InvalidInput, match="is no row of this version's test file") as caught:
        submit(workspace, request(truth, guess(truth, 0.7), version="version-two"))
    assert all(problem.field == "row_id" for problem in caught.value.problems[:20])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"team": " "}, "team: It is empty."),
        ({"model": ""}, "model: It is empty."),
        ({"model": "x" * 101}, "model: It has 101 characters"),
        ({"model": "a\nb"}, "model: It holds a line break"),
        ({"team": "a\u202eb"}, "invisible character"),
        ({"key": "k" * 201}, "key: It has 201 characters"),
        ({"code_ref": "\ud800"}, "code_ref"),
        ({"config": {"x": "y" * 30_000}}, "config: The configuration has more than 20,000 characters"),
        ({"config": {"x": float("nan")}}, "cannot be stored as JSON"),
    ],
)
def test_what_is_told_about_a_submission_is_checked(workspace, truth, change, message):
    with pytest.raises(InvalidInput, match=message):
        submit(workspace, request(truth, guess(truth, 0.7), **change))


def test_ten_at_once_at_the_edge_of_the_quota_are_counted_exactly(workspace, truth):
    for seed in range(3):
        submit(workspace, request(truth, guess(truth, 0.5, seed)))
    barrier = threading.Barrier(10)

    def send(seed):
        barrier.wait()
        try:
            return submit(workspace, request(truth, guess(truth, 0.6, seed), key=f"k{seed}"))
        except SubmissionRefused as error:
            return error.kind

    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(send, range(100, 110)))
    taken = [one for one in found if one is not RefusalKind.QUOTA]
    assert len(taken) == 2 and sorted(one.remaining_today for one in taken) == [0, 1]
    assert len(submissions_of(workspace)) == 5
    assert remaining_quota(workspace, VERSION, "Reds") == (0, 95)


def test_the_same_submission_ten_times_at_once_is_one(workspace, truth):
    barrier = threading.Barrier(10)

    def send(number):
        barrier.wait()
        return submit(workspace, request(truth, guess(truth, 0.6), key="k" if number % 2 else f"k{number}"))

    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(send, range(10)))
    assert len({receipt.id for receipt in found}) == 1 == len(submissions_of(workspace))
    assert {receipt.remaining_total for receipt in found} == {99}


def test_private_scores_come_into_being_when_the_version_is_closed(workspace, truth):
    labels = [guess(truth, 0.7), guess(truth, 0.5, seed=2)]
    probabilities = np.eye(3)[labels[0]] * 0.7 + 0.1
    rows = [
        {"row_id": i, "label": LABELS[k], "probabilities": dict(zip(LABELS, p, strict=True))}
        for i, k, p in zip(truth.row_ids, labels[0], probabilities.tolist(), strict=True)
    ]
    submit(workspace, request(truth, labels[0], data=json.dumps(rows).encode()))
    submit(workspace, request(truth, labels[1]))
    assert [s.private for s in submissions_of(workspace)] == [None, None]
    assert board_log(workspace).private_figures(VERSION) == {}
    workspace.versions.close(VERSION, "owner")
    assert refusal(workspace, request(truth, guess(truth, 0.9))).kind is RefusalKind.CLOSED
    stored = submissions_of(workspace)
    for one, predicted, given in zip(stored, labels, (probabilities, None), strict=True):
        wanted = figures_of(Predictions(predicted, given), truth.label, 3, truth.is_private)
        assert (one.private.score.confusion == wanted.score.confusion).all()
        assert one.private.interval == wanted.interval and one.private.score.ece == wanted.score.ece
    assert stored[1].public.score.macro_f1 == stored[0].public.score.macro_f1
    assert [s.private.interval for s in submissions_of(workspace)] == [s.private.interval for s in stored]
    assert len(board_log(workspace).private_figures(VERSION)) == 2


def test_no_refusal_depends_on_a_hidden_label(workspace, truth):
    """What is said of a bad file is the same whatever the answers are, so it cannot tell them."""
    other = Solution(truth.row_ids, LABELS, ((truth.label + 1) % 3).astype(np.int8), ~truth.is_private)
    make_version(workspace, "version-two")
    workspace.hidden.write(solution_name("version-two"), solution_bytes(other))
    rows = json.loads(body(truth, truth.label))
    wrong = [
        b"[]",
        json.dumps({**rows, "row-00003": "Pos"}).encode(),
        json.dumps(dict(list(rows.items())[:-9])).encode(),
    ]
    for data in (
        *wrong,
        json.dumps({**rows, "train-1": "neg", "row-00005": None}).encode(),
        b"row_id,label\nrow-00001,3",
    ):
        said = []
        for version in (VERSION, "version-two"):
            media_type = "text/csv" if data.startswith(b"row") else "application/json"
            with pytest.raises(InvalidInput) as caught:
                submit(workspace, request(truth, truth.label, data=data, version=version, media_type=media_type))
            said.append([str(caught.value), *map(str, caught.value.problems)])
        assert said[0] == said[1]


def test_what_is_kept_of_a_submission_is_what_was_sent(workspace, truth):
    labels = guess(truth, 0.5)
    receipt = submit(workspace, request(truth, labels))
    [path] = (workspace.root / "submissions").iterdir()
    assert pq.read_table(path).column("label").to_pylist() == labels.tolist()
    assert pq.read_table(path).column_names == ["label"]
    assert path.stem == receipt.id and repr(workflow.answer_sheet(workspace, VERSION)).find("pos") == -1


def test_a_file_that_was_changed_is_not_scored_against(workspace, truth):
    submit(workspace, request(truth, guess(truth, 0.7)))
    [path] = (workspace.root / "submissions").iterdir()
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"x")
    with pytest.raises(CorruptArtefact, match="was changed"):
        submit(workspace, request(truth, guess(truth, 0.9, seed=2)))
    path.unlink()
    with pytest.raises(CorruptArtefact, match="is missing"):
        submit(workspace, request(truth, guess(truth, 0.9, seed=2)))
    assert len(submissions_of(workspace)) == 1


def test_a_failure_between_file_and_row_leaves_no_half(workspace, truth, monkeypatch):
    submit(workspace, request(truth, guess(truth, 0.7)))
    log = board_log(workspace)
    with monkeypatch.context() as patch:
        patch.setattr(board_log_module, "_insert_key", lambda tx, key: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            submit(workspace, request(truth, guess(truth, 0.9, seed=2), key="k"))
    assert len(list((workspace.root / "submissions").iterdir())) == 2
    assert len(submissions_of(workspace)) == 1 and remaining_quota(workspace, VERSION, "Reds").total == 99
    assert log.sweep() == 1 and len(list((workspace.root / "submissions").iterdir())) == 1
    assert submit(workspace, request(truth, guess(truth, 0.9, seed=2), key="k")).improved


def test_a_backup_holds_the_submissions(workspace, truth, tmp_path):
    receipt = submit(workspace, request(truth, guess(truth, 0.7), key="k"))
    with open_workspace(back_up(workspace, tmp_path / "backups")) as restored:
        assert submit(restored, request(truth, guess(truth, 0.7), key="k")) == receipt
        assert board_log(restored).predictions(board_log(restored).submission(receipt.id))
        assert submit(restored, request(truth, guess(truth, 0.95, seed=2))).improved


CHILD = """
import importlib.util, itertools, sys, threading
from pathlib import Path
from core.store.workspace import open_workspace
spec = importlib.util.spec_from_file_location("parent", sys.argv[2])
parent = importlib.util.module_from_spec(spec)
spec.loader.exec_module(parent)
with open_workspace(Path(sys.argv[1])) as workspace:
    truth = parent.truth_of(workspace)
    def send(team):
        for number in itertools.count():
            wanted = parent.numbered(truth, team, number)
            receipt = parent.submit(workspace, wanted)
            sys.stdout.write(receipt.model_dump_json() + "\\n")
            sys.stdout.flush()
    threads = [threading.Thread(target=send, args=(f"model-{n}",), daemon=True) for n in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""


def truth_of(workspace):
    return workflow.answer_sheet(workspace, VERSION).solution


def numbered(truth, model, number):
    changes = {"team": HOUSE_TEAM, "source": SubmissionSource.WORKBENCH, "model": model, "key": f"{model} {number}"}
    return request(truth, guess(truth, 0.4 + 0.005 * number, seed=number), **changes)


@pytest.mark.parametrize("n_heard", [5, 60])
def test_killed_under_load_every_acknowledged_score_is_there_once(tmp_path, n_heard):
    root = tmp_path / "lab"
    with open_workspace(root) as workspace:
        truth = make_version(workspace)
    command = [sys.executable, "-c", CHILD, str(root), __file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as child:
        heard = [child.stdout.readline() for _ in range(n_heard)]
        child.kill()
        heard += child.stdout.read().splitlines(keepends=True)
    receipts = [workflow.Receipt.model_validate_json(line) for line in heard if line.endswith("\n")]
    assert len(receipts) >= n_heard
    with open_workspace(root) as workspace:
        stored = {s.id: s for s in submissions_of(workspace)}
        assert {receipt.id for receipt in receipts} <= set(stored)
        assert len(stored) - len(receipts) <= 8  # at most those that were under way
        log = board_log(workspace)
        assert all(log.predictions(row) for row in log.submissions())
        assert {path.stem for path in (root / "submissions").iterdir()} == set(stored)
        for receipt in receipts:
            number = [r.id for r in receipts if r.model == receipt.model].index(receipt.id)
            assert submit(workspace, numbered(truth, receipt.model, number)) == receipt
        assert set(stored) == {s.id for s in submissions_of(workspace)}
