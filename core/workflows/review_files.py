"""Reviews out of a workspace as CSV, for experts who work in a spreadsheet, and in again."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.catalogue.text_checks import shown
from core.errors import InvalidInput, Problem
from core.fingerprint import content_id
from core.graph.model import Outcome, SignedGraph, VerdictTable
from core.graph.review.pair_rows import pair_keys, rows_of
from core.graph.review.resolution import Resolved, resolve
from core.graph.review.review_csv import DecidedLine, ReviewLine, ReviewTable, read_review_csv, write_review_csv
from core.graph.review.states import Resolution, ReviewState, outcomes_at
from core.store.review_log import Decision, NewReview, PairEnds, Review, ReviewKind, reviewer_faults
from core.store.workspace import Workspace
from core.workflows.graphs import StoredGraph, load_graph
from core.workflows.reviews import folded_name, pair_problems, resolution_of, reviews_of


class ExportedPairs(StrEnum):
    """Which pairs a file lists: the signed ones, everything the judge was asked, or what has been reviewed."""

    EDGES = "edges"
    JUDGED = "judged"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file's lines: `new` reviews; `n_undecided` lines without a decision; `n_unchanged` lines that
    say what their reviewer says already; `outdated` lines, whose reviewer decided otherwise since, so that they were
    left out; `conflicts`, lines whose pair somebody else sees otherwise; `warnings` about the file.
    """

    n_lines: int
    new: tuple[Review, ...]
    n_undecided: int
    n_unchanged: int
    outdated: tuple[Problem, ...]
    conflicts: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def export_reviews(
    workspace: Workspace,
    graph_id: str,
    which: ExportedPairs = ExportedPairs.EDGES,
    *,
    reviewer: str = "",
    pairs: Sequence[PairEnds] | None = None,
    is_blind: bool = False,
) -> bytes:
    """Write pairs of a graph as CSV, one line for each reviewer who decided one, or one to be filled in.

    `reviewer`: show and list the decisions of this person only; `pairs`: list these, in this order, instead of `which`;
    `is_blind`: leave out what the judge said, and without a `reviewer` what anybody decided. `InvalidInput` names the
    ends that are no pair of the catalogue.
    """
    stored = load_graph(workspace, graph_id)
    catalogue, resolution = stored.graph.catalogue, resolution_of(workspace, stored)
    ends = _ends_of(catalogue, pairs) if pairs is not None else _ends_in(stored, resolution, which, reviewer)
    is_for_one = bool(reviewer) or is_blind
    lines = _lines(stored.judged, resolution, ends, lambda name: name == reviewer or not is_for_one)
    return write_review_csv(catalogue, graph_id, lines, is_blind=is_blind)


def import_reviews(workspace: Workspace, graph_id: str, data: bytes, filename: str, by: str = "") -> ImportReport:
    """Record the decisions of a filled-in file in one step; the same file again adds nothing.

    `by`: who decided the lines that name nobody. `InvalidInput` lists every problem by row; then nothing is recorded.
    """
    stored = load_graph(workspace, graph_id)
    catalogue = stored.graph.catalogue
    table = read_review_csv(data, filename, catalogue, graph_id)
    named = _named(table, by, workspace.reviews.reviewers(catalogue.id))
    known = reviews_of(workspace, catalogue.id)
    sorted_out = _sort_out(named, known)
    new = [_imported(one, catalogue.id, graph_id) for one in sorted_out.new]
    added = workspace.reviews.append(new, _key(new, known)) if new else ()
    return ImportReport(
        n_lines=table.n_lines,
        new=added,
        n_undecided=table.n_lines - len(named),
        n_unchanged=sorted_out.n_unchanged,
        outdated=tuple(sorted_out.outdated),
        conflicts=tuple(_conflicts(workspace, stored, named)),
        warnings=table.warnings,
    )


# Out


