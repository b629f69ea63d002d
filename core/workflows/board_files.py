"""A board as files: a table for spreadsheets, and JSON with the history, the lines and how the ranks were made."""

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.catalogue.cells import escaped
from core.catalogue.writing import csv_bytes
from core.leaderboard.entries import RankedEntry, ShownScore
from core.leaderboard.ranking import CONFIDENCE
from core.workflows.board import Board, ScoreSource, other_kind
from core.workflows.board_detail import OPEN_DECIMALS
from core.workflows.board_entries import TimedEntry
from core.workflows.records import record

METHOD: Final = (
    "Intervals: 95 %, multinomial bootstrap of the confusion matrix. rank_low to rank_high: with 95 % confidence all "
    "of these ranges together hold the true ranks; all pairs of entries are compared at once, row by row where "
    "predictions exist, and the critical value is that of the largest difference among all pairs still open "
    "(step-down maximum). Ranks are those among the entries in this file."
)


def may_count(board: Board) -> bool:
    """Whether rows may be counted out: not while hidden labels of an open version could be told from the counts."""
    return board.is_final or board.choice.source is ScoreSource.SELF_REPORTED


def confusion_shares(confusion: NDArray[np.int64], *, is_exact: bool) -> NDArray[np.float64]:
    """Of each true label (row) the share that was called by each label (column); else at two decimals."""
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    return np.asarray(shares if is_exact else np.round(shares, OPEN_DECIMALS), dtype=np.float64)


def board_csv(board: Board) -> bytes:
    """UTF-8 CSV, one line per ranked entry, best first, with intervals and ranks; safe for spreadsheets."""
    figures = ("macro_f1", "low", "high", "n_rows", "accuracy", "ece")
    other = other_kind(board.choice.kind)
    header = (
        *("rank", "rank_low", "rank_high", "team", "model", "family"),
        *figures,
        *(escaped(f"f1_{label}") for label in board.labels),
        *(f"public_{name}" for name in figures[:3]),
        "ranks_won_from_public",
        *(f"{other}_{name}" for name in figures[:3]),
        *("oracle", "ceiling", "majority"),
        *("entries", "submitted_at", "through", "code_ref", "config", "digest", "entry"),
        *("scores", "track", "split_kind", "dataset", "dataset_title", "version", "state"),
    )
    return csv_bytes(header, [_line(board, ranked) for ranked in board.entries])


def board_json(board: Board) -> bytes:
    """The same as JSON, with confusion matrices and every entry of the history, oldest first."""
    return (json.dumps(board_record(board), ensure_ascii=False, allow_nan=False, indent=2) + "\n").encode()


def board_record(board: Board) -> dict[str, Any]:
    """The board as JSON data."""
    version = board.version
    return {
        "dataset": board.choice.dataset,
        "title": board.title,
        "version": version.id if version is not None else None,
        "state": str(version.state) if version is not None else None,
        "split_kind": str(board.choice.kind),
        "track": str(board.choice.track),
        "scores": str(board.choice.source),
        "is_final": board.is_final,
        "confidence": CONFIDENCE,
        "method": METHOD,
        "lines": record(board.lines) if board.lines is not None else None,
        "entries": [_entry(board, ranked) for ranked in board.entries],
        "history": [_history(board, timed) for timed in board.history],
    }


def _line(board: Board, ranked: RankedEntry) -> Sequence[str]:
    entry, lines, version = ranked.entry, board.lines, board.version
    score, other = entry.score, board.others.get(entry.who)
    per_class = [score.per_class.get(label) for label in board.labels]
    return (
        *map(str, ranked.rank),
        *map(escaped, (entry.team, entry.model, entry.family)),
        *_span(score),
        str(score.n_rows),
        *map(_number, (score.accuracy, score.ece, *per_class)),
        *_span(entry.public),
        "" if ranked.climbed is None else str(ranked.climbed),
        *_span(other),
        *map(_number, (lines.oracle, lines.ceiling, lines.majority) if lines is not None else (None,) * 3),
        str(ranked.n_entries),
        entry.at,
        *map(escaped, (entry.source, entry.code_ref, entry.config)),
        entry.digest,
        entry.id,
        str(board.choice.source),
        str(board.choice.track),
        str(board.choice.kind),
        *map(escaped, (board.choice.dataset, board.title)),
        *((version.id, str(version.state)) if version is not None else ("", "")),
    )


def _span(score: ShownScore | None) -> tuple[str, str, str]:
    if score is None:
        return "", "", ""
    low, high = score.interval if score.interval is not None else (None, None)
    return _number(score.macro_f1), _number(low), _number(high)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _entry(board: Board, ranked: RankedEntry) -> dict[str, Any]:
    entry, other = ranked.entry, board.others.get(ranked.entry.who)
    return {
        "rank": ranked.rank.place,
        "rank_low": ranked.rank.low,
        "rank_high": ranked.rank.high,
        "ranks_won_from_public": ranked.climbed,
        "team": entry.team,
        "model": entry.model,
        "family": entry.family,
        "score": _score(entry.score, is_exact=may_count(board)),
        "public": None if entry.public is None else _score(entry.public, is_exact=True),
        str(other_kind(board.choice.kind)): None if other is None else _score(other, is_exact=False),
        "entries": ranked.n_entries,
        "submitted_at": entry.at,
        "through": entry.source,
        "code_ref": entry.code_ref,
        "config": json.loads(entry.config) if entry.config else {},
        "digest": entry.digest,
        "entry": entry.id,
    }


def _history(board: Board, timed: TimedEntry) -> dict[str, Any]:
    entry = timed.entry
    known = _score(entry.score, is_exact=may_count(board)) if timed.counts or entry.public is not None else None
    return {
        "entry": entry.id,
        "team": entry.team,
        "model": entry.model,
        "submitted_at": entry.at,
        "improved": timed.counts,
        "shown_entry": timed.shown_id,
        "score": known,
    }


def _score(score: ShownScore, *, is_exact: bool) -> dict[str, Any]:
    return {
        "macro_f1": score.macro_f1,
        "low": None if score.interval is None else score.interval.low,
        "high": None if score.interval is None else score.interval.high,
        "per_class": dict(score.per_class),
        "accuracy": score.accuracy,
        "ece": score.ece,
        "n_rows": score.n_rows,
        **_confusion(score, is_exact=is_exact),
    }


def _confusion(score: ShownScore, *, is_exact: bool) -> dict[str, Any]:
    """Counts where they may be told, else only what share of each true label (row) was called by each label."""
    if score.confusion is None:
        return {"confusion": None}
    if is_exact:
        return {"confusion": score.confusion.tolist()}
    return {"confusion_shares": confusion_shares(score.confusion, is_exact=False).tolist()}
