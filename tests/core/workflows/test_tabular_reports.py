"""Reports and traps in a workspace: which tables may be compared, and what is kept of the comparison."""

from collections.abc import Sequence
from typing import Any

import pytest

from core.errors import CorruptArtefact, InvalidInput, NotFound
from core.jobs import InlineJobRunner, JobState
from core.progress import Progress, Steps, finish
from core.store.workspace import Workspace
from core.tabular import rejudging, worker
from core.tabular.report.method import Method
from core.tabular.report.model import MethodReport, Reference, Report
from core.tabular.report.traps_model import Traps
from core.tabular.schema import TableSchema
from core.tabular.table import RawTable
from core.workflows import tabular_reports as workflow
from core.workflows import tabular_synthesis
from core.workflows.tabular_downloads import report_html
from core.workflows.tabular_reports import (
    JUDGE_TABLES,
    REPORT,
    TRAPS,
    judge_tables,
    report_of,
    reports,
    run_traps,
    traps_id_of,
    traps_of,
)
from core.workflows.tabular_schemas import confirm_schema, divided_table
from core.workflows.tabular_standings import standings
from core.workflows.tabular_synthesis import SYNTHETIC, fit_synthesizer, synthetic_rows
from core.workflows.tabular_tables import keep_table
from tests.fakes.tabular_lab import PLAIN_SCHEMA, plain_csv, work_here

Seen = list[tuple[Sequence[Method], RawTable, RawTable, TableSchema, int]]