def _ends_of(catalogue: Catalogue, pairs: Sequence[PairEnds]) -> NDArray[np.int32]:
    faults = [problem for row, pair in enumerate(pairs, 1) for problem in pair_problems(catalogue, *pair, row=row)]
    if faults:
        raise InvalidInput("These pairs cannot be exported", faults)
    positions = [(catalogue.position_of[source], catalogue.position_of[target]) for source, target in pairs]
    return np.array(positions, dtype=np.int32).reshape(-1, 2)


def _ends_in(stored: StoredGraph, resolution: Resolution, which: ExportedPairs, reviewer: str) -> NDArray[np.int32]:
    """Ends [P, 2] of the chosen pairs in the order of the catalogue."""
    reviewed = np.stack([resolution.source, resolution.target], axis=1)
    if reviewer:
        reviewed = reviewed[[any(w.reviewer == reviewer for w in _words(one)) for one in resolution.reviews]]
    if which is ExportedPairs.REVIEWED:
        return reviewed
    judged = stored.judged
    listed = np.stack([judged.source, judged.target], axis=1)
    if which is ExportedPairs.EDGES and isinstance(judged, VerdictTable):
        listed = listed[np.isin(judged.outcome, (Outcome.POSITIVE, Outcome.NEGATIVE))]
    both = np.concatenate([listed, reviewed])
    keys = pair_keys(both[:, 0], both[:, 1], len(resolution.catalogue))
    return both[np.unique(keys, return_index=True)[1]]


def _lines(
    judged: VerdictTable | SignedGraph,
    resolution: Resolution,
    ends: NDArray[np.int32],
    is_shown: Callable[[str], bool],
) -> Iterator[ReviewLine]:
    """The lines of each pair: one for each person who says something of it and is shown, or an empty one."""
    n_nodes, keys = len(resolution.catalogue), pair_keys(ends[:, 0], ends[:, 1], len(resolution.catalogue))
    outcomes = outcomes_at(judged, ends[:, 0], ends[:, 1], n_nodes)
    judged_rows = rows_of(pair_keys(judged.source, judged.target, n_nodes), keys)
    reviewed_rows = rows_of(resolution.keys, keys)
    columns = zip(ends.tolist(), outcomes.tolist(), judged_rows.tolist(), reviewed_rows.tolist(), strict=True)
    for (source, target), outcome, row, reviewed in columns:
        empty = ReviewLine(source, target, Outcome(outcome), math.nan, "")
        if isinstance(judged, VerdictTable) and row >= 0:
            empty = empty._replace(strength=float(judged.strength[row]), reason=judged.reason[row])
        words = _words(resolution.reviews[reviewed]) if reviewed >= 0 else ()
        lines = [
            empty._replace(decision=word.decision, note=word.note, reviewer=word.reviewer)
            for word in words
            if is_shown(word.reviewer)
        ]
        yield from lines or [empty]


def _words(resolved: Resolved) -> tuple[Review, ...]:
    """What each person says of a pair: their vote, or the adjudication where they made it, in order of arrival."""
    said = {word.reviewer: word for word in resolved.votes}
    if resolved.adjudication is not None:
        said[resolved.adjudication.reviewer] = resolved.adjudication
    return tuple(sorted(said.values(), key=lambda word: word.number))


# In


class _Named(NamedTuple):
    """A decided line and whose decision it is."""

    line: DecidedLine
    reviewer: str


class _Sorted(NamedTuple):
    new: list[_Named]
    n_unchanged: int
    outdated: list[Problem]


def _named(table: ReviewTable, by: str, known: Iterable[str]) -> tuple[_Named, ...]:
    """The decided lines with their reviewer, whose name stays as it is, or else becomes what the `known` reviewers or
    the file first write: another case or spacing makes no other person.

    `InvalidInput` where nobody is named, or one person decides a pair twice.
    """
    problems = [Problem(*fault, field="reviewer") for fault in (reviewer_faults(by) if by else ())]
    exact = tuple(known)
    names = {folded_name(name): name for name in reversed(exact)}
    named = tuple(
        _Named(line, who if who in exact else names.setdefault(folded_name(who), who))
        for line in table.decided
        for who in [line.reviewer or by]
    )
    first: dict[tuple[str, str, str], int] = {}
    for line, who in named:
        if not who:
            fix = "Write a name in the column 'reviewer', or say who decided the lines without one."
            problems.append(Problem("Nobody is named who decided this.", fix, line.row, "reviewer"))
        elif (row := first.setdefault((line.source, line.target, who), line.row)) != line.row:
            message = f"Row {row} already decides this pair by {shown(who)}."
            problems.append(Problem(message, "Keep one of the two rows.", line.row, "decision"))
    if problems:
        raise InvalidInput("The reviews cannot be imported", problems)
    return named


