"""One entry: what it takes labels for, how sure it is, where it came from, and everything its team's model sent."""

import json
from typing import Any

import streamlit as st

from app import queries
from app.components.clusters.charts import page_text_colour
from app.components.leaderboard.entry_charts import confusion_chart, learning_chart, reliability_chart
from app.components.leaderboard.words import (
    ECE_HELP,
    KIND_NAMES,
    TRACK_NAMES,
    interval_text,
    minute_text,
    rank_text,
    score_text,
    through_text,
    when_text,
    which_text,
)
from app.components.plain_text import named, plain, quoted
from app.state import current_selection, select
from app.theme import CHART_CONFIG
from core.leaderboard.entries import RankedEntry
from core.workflows.board import Board, ScoreSource
from core.workflows.board_files import may_count


def entry_view(board: Board) -> None:
    """Show the selected entry; where none of the board is selected, say how to select one."""
    found = next((one for one in board.entries if one.entry.id == current_selection().entry), None)
    if found is None:
        st.caption("Choose a row of the table to see what an entry confuses, how sure it is, and where it came from.")
        return
    with st.container(border=True):
        _title(found)
        matrix, calibration = st.columns(2, gap="medium")
        with matrix:
            _confusion(board, found)
        with calibration:
            _calibration(board, found)
        if board.choice.source is ScoreSource.SELF_REPORTED:
            _learning(found)
        _provenance(board, found)
        _history(board, found)


def _title(found: RankedEntry) -> None:
    entry, score = found.entry, found.entry.score
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"#### {named(entry.model)}")
        st.button("Close", key="board-entry-close", icon=":material/close:", type="tertiary", on_click=_close)
    st.markdown(
        f"Team {named(entry.team)} · rank {rank_text(found.rank)} · macro F1 **{score_text(score.macro_f1)}** "
        f"(95% interval {interval_text(score)}) over {score.n_rows:,} rows"
    )


def _close() -> None:
    select(entry="")


def _confusion(board: Board, found: RankedEntry) -> None:
    st.markdown("##### What is taken for what")
    score = found.entry.score
    if score.confusion is None:
        st.caption("This log holds no confusion matrix.")
        return
    st.plotly_chart(
        confusion_chart(score.confusion, tuple(score.per_class), page_text_colour(), with_counts=may_count(board)),
        config=CHART_CONFIG,
        key=f"board-confusion-{found.entry.id}",
        alt="Confusion matrix: rows are true labels, columns predicted ones",
    )
    st.caption("Of the rows that truly have a label, the share that was called by each. The diagonal is right.")


def _calibration(board: Board, found: RankedEntry) -> None:
    st.markdown("##### How sure, how right", help=ECE_HELP)
    if board.choice.source is ScoreSource.SELF_REPORTED:
        ece = found.entry.score.ece
        st.caption("Not stated." if ece is None else f"The log states an expected calibration error of {ece:.3f}.")
        return
    bins = queries.reliability(current_selection().workspace, found.entry.id)
    if bins is None:
        st.caption("No probabilities were submitted, so nothing says how sure this model is of its calls.")
        return
    st.plotly_chart(
        reliability_chart(bins),
        config=CHART_CONFIG,
        key=f"board-reliability-{found.entry.id}",
        alt="How often calls are right by how sure the model is of them",
    )
    st.caption(
        f"Expected calibration error {score_text(found.entry.score.ece)}. Dots below the line: surer than it should "
        "be. A larger dot holds more rows."
    )


def _learning(found: RankedEntry) -> None:
    points = queries.learning_curve(current_selection().workspace, found.entry.id)
    if points:
        st.markdown("##### How it learnt")
        st.plotly_chart(
            learning_chart(points),
            config=CHART_CONFIG,
            key=f"board-learning-{found.entry.id}",
            alt="The learning curve that the log holds",
        )


def _provenance(board: Board, found: RankedEntry) -> None:
    """Where the entry came from, as its author states it, and how to find the very same data."""
    entry, version = found.entry, board.version
    st.markdown("##### Where it came from")
    facts: list[tuple[str, str]] = [
        ("Model", quoted(entry.model)),
        ("Dataset version", f"{named(board.title)} ({plain(board.choice.dataset[:24])})"),
        ("Split", _split(board) if version is not None else KIND_NAMES[board.choice.kind]),
        ("Track", TRACK_NAMES[board.choice.track]),
        ("Family", named(entry.family)),
        ("Code", quoted(entry.code_ref) if entry.code_ref else "not stated"),
        (when_text(board.choice.source), minute_text(entry.at)),
        ("Through", quoted(through_text(entry))),
        (
            "File (SHA-256)" if board.choice.source is ScoreSource.VERIFIED else "Log",
            f"`{entry.digest}`",
        ),
    ]
    if entry.id != entry.digest:
        facts.append(("Entry", f"`{entry.id}`"))
    st.table({f"**{name}**": value for name, value in facts}, border="horizontal", hide_header=True)
    if entry.config:
        with st.expander("Configuration, as stated", icon=":material/settings:"):
            st.json(json.loads(entry.config), expanded=2)


def _split(board: Board) -> str:
    version = board.version
    assert version is not None
    return (
        f"{KIND_NAMES[version.kind]}, {version.state} ({version.id[:8]}): {version.n_train:,} training rows, "
        f"{version.n_public:,} public and {version.n_private:,} private test rows"
    )


def _history(board: Board, found: RankedEntry) -> None:
    """Everything this team's model sent, newest first."""
    own = [one for one in board.history if one.entry.who == found.entry.who]
    is_verified = board.choice.source is ScoreSource.VERIFIED
    with st.expander(f"Everything this model sent ({len(own):,})", icon=":material/history:"):
        rows: list[dict[str, Any]] = []
        for one in reversed(own):
            is_known = one.counts or board.is_final
            rows.append(
                {
                    "When (UTC)": one.entry.at[:16].replace("T", " "),
                    "Macro F1": one.entry.score.macro_f1 if is_known else None,
                    "95% interval": interval_text(one.entry.score) if is_known else "",
                    "What became of it": _outcome(one.counts, one.entry.id == found.entry.id, is_verified),
                    "Entry": one.entry.id,
                }
            )
        st.dataframe(
            rows,
            hide_index=True,
            column_config={"Macro F1": st.column_config.NumberColumn(format="%.3f")},
            placeholder="",
            alt="Everything this model sent",
        )
        if is_verified:
            st.caption(
                f"Scores are {which_text(board.is_final, board.choice.source)}. A submission that does not beat the "
                "team's best beyond noise shows no score of its own: otherwise many tries would find out the labels."
            )


def _outcome(counts: bool, is_shown: bool, is_verified: bool) -> str:
    if is_shown:
        return "Ranks"
    if not is_verified:
        return "A better log ranks"
    return "Improved, then beaten" if counts else "No better than the best, beyond noise"
