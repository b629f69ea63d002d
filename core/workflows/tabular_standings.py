"""The synthesizers' track: every judged table of a confirmed schema in one ranking, from the headlines of reports."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic import BaseModel, ConfigDict

from core.store.workspace import Workspace
from core.tabular.report.frozen import Interval
from core.tabular.report.headlines import HEADLINES
from core.tabular.report.model import MethodReport, Report
from core.workflows.tabular_schemas import SCHEMA

REPORT: Final = "tabular_report"
COPIES_ALLOWED: Final = 0.01  # share of rows that may be exact copies beyond those that the holdout has


class MethodLine(BaseModel):
    """What a report says of one method at a glance; `figures` are the report's headlines by name.

    `method`: id of the synthetic table, or an anchor's name. `discriminator`: None where it was not measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    title: str
    family: str
    is_anchor: bool
    n_rows: int
    discriminator: Interval | None
    excess_copies: float
    figures: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """One line of the track, and the report it is from; `rank` is None where `why_unranked` says why."""

    rank: int | None
    line: MethodLine
    report: str
    why_unranked: str = ""


def method_lines(report: Report, families: Mapping[str, str]) -> tuple[MethodLine, ...]:
    """A line per method of a report, anchors included; `families` names those of the synthetic tables by id."""
    return tuple(_line(method, families.get(method.name, "")) for method in report.methods)


def standings(workspace: Workspace, schema_id: str) -> tuple[Standing, ...]:
    """Every method judged under a confirmed schema, by its newest report, best first; anchors stand among them.

    `NotFound` when there is no such schema; empty before its first report.
    """
    workspace.artefacts.get(SCHEMA, schema_id)
    newest: dict[str, Standing] = {}
    for report in workspace.artefacts.list(REPORT):
        if report.manifest.parents[SCHEMA] == schema_id:
            for values in report.manifest.facts["lines"]:
                line = MethodLine.model_validate(values)
                newest.setdefault(line.method, Standing(None, line, report.id, _objection(line)))
    return ranked(tuple(newest.values()))


def ranked(found: Sequence[Standing]) -> tuple[Standing, ...]:
    """The standings in the order of the discriminator's AUC, ranked among one another.

    A rank is one more than the number of ranked tables whose whole interval lies below this one's: tables that the
    discriminator cannot tell apart share a rank. What has an objection keeps its place and gets no rank.
    """
    entrants = [s.line.discriminator for s in found if not s.why_unranked and s.line.discriminator]
    given = [s if s.why_unranked else replace(s, rank=_rank(s.line.discriminator, entrants)) for s in found]
    return tuple(sorted(given, key=lambda s: (_auc(s.line), s.line.title, s.line.method)))


def judged_schemas(workspace: Workspace) -> tuple[str, ...]:
    """Ids of the confirmed schemas that have a report, the one judged last first."""
    return tuple(dict.fromkeys(report.manifest.parents[SCHEMA] for report in workspace.artefacts.list(REPORT)))


def _line(method: MethodReport, family: str) -> MethodLine:
    copies = method.privacy.copies if method.privacy else None
    return MethodLine(
        method=method.name,
        title=method.title,
        family=family,
        is_anchor=method.is_anchor,
        n_rows=method.n_rows,
        discriminator=method.fidelity.discriminator.auc if method.fidelity else None,
        excess_copies=copies.exact_share - copies.holdout_exact_share if copies else 0.0,
        figures={headline.name: headline.read(method) for headline in HEADLINES},
    )


def _objection(line: MethodLine) -> str:
    """Why a line has no rank, "" where it has one: a copy of the training rows would win any ranking by likeness."""
    if line.is_anchor:
        return "An anchor: what to compare with."
    if line.discriminator is None:
        return "The discriminator could not be measured."
    if line.excess_copies > COPIES_ALLOWED:
        return f"{line.excess_copies:.1%} more of its rows are exact copies of training rows than of the holdout's."
    if broken := line.figures["violations"]:
        return f"The schema's rules are broken {broken:,.0f} times."
    return ""


def _rank(own: Interval | None, entrants: Sequence[Interval]) -> int | None:
    return None if own is None else 1 + sum(other.high < own.low for other in entrants)


def _auc(line: MethodLine) -> float:
    return line.discriminator.value if line.discriminator else math.inf
