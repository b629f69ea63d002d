"""Submissions and evaluation logs as entries of a board, each with what may be shown of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.leaderboard.bootstrap import score_interval
from core.leaderboard.entries import Entry, ShownScore, Span, shown
from core.leaderboard.evaluation_logs import EvaluationLog
from core.leaderboard.figures import Figures
from core.leaderboard.metrics import score_of
from core.leaderboard.prediction_files import read_stored
from core.models.protocol import Track
from core.store.board_log import board_log
from core.store.json_text import to_json_text
from core.store.workspace import Workspace
from core.workflows.answer_sheets import AnswerSheet, answer_sheet
from core.workflows.board_versions import BoardVersion, VersionState
from core.workflows.evaluation_logs import StoredLog
from core.workflows.submission_records import StoredSubmission, submissions_of

FAMILY_KEY = "family"  # where a submission's configuration names the family of its model


@dataclass(frozen=True, slots=True, eq=False)
class TimedEntry:
    """An entry in the history of a board. `counts`: it has a score of its own that may be ranked; otherwise its score
    is that of the entry `shown_id`, which it did not beat beyond noise.
    """

    entry: Entry
    counts: bool
    shown_id: str


class SubmittedEntries:
    """The submissions to one version in one track, oldest first, and the true labels of the rows that rank them."""

    def __init__(self, workspace: Workspace, version: BoardVersion, track: Track) -> None:
        self._workspace = workspace
        self._labels = version.labels
        self._is_final = version.state is VersionState.CLOSED
        found = [one for one in submissions_of(workspace, version.id) if one.track is track]
        self._sheet = answer_sheet(workspace, version.id) if found else None
        self._rows = {row.id: row for row in board_log(workspace).submissions(version.id)} if found else {}
        self.history = tuple(
            TimedEntry(self._entry(one, self._rows[one.id].body_digest), one.improved, one.shown) for one in found
        )

    @property
    def truth(self) -> NDArray[np.int8] | None:
        """True labels of the public rows, of a closed version of the private ones: int8 [n]; for ranking alone."""
        return None if self._sheet is None else self._sheet.solution.label[_rows(self._sheet, self._is_final)]

    def predicted(self, entries: Iterable[Entry]) -> dict[str, NDArray[np.int8]]:
        """What entries said of the same rows: int8 [n] by their ids."""
        if self._sheet is None:
            return {}
        log, scored = board_log(self._workspace), _rows(self._sheet, self._is_final)
        return {e.id: read_stored(log.predictions(self._rows[e.id])).label[scored] for e in entries}

    def _entry(self, stored: StoredSubmission, digest: str) -> Entry:
        public = self._shown(stored.public)
        private = self._shown(stored.private) if stored.private is not None else None
        return Entry(
            id=stored.id,
            team=stored.team,
            model=stored.model,
            family=family_of(stored),
            at=stored.submitted_at,
            source=stored.source,
            score=private or public,
            public=public if private is not None else None,
            code_ref=stored.code_ref,
            config=to_json_text(stored.config, "config") if stored.config else "",
            digest=digest,
        )

    def _shown(self, figures: Figures) -> ShownScore:
        score = figures.score
        return ShownScore(
            macro_f1=shown(score.macro_f1),
            interval=Span(shown(figures.interval.low), shown(figures.interval.high)),
            per_class=dict(zip(self._labels, map(shown, score.per_class), strict=True)),
            accuracy=shown(score.accuracy),
            ece=None if score.ece is None else shown(score.ece),
            confusion=score.confusion,
            n_rows=score.n_rows,
        )


class LoggedEntries:
    """Evaluation logs of one board, in order of their dates."""

    def __init__(self, logs: Sequence[StoredLog]) -> None:
        entries = [_logged(stored) for stored in logs]
        self.history = tuple(
            TimedEntry(entry, counts=True, shown_id=entry.id) for entry in sorted(entries, key=lambda e: (e.at, e.id))
        )


def family_of(stored: StoredSubmission) -> str:
    """The family that a submission's configuration states, else the name of its model."""
    named = stored.config.get(FAMILY_KEY)
    return named if isinstance(named, str) and named.strip() and named.isprintable() else stored.model


def log_score(log: EvaluationLog) -> ShownScore:
    """The figures of a log: those of its confusion matrix where there is one, with the interval that only it gives."""
    metrics = log.metrics
    if log.confusion is None:
        assert metrics is not None
        per_class = {name: shown(label.f1) for name, label in (metrics.per_class or {}).items()}
        accuracy = None if metrics.accuracy is None else shown(metrics.accuracy)
        return ShownScore(shown(metrics.macro_f1), None, per_class, accuracy, _ece(log), None, log.n_rows)
    counts = log.confusion.table()
    score, interval = score_of(counts), score_interval(counts)
    return ShownScore(
        macro_f1=shown(score.macro_f1),
        interval=Span(shown(interval.low), shown(interval.high)),
        per_class=dict(zip(log.confusion.labels, map(shown, score.per_class), strict=True)),
        accuracy=shown(score.accuracy),
        ece=_ece(log),
        confusion=counts,
        n_rows=log.n_rows,
    )


def _ece(log: EvaluationLog) -> float | None:
    return None if log.metrics is None or log.metrics.ece is None else shown(log.metrics.ece)


def _logged(stored: StoredLog) -> Entry:
    log = stored.log
    config: Mapping[str, Any] = log.config or {}
    return Entry(
        id=stored.kept.id,
        team=log.team,
        model=log.model,
        family=log.family,
        at=log.as_json()["date"],
        source=f"{stored.kept.file}, line {stored.kept.line}",
        score=log_score(log),
        code_ref=log.code_ref or "",
        config=to_json_text(config, "config") if config else "",
        digest=stored.kept.id,
    )


def _rows(sheet: AnswerSheet, is_final: bool) -> NDArray[np.bool_]:
    return sheet.solution.is_private if is_final else sheet.is_public
