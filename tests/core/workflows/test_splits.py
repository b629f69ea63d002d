"""Splits in a workspace: one split per settings, answers in the hidden place alone, and nothing lost to a kill."""

import json
import logging

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import f1_score

from core.dataset.near_rows import near_duplicate_groups
from core.dataset.reading import read_rows
from core.dataset.rows import LabelledRows
from core.dataset.splitting import SplitSettings
from core.errors import InvalidInput, NotFound, ValenceError
from core.jobs import JobState
from core.models.tables import CampaignRows
from core.progress import finish
from core.sampler.configuration import parse_config
from core.store.hidden import HiddenPlace
from core.store.workspace import open_workspace
from core.workflows import board_versions, splits
from core.workflows.dataset_rows import read_dataset_rows, require_readable, rows_file, rows_path
from core.workflows.datasets import DATASET, dataset_config, reproduce_dataset
from core.workflows.graphs import GRAPH, load_graph
from core.workflows.hygiene import dataset_hygiene
from core.workflows.leverage import RowSource, load_rows
from core.workflows.sealed_rows import RowsSealed, are_sealed
from tests.fakes.wide_dataset import LABELS, N_ROWS, TYPES, make_dataset


class Killed(BaseException):
    """What stands for kill -9: nothing after it runs."""


def split(workspace, dataset, **settings):
    return finish(splits.split_dataset(workspace, {DATASET: dataset.id, "settings": settings}))[splits.SPLIT]


def lines_by_row(workspace, dataset):
    """Label by the row's attributes as text, of a dataset that can be read."""
    rows = [json.loads(line) for line in workspace.artefacts.read(dataset, "dataset.jsonl").decode().splitlines()]
    return {json.dumps([row[t] for t in dataset_config(workspace, dataset).type_ranges]): row["label"] for row in rows}


def public_rows(workspace, split_id, name):
    data = workspace.artefacts.read(workspace.artefacts.get(splits.SPLIT, split_id), name)
    return [json.loads(line) for line in data.decode().splitlines()]


@pytest.fixture
def dataset(workspace):
    return make_dataset(workspace)


def test_the_parts_are_the_datasets_rows_and_the_answers_are_theirs(workspace, dataset):
    known = lines_by_row(workspace, dataset)
    assert len(known) == N_ROWS  # no row twice, so a row's label can be looked up
    split_id = split(workspace, dataset)
    card = splits.split_card(workspace, split_id)
    assert (card["n_train"], card["n_public"], card["n_private"], card["n_left_out"]) == (540, 180, 180, 0)
    assert card["labels"] == list(LABELS) and card["kind"] == "random" and card["n_test"] == 360

    types = card["types"]
    train, test = (public_rows(workspace, split_id, name) for name in ("train.jsonl", "test.jsonl"))
    assert all(known[json.dumps([row[t] for t in types])] == row["label"] for row in train)
    solution = board_versions.solution(workspace, split_id)
    assert [row["row_id"] for row in test] == list(solution.row_ids) == sorted(solution.row_ids)
    truth = [known[json.dumps([row[t] for t in types])] for row in test]
    assert [solution.labels[i] for i in solution.label] == truth
    assert all("label" not in row for row in test)
    assert solution.is_private.sum() == 180
    for part in (solution.is_private, ~solution.is_private):
        assert np.bincount(solution.label[part], minlength=3).tolist() == [48, 48, 84]
    everything = {json.dumps([row[t] for t in types]) for row in (*train, *test)}
    assert everything == set(known) and len({row["row_id"] for row in (*train, *test)}) == N_ROWS


