"""Scores over time, and models side by side on every dataset version."""

from typing import Final

import streamlit as st

from app import queries
from app.components.leaderboard.charts import MOST_COURSES, course_chart, versions_chart
from app.components.leaderboard.words import when_text
from app.components.plain_text import shortened
from app.state import current_selection
from app.theme import CHART_CONFIG
from core.workflows.board import Board

_MOST_MODELS: Final = 6
_USUAL: Final = 3


def course(board: Board) -> None:
    """How the scores have come along."""
    entries = [one.entry for one in board.history if one.counts]
    st.plotly_chart(
        course_chart(entries, board.lines, [one.entry.who for one in board.entries], when_text(board.choice.source)),
        config=CHART_CONFIG,
        key=f"board-course-{current_selection().workspace}",
        alt="Scores by the time they were submitted, with the best so far as a line",
    )
    n_hidden = len(board.history) - len(entries)
    coloured = f" The {MOST_COURSES} best models are in colour." if len(board.entries) > MOST_COURSES else ""
    is_one = n_hidden == 1
    told = (
        f" {n_hidden:,} submission{'' if is_one else 's'} that did not beat {'its' if is_one else 'their'} team's best "
        f"{'is' if is_one else 'are'} left out."
        if n_hidden
        else ""
    )
    st.caption(f"Each dot is an entry with a score of its own.{coloured}{told}")


def versions(board: Board) -> None:
    """Models side by side on every dataset version that they have an entry for."""
    who = [one.entry.who for one in board.entries]
    chosen = st.multiselect(
        "Models",
        range(len(who)),
        default=range(min(_USUAL, len(who))),
        format_func=lambda place: f"{shortened(who[place][1])} · {shortened(who[place][0])}",
        max_selections=_MOST_MODELS,
        key=f"board-models-{board.choice.dataset}-{board.choice.track}-{board.choice.source}-{len(who)}",
        help="The same team and model name on every dataset version.",
    )
    if not chosen:
        st.caption("Choose a model to see it on every dataset version.")
        return
    scores = queries.model_scores(
        current_selection().workspace, board.choice, tuple(who[place] for place in sorted(chosen))
    )
    st.plotly_chart(
        versions_chart(scores),
        config=CHART_CONFIG,
        key=f"board-versions-{current_selection().workspace}",
        alt="Scores of the chosen models on every dataset version",
    )
    n_versions = len({one.dataset for one in scores})
    alone = " Submit the same model to another version to compare." if n_versions == 1 else ""
    st.caption(
        f"The best score of each model on {n_versions:,} dataset version{'s' * (n_versions != 1)}, with 95% intervals. "
        f"Grey lines are each version's own oracle, ceiling and majority scores.{alone}"
    )
