"""Board versions: splits that take submissions, until their owner closes them and the answers come out."""

from dataclasses import dataclass
from enum import StrEnum

from core.errors import NotFound
from core.leaderboard.lines import Lines
from core.leaderboard.solution import Solution, read_solution
from core.store.version_table import EventRow, VersionRow
from core.store.workspace import Workspace
from core.workflows.dataset_rows import release_rows
from core.workflows.datasets import DATASET
from core.workflows.splits import SPLIT, lines_of, solution_name, split_card


class VersionState(StrEnum):
    """Whether submissions are taken."""

    OPEN = "open"
    CLOSED = "closed"


class VersionKind(StrEnum):
    """How the split was made: by chance alone, or with attributes that no training row holds."""

    RANDOM = "random"
    COLD = "cold"


@dataclass(frozen=True, slots=True)
class BoardVersion:
    """A split on the board; `id` is the split's. Instants are UTC ISO text, `closed_at` empty while it is open.

    `n_test` counts public and private rows together; `labels` are in the order of the solution's numbers.
    """

    id: str
    title: str
    dataset: str
    state: VersionState
    opened_at: str
    closed_at: str
    kind: VersionKind
    labels: tuple[str, ...]
    n_train: int
    n_test: int
    n_public: int
    n_private: int
    lines: Lines


def open_version(workspace: Workspace, split_id: str, title: str = "", by: str = "") -> BoardVersion:
    """Open a split for submissions, its own title by default; one that is open stays as it is.

    `ValenceError` for one that was closed.
    """
    split = workspace.artefacts.get(SPLIT, split_id)
    row = workspace.versions.open(split_id, split.manifest.parents[DATASET], title or split.manifest.title, by)
    return _version(workspace, row)


def close_version(workspace: Workspace, split_id: str, by: str = "") -> BoardVersion:
    """Close a version for good, an event that is logged; its dataset's rows come back where no other split holds them.

    The event comes first: closing once more, or opening the workspace, finishes what a killed program left.
    """
    row = workspace.versions.close(split_id, by)
    release_rows(workspace, row.dataset, f"{SPLIT}/{split_id}")
    return _version(workspace, row)


def board_versions(workspace: Workspace) -> tuple[BoardVersion, ...]:
    """Every version, open and closed, the one opened last first."""
    return tuple(_version(workspace, row) for row in workspace.versions.list())


def board_version(workspace: Workspace, split_id: str) -> BoardVersion:
    """One version; `NotFound` lists those there are."""
    return _version(workspace, workspace.versions.get(split_id))


def version_events(workspace: Workspace, split_id: str = "") -> tuple[EventRow, ...]:
    """Who opened and closed what and when, of one version or of all, in the order of happening."""
    return workspace.versions.events(split_id)


def solution(workspace: Workspace, split_id: str) -> Solution:
    """The answers of a split, in the order of its test file; they never leave the server.

    `NotFound` where the hidden place does not hold them.
    """
    try:
        return read_solution(workspace.hidden.read(solution_name(split_id)))
    except NotFound as error:
        message = f"The answers of the split {split_id!r} are not in the workspace's hidden place."
        raise NotFound(message, "Copy the folder back from a backup.") from error


def _version(workspace: Workspace, row: VersionRow) -> BoardVersion:
    card = split_card(workspace, row.split)
    return BoardVersion(
        id=row.split,
        title=row.title,
        dataset=row.dataset,
        state=VersionState.OPEN if row.is_open else VersionState.CLOSED,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        kind=VersionKind(card["kind"]),
        labels=tuple(card["labels"]),
        n_train=card["n_train"],
        n_test=card["n_test"],
        n_public=card["n_public"],
        n_private=card["n_private"],
        lines=lines_of(card),
    )