@pytest.fixture
def schema(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> str:
    """Id of the confirmed schema of 120 plain rows; no process is started."""
    monkeypatch.setattr(workflow, "run_child", work_here)
    monkeypatch.setattr(tabular_synthesis, "run_child", work_here)
    return confirm_schema(workspace, keep_table(workspace, plain_csv(), "clicks.csv").id, PLAIN_SCHEMA).id


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What was handed to the judge, which here only repeats names."""
    seen: Seen = []

    def judge(
        methods: Sequence[Method], train: RawTable, holdout: RawTable, schema: TableSchema, seed: int
    ) -> Steps[Report]:
        seen.append((methods, train, holdout, schema, seed))
        yield Progress(1, 1)
        return a_report([(method.name, method.title, len(method.synthetic)) for method in methods], seed)

    def judge_one(
        method: Method, train: RawTable, holdout: RawTable, schema: TableSchema, seed: int, ground: str
    ) -> Steps[MethodReport]:
        assert ground == "the ground"
        seen.append(([method], train, holdout, schema, seed))
        yield Progress(1, 1)
        return a_report([(method.name, method.title, len(method.synthetic))], seed).methods[1]

    def prepared(*_: Any) -> Steps[str]:
        yield Progress(0, 1)
        return "the ground"

    monkeypatch.setattr(worker, "judge_all", judge)
    monkeypatch.setattr(rejudging, "ground_of", prepared)
    monkeypatch.setattr(rejudging, "judge", judge_one)
    return seen


def a_report(methods: Sequence[tuple[str, str, int]], seed: int) -> Report:
    parts: dict[str, Any] = {"cpu_s": 0.1, "fidelity": None, "utility": None, "privacy": None}
    anchor = MethodReport(name="real-holdout", title="Real holdout", is_anchor=True, n_rows=36, **parts)
    made = [MethodReport(name=n, title=t, is_anchor=False, n_rows=rows, **parts) for n, t, rows in methods]
    reference = Reference(columns=(), associations=(), projection=(), positive_share=0.2)
    return Report(
        target="clicked", positive="yes", n_train=84, n_holdout=36, seed=seed, reference=reference,
        methods=(anchor, *made),
    )  # fmt: skip


def table(workspace: Workspace, schema_id: str, family: str = "tree-sampler", **wanted: Any) -> str:
    request = {"table_schema": schema_id, "family": family, "wanted": wanted}
    return str(finish(fit_synthesizer(workspace, request))[SYNTHETIC])


def test_the_judge_gets_the_tables_and_the_holdout_that_they_never_saw(
    workspace: Workspace, schema: str, judged: Seen
) -> None:
    tables = [table(workspace, schema), table(workspace, schema, "smote-knn"), table(workspace, schema, seed=3)]
    made = finish(judge_tables(workspace, {"tables": [*tables, tables[0]], "seed": 4}))
    methods, train, holdout, given, seed = judged[0]
    parts = divided_table(workspace, schema)
    assert (train.fingerprint(), holdout.fingerprint()) == (parts.train.fingerprint(), parts.holdout.fingerprint())
    assert (given, seed) == (PLAIN_SCHEMA, 4)
    assert [method.name for method in methods] == tables  # each once
    assert [method.title for method in methods] == [
        f"Tree sampler {tables[0][:6]}",
        "SMOTE",
        f"Tree sampler {tables[2][:6]}",
    ]
    for method in methods:
        assert method.synthetic.fingerprint() == synthetic_rows(workspace, method.name).fingerprint()
    stored = reports(workspace, schema)[0]
    assert stored.id == made[REPORT]
    assert stored.manifest.title == "3 on clicks.csv"
    assert [line["family"] for line in stored.manifest.facts["lines"]] == [
        "",
        "tree-sampler",
        "smote-knn",
        "tree-sampler",
    ]
    assert report_of(workspace, stored.id).method(tables[1]).title == "SMOTE"
    assert reports(workspace, "another") == ()
    assert {standing.line.method for standing in standings(workspace, schema)} == {"real-holdout", *tables}


def test_the_same_question_is_answered_once(workspace: Workspace, schema: str, judged: Seen) -> None:
    made = table(workspace, schema)
    first = finish(judge_tables(workspace, {"tables": [made]}))
    assert finish(judge_tables(workspace, {"tables": [made]})) == first
    assert len(judged) == 1
    assert finish(judge_tables(workspace, {"tables": [made], "seed": 1})) != first


def test_a_table_is_judged_once_and_keeps_what_was_found(workspace: Workspace, schema: str, judged: Seen) -> None:
    first, second, third = (table(workspace, schema, seed=seed) for seed in (1, 2, 3))
    for tables in ([first], [second, first], [third, second, first], [first, third]):
        finish(judge_tables(workspace, {"tables": tables}))
    finish(judge_tables(workspace, {"tables": [second]}))  # which the newest report does not hold
    assert [[method.name for method in methods] for methods, *_ in judged] == [[first], [second], [third]]
    newest = report_of(workspace, reports(workspace, schema)[1].id)
    assert [method.name for method in newest.methods] == ["real-holdout", first, third]
    assert newest.method(first).title == f"Tree sampler {first[:6]}"  # alone it was "Tree sampler"
    before = report_of(workspace, reports(workspace, schema)[-1].id).method(first)
    assert before.title == "Tree sampler"
    assert newest.method(first) == before.model_copy(update={"title": newest.method(first).title})
    finish(judge_tables(workspace, {"tables": [first], "seed": 9}))
    assert len(judged) == 4  # another seed draws other rows


def test_a_damaged_report_is_judged_again_and_not_taken_over(workspace: Workspace, schema: str, judged: Seen) -> None:
    first, second = (table(workspace, schema, seed=seed) for seed in (1, 2))
    finish(judge_tables(workspace, {"tables": [first]}))
    stored = reports(workspace, schema)[0]
    (stored.folder / "report.json").write_bytes(b"{}")
    finish(judge_tables(workspace, {"tables": [first, second]}))
    assert [[method.name for method in methods] for methods, *_ in judged] == [[first], [first, second]]
    with pytest.raises(CorruptArtefact):
        report_of(workspace, stored.id)


def test_tables_of_other_schemas_and_for_other_uses_are_all_named(
    workspace: Workspace, schema: str, judged: Seen
) -> None:
    other = confirm_schema(workspace, keep_table(workspace, plain_csv(90), "fewer.csv").id, PLAIN_SCHEMA).id
    where = {"columns": [{"column": "clicked", "values": ["yes"]}]}
    tables = [
        table(workspace, schema),
        table(workspace, other),
        table(workspace, schema, where=where),
        table(workspace, schema, ratio=0.5),
    ]
    with pytest.raises(InvalidInput, match="cannot be compared") as caught:
        finish(judge_tables(workspace, {"tables": tables}))
    messages = [problem.message for problem in caught.value.problems]
    assert [tables[1][:8] in messages[0], tables[2][:8] in messages[1], tables[3][:8] in messages[2]] == [True] * 3
    assert len(messages) == 3
    assert not judged
    with pytest.raises(NotFound, match="Tree sampler"):
        finish(judge_tables(workspace, {"tables": [tables[0], "nothing"]}))
    with pytest.raises(InvalidInput, match="tables"):
        finish(judge_tables(workspace, {"tables": []}))


def test_a_judged_table_cannot_be_deleted_under_its_report(workspace: Workspace, schema: str, judged: Seen) -> None:
    made = table(workspace, schema)
    finish(judge_tables(workspace, {"tables": [made], "title": "Mine"}))
    with pytest.raises(Exception, match="'Mine'"):
        workspace.artefacts.delete(SYNTHETIC, made)


def test_a_report_of_another_version_is_told_apart_from_a_damaged_one(
    workspace: Workspace, schema: str, judged: Seen
) -> None:
    workspace.artefacts.save(REPORT, "old", "Old", {"report.json": b'{"version": 0}'}, {}, {"tabular_schema": schema})
    with pytest.raises(CorruptArtefact, match="another version"):
        report_of(workspace, "old")
    workspace.artefacts.save(TRAPS, "old", "Old", {"traps.json": b"{}"}, {}, {"tabular_schema": schema})
    with pytest.raises(CorruptArtefact, match="another version"):
        traps_of(workspace, "old")


def test_the_traps_of_a_schema_have_one_id(workspace: Workspace, schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []

    def trapped(train: RawTable, holdout: RawTable, schema: TableSchema, seed: int) -> Steps[Traps]:
        runs.append((len(train), len(holdout), seed))
        yield Progress(1, 1)
        return Traps(target="clicked", positive="yes", n_train=84, n_holdout=36, seed=seed, traps=())

    monkeypatch.setattr(worker, "run_traps", trapped)
    parts = divided_table(workspace, schema)
    for _ in range(2):
        assert finish(run_traps(workspace, {"table_schema": schema, "seed": 2})) == {TRAPS: traps_id_of(schema, 2)}
    assert runs == [(len(parts.train), len(parts.holdout), 2)]
    assert traps_of(workspace, traps_id_of(schema, 2)).n_train == 84
    with pytest.raises(NotFound):
        traps_of(workspace, traps_id_of(schema, 3))


def test_a_real_report_comes_out_of_a_process(
    workspace: Workspace, jobs: InlineJobRunner, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = table(workspace, schema)
    monkeypatch.undo()
    job = jobs.get(jobs.submit(JUDGE_TABLES, {"tables": [made]}))
    assert job.state is JobState.DONE, job.error
    report = report_of(workspace, job.result[REPORT])
    assert len(report.anchors) == 5
    assert report.method(made).fidelity is not None
    line = next(standing.line for standing in standings(workspace, schema) if standing.line.method == made)
    assert line.discriminator == report.method(made).fidelity.discriminator.auc
    assert b"Tree sampler" in report_html(workspace, job.result[REPORT])
