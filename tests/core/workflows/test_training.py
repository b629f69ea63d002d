"""From a board version to a submission: trained in a child process, scored like everyone else's."""

import json
import threading
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput, NotFound, ValenceError
from core.graph.edges_csv import write_edges
from core.graph.model import signed_graph
from core.jobs import InlineJobRunner, JobRunner, JobState
from core.leaderboard.quotas import HOUSE_TEAM
from core.models.protocol import Track
from core.models.tables import AttributeTable
from core.progress import Progress, finish
from core.store.workspace import Workspace, open_workspace
from core.workflows import training as workflow
from core.workflows.board_versions import close_version, open_version
from core.workflows.catalogues import save_catalogue
from core.workflows.graphs import save_uploaded_graph
from core.workflows.headless_training import TrainCommand, find_version, train_in_folder
from core.workflows.submission_records import submissions_of
from core.workflows.training import (
    TrainingRequest,
    live_curve,
    load_run,
    model_runs,
    read_request,
    read_settings,
    train_model,
    with_trials,
)
from core.workflows.vectors import save_vector_table
from core.workflows.works import WORKS

TYPES = {"brand": 10, "interest": 14, "city": 8}
QUICK = {"search": {"n_trials": 1, "search_rows": 200}, "first": {"n_estimators": 8}, "later": {"n_estimators": 8}}
NO_MORE = {"robustness": None}


def catalogue() -> Catalogue:
    return Catalogue(tuple(Attribute(f"{t}-{i}", f"{t} {i}", t, t) for t, size in TYPES.items() for i in range(size)))


