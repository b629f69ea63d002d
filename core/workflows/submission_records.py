"""What was submitted, as the board may show it: public figures, and the private ones once the version is closed."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.leaderboard.figures import Figures, figures_of, figures_text, read_figures
from core.leaderboard.prediction_files import read_stored
from core.models.protocol import Track
from core.store.board_log import SubmissionRow, board_log
from core.store.workspace import Workspace
from core.workflows.answer_sheets import AnswerSheet, answer_sheet


@dataclass(frozen=True, eq=False, slots=True)
class StoredSubmission:
    """A scored submission. `public`: the figures that its standing shows, its own where it `improved`, else those of
    the submission `shown`; `private`: its own figures of the private rows, None until the version is closed.
    """

    id: str
    version: str
    team: str
    model: str
    track: Track
    source: str
    code_ref: str
    config: dict[str, Any]
    submitted_at: str
    shown: str
    public: Figures
    private: Figures | None

    @property
    def improved(self) -> bool:
        """Whether it beat everything of its standing before, beyond noise."""
        return self.shown == self.id


def submissions_of(workspace: Workspace, version: str | None = None) -> tuple[StoredSubmission, ...]:
    """Every submission, or those to one version, in order of arrival; private figures of closed versions only."""
    rows = board_log(workspace).submissions(version)
    public = {row.id: read_figures(row.figures) for row in rows if row.figures is not None}
    private: dict[str, Figures] = {}
    for name in dict.fromkeys(row.version for row in rows):
        private |= private_figures(workspace, name)
    return tuple(_stored(row, public[row.shown], private.get(row.id)) for row in rows)


def private_figures(workspace: Workspace, version: str) -> dict[str, Figures]:
    """The private figures by submission id, computed on the first call after closing; empty while the version is open.

    They are counted from the stored predictions and the hidden solution: before that moment they are nowhere.
    """
    if workspace.versions.get(version).is_open:
        return {}
    log = board_log(workspace)
    known = log.private_figures(version)
    missing = [row for row in log.submissions(version) if row.id not in known]
    if missing:
        sheet = answer_sheet(workspace, version)
        new = {row.id: figures_text(_private_figures(workspace, row, sheet)) for row in missing}
        log.record_private(new)
        known = known | new
    return {submission: read_figures(text) for submission, text in known.items()}


def public_labels(workspace: Workspace, row: SubmissionRow, sheet: AnswerSheet) -> NDArray[np.int8]:
    """The labels that a submission predicted for the public rows, int8."""
    return read_stored(board_log(workspace).predictions(row)).label[sheet.is_public]


def _private_figures(workspace: Workspace, row: SubmissionRow, sheet: AnswerSheet) -> Figures:
    predictions = read_stored(board_log(workspace).predictions(row))
    return figures_of(predictions, sheet.solution.label, len(sheet.solution.labels), sheet.solution.is_private)


def _stored(row: SubmissionRow, public: Figures, private: Figures | None) -> StoredSubmission:
    return StoredSubmission(
        id=row.id,
        version=row.version,
        team=row.team,
        model=row.model,
        track=Track(row.track),
        source=row.source,
        code_ref=row.code_ref,
        config=json.loads(row.config),
        submitted_at=row.submitted_at,
        shown=row.shown,
        public=public,
        private=private,
    )
