"""The synthesizers' track: ranks among what is shown, ties that data cannot part, and no prize for a copy."""

from core.store.workspace import Workspace
from core.tabular.report.frozen import Interval
from core.tabular.report.headlines import HEADLINES
from core.workflows.tabular_reports import REPORT
from core.workflows.tabular_schemas import SCHEMA
from core.workflows.tabular_standings import MethodLine, Standing, judged_schemas, ranked, standings


def line(
    method: str, auc: tuple[float, float, float] | None, *, copies: float = 0.0, broken: int = 0, anchor: bool = False
) -> MethodLine:
    figures: dict[str, float | None] = dict.fromkeys((headline.name for headline in HEADLINES), None)
    interval = None if auc is None else Interval(value=auc[1], low=auc[0], high=auc[2])
    return MethodLine(
        method=method,
        title=method.title(),
        family="" if anchor else "smote-knn",
        is_anchor=anchor,
        n_rows=10,
        discriminator=interval,
        excess_copies=copies,
        figures=figures | {"violations": float(broken)},
    )


def keep_report(workspace: Workspace, report_id: str, schema_id: str, *lines: MethodLine) -> None:
    facts = {"lines": [one.model_dump(mode="json") for one in lines]}
    workspace.artefacts.save(REPORT, report_id, report_id, {"report.json": b"{}"}, facts, {SCHEMA: schema_id})


def keep_schema(workspace: Workspace, schema_id: str) -> None:
    workspace.artefacts.save(SCHEMA, schema_id, schema_id, {"schema.json": b"{}"})


def test_tables_that_the_discriminator_cannot_part_share_a_rank() -> None:
    found = [
        Standing(None, line("far", (0.90, 0.92, 0.94)), "r"),
        Standing(None, line("near", (0.53, 0.55, 0.57)), "r"),
        Standing(None, line("also", (0.56, 0.58, 0.60)), "r"),
        Standing(None, line("middle", (0.58, 0.62, 0.66)), "r"),
    ]
    # "middle" lies above "near" alone; "far" above all three.
    assert [(s.line.method, s.rank) for s in ranked(found)] == [("near", 1), ("also", 1), ("middle", 2), ("far", 4)]


def test_the_unranked_keep_their_place_and_take_no_rank_from_others(workspace: Workspace) -> None:
    keep_schema(workspace, "schema-1")
    lines = (
        line("real", (0.49, 0.50, 0.51), anchor=True),
        line("copier", (0.49, 0.50, 0.51), copies=0.4),
        line("breaker", (0.51, 0.52, 0.53), broken=3),
        line("honest", (0.60, 0.61, 0.62)),
        line("blind", None),
    )
    keep_report(workspace, "report-1", "schema-1", *lines)
    found = standings(workspace, "schema-1")
    assert [(s.line.method, s.rank) for s in found] == [
        ("copier", None),
        ("real", None),
        ("breaker", None),
        ("honest", 1),
        ("blind", None),
    ]
    why = {s.line.method: s.why_unranked for s in found}
    assert "40.0% more of its rows are exact copies" in why["copier"]
    assert "broken 3 times" in why["breaker"]
    assert "anchor" in why["real"]
    assert "could not be measured" in why["blind"]
    assert why["honest"] == ""


def test_the_newest_report_speaks_for_a_table_and_schemas_stay_apart(workspace: Workspace) -> None:
    for schema_id in ("schema-1", "schema-2", "schema-3"):
        keep_schema(workspace, schema_id)
    keep_report(workspace, "old", "schema-1", line("a", (0.7, 0.8, 0.9)), line("b", (0.5, 0.6, 0.65)))
    keep_report(workspace, "other", "schema-2", line("c", (0.5, 0.6, 0.7)))
    keep_report(workspace, "new", "schema-1", line("a", (0.5, 0.51, 0.52)))
    found = standings(workspace, "schema-1")
    assert [(s.line.method, s.report, s.rank) for s in found] == [("a", "new", 1), ("b", "old", 1)]
    assert standings(workspace, "schema-3") == ()
    assert judged_schemas(workspace) == ("schema-1", "schema-2")