def put_on_board(workspace: Workspace, n_rows: int = 240) -> str:
    """A dataset of a made-up graph with vectors of its attributes, split and open; the id of the version."""
    held = catalogue()
    rng = np.random.default_rng(4)
    likes = rng.normal(size=(len(held), 3))
    types = [a.attribute_type for a in held.attributes]
    pairs = np.array([(i, j) for i, j in combinations(range(len(held)), 2) if types[i] != types[j]], dtype=np.int32)
    score = (likes[pairs[:, 0]] * likes[pairs[:, 1]]).sum(axis=1) + likes[pairs].sum(axis=(1, 2))
    sign = np.where(score > 0.4, 1, np.where(score < -0.4, -1, 0)).astype(np.int8)
    graph = signed_graph(held, pairs[sign != 0, 0], pairs[sign != 0, 1], sign[sign != 0])
    save_catalogue(workspace, held, "Made up")
    stored = save_uploaded_graph(workspace, held.id, write_edges(graph), "Made up")
    config = {
        "type_ranges": {"interest": [2, 4], "brand": [1, 2], "city": [1, 2]},
        "label_params": {
            "pos": {"pos_frac_range": [0.4, 1], "neg_frac_range": [0, 0.2], "num_samples": n_rows},
            "neg": {"pos_frac_range": [0, 0.2], "neg_frac_range": [0.4, 1], "num_samples": n_rows},
        },
        "seed": 5,
    }
    jobs = InlineJobRunner(workspace, WORKS)

    def run(action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        job = jobs.get(jobs.submit(action, parameters))
        assert job.state is JobState.DONE, job.error
        assert job.result is not None
        return job.result

    dataset = run("build_dataset", {"graph": stored.id, "config": config, "title": "Rows"})["dataset"]
    lines = [
        "id,a,b,c",
        *(f"{a.id},{','.join(map(repr, v.tolist()))}" for a, v in zip(held.attributes, likes, strict=True)),
    ]
    table = save_vector_table(workspace, "Likes", "\n".join(lines).encode())
    settings = {"embedding": None, "tables": [table.id]}
    vectors = run("make_vectors", {"catalogue": held.id, "settings": settings})["vectors"]
    split = run("split_dataset", {"dataset": dataset, "settings": {"min_public_rows": 20}, "vectors": vectors})["split"]
    return open_version(workspace, split).id


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with open_workspace(tmp_path_factory.mktemp("board") / "lab") as workspace:
        yield workspace, put_on_board(workspace)


def trained(workspace: Workspace, version: str, family: str, **more: Any) -> dict[str, Any]:
    return finish(train_model(workspace, {"version": version, "family": family, **more}))


def drafts(workspace: Workspace) -> list[str]:
    folder = workspace.artefacts.drafts
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def test_a_training_is_submitted_as_the_house_team(board: Any) -> None:
    workspace, version = board
    settings = {"sizes": [0.5], "unseen": 0}
    result = trained(workspace, version, "hierarchical-lightgbm", settings=QUICK, seed=6, robustness=settings)
    run = load_run(workspace, result["model_run"])
    submitted = {submission.id: submission for submission in submissions_of(workspace, version)}[run.submission]
    assert (submitted.team, submitted.model, submitted.track) == (HOUSE_TEAM, "hierarchical-lightgbm", Track.BLIND)
    assert submitted.config["settings"] == run.report.found
    assert submitted.config["seed"] == run.report.seed == 6
    assert submitted.private is None
    assert result["public_score"] == submitted.public.shown.estimate > 0.6
    assert run.version == version
    assert run.report.vectors.made_by == "the table 'Likes'"
    assert run.report.robustness is not None
    assert [drop.modality for drop in run.report.robustness.dropped] == list(run.report.modalities)
    assert run.curve
    assert model_runs(workspace, version)[0].id == result["model_run"]
    assert model_runs(workspace, "another") == ()
    assert drafts(workspace) == []


def test_the_graph_aware_track_sees_the_edges_and_is_told_apart(board: Any) -> None:
    workspace, version = board
    result = trained(workspace, version, "edge-count", **NO_MORE)
    run = load_run(workspace, result["model_run"])
    assert run.report.track is Track.GRAPH_AWARE
    assert run.report.robustness is None
    assert result["public_score"] > 0.95
    submitted = {submission.id: submission for submission in submissions_of(workspace, version)}[run.submission]
    assert submitted.track is Track.GRAPH_AWARE


def test_the_blind_track_is_not_given_the_edges(board: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, version = board
    seen = []
    written = workflow.write_task
    monkeypatch.setattr(workflow, "write_task", lambda folder, task: (seen.append(task), written(folder, task)))
    trained(workspace, version, "majority", **NO_MORE)
    assert seen[0].training.edges is None
    assert isinstance(seen[0].training.attributes, AttributeTable)


def test_the_same_seed_predicts_the_same_and_counts_once(board: Any) -> None:
    workspace, version = board
    first = trained(workspace, version, "majority", seed=3, **NO_MORE)
    before = len(submissions_of(workspace, version))
    again = trained(workspace, version, "majority", seed=3, **NO_MORE)
    assert again["submission"] == first["submission"]
    assert len(submissions_of(workspace, version)) == before


def test_a_cancelled_training_leaves_nothing(board: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, version = board
    before = (len(submissions_of(workspace, version)), len(model_runs(workspace)))
    steps = train_model(
        workspace, {"version": version, "family": "hierarchical-lightgbm", "settings": QUICK, "job": "job-x"}
    )
    next(steps)
    assert drafts(workspace) == ["training-job-x"]
    steps.close()
    assert drafts(workspace) == []
    assert (len(submissions_of(workspace, version)), len(model_runs(workspace))) == before


def test_a_training_that_fails_leaves_nothing(board: Any) -> None:
    workspace, version = board
    before = (len(submissions_of(workspace, version)), len(model_runs(workspace)))
    wrong = {**QUICK, "order": ["pos", "none"]}
    with pytest.raises(ValenceError, match="the labels are"):
        trained(workspace, version, "hierarchical-lightgbm", settings=wrong)
    assert drafts(workspace) == []
    assert (len(submissions_of(workspace, version)), len(model_runs(workspace))) == before


def test_a_missing_library_is_said_before_anything_starts(board: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, version = board
    monkeypatch.setattr("core.models.registry.find_spec", lambda name: None)
    monkeypatch.setattr(workflow, "run_child", lambda *_: pytest.fail("it started"))
    with pytest.raises(ValenceError, match=r"needs lightgbm and optuna.*pip install"):
        trained(workspace, version, "hierarchical-lightgbm")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"family": "minority"}, "There are: majority"),
        ({"version": "nothing"}, "nothing"),
        ({"settings": {"trees": 3}}, "trees"),
        ({"seed": -1}, "seed"),
        ({"robustness": {"unseen": 2}}, "unseen"),
        ({"vectors": "nothing"}, "vectors"),
        ({"budget": 3}, "budget"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(
    board: Any, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], told: str
) -> None:
    workspace, version = board
    monkeypatch.setattr(workflow, "run_child", lambda *_: pytest.fail("it started"))
    with pytest.raises((InvalidInput, NotFound), match=told):
        finish(train_model(workspace, {"version": version, "family": "majority", **change}))


def test_trials_are_set_where_something_is_searched() -> None:
    family = workflow.family_named("hierarchical-lightgbm")
    values = with_trials(family, {"search": {"search_rows": 500}}, 3)
    assert read_settings(family, values).model_dump()["search"] == {"n_trials": 3, "search_rows": 500}
    with pytest.raises(ValenceError, match="Majority searches no settings"):
        with_trials(workflow.family_named("majority"), {}, 3)


def test_a_request_is_read_as_it_was_written() -> None:
    request = TrainingRequest(version="v", family="f", seed=4)
    assert read_request(request.model_dump(mode="json")) == request


def test_the_curve_of_a_running_job_can_be_read(board: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a page would: the job runs in a thread, and what it has measured is there before it is over."""
    workspace, version = board
    has_measured, may_go_on = threading.Event(), threading.Event()

    def child(module: str, folder: Path, what: str) -> Any:
        line = {"step": 1, "total": 9, "note": "", "seconds": 0.1, "measures": {"loss": 0.5}}
        (folder / "curve.jsonl").write_text(json.dumps(line) + "\n")
        yield Progress(1, 9)
        has_measured.set()
        may_go_on.wait(60)
        raise ValenceError("Enough seen.")

    monkeypatch.setattr(workflow, "run_child", child)
    runner = JobRunner(workspace, WORKS, 1)
    try:
        job = runner.submit("train_model", {"version": version, "family": "majority"})
        assert has_measured.wait(60)
        assert [line.measures for line in live_curve(workspace, job)] == [{"loss": 0.5}]
        may_go_on.set()
        assert runner.wait(job).state is JobState.FAILED
        assert live_curve(workspace, job) == ()
    finally:
        may_go_on.set()
        runner.close()


def test_a_folder_is_trained_in_from_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    with open_workspace(folder) as workspace:
        version = put_on_board(workspace, 60)
        dataset = find_version(workspace, version).dataset
    report = finish(train_in_folder(folder, TrainCommand(dataset[:10], "majority", with_robustness=False)))
    assert report["version"] == version
    assert report["report"]["family"] == "majority"
    assert report["public_score"] == pytest.approx(report["lines"]["majority"], abs=0.05)
    with open_workspace(folder) as workspace:
        assert [submission.team for submission in submissions_of(workspace, version)] == [HOUSE_TEAM]
        with pytest.raises(NotFound, match="No id of a dataset or split begins with 'nothing'"):
            find_version(workspace, "nothing")
        close_version(workspace, version)
        with pytest.raises(ValenceError, match="is closed on the board"):
            find_version(workspace, dataset)
        with pytest.raises(ValenceError, match="is closed"):
            trained(workspace, version, "majority")