def test_what_models_read_is_what_the_files_say(workspace, dataset):
    split_id = split(workspace, dataset)
    learnt = splits.training_set(workspace, split_id, with_edges=True)
    rows, answers = splits.training_rows(workspace, split_id), public_rows(workspace, split_id, "train.jsonl")
    table = learnt.attributes
    assert len(table) == 150 and "z" not in table.ids and table.vectors.shape == (150, 0)
    assert all(table.values[i] in table.texts[i] for i in range(150))
    for number in (0, 1, 539):
        values = {t: [] for t in TYPES}
        for node in learnt.rows.nodes[learnt.rows.offsets[number] : learnt.rows.offsets[number + 1]]:
            values[table.types[table.attribute_type[node]]].append(table.values[node])
        assert {**values, "label": learnt.labels[learnt.label[number]], "row_id": rows.row_ids[number]} == answers[
            number
        ]
    test = splits.test_rows(workspace, split_id)
    assert isinstance(test.rows, CampaignRows) and len(test.rows) == len(test.row_ids) == 360
    assert splits.ids_of_test_rows(workspace, split_id) == test.row_ids
    assert splits.ids_of_training_rows(workspace, split_id) == rows.row_ids
    assert splits.training_set(workspace, split_id).edges is None
    graph = load_graph(workspace, dataset.manifest.parents[GRAPH]).graph
    expected = {
        (graph.catalogue.attributes[s].id, graph.catalogue.attributes[t].id): g
        for s, t, g in zip(graph.source, graph.target, graph.sign, strict=True)
    }
    edges = learnt.edges
    found = {(table.ids[s], table.ids[t]): g for s, t, g in zip(edges.source, edges.target, edges.sign, strict=True)}
    assert found == {pair: sign for pair, sign in expected.items() if "z" not in pair}
    whole = LabelledRows(table.types, learnt.labels, learnt.label, learnt.rows.nodes, learnt.rows.offsets)
    np.testing.assert_array_equal(learnt.group, near_duplicate_groups(whole))


def test_the_lines_on_the_card_are_those_of_the_test_rows(workspace, dataset):
    split_id = split(workspace, dataset)
    lines, solution = (
        splits.lines_of(splits.split_card(workspace, split_id)),
        board_versions.solution(workspace, split_id),
    )
    floor = f1_score(solution.label, np.full(360, 2), average="macro", zero_division=0)
    assert lines.majority == pytest.approx(floor)
    assert floor < lines.oracle <= lines.ceiling_on_rows + 1e-9 <= 1 + 1e-9
    assert lines.oracle == pytest.approx(lines.ceiling, abs=0.06)


def test_noise_in_the_labels_lowers_what_can_be_reached(workspace):
    dataset = make_dataset(workspace, noise=0.2)
    assert "noise.parquet" in dataset.manifest.files
    lines = splits.lines_of(splits.split_card(workspace, split(workspace, dataset)))
    assert lines.ceiling_on_rows < lines.ceiling - 0.08 and lines.oracle < lines.ceiling - 0.08
    assert "noise.parquet" not in workspace.artefacts.get(DATASET, dataset.id).manifest.files  # it lists wrong labels
    assert workspace.hidden.held_path(f"dataset-{dataset.id}", "noise.parquet").is_file()


def test_the_same_settings_are_the_same_split_and_others_of_the_same_rows_are_refused(workspace, dataset):
    split_id = split(workspace, dataset)
    before = workspace.artefacts.get(splits.SPLIT, split_id).manifest
    assert split(workspace, dataset) == split_id
    assert workspace.artefacts.get(splits.SPLIT, split_id).manifest == before
    with pytest.raises(InvalidInput, match="split otherwise already"):
        split(workspace, dataset, seed=1)
    with pytest.raises(InvalidInput, match="split otherwise already"):
        split(workspace, dataset, train=0.8, public=0.1, private=0.1)
    splits.delete_split(workspace, split_id)
    again = split(workspace, dataset)
    assert again == split_id and workspace.artefacts.get(splits.SPLIT, again).manifest.files == before.files


