"""Judge synthetic tables of one confirmed schema side by side, and run the traps on its table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.child_process import run_child
from core.errors import CorruptArtefact
from core.fingerprint import content_id
from core.jobs import JOB
from core.progress import Steps
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.tabular.exchange import (
    REPORT_FILE,
    TRAPS_FILE,
    JudgedTable,
    JudgeTask,
    TrapsTask,
    write_task,
)
from core.tabular.report.model import Report
from core.tabular.report.traps_model import Traps
from core.workflows.tabular_comparisons import (
    check_comparable,
    known_report,
    report_of,
    reports,
    titles_of,
    write_tables,
)
from core.workflows.tabular_folders import WORKER, taken_from, working_folder
from core.workflows.tabular_schemas import SCHEMA, divided_table
from core.workflows.tabular_standings import REPORT, method_lines
from core.workflows.tabular_synthesis import SYNTHETIC
from core.workflows.tabular_values import read_values

__all__ = [
    "JUDGE_TABLES",
    "MOST_TABLES",
    "REPORT",
    "RUN_TRAPS",
    "TRAPS",
    "JudgeRequest",
    "TrapsRequest",
    "judge_tables",
    "report_of",
    "reports",
    "run_traps",
    "traps_id_of",
    "traps_of",
]

TRAPS: Final = "tabular_traps"
JUDGE_TABLES: Final = "judge_tables"
RUN_TRAPS: Final = "run_traps"
MOST_TABLES: Final = 20
SCHEME: Final = 1  # raised whenever the same tables and seed would be judged otherwise


class JudgeRequest(BaseModel):
    """Which synthetic tables to judge side by side, all made under one confirmed schema."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_TABLES)]
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    title: str = ""


class TrapsRequest(BaseModel):
    """On the table of which confirmed schema to run the traps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table_schema: Annotated[str, Field(min_length=1)]
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0


def judge_tables(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: a `JudgeRequest` as JSON to `{"tabular_report": id}`; the same tables and seed are the same report.

    What earlier reports with this seed found of a table, and of the anchors, is taken over.
    `InvalidInput` names every table that is of another schema or holds rows for another use than a whole table.
    """
    request = read_values(JudgeRequest, _own(parameters), "The report cannot start")
    made = [workspace.artefacts.get(SYNTHETIC, table_id) for table_id in dict.fromkeys(request.tables)]
    check_comparable(made)
    schema_id = made[0].manifest.parents[SCHEMA]
    payload = {"tables": [table.id for table in made], "seed": request.seed, "scheme": SCHEME}
    report_id = content_id(REPORT, payload)
    if workspace.artefacts.exists(REPORT, report_id):
        return {REPORT: report_id}
    divided = divided_table(workspace, schema_id)
    judged = tuple(JudgedTable(id=table.id, title=title) for table, title in zip(made, titles_of(made), strict=True))
    task = JudgeTask(table_schema=divided.schema, tables=judged, seed=request.seed)
    with working_folder(workspace, str(parameters.get(JOB, ""))) as folder:
        write_task(folder, task, divided.train, divided.holdout)
        del divided
        write_tables(workspace, folder, made, known_report(workspace, schema_id, request.seed, SCHEME))
        yield from run_child(WORKER, folder, "The report")
        if workspace.artefacts.exists(REPORT, report_id):  # asked for twice at once; they differ in their cost alone
            return {REPORT: report_id}
        _save_report(workspace, report_id, request, made, folder)
    return {REPORT: report_id}


def run_traps(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: a `TrapsRequest` as JSON to `{"tabular_traps": id}`; the same schema and seed are the same traps."""
    request = read_values(TrapsRequest, _own(parameters), "The traps cannot start")
    schema = workspace.artefacts.get(SCHEMA, request.table_schema)
    traps_id = traps_id_of(schema.id, request.seed)
    if workspace.artefacts.exists(TRAPS, traps_id):
        return {TRAPS: traps_id}
    divided = divided_table(workspace, schema.id)
    with working_folder(workspace, str(parameters.get(JOB, ""))) as folder:
        task = TrapsTask(table_schema=divided.schema, seed=request.seed)
        write_task(folder, task, divided.train, divided.holdout)
        del divided
        yield from run_child(WORKER, folder, "The traps")
        Traps.model_validate_json((folder / TRAPS_FILE).read_bytes())
        facts = {"seed": request.seed, "table_title": schema.manifest.title}
        files = taken_from(folder, (TRAPS_FILE,))
        workspace.artefacts.save(TRAPS, traps_id, schema.manifest.title, files, facts, {SCHEMA: schema.id})
    return {TRAPS: traps_id}


def traps_of(workspace: Workspace, traps_id: str) -> Traps:
    """Stored traps; `NotFound` when there are none, `CorruptArtefact` when their bytes were changed."""
    artefact = workspace.artefacts.get(TRAPS, traps_id)
    try:
        return Traps.model_validate_json(workspace.artefacts.read(artefact, TRAPS_FILE))
    except ValidationError as error:
        message = f"The traps on {artefact.manifest.title!r} are of another version and cannot be read."
        raise CorruptArtefact(message, "Run the traps again.") from error


def traps_id_of(schema_id: str, seed: int = 0) -> str:
    """The id that the traps on a confirmed schema have, run or not."""
    return content_id(TRAPS, {SCHEMA: schema_id, "seed": seed, "scheme": SCHEME})


def _save_report(
    workspace: Workspace, report_id: str, request: JudgeRequest, made: list[Artefact], folder: Path
) -> None:
    """With a line per method among the facts, from which the track is ranked without reading the report."""
    report = Report.model_validate_json((folder / REPORT_FILE).read_bytes())
    schema = workspace.artefacts.get(SCHEMA, made[0].manifest.parents[SCHEMA])
    families = {table.id: str(table.manifest.facts["family"]) for table in made}
    facts = {
        "n_tables": len(made),
        "scheme": SCHEME,
        "seed": request.seed,
        "target": report.target,
        "table_title": schema.manifest.title,
        "lines": [line.model_dump(mode="json") for line in method_lines(report, families)],
    }
    title = request.title or f"{len(made)} on {schema.manifest.title}"
    parents = {SCHEMA: schema.id, **{f"table_{place}": table.id for place, table in enumerate(made, start=1)}}
    workspace.artefacts.save(REPORT, report_id, title, taken_from(folder, (REPORT_FILE,)), facts, parents)


def _own(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name != JOB}
