"""From a confirmed schema to synthetic tables: what is stored, what is refused, and what a broken-off job leaves."""

import math
from collections import Counter
from typing import Any

import pytest

from core.errors import CorruptArtefact, InvalidInput, NotFound, ValenceError
from core.jobs import InlineJobRunner, JobState
from core.progress import Progress, Steps, finish
from core.store.workspace import Workspace
from core.tabular.exchange import Use
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.writing import to_csv
from core.workflows import tabular_synthesis as workflow
from core.workflows.tabular_downloads import synthetic_csv, synthetic_parquet
from core.workflows.tabular_schemas import confirm_schema, divided_table
from core.workflows.tabular_synthesis import (
    FIT_SYNTHESIZER,
    MODEL,
    SAMPLE_SYNTHETIC,
    SYNTHETIC,
    fit_synthesizer,
    model_of,
    models,
    sample_synthetic,
    synthetic_of,
    synthetic_rows,
    synthetic_tables,
)
from core.workflows.tabular_tables import keep_raw_table, keep_table
from tests.fakes.tabular_lab import PLAIN_SCHEMA, demo_rows, plain_csv, work_here

FAMILY = "tree-sampler"


@pytest.fixture
def schema(workspace: Workspace) -> str:
    """Id of the confirmed schema of 120 plain rows."""
    kept = keep_table(workspace, plain_csv(), "clicks.csv")
    return confirm_schema(workspace, kept.id, PLAIN_SCHEMA).id


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started: the work is done in this one."""
    monkeypatch.setattr(workflow, "run_child", work_here)


def fitted(workspace: Workspace, schema_id: str, **more: Any) -> dict[str, Any]:
    return finish(fit_synthesizer(workspace, {"table_schema": schema_id, "family": FAMILY, **more}))


def drafts(workspace: Workspace) -> list[str]:
    return [path.name for path in workspace.artefacts.drafts.glob("*")]


def test_a_job_fits_in_a_process_of_its_own_and_keeps_a_table_that_obeys_its_rules(
    workspace: Workspace, jobs: InlineJobRunner
) -> None:
    """The whole way, with a real child: a table with dependents, an inequality, lists and missing cells."""
    table, demo = demo_rows()
    confirmed = confirm_schema(workspace, keep_raw_table(workspace, table, "Ads").id, demo)
    job = jobs.get(jobs.submit(FIT_SYNTHESIZER, {"table_schema": confirmed.id, "family": FAMILY, "seed": 5}))
    assert job.state is JobState.DONE, job.error
    model, made = model_of(workspace, job.result[MODEL]), synthetic_of(workspace, job.result[SYNTHETIC])
    assert (model.figures.family, model.figures.seed, model.table_schema) == (FAMILY, 5, confirmed.id)
    assert model.figures.n_training_rows == confirmed.manifest.facts["n_train"] == made.figures.n_rows
    assert model.figures.peak_memory_mb > 50
    assert model.figures.libraries["scikit-learn"] != "unknown"
    assert made.figures.broken == ()
    assert (made.model, made.table_schema, made.wanted.use) == (model.artefact.id, confirmed.id, Use.TABLE)
    assert made.artefact.manifest.title == "Tree sampler · Ads"
    rows = synthetic_rows(workspace, made.artefact.id)
    assert len(rows) == made.figures.n_rows
    rank = dict(zip(table.column("city"), table.column("city_rank"), strict=True))
    assert all(rank[city] == said for city, said in zip(rows.column("city"), rows.column("city_rank"), strict=True))
    assert drafts(workspace) == []


@pytest.mark.usefixtures("here")
def test_the_same_seed_is_the_same_model_and_table_and_another_is_not(workspace: Workspace, schema: str) -> None:
    first, again = fitted(workspace, schema, seed=1), fitted(workspace, schema, seed=1)
    assert first == again
    other = fitted(workspace, schema, seed=1, wanted={"seed": 2})
    assert other[SYNTHETIC] != first[SYNTHETIC]
    assert other[MODEL] == first[MODEL]
    assert len(synthetic_tables(workspace, schema)) == 2
    assert synthetic_tables(workspace, "another") == models(workspace, "another") == ()


@pytest.mark.usefixtures("here")
def test_a_stored_model_samples_what_the_fresh_one_did(workspace: Workspace, schema: str) -> None:
    whole = fitted(workspace, schema, wanted={"n_rows": 40, "seed": 7})
    bare = fitted(workspace, schema, wanted=None)
    assert (bare[MODEL], bare[SYNTHETIC]) == (whole[MODEL], "")
    again = finish(sample_synthetic(workspace, {"model": bare[MODEL], "wanted": {"n_rows": 40, "seed": 7}}))
    assert again[SYNTHETIC] == whole[SYNTHETIC]  # an id of the very bytes


@pytest.mark.usefixtures("here")
def test_every_row_meets_the_condition(workspace: Workspace, schema: str) -> None:
    where = {"columns": [{"column": "clicked", "values": ["yes"]}, {"column": "bid", "at_least": "6"}]}
    made = fitted(workspace, schema, wanted={"n_rows": 50, "where": where})
    rows = synthetic_rows(workspace, made[SYNTHETIC])
    assert set(rows.column("clicked")) == {"yes"}
    assert all(float(bid or "") >= 6 for bid in rows.column("bid"))
    assert len(rows) == 50
    assert synthetic_tables(workspace)[0].manifest.facts["use"] == "conditional"


@pytest.mark.usefixtures("here")
def test_a_ratio_makes_the_rows_that_the_rarest_class_lacks(workspace: Workspace, schema: str) -> None:
    counts = Counter(divided_table(workspace, schema).train.column("clicked"))
    model = fitted(workspace, schema, wanted=None)[MODEL]
    made = finish(sample_synthetic(workspace, {"model": model, "wanted": {"ratio": 0.75}}))[SYNTHETIC]
    added = synthetic_rows(workspace, made).column("clicked")
    assert set(added) == {"yes"}
    together = synthetic_csv(workspace, made, with_training_rows=True).decode().splitlines()[1:]
    after = Counter(line.rsplit(",", 1)[1] for line in together)
    assert (after["yes"], after["no"]) == (math.ceil(0.75 * counts["no"]), counts["no"])
    with pytest.raises(ValenceError, match=r"at a ratio of 0\.1 or more already"):
        finish(sample_synthetic(workspace, {"model": model, "wanted": {"ratio": 0.1}}))


@pytest.mark.usefixtures("here")
def test_training_rows_come_first_and_no_held_out_row_is_among_them(workspace: Workspace, schema: str) -> None:
    made = fitted(workspace, schema, wanted={"n_rows": 3})[SYNTHETIC]
    own = synthetic_csv(workspace, made).decode().splitlines()
    parts = divided_table(workspace, schema)
    both = synthetic_csv(workspace, made, with_training_rows=True).decode().splitlines()
    assert both == [*to_csv(parts.train).decode().splitlines(), *own[1:]]
    assert synthetic_parquet(workspace, made)[:4] == b"PAR1"


@pytest.mark.usefixtures("here")
def test_identifiers_are_left_out_or_counted_anew_and_never_learnt(workspace: Workspace) -> None:
    lines = plain_csv().decode().splitlines()
    named = [f"secret-{number},{line}" for number, line in enumerate(lines[1:])]
    kept = keep_table(workspace, "\n".join([f"who,{lines[0]}", *named]).encode(), "named.csv")
    columns = (Column(name="who", kind=ColumnKind.IDENTIFIER), *PLAIN_SCHEMA.columns)
    schema = confirm_schema(workspace, kept.id, TableSchema(columns=columns, target="clicked")).id
    model = fitted(workspace, schema, wanted=None)[MODEL]
    for number_anew, first_line in ((False, "slot,bid,clicked"), (True, "who,slot,bid,clicked")):
        wanted = {"n_rows": 3, "number_anew": number_anew}
        made = finish(sample_synthetic(workspace, {"model": model, "wanted": wanted}))[SYNTHETIC]
        assert synthetic_csv(workspace, made).decode().splitlines()[0] == first_line
        with_real = synthetic_csv(workspace, made, with_training_rows=True).decode().splitlines()
        assert with_real[0] == first_line
    assert synthetic_rows(workspace, made).column("who") == ["1", "2", "3"]
    for name in model_of(workspace, model).artefact.manifest.files:
        assert b"secret" not in (workspace.artefacts.root / MODEL / model / name).read_bytes()


@pytest.mark.usefixtures("here")
def test_a_condition_that_no_value_meets_is_named_and_nothing_is_kept(workspace: Workspace, schema: str) -> None:
    where = {"columns": [{"column": "slot", "values": ["cellar"]}]}
    with pytest.raises(ValenceError, match="cellar"):
        fitted(workspace, schema, wanted={"n_rows": 5, "where": where})
    assert models(workspace) == synthetic_tables(workspace) == ()
    assert drafts(workspace) == []


@pytest.mark.usefixtures("here")
def test_a_secret_is_kept_in_no_file_of_the_model(workspace: Workspace, schema: str) -> None:
    settings = {"secret": "opensesame", "lists_and_ranges_are_public": True, "epsilon": 50}
    model = model_of(workspace, fitted(workspace, schema, family="dp-mst", settings=settings, wanted=None)[MODEL])
    assert model.figures.settings["epsilon"] == 50
    for name in model.artefact.manifest.files:
        assert b"opensesame" not in (model.artefact.folder / name).read_bytes()


@pytest.mark.usefixtures("here")
def test_a_budget_too_small_delivers_nothing(workspace: Workspace, schema: str) -> None:
    with pytest.raises(ValenceError, match="computing time"):
        fitted(workspace, schema, budget_s=1e-6)
    assert models(workspace) == synthetic_tables(workspace) == ()
    assert drafts(workspace) == []


@pytest.mark.usefixtures("here")
def test_a_model_changed_by_one_byte_is_refused(workspace: Workspace, schema: str) -> None:
    model = model_of(workspace, fitted(workspace, schema, wanted=None)[MODEL]).artefact
    for name in model.manifest.files:
        path = model.folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(CorruptArtefact):
            finish(sample_synthetic(workspace, {"model": model.id}))
        path.write_bytes(whole)
    assert drafts(workspace) == []


def test_a_cancelled_job_leaves_nothing(workspace: Workspace, schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def child(module: str, folder: Any, what: str) -> Steps[None]:
        seen.append(drafts(workspace))
        yield Progress(0, 1)
        yield Progress(1, 1)

    monkeypatch.setattr(workflow, "run_child", child)
    steps = fit_synthesizer(workspace, {"table_schema": schema, "family": FAMILY, "job": "job-x"})
    next(steps)
    assert seen == [["tabular-job-x"]]
    steps.close()
    assert drafts(workspace) == []
    assert models(workspace) == ()


def test_a_missing_library_is_said_before_anything_starts(
    workspace: Workspace, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.tabular.engines.registry.find_spec", lambda name: None)
    monkeypatch.setattr(workflow, "run_child", lambda *_: pytest.fail("it started"))
    with pytest.raises(ValenceError, match=r"needs torch.*pip install"):
        fitted(workspace, schema, family="tvae")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"family": "oracle"}, "There are: tree-sampler"),
        ({"table_schema": "nothing"}, "nothing"),
        ({"settings": {"tree_height": 3}}, "tree_height"),
        ({"seed": -1}, "seed"),
        ({"budget_s": 0}, "budget_s"),
        ({"budget_s": 1e9}, "budget_s"),
        ({"wanted": {"n_rows": 0}}, "n_rows"),
        ({"wanted": {"ratio": 2}}, "ratio"),
        ({"wanted": {"ratio": 0.5, "n_rows": 4}}, "ratio already says"),
        ({"wanted": {"where": {"columns": [{"column": "slot"}]}}}, "Give either values or a range"),
        ({"colour": 3}, "colour"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(
    workspace: Workspace, schema: str, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], told: str
) -> None:
    monkeypatch.setattr(workflow, "run_child", lambda *_: pytest.fail("it started"))
    with pytest.raises((InvalidInput, NotFound), match=told):
        finish(fit_synthesizer(workspace, {"table_schema": schema, "family": FAMILY, **change}))


@pytest.mark.parametrize("action", [FIT_SYNTHESIZER, SAMPLE_SYNTHETIC])
def test_both_works_are_known_to_the_runner(
    workspace: Workspace, jobs: InlineJobRunner, action: str, schema: str
) -> None:
    job = jobs.get(jobs.submit(action, {"nothing": 1}))
    assert job.state is JobState.FAILED
    assert "cannot start" in job.error