def test_a_cold_split_beside_a_random_one_gives_none_of_its_answers_away(workspace, dataset):
    known, types = lines_by_row(workspace, dataset), list(dataset_config(workspace, dataset).type_ranges)
    random, cold = split(workspace, dataset), split(workspace, dataset, held_out_attributes=0.1)

    def rows(split_id, name):
        return {json.dumps([row[t] for t in types]) for row in public_rows(workspace, split_id, name)}

    assert rows(cold, "test.jsonl") <= rows(random, "test.jsonl")
    assert rows(cold, "train.jsonl") <= rows(random, "train.jsonl")
    card = splits.split_card(workspace, cold)
    assert card["kind"] == "cold" and card["n_held_out"] == 15
    assert card["n_left_out"] == N_ROWS - len(rows(cold, "test.jsonl")) - len(rows(cold, "train.jsonl")) > 0
    train, test = (
        {row: {v for values in json.loads(row) for v in values} for row in rows(cold, name)}
        for name in ("train.jsonl", "test.jsonl")
    )
    seen = set().union(*train.values())
    assert all(values - seen for values in test.values())
    solution = board_versions.solution(workspace, cold)
    asked = [json.dumps([row[t] for t in types]) for row in public_rows(workspace, cold, "test.jsonl")]
    assert [known[row] for row in asked] == [solution.labels[i] for i in solution.label]
    whole, part = (board_versions.solution(workspace, one) for one in (random, cold))
    private = dict(
        zip(
            [json.dumps([r[t] for t in types]) for r in public_rows(workspace, random, "test.jsonl")],
            whole.is_private,
            strict=True,
        )
    )
    assert [private[row] for row in asked] == part.is_private.tolist()
    assert set(whole.row_ids).isdisjoint(part.row_ids)


def test_sealed_rows_are_behind_every_door_and_come_back_when_the_version_closes(workspace, dataset):
    graph = load_graph(workspace, dataset.manifest.parents[GRAPH])
    before, hygiene = (
        read_dataset_rows(workspace, dataset.id, graph.graph.catalogue),
        dataset_hygiene(workspace, dataset.id),
    )
    split_id = split(workspace, dataset)
    assert are_sealed(workspace.artefacts.get(DATASET, dataset.id))
    for read in (
        lambda: read_dataset_rows(workspace, dataset.id, graph.graph.catalogue),
        lambda: require_readable(workspace, dataset.id),
        lambda: rows_path(workspace, dataset.id),
        lambda: rows_file(workspace, dataset.id, "dataset.jsonl"),
        lambda: rows_file(workspace, dataset.id, "dataset.parquet"),
        lambda: load_rows(workspace, graph, RowSource(dataset.id)),
        lambda: finish(reproduce_dataset(workspace, {DATASET: dataset.id})),
        lambda: make_dataset(workspace),  # drawing the same rows again
    ):
        with pytest.raises(RowsSealed, match="The rows of “rows 5” are sealed until"):
            read()
    assert json.loads(rows_file(workspace, dataset.id, "evaluation.json"))["n_rows"] == N_ROWS
    assert dataset_hygiene(workspace, dataset.id) == hygiene  # figures over all rows stay
    with pytest.raises(ValenceError, match="was used to make"):
        workspace.artefacts.delete(DATASET, dataset.id)

    version = board_versions.open_version(workspace, split_id, by="Ana")
    assert (version.state, version.n_train, version.n_test, version.labels) == ("open", 540, 360, LABELS)
    with pytest.raises(ValenceError, match="kept for ever"):
        splits.delete_split(workspace, split_id)
    closed = board_versions.close_version(workspace, split_id, by="Ana")
    assert closed.state == "closed" and board_versions.board_versions(workspace) == (closed,)
    after = read_dataset_rows(workspace, dataset.id, graph.graph.catalogue)
    np.testing.assert_array_equal(after.nodes, before.nodes)
    np.testing.assert_array_equal(after.label, before.label)
    assert workspace.artefacts.get(DATASET, dataset.id).manifest == dataset.manifest
    assert [(e.event, e.done_by) for e in board_versions.version_events(workspace)] == [
        ("opened", "Ana"),
        ("closed", "Ana"),
    ]
    with pytest.raises(InvalidInput, match="labels were given out"):
        split(workspace, dataset, held_out_attributes=0.1)
    assert len(board_versions.solution(workspace, split_id)) == 360
    assert split(workspace, dataset) == split_id and not are_sealed(workspace.artefacts.get(DATASET, dataset.id))


def test_rows_stay_sealed_while_another_version_of_them_is_open(workspace, dataset):
    random, cold = split(workspace, dataset), split(workspace, dataset, held_out_attributes=0.1)
    for one in (random, cold):
        board_versions.open_version(workspace, one)
    board_versions.close_version(workspace, random)
    with pytest.raises(RowsSealed):
        require_readable(workspace, dataset.id)
    board_versions.close_version(workspace, cold)
    assert require_readable(workspace, dataset.id).manifest == dataset.manifest


