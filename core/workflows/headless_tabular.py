"""The tabular lab in a workspace folder from a terminal: `valence tabular`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.errors import InvalidInput, NotFound, Problem, WorkspaceBusy
from core.progress import Steps
from core.sampler.configuration_errors import decode_json
from core.store.artefacts import Artefact
from core.store.workspace import Workspace, open_workspace
from core.tabular.engines.registry import check_installed, family_named
from core.tabular.exchange import Wanted
from core.tabular.findings.rules import RuleFinding
from core.tabular.schema import TableSchema
from core.workflows.headless import Report, read_file
from core.workflows.out_files import check_out_file, write_files
from core.workflows.records import record
from core.workflows.tabular_downloads import report_html, synthetic_csv, synthetic_parquet
from core.workflows.tabular_reports import REPORT, judge_tables
from core.workflows.tabular_schemas import SCHEMA, confirm_schema, read_schema, schema_json
from core.workflows.tabular_standings import Standing, standings
from core.workflows.tabular_synthesis import (
    MODEL,
    SYNTHETIC,
    fit_synthesizer,
    model_of,
    sample_synthetic,
    synthetic_of,
)
from core.workflows.tabular_tables import detection_of, keep_demo_table, keep_table

_FORMATS: Final = (".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class SchemaCommand:
    """`file` None: the demo table. `schema`: a JSON file to confirm; `accept`: confirm what was detected.

    `target`: another one than detected, None as it is, "" for none. `out`: where the schema is written.
    """

    file: Path | None
    schema: Path | None = None
    accept: bool = False
    target: str | None = None
    holdout_share: float = 0.3
    seed: int = 0
    out: Path | None = None


@dataclass(frozen=True, slots=True)
class FitCommand:
    """`on`: id of a confirmed schema, or its first letters; `settings`: a JSON file, None for the defaults."""

    on: str
    family: str
    settings: Path | None = None
    seed: int = 0
    budget_s: float = 600.0
    wanted: Wanted | None = None
    title: str = ""


def keep_schema(folder: Path, command: SchemaCommand) -> Report:
    """Keep a table, say what its columns and rules look like, and confirm its schema where that is asked for.

    The workspace is made where there is none. `InvalidInput` lists what is wrong with the file or the schema.
    """
    if command.out is not None:
        check_out_file(command.out, [path for path in (command.file, command.schema) if path])
    data = read_file(command.file) if command.file else b""
    given = read_schema(read_file(command.schema)) if command.schema else None
    with _opened(folder) as workspace:
        table = keep_table(workspace, data, command.file.name) if command.file else keep_demo_table(workspace)
        found = detection_of(workspace, table.id)
        schema = given or found.schema
        if command.target is not None:
            schema = TableSchema.model_validate(schema.model_dump() | {"target": command.target})
        confirmed = None
        if command.accept or given:
            confirmed = confirm_schema(workspace, table.id, schema, command.holdout_share, command.seed)
    if command.out is not None:
        write_files({command.out: schema_json(schema)})
    return {
        "table": table.id,
        "title": table.manifest.title,
        "n_rows": table.manifest.facts["n_rows"],
        "columns": [record(column) for column in found.columns],
        "rules": [_rule(rule) for rule in found.rules],
        "schema": schema.model_dump(mode="json"),
        "confirmed": _facts(confirmed) if confirmed else None,
        "out": None if command.out is None else str(command.out),
    }


def fit_in_folder(folder: Path, command: FitCommand) -> Steps[Report]:
    """Fit on the training rows of a confirmed schema, and report the model, its cost and the rows made."""
    settings = _settings(command.settings)
    with _opened(folder) as workspace:
        request = {
            "table_schema": find_named(workspace, SCHEMA, command.on).id,
            "family": command.family,
            "settings": settings,
            "seed": command.seed,
            "budget_s": command.budget_s,
            "title": command.title,
            "wanted": command.wanted.model_dump(mode="json") if command.wanted else None,
        }
        made = yield from fit_synthesizer(workspace, request)
        return _made(workspace, made)


def sample_in_folder(
    folder: Path, on: str, wanted: Wanted, out: Path | None, with_training_rows: bool
) -> Steps[Report]:
    """Sample from a fitted synthesizer, and write the rows to a CSV or Parquet file where one is named."""
    if out is not None:
        _check_format(out)
        check_out_file(out, [])
    with _opened(folder) as workspace:
        model = find_named(workspace, MODEL, on)
        request = {"model": model.id, "wanted": wanted.model_dump(mode="json")}
        made = yield from sample_synthetic(workspace, request)
        report = _made(workspace, {MODEL: model.id, **made})
        if out is not None:
            write = synthetic_csv if out.suffix.lower() == ".csv" else synthetic_parquet
            write_files({out: write(workspace, made[SYNTHETIC], with_training_rows=with_training_rows)})
    return {**report, "out": None if out is None else str(out)}


def report_in_folder(folder: Path, tables: Sequence[str], seed: int, title: str, out: Path | None) -> Steps[Report]:
    """Judge synthetic tables side by side, and write the report as an HTML file where one is named."""
    if out is not None:
        check_out_file(out, [])
    with _opened(folder) as workspace:
        ids = [find_named(workspace, SYNTHETIC, table).id for table in tables]
        made = yield from judge_tables(workspace, {"tables": ids, "seed": seed, "title": title})
        stored = workspace.artefacts.get(REPORT, made[REPORT])
        if out is not None:
            write_files({out: report_html(workspace, stored.id)})
    facts = stored.manifest.facts
    lines = {"lines": facts["lines"], "table_title": facts["table_title"]}
    return {"report": stored.id, "title": stored.manifest.title, **lines, "out": None if out is None else str(out)}


def compare_in_folder(folder: Path, on: str, families: Sequence[str], seed: int, budget_s: float) -> Steps[Report]:
    """Fit the families with their default settings, judge them side by side, and report the schema's ranking.

    Without families, the ranking as it stands. All of them are looked up before the first is fitted.
    """
    for family in families:
        check_installed(family_named(family))
    with _opened(folder) as workspace:
        schema = find_named(workspace, SCHEMA, on)
        tables = []
        for family in families:
            wanted = Wanted(seed=seed).model_dump(mode="json")
            request = {"table_schema": schema.id, "family": family, "seed": seed, "budget_s": budget_s}
            made = yield from fit_synthesizer(workspace, {**request, "wanted": wanted})
            tables.append(made[SYNTHETIC])
        if tables:
            yield from judge_tables(workspace, {"tables": tables, "seed": seed})
        found = [_standing(standing) for standing in standings(workspace, schema.id)]
    return {"schema": schema.id, "title": schema.manifest.title, "standings": found}


def find_named(workspace: Workspace, kind: str, named: str) -> Artefact:
    """The artefact of this id, or the only one that begins with it; `NotFound` lists what there is."""
    stored = workspace.artefacts.list(kind)
    found = [artefact for artefact in stored if artefact.id == named] or [
        artefact for artefact in stored if named and artefact.id.startswith(named)
    ]
    if len(found) == 1:
        return found[0]
    word = kind.replace("_", " ")
    known = ", ".join(f"{a.id[:8]} ({a.manifest.title})" for a in (found or stored)[:10]) or "none yet"
    what = f"{len(found)} ids of a {word} begin" if found else f"No id of a {word} begins"
    raise NotFound(f"{what} with {named!r}.", f"There are: {known}.")


def _made(workspace: Workspace, made: dict[str, Any]) -> Report:
    model = model_of(workspace, made[MODEL])
    synthetic = synthetic_of(workspace, made[SYNTHETIC]) if made[SYNTHETIC] else None
    sampled = synthetic.figures.model_dump(mode="json") if synthetic else None
    return {
        **made,
        "title": model.artefact.manifest.title,
        "fit": model.figures.model_dump(mode="json"),
        "sample": sampled,
    }


def _rule(found: RuleFinding) -> Report:
    return {
        "rule": found.rule.model_dump(mode="json"),
        "evidence": found.evidence,
        "rows_held": found.rows_held,
        "rows_checked": found.rows_checked,
    }


def _standing(standing: Standing) -> Report:
    line = standing.line.model_dump(mode="json")
    return {"rank": standing.rank, "why_unranked": standing.why_unranked, "report": standing.report, "line": line}


def _facts(artefact: Artefact) -> Report:
    return {"id": artefact.id, "title": artefact.manifest.title, **artefact.manifest.facts}


def _check_format(out: Path) -> None:
    if out.suffix.lower() not in _FORMATS:
        problem = Problem(f"{out.name} ends with neither {' nor '.join(_FORMATS)}.", "Name a CSV or Parquet file.")
        raise InvalidInput("The rows cannot be written", [problem])


def _settings(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        values, repeated = decode_json(read_file(path))
    except InvalidInput as error:
        raise InvalidInput(f"{path.name} cannot be read as settings", error.problems) from error
    if repeated:
        raise InvalidInput(f"{path.name} cannot be read as settings", repeated)
    return dict(values)


@contextmanager
def _opened(folder: Path) -> Iterator[Workspace]:
    try:
        workspace = open_workspace(folder)
    except WorkspaceBusy as error:
        raise WorkspaceBusy(error.message, "While the workbench runs, work on its Tabular lab page.") from error
    with workspace:
        yield workspace
