"""Solutions held in memory while they are scored against: reading one takes longer than scoring with it."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from core.leaderboard.predictions import TestForm
from core.leaderboard.refusals import RefusalKind, SubmissionRefused
from core.leaderboard.solution import Solution
from core.store.workspace import Workspace
from core.workflows.board_versions import solution
from core.workflows.splits import ids_of_training_rows

N_HELD: Final = 4  # of 48,000 test rows among 120,000 about 25 MB each


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class AnswerSheet:
    """The form that submissions answer, and the solution they are scored against. `is_public`, bool [R]."""

    form: TestForm
    solution: Solution
    is_public: NDArray[np.bool_]


def answer_sheet(workspace: Workspace, version: str) -> AnswerSheet:
    """The sheet of a board version; the last few stay in memory, since a split never changes under its id."""
    if (held := _find(workspace, version)) is not None:
        return held
    with _reading:  # many teams begin at once, and one reading serves them all
        if (held := _find(workspace, version)) is not None:
            return held
        answers = solution(workspace, version)
        training_ids = frozenset(ids_of_training_rows(workspace, version))
        sheet = AnswerSheet(TestForm(answers.row_ids, answers.labels, training_ids), answers, ~answers.is_private)
        _keep(workspace, version, sheet)
    return sheet


def check_open(workspace: Workspace, version: str) -> None:
    """Raise `SubmissionRefused` for a version that is closed, `NotFound` for one that does not exist."""
    found = workspace.versions.get(version)
    if not found.is_open:
        raise SubmissionRefused(
            RefusalKind.CLOSED, f"The version {found.title!r} is closed.", "Submit to a version that is open."
        )


def _find(workspace: Workspace, version: str) -> AnswerSheet | None:
    with _guard:
        held = _held.get(workspace)
        if held is None or version not in held:
            return None
        held.move_to_end(version)
        return held[version]


def _keep(workspace: Workspace, version: str, sheet: AnswerSheet) -> None:
    with _guard:
        held = _held.setdefault(workspace, OrderedDict())
        held[version] = sheet
        while len(held) > N_HELD:
            held.popitem(last=False)


_reading = threading.Lock()
_guard = threading.Lock()
_held: WeakKeyDictionary[Workspace, OrderedDict[str, AnswerSheet]] = WeakKeyDictionary()