def _sort_out(named: Iterable[_Named], known: Iterable[Review]) -> _Sorted:
    """Which lines say something new: neither what their reviewer says now, nor what they said before and dropped."""
    earlier: dict[tuple[str, str, str], list[Review]] = {}
    for review in known:
        earlier.setdefault((review.source, review.target, review.reviewer), []).append(review)
    sorted_out = _Sorted([], 0, [])
    n_unchanged = 0
    for one in named:
        theirs = earlier.get((one.line.source, one.line.target, one.reviewer), [])
        said = _word_of(theirs)
        if said is not None and _says(said, one.line):
            n_unchanged += 1
        elif any(_says(review, one.line) for review in theirs):
            sorted_out.outdated.append(_outdated(one, said))
        else:
            sorted_out.new.append(one)
    return sorted_out._replace(n_unchanged=n_unchanged)


def _word_of(theirs: Sequence[Review]) -> Review | None:
    """What a person says of a pair today: what counts of them, or else that they skipped it."""
    resolved = resolve(Outcome.UNJUDGED, theirs)
    if resolved is not None:
        return _words(resolved)[-1]
    return next((review for review in reversed(theirs) if review.stands), None)


def _says(review: Review, line: DecidedLine) -> bool:
    return review.decision is line.decision and line.note in (None, review.note)


def _outdated(one: _Named, said: Review | None) -> Problem:
    now = f"says {said.decision} since" if said is not None else "took it back since"
    message = f"{shown(one.reviewer)} decided {one.line.decision} here before and {now}; the line was left out."
    return Problem(message, "To go back to it, decide the pair again on the Review page.", one.line.row, "decision")


def _imported(one: _Named, catalogue: str, graph: str) -> NewReview:
    line = one.line
    return NewReview(
        catalogue=catalogue,
        source=line.source,
        target=line.target,
        graph=graph,
        reviewer=one.reviewer,
        decision=line.decision,
        kind=ReviewKind.IMPORTED,
        note=line.note or "",
    )


def _key(new: Sequence[NewReview], known: Sequence[Review]) -> str:
    """One key for two imports of one file at the same moment: the later one finds what the first recorded."""
    state = {"n_reviews": len(known), "n_withdrawn": sum(not review.stands for review in known)}
    return content_id("review-import", {**state, "new": [asdict(review) for review in new]})


def _conflicts(workspace: Workspace, stored: StoredGraph, named: Iterable[_Named]) -> Iterator[Problem]:
    """Lines whose pair somebody else sees otherwise, with what counts now."""
    resolution, position_of = resolution_of(workspace, stored), stored.graph.catalogue.position_of
    for line, who in named:
        row = resolution.row(position_of[line.source], position_of[line.target])
        if row is None or line.decision is Decision.SKIP:
            continue
        others = [w for w in _words(resolution.reviews[row]) if w.reviewer != who and w.decision is not line.decision]
        if others:
            said = ", ".join(f"{shown(word.reviewer)} says {word.decision}" for word in others)
            message = f"{shown(who)} says {line.decision}, but {said}. {_what_counts(resolution, row)}"
            fix = "Settle it on the Review page." if resolution.state[row] is ReviewState.CONFLICT else ""
            yield Problem(message, fix, line.row, "decision")


def _what_counts(resolution: Resolution, row: int) -> str:
    resolved = resolution.reviews[row]
    if resolved.is_conflict:
        return f"The votes are tied, so the first answer, {resolved.outcome.symbol}, stands."
    return f"{resolved.outcome.symbol} counts."