def test_a_split_that_was_never_opened_can_be_deleted_with_its_answers(workspace, dataset):
    split_id = split(workspace, dataset)
    splits.delete_split(workspace, split_id)
    assert workspace.artefacts.get(DATASET, dataset.id).manifest == dataset.manifest
    with pytest.raises(NotFound, match="hidden place"):
        board_versions.solution(workspace, split_id)
    workspace.artefacts.delete(DATASET, dataset.id)


@pytest.mark.parametrize("step", ["seal_rows", "save", "solution"])
def test_a_failure_at_any_step_leaves_the_rows_readable(workspace, dataset, monkeypatch, step):
    def fail(*_, **__):
        raise ValenceError("The disk is full.", "Free some space.")

    with monkeypatch.context() as patched:
        if step == "seal_rows":
            patched.setattr(splits, "seal_rows", fail)
        elif step == "save":
            patched.setattr(workspace.artefacts, "save", fail)
        else:
            patched.setattr(HiddenPlace, "write", fail)
        with pytest.raises(ValenceError, match="disk is full"):
            split(workspace, dataset)
    assert require_readable(workspace, dataset.id).manifest == dataset.manifest
    assert splits.splits_of(workspace, dataset.id) == ()
    assert len(splits.splits_of(workspace, split(workspace, dataset) and dataset.id)) == 1


@pytest.mark.parametrize("step", ["before sealing", "while sealing", "before the split", "after the split"])
def test_killed_at_any_step_no_label_is_lost_and_none_is_in_the_open(tmp_path, monkeypatch, step):
    def kill(*_, **__):
        raise Killed

    with open_workspace(tmp_path / "w") as workspace:
        dataset = make_dataset(workspace)
        known = lines_by_row(workspace, dataset)
        with monkeypatch.context() as patched:
            patched.setattr(splits, "release_rows", kill)  # what follows a failure does not run either
            save = workspace.artefacts.save
            if step == "before sealing":
                patched.setattr(splits, "seal_rows", kill)
            elif step == "while sealing":
                patched.setattr(HiddenPlace, "take", kill)
            elif step == "before the split":
                patched.setattr(workspace.artefacts, "save", kill)
            else:
                patched.setattr(workspace.artefacts, "save", lambda *a: (save(*a), kill()))
            with pytest.raises(Killed):
                split(workspace, dataset)
        is_split = step == "after the split"
        assert bool(splits.splits_of(workspace, dataset.id)) == is_split
    with open_workspace(tmp_path / "w") as workspace:
        assert workspace.findings == ()
        assert are_sealed(workspace.artefacts.get(DATASET, dataset.id)) == is_split
        split_id = split(workspace, dataset)  # resuming
        solution = board_versions.solution(workspace, split_id)
        types = splits.split_card(workspace, split_id)["types"]
        asked = [json.dumps([row[t] for t in types]) for row in public_rows(workspace, split_id, "test.jsonl")]
        assert [known[row] for row in asked] == [solution.labels[i] for i in solution.label]
        board_versions.open_version(workspace, split_id)
        board_versions.close_version(workspace, split_id)
        assert lines_by_row(workspace, workspace.artefacts.get(DATASET, dataset.id)) == known


def test_killed_while_closing_the_rows_come_back_at_the_next_opening(tmp_path, monkeypatch):
    def kill(*_):
        raise Killed

    with open_workspace(tmp_path / "w") as workspace:
        dataset = make_dataset(workspace)
        split_id = split(workspace, dataset)
        board_versions.open_version(workspace, split_id)
        with monkeypatch.context() as patched:
            patched.setattr(board_versions, "release_rows", kill)
            with pytest.raises(Killed):
                board_versions.close_version(workspace, split_id)
    with open_workspace(tmp_path / "w") as workspace:
        assert board_versions.board_version(workspace, split_id).state == "closed"
        assert workspace.artefacts.get(DATASET, dataset.id).manifest == dataset.manifest


