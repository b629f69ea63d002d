"""What a report compares: tables that may stand side by side, and what earlier reports found of them."""

import logging
from collections import Counter
from pathlib import Path

from pydantic import ValidationError

from core.errors import CorruptArtefact, InvalidInput, Problem
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.tabular.exchange import KNOWN_FILE, REPORT_FILE, Use, judged_file
from core.tabular.exchange import ROWS_FILE as SYNTHETIC_FILE
from core.tabular.report.model import Report
from core.tabular.report_merging import joined_reports
from core.workflows.tabular_schemas import SCHEMA
from core.workflows.tabular_standings import REPORT

logger = logging.getLogger(__name__)


def reports(workspace: Workspace, schema_id: str = "") -> tuple[Artefact, ...]:
    """Reports, newest first: all, or those of one confirmed schema. Facts: `n_tables`, `seed`, `table_title`."""
    found = workspace.artefacts.list(REPORT)
    return tuple(report for report in found if schema_id in ("", report.manifest.parents[SCHEMA]))


def report_of(workspace: Workspace, report_id: str) -> Report:
    """A stored report; `NotFound` when there is none, `CorruptArtefact` when its bytes were changed.

    A method's name is the id of its synthetic table; anchors have names of their own.
    """
    artefact = workspace.artefacts.get(REPORT, report_id)
    try:
        return Report.model_validate_json(workspace.artefacts.read(artefact, REPORT_FILE))
    except ValidationError as error:
        message = f"The report {artefact.manifest.title!r} is of another version and cannot be read."
        raise CorruptArtefact(message, "Compare the tables again.") from error


def known_report(workspace: Workspace, schema_id: str, seed: int, scheme: int) -> Report | None:
    """What reports on the same rows have found with this seed, so that nothing is judged twice."""
    found = []
    for report in reports(workspace, schema_id):
        facts = report.manifest.facts
        if (facts["scheme"], facts["seed"]) == (scheme, seed):
            try:
                found.append(report_of(workspace, report.id))
            except CorruptArtefact as error:  # whoever opens it is told; here its tables are judged again
                logger.warning("%s: %s", workspace.name, error)
    return joined_reports(found)


def write_tables(workspace: Workspace, folder: Path, made: list[Artefact], known: Report | None) -> None:
    """Put into a judge's folder what is known, and every table that is not."""
    names = {method.name for method in known.methods} if known else set()
    if known:
        (folder / KNOWN_FILE).write_text(known.model_dump_json(), encoding="utf-8")
    for table in made:
        if table.id not in names:
            (folder / judged_file(table.id)).write_bytes(workspace.artefacts.read(table, SYNTHETIC_FILE))


def check_comparable(made: list[Artefact]) -> None:
    """`InvalidInput` naming every table of another schema than the first one's, or for another use than a table."""
    problems = []
    schema = made[0].manifest.parents[SCHEMA]
    for table in made:
        name = f"“{table.manifest.title}” ({table.id[:8]})"
        if table.manifest.parents[SCHEMA] != schema:
            message = f"{name} was made under another schema than the first one."
            problems.append(Problem(message, "Compare tables of one confirmed schema.", field="tables"))
        if table.manifest.facts["use"] != Use.TABLE.value:
            message = f"{name} holds rows of one kind only, and a report is on whole tables."
            problems.append(Problem(message, "Leave it out.", field="tables"))
    if problems:
        raise InvalidInput("These tables cannot be compared", problems)


def titles_of(made: list[Artefact]) -> list[str]:
    """What the report calls the tables, all different."""
    names = [str(table.manifest.facts["name"]) for table in made]
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name} {table.id[:6]}" for table, name in zip(made, names, strict=True)]
