"""The board of a dataset version: whose models score what on it, ranked among those that are asked for.

A board is of one dataset, one kind of split, one track, and either verified or self-reported: scores of different rows,
different knowledge or different trust are never ranked in one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.errors import NotFound
from core.leaderboard.entries import Entry, RankedEntry, ShownScore, best_entries, rank_entries
from core.leaderboard.lines import Lines
from core.models.protocol import Track
from core.store.workspace import Workspace
from core.workflows.board_entries import LoggedEntries, SubmittedEntries, TimedEntry
from core.workflows.board_versions import BoardVersion, VersionKind, VersionState, board_versions
from core.workflows.datasets import DATASET
from core.workflows.evaluation_logs import StoredLog, stored_logs


class ScoreSource(StrEnum):
    """Who counted: this workspace, from predictions and hidden labels, or the authors of evaluation logs."""

    VERIFIED = "verified"
    SELF_REPORTED = "self-reported"


@dataclass(frozen=True, slots=True)
class BoardFilters:
    """Which entries are asked for; an empty filter lets all pass. Days are UTC dates (`2026-07-27`), ends included."""

    families: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    first_day: str = ""
    last_day: str = ""

    def pass_on(self, entry: Entry) -> bool:
        """Whether an entry is asked for."""
        day = entry.at[:10]
        return (
            (not self.families or entry.family in self.families)
            and (not self.teams or entry.team in self.teams)
            and (not self.first_day or day >= self.first_day)
            and (not self.last_day or day <= self.last_day)
        )


@dataclass(frozen=True, slots=True)
class BoardChoice:
    """Which board: `dataset` is the key of a `DatasetBoards`; `version` a board version of it, empty for the newest of
    the kind.
    """

    dataset: str
    kind: VersionKind = VersionKind.RANDOM
    track: Track = Track.BLIND
    source: ScoreSource = ScoreSource.VERIFIED
    version: str = ""


@dataclass(frozen=True, slots=True)
class DatasetBoards:
    """What there is of one dataset version: board versions, newest first, and evaluation logs.

    `key` is the dataset's id, or the name by which logs call a dataset that is not in this workspace.
    """

    key: str
    title: str
    is_here: bool
    versions: tuple[BoardVersion, ...]
    n_logs: int

    def version(self, kind: VersionKind, wanted: str = "") -> BoardVersion | None:
        """The wanted version of a kind, else the newest one; None where there is none."""
        of_kind = [version for version in self.versions if version.kind == kind]
        return next((version for version in of_kind if version.id == wanted), of_kind[0] if of_kind else None)


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """One board as it is asked for. `entries`: ranked, best first; `others`: by team and model, the score on the other
    kind of split; `history`: every entry that the filters let pass, oldest first. `families` and `teams`: all there are
    before filtering; `is_final`: the version is closed and private scores rank. `lines` of the version, if it has one.
    """

    choice: BoardChoice
    title: str
    version: BoardVersion | None
    labels: tuple[str, ...]
    entries: tuple[RankedEntry, ...]
    others: Mapping[tuple[str, str], ShownScore]
    history: tuple[TimedEntry, ...]
    families: tuple[str, ...]
    teams: tuple[str, ...]
    is_final: bool
    lines: Lines | None


def dataset_boards(workspace: Workspace) -> tuple[DatasetBoards, ...]:
    """Every dataset version that has a board or a log, in order of their newest board version; then logs alone."""
    versions = board_versions(workspace)
    logs = stored_logs(workspace)
    newest = sorted(versions, key=lambda version: version.opened_at, reverse=True)
    keys = dict.fromkeys([*(version.dataset for version in newest), *map(log_dataset, logs)])
    titles = {dataset.id: dataset.manifest.title for dataset in workspace.artefacts.list(DATASET)}
    return tuple(
        DatasetBoards(
            key,
            titles.get(key, key),
            key in titles,
            tuple(version for version in newest if version.dataset == key),
            sum(log_dataset(log) == key for log in logs),
        )
        for key in keys
    )


def board(workspace: Workspace, choice: BoardChoice, filters: BoardFilters = BoardFilters()) -> Board:
    """The board that is asked for, ranked anew among the entries that pass; `NotFound` for an unknown dataset."""
    found = _dataset(workspace, choice.dataset)
    return (
        _verified(workspace, found, choice, filters)
        if choice.source is ScoreSource.VERIFIED
        else _self_reported(workspace, found, choice, filters)
    )


def log_dataset(stored: StoredLog) -> str:
    """The key of the dataset version that a log is about."""
    return stored.dataset or stored.log.dataset_version


def other_kind(kind: VersionKind) -> VersionKind:
    """Cold for random, random for cold."""
    return VersionKind.COLD if kind is VersionKind.RANDOM else VersionKind.RANDOM


def _dataset(workspace: Workspace, key: str) -> DatasetBoards:
    boards = dataset_boards(workspace)
    found = next((one for one in boards if one.key == key), None)
    if found is None:
        known = ", ".join(f"{one.key} ({one.title})" for one in boards)
        raise NotFound(f"There is no board of {key!r}.", f"Boards there are: {known or 'none yet'}.")
    return found


def _verified(workspace: Workspace, found: DatasetBoards, choice: BoardChoice, filters: BoardFilters) -> Board:
    version = found.version(choice.kind, choice.version)
    entries = SubmittedEntries(workspace, version, choice.track) if version is not None else None
    timed = entries.history if entries is not None else ()
    wanted = tuple(one for one in timed if filters.pass_on(one.entry))
    ranked = _ranked(entries, [one.entry for one in wanted if one.counts])
    other = found.version(other_kind(choice.kind))
    beside = SubmittedEntries(workspace, other, choice.track).history if other is not None else ()
    return Board(
        choice=choice,
        title=found.title,
        version=version,
        labels=version.labels if version is not None else (),
        entries=ranked,
        others=_scores([one.entry for one in beside if one.counts]),
        history=wanted,
        families=_names(one.entry.family for one in timed),
        teams=_names(one.entry.team for one in timed),
        is_final=version is not None and version.state is VersionState.CLOSED,
        lines=version.lines if version is not None else None,
    )


def _ranked(entries: SubmittedEntries | None, shown: Sequence[Entry]) -> tuple[RankedEntry, ...]:
    return () if entries is None else rank_entries(shown, entries.truth, entries.predicted(best_entries(shown)))


def _self_reported(workspace: Workspace, found: DatasetBoards, choice: BoardChoice, filters: BoardFilters) -> Board:
    logs = [log for log in stored_logs(workspace) if log_dataset(log) == found.key and log.log.track == choice.track]
    timed = LoggedEntries([log for log in logs if log.log.split_kind == choice.kind]).history
    beside = LoggedEntries([log for log in logs if log.log.split_kind != choice.kind]).history
    wanted = tuple(one for one in timed if filters.pass_on(one.entry))
    version = found.version(choice.kind, choice.version)
    return Board(
        choice=choice,
        title=found.title,
        version=version,
        labels=_names(label for one in timed for label in one.entry.score.per_class),
        entries=rank_entries([one.entry for one in wanted]),
        others=_scores([one.entry for one in beside]),
        history=wanted,
        families=_names(one.entry.family for one in timed),
        teams=_names(one.entry.team for one in timed),
        is_final=False,
        lines=version.lines if version is not None else None,
    )


def _scores(entries: Sequence[Entry]) -> dict[tuple[str, str], ShownScore]:
    return {entry.who: entry.score for entry in best_entries(entries)}


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=str.casefold))