def test_no_file_row_or_log_line_outside_the_hidden_place_ties_a_test_row_to_its_label(workspace, jobs, caplog):
    """Canaries: the text of every test row with its label behind it, in each form that rows are written in."""
    caplog.set_level(logging.DEBUG)
    dataset = make_dataset(workspace, noise=0.05)
    labelled = {
        line[:-1].rpartition(',"label":')[0]: line
        for line in rows_file(workspace, dataset.id, "dataset.jsonl").decode().splitlines()
    }
    job = jobs.get(jobs.submit("split_dataset", {DATASET: dataset.id, "settings": {}}))
    assert job.state is JobState.DONE
    split_id = job.result[splits.SPLIT]
    board_versions.open_version(workspace, split_id)
    tests = [
        ("{" + line.partition(",")[2])[:-1]
        for line in workspace.artefacts.read(workspace.artefacts.get(splits.SPLIT, split_id), "test.jsonl")
        .decode()
        .splitlines()
    ]
    canaries = [labelled[body].encode() for body in tests]
    row_ids = board_versions.solution(workspace, split_id).row_ids
    pairs = [f'"{row_id}"'.encode() for row_id in row_ids]

    files = [p for p in workspace.root.rglob("*") if p.is_file() and "hidden" not in p.parts and "duckdb" not in p.name]
    assert not any(p.name in ("dataset.jsonl", "dataset.parquet", "noise.parquet") for p in files)
    for path in files:
        data = path.read_bytes()
        assert not any(canary in data for canary in canaries), path
        if path.suffix == ".parquet" and "label" in pq.read_schema(path).names:
            assert path.name == "train.parquet"
            assert set(pq.read_table(path).column("row_id").to_pylist()).isdisjoint(row_ids)
        elif path.name != "test.jsonl":
            assert not any(pair in data for pair in pairs), path
    tables = [row["name"] for row in workspace.database.read("SELECT table_name AS name FROM duckdb_tables()")]
    assert "board_versions" in tables
    for table in tables:
        text = json.dumps(workspace.database.read(f'SELECT * FROM "{table}"'), default=str)
        assert not any(row_id in text for row_id in row_ids) and not any(body in text for body in tests), table
    assert not any(row_id in caplog.text for row_id in row_ids)
    told = json.dumps(splits.split_card(workspace, split_id))
    assert not any(row_id in told for row_id in row_ids)


def test_unfit_datasets_and_vectors_are_refused_with_every_reason(workspace, dataset):
    with pytest.raises(NotFound):
        finish(splits.split_dataset(workspace, {DATASET: "nothing", "settings": {}}))
    with pytest.raises(InvalidInput, match="sum to"):
        split(workspace, dataset, train=0.9)
    other = workspace.artefacts.save(
        "vectors", "v1", "Other vectors", {"vectors.parquet": b""}, {}, {"catalogue": "another"}
    )
    with pytest.raises(InvalidInput, match="of another catalogue"):
        finish(splits.split_dataset(workspace, {DATASET: dataset.id, "settings": {}, "vectors": other.id}))
    assert not are_sealed(workspace.artefacts.get(DATASET, dataset.id))


def test_the_id_follows_from_dataset_settings_and_vectors():
    made = {
        splits.split_id_of("d", SplitSettings()),
        splits.split_id_of("e", SplitSettings()),
        splits.split_id_of("d", SplitSettings(seed=1)),
        splits.split_id_of("d", SplitSettings(held_out_attributes=0.1)),
        splits.split_id_of("d", SplitSettings(), "v"),
    }
    assert len(made) == 5 and splits.split_id_of("d", SplitSettings()) in made


def test_jsonl_read_by_the_strict_reader_agrees(workspace, dataset):
    """The sealed rows are what the strict reader of JSONL makes of the file that was public before."""
    graph = load_graph(workspace, dataset.manifest.parents[GRAPH]).graph
    config = parse_config(dataset_config(workspace, dataset).model_dump(mode="json"))
    strict = read_rows(rows_file(workspace, dataset.id, "dataset.jsonl"), graph.catalogue, config.type_ranges, LABELS)
    rows = read_dataset_rows(workspace, dataset.id, graph.catalogue)
    np.testing.assert_array_equal(strict.nodes, rows.nodes)
    np.testing.assert_array_equal(strict.label, rows.label)
