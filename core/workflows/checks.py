"""Check sets in a workspace: versions that never change, edits as new ones, and runs against stored graphs.

A set names its pairs, so it belongs to no catalogue: it is run against any graph, and what that graph's catalogue
lacks is listed.
"""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Final

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, Problem
from core.graph.checks.answers import verdicts_by_answers
from core.graph.checks.check_file import (
    SHIPPED_CHECKS,
    read_pairs,
    read_written_file,
    read_written_set,
    unusable,
    write_check_set,
)
from core.graph.checks.obvious import EXPECTED
from core.graph.checks.report import CheckReport, run_checks
from core.graph.checks.resolve import name_in, resolve
from core.graph.checks.written import EXPECTED_WORDS, Line, WrittenSet, written_pairs
from core.graph.model import Outcome
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.graphs import StoredGraph

CHECKS: Final = "checks"
CHECKS_FILE: Final = "checks.csv"
SHIPPED_TITLE: Final = "Obvious pairs (shipped)"


def save_checks(workspace: Workspace, written: WrittenSet, title: str, parent: str = "") -> Artefact:
    """Keep a check set under its content id; the same pairs twice are one version, first title and parent kept."""
    counts = {symbol: sum(p.expected is outcome for p in written.pairs) for symbol, outcome in EXPECTED.items()}
    facts = {"n_pairs": len(written.pairs), "expected": counts, "splits": list(written.splits)}
    files = {CHECKS_FILE: write_check_set(written)}
    return workspace.artefacts.save(CHECKS, written.id, title, files, facts, {CHECKS: parent} if parent else {})


def load_checks(workspace: Workspace, checks_id: str) -> WrittenSet:
    """Read a stored check set; `NotFound` when there is none, `CorruptArtefact` when its bytes were changed."""
    return read_written_set(checks_csv(workspace, checks_id), CHECKS_FILE)


def checks_csv(workspace: Workspace, checks_id: str) -> bytes:
    """The stored file: it can be edited in a spreadsheet and uploaded again."""
    return workspace.artefacts.read(workspace.artefacts.get(CHECKS, checks_id), CHECKS_FILE)


def shipped_checks() -> WrittenSet:
    """The shipped set of obvious pairs, as it was read from its file."""
    return read_written_file(SHIPPED_CHECKS)


def import_shipped_checks(workspace: Workspace) -> Artefact:
    """Keep the shipped set whole; pairs that a catalogue lacks are listed by every run against one of its graphs."""
    return save_checks(workspace, shipped_checks(), SHIPPED_TITLE)


def read_upload(data: bytes, filename: str, catalogue: Catalogue) -> tuple[WrittenSet, tuple[Problem, ...]]:
    """A file's pairs, and those problems that a person may accept: attributes that this catalogue does not hold.

    `InvalidInput` lists every fault by row, of the file itself and of pairs that the catalogue could never be asked.
    """
    written, problems = read_pairs(data, filename)
    found = resolve(written, catalogue, suggest=True)
    if problems or any(not item.is_absent for item in found.left_out):
        raise unusable(filename, _by_row([*problems, *found.problems]))
    return written, found.problems


def title_of_file(filename: str) -> str:
    """What a set is called after its file."""
    return PurePath(filename).stem.strip() or "Check set"


def edit_checks(workspace: Workspace, version: str, lines: Iterable[Line], catalogue: Catalogue) -> Artefact:
    """Keep edited lines as a new version with `version` as its parent, which stays as it was.

    `InvalidInput` lists every fault by row, or says that nothing was changed. What is new in the lines must be pairs
    that the catalogue can be asked; what was in the version already may stay.
    """
    before = load_checks(workspace, version)
    pairs, problems = written_pairs(lines)
    after, known = WrittenSet(pairs), {pair.names for pair in before.pairs}
    left_out = [item for item in resolve(after, catalogue, suggest=True).left_out if item.pair.names not in known]
    problems += [problem for item in left_out for problem in item.problems]
    if not pairs and not problems:
        problems = [Problem("There is no pair left.", "Keep at least one, or delete the version.")]
    if problems:
        raise InvalidInput("The check set cannot be kept", _by_row(problems))
    if after.id == before.id:
        raise InvalidInput("Nothing was kept", [Problem("This is what the version holds already.", "Change it first.")])
    title = workspace.artefacts.get(CHECKS, version).manifest.title
    return save_checks(workspace, after, title, version)


def _by_row(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once: a pair written twice is found in the file and again in the catalogue."""
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.row or 0)


def lines_of(written: WrittenSet) -> list[Line]:
    """The set as lines that can be edited, signs as words."""
    return [
        Line(
            pair.row,
            {
                "source": pair.source,
                "target": pair.target,
                "expected": EXPECTED_WORDS[pair.expected],
                "split": pair.split,
                "why": pair.why,
            },
        )
        for pair in written.pairs
    ]


def line_of_pair(catalogue: Catalogue, source: int, target: int, expected: Outcome, why: str, row: int) -> Line:
    """A line made by hand from two catalogue positions, named so that the catalogue finds them again."""
    cells = {
        "source": name_in(catalogue, source),
        "target": name_in(catalogue, target),
        "expected": EXPECTED_WORDS[expected],
        "why": why,
    }
    return Line(row, cells)


def checks_line(workspace: Workspace, version: str) -> tuple[Artefact, ...]:
    """A version and those it was edited from, the newest first; `NotFound` for an unknown id."""
    line = [workspace.artefacts.get(CHECKS, version)]
    while parent := line[-1].manifest.parents.get(CHECKS):
        line.append(workspace.artefacts.get(CHECKS, parent))
    return tuple(line)


def is_bare(stored: StoredGraph) -> bool:
    """Whether a graph came from a file of edges, so that nothing is known of a pair without an edge."""
    return stored.verdicts is None


def check_stored_graph(stored: StoredGraph, written: WrittenSet, *, absent_is_neutral: bool = False) -> CheckReport:
    """Hold what is known of a graph against a set, reviews included; `verdicts_by_answers` has `absent_is_neutral`."""
    verdict_of = verdicts_by_answers(stored.answers, is_bare=is_bare(stored), absent_is_neutral=absent_is_neutral)
    return run_checks(resolve(written, stored.graph.catalogue), verdict_of)
