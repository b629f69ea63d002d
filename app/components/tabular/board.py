"""The synthesizers' track of the Leaderboard: every judged table of one confirmed schema, ranked by its likeness."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from app import queries
from app.components.open_with import open_with
from app.components.tabular.board_chart import standings_chart
from app.components.tabular.compare_form import ANCHORS_HELP
from app.components.tabular.pick import pick
from app.components.tabular.report_short import header_px
from app.components.tabular.report_words import DISCRIMINATOR_HELP
from app.services import current
from app.state import current_selection
from app.theme import CHART_CONFIG
from core.tabular.report.headlines import headline_named
from core.workflows.tabular_schemas import SCHEMA
from core.workflows.tabular_standings import Standing, judged_schemas

_PREDICTORS, _SYNTHESIZERS = "Label predictors", "Table synthesizers"
_SHOWN: Final = (
    "minority-discriminator",
    "pair-trends",
    "boosted-auc",
    "boosted-ratio",
    "logistic-ratio",
    "average-precision",
    "dcr-share",
    "membership",
    "attacks",
)
_RANK_HELP: Final = (
    "By the discriminator's AUC. A rank counts the tables that are certainly closer to real: those whose whole "
    "interval lies below. What copies real rows or breaks rules has no rank, and the anchors have none."
)
_ROW_PX: Final = 35


def is_of_synthesizers() -> bool:
    """Whether the board of synthesizers is to be shown; asked only where a table has been judged."""
    if not judged_schemas(current().workspace):
        return False
    key = _key()
    if key not in st.session_state:
        st.session_state[key] = _PREDICTORS if queries.boards(current_selection().workspace) else _SYNTHESIZERS
    chosen = st.segmented_control(
        "Ranking of",
        [_PREDICTORS, _SYNTHESIZERS],
        required=True,
        key=key,
        persist_state="session",
        help="Models that tell the labels of rows apart, or engines that make tables like a real one. They are judged "
        "by different figures, so they are ranked apart.",
    )
    return bool(chosen == _SYNTHESIZERS)


def show_synthesizers() -> None:
    """Have the Leaderboard open on this track: for a page that leads to it."""
    st.session_state[_key()] = _SYNTHESIZERS


def synthesizer_board() -> None:
    """The ranking on one table, chosen among those that were judged."""
    found = [current().workspace.artefacts.get(SCHEMA, one) for one in judged_schemas(current().workspace)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        schema = pick(SCHEMA, found, "Table", help_text="Tables whose synthesizers were compared in the Tabular lab.")
        if schema is None:
            return
        if st.button("Open it in the Tabular lab", icon=":material/science:", key="board-open-lab"):
            open_with("tabular_lab", tabular_table=schema.manifest.parents["tabular_table"], tabular_schema=schema.id)
    standings = queries.tabular_standings(current_selection().workspace, schema.id)
    st.plotly_chart(
        standings_chart(standings),
        config=CHART_CONFIG,
        key=f"board-synthesizers-{schema.id}",
        alt="How well the rows of every table are told from real ones",
    )
    _table(standings)
    st.caption(
        f"Judged against {schema.manifest.facts['n_holdout']:,} real rows that no engine saw, each table by its newest "
        "report. Grey: the anchors.",
        help=f"{DISCRIMINATOR_HELP} {ANCHORS_HELP}",
    )


def _table(standings: Sequence[Standing]) -> None:
    rows = [_row(one) for one in standings]
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    config: dict[str, Any] = {
        "Rank": number(width=55, help=_RANK_HELP),
        "Table": text(width=190),
        "Discriminator": number(format="%.3f", width=105, help=headline_named("discriminator").about),
        "95% interval": text(width=110, help="How far chance in the rows may have moved it."),
        "Rows": number(format="localized", width=75),
        "Why it has no rank": text(width=230, help=_RANK_HELP),
    }
    config |= {
        headline_named(name).title: number(
            format="localized" if name == "attacks" else "%.3f",
            width=header_px(headline_named(name).title),
            help=headline_named(name).about,
        )
        for name in _SHOWN
    }
    st.dataframe(
        {name: [row[name] for row in rows] for name in rows[0]},
        hide_index=True,
        height=38 + _ROW_PX * len(rows),
        column_config=config,
        placeholder="–",
        alt=f"{len(rows):,} judged tables, best first",
    )


def _row(one: Standing) -> dict[str, Any]:
    auc = one.line.discriminator
    return {
        "Rank": one.rank,
        "Table": one.line.title,
        "Discriminator": None if auc is None else auc.value,
        "95% interval": "" if auc is None else f"{auc.low:.3f} to {auc.high:.3f}",
        "Why it has no rank": one.why_unranked,
        **{headline_named(name).title: one.line.figures.get(name) for name in _SHOWN},
        "Rows": one.line.n_rows,
        "Id": "" if one.line.is_anchor else one.line.method[:8],
    }


def _key() -> str:
    return f"board-ranking-{current_selection().workspace}"
