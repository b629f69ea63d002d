"""The ranking: figures of the board, the chart, and the table one entry of which can be looked at."""

from typing import Any, Final

import streamlit as st

from app.components.leaderboard.charts import MOST_ROWS, score_chart
from app.components.leaderboard.words import (
    ECE_HELP,
    KIND_HELP,
    KIND_NAMES,
    MACRO_F1_HELP,
    NOT_KNOWN,
    change_text,
    day_text,
    interval_text,
    rank_text,
    score_text,
    which_text,
)
from app.components.plain_text import named
from app.components.reference_lines import reference_lines
from app.state import current_selection, select
from app.theme import CHART_CONFIG
from core.leaderboard.entries import RankedEntry
from core.workflows.board import Board, ScoreSource, other_kind

_ROW_PX: Final = 35
_TABLE_PX: Final = 560
_METHOD: Final = (
    "**Rank 1–3** means: the test rows do not tell which of the ranks 1 to 3 is the true one. Every two entries are "
    "compared row by row where their predictions are known, else by their intervals; since that is many comparisons at "
    "once, the bar is raised until all ranges shown hold together with 95% confidence (step-down maximum of the "
    "paired bootstrap). Intervals of scores are 95% intervals too, each for itself. Of every team's model the best "
    "shown score ranks, and ranks are counted among what is shown."
)
_METHOD_LOGS: Final = (
    "**Nobody has seen these predictions.** The scores are what authors wrote; intervals follow from the confusion "
    "matrix a log holds; a log without one has none and is told apart from nobody. Ranks are among these logs alone."
)


def headline(board: Board) -> None:
    """The best score beside the lines it is to be read against, and what the board rests on."""
    version, best = board.version, board.entries[0] if board.entries else None
    figures: list[tuple[str, str, str, str]] = []
    if best is not None:
        where = which_text(board.is_final, board.choice.source)
        figures.append(("Best macro F1", score_text(best.entry.score.macro_f1), where, MACRO_F1_HELP))
    figures += [
        (line.name, f"{line.value:.3f}", line.beside, f"{line.says[0].upper()}{line.says[1:]}.")
        for line in reference_lines(board.lines)
    ]
    if version is not None and board.choice.source is ScoreSource.VERIFIED:
        n_rows = version.n_private if board.is_final else version.n_public
        figures.append(
            (
                "Scored rows",
                f"{n_rows:,}",
                f"of {version.n_test:,} test rows",
                "Public test rows score a submission while the version is open. The private ones are scored when it is "
                "closed, so that nobody can tune a model to them.",
            )
        )
    grid = st.grid(max(len(figures), 1), min_column_width=170)
    for label, value, below, help_text in figures:
        grid.metric(
            label, value, below, delta_color="off", delta_arrow="off", help=help_text, border=True, height="stretch"
        )


def ranking(board: Board) -> None:
    """The chart and the table; choosing a row of the table opens the entry."""
    chosen = current_selection().entry
    if len(board.entries) > MOST_ROWS:
        st.caption(f"The chart shows the best {MOST_ROWS} of {len(board.entries):,} entries; the table has all.")
    st.plotly_chart(
        score_chart(board.entries, board.lines, chosen, "Public score"),
        config=CHART_CONFIG,
        key=f"board-scores-{current_selection().workspace}",
        alt="Every entry's macro F1 with its 95% interval, against the lines of reference",
    )
    _table(board, chosen)
    st.caption(_METHOD if board.choice.source is ScoreSource.VERIFIED else _METHOD_LOGS)


def _table(board: Board, chosen: str) -> None:
    rows = [_row(board, one) for one in board.entries]
    ids = [one.entry.id for one in board.entries]
    place = ids.index(chosen) if chosen in ids else None
    st.dataframe(
        {name: [row[name] for row in rows] for name in rows[0]},
        hide_index=True,
        height=min(_TABLE_PX, 38 + _ROW_PX * len(rows)),
        column_config=_columns(board),
        on_select=_open,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [place]}} if place is not None else None,
        key=_table_key(ids),
        placeholder=NOT_KNOWN,
        alt=f"{len(rows):,} ranked entries",
    )


def _table_key(ids: list[str]) -> str:
    """Another key for other rows: a selected row number means nothing among others."""
    key = f"board-table-{abs(hash(tuple(ids)))}"
    st.session_state["board-table"] = (key, ids)
    return key


def _open() -> None:
    key, ids = st.session_state["board-table"]
    rows = st.session_state[key].selection.rows
    select(entry=ids[rows[0]] if rows else "")


def _row(board: Board, one: RankedEntry) -> dict[str, Any]:
    score, other = one.entry.score, board.others.get(one.entry.who)
    row: dict[str, Any] = {
        "Rank": rank_text(one.rank),
        "Model": one.entry.model,
        "Team": one.entry.team,
        "Macro F1": score.macro_f1,
        "95% interval": interval_text(score),
    }
    if board.is_final:
        row |= {"Public": one.entry.public.macro_f1 if one.entry.public else None, "Change": change_text(one.climbed)}
    row |= {f"F1 {label}": score.per_class.get(label) for label in board.labels}
    row["Accuracy"] = score.accuracy
    if board.others:
        row[_other(board)] = None if other is None else other.macro_f1
    row |= {"ECE": score.ece, "Family": one.entry.family, "Date": day_text(one.entry.at), "Entries": one.n_entries}
    return row


def _other(board: Board) -> str:
    return f"{KIND_NAMES[other_kind(board.choice.kind)]} split"


def _columns(board: Board) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "Rank": st.column_config.TextColumn(width=60, help="The ranks that chance leaves open."),
        "Model": st.column_config.TextColumn(width=190),
        "Team": st.column_config.TextColumn(width=100),
        "Family": st.column_config.TextColumn(help="The kind of model, as its author states it."),
        "Macro F1": number(format="%.3f", help=MACRO_F1_HELP),
        "95% interval": st.column_config.TextColumn(help="How far chance in the test rows may have moved the score."),
        "Public": number(format="%.3f", help="The score on the public test rows, which was shown while it was open."),
        "Change": st.column_config.TextColumn(help="Places won or lost from the public to the private score."),
        _other(board): number(format="%.3f", help=f"The model's macro F1 on the other kind of split. {KIND_HELP}"),
        **{f"F1 {label}": number(format="%.3f", help="F1 of this label alone.") for label in board.labels},
        "Accuracy": number(format="%.3f", help="Share of all rows that were called rightly."),
        "ECE": number(format="%.3f", help=ECE_HELP),
        "Date": st.column_config.TextColumn(help="When it was submitted or, of a log, when the run ended (UTC)."),
        "Entries": number(help="How many improving submissions, or logs, this team's model has. The best one ranks."),
    }


def nothing_ranked(board: Board) -> None:
    """Why the table is empty, in one sentence."""
    is_verified = board.choice.source is ScoreSource.VERIFIED
    if board.history and is_verified:
        st.info("None of the entries that pass the filters has a score of its own.", icon=":material/filter_list:")
    elif board.teams:
        st.info("No entry passes the filters. Open “Filters” and choose “Show all”.", icon=":material/filter_list:")
    elif is_verified:
        st.info("Nothing was submitted to this board yet.", icon=":material/leaderboard:")
    else:
        st.info(f"No evaluation log of this kind names {named(board.title)} yet.", icon=":material/upload_file:")
