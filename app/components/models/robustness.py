"""How far a training can be relied on: without a modality, with fewer rows, and on attributes it never saw."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from app import queries
from app.components.leaderboard.words import KIND_HELP, KIND_NAMES
from app.components.models.run_charts import dropped_chart, sizes_chart, weakest
from app.components.models.run_names import run_names
from app.components.models.words import UNSEEN_HELP
from app.components.plain_text import named, plain
from app.services import current
from app.state import current_selection, select
from app.theme import CHART_CONFIG
from core.models.report import Robustness
from core.workflows.board_versions import BoardVersion
from core.workflows.run_lines import RunLine, sister_versions

_STILL_RISES: Final = 0.01  # of macro F1 for twice the rows: below it, more rows are hardly worth their drawing


def robustness_view(version: BoardVersion, runs: Sequence[RunLine], run: RunLine) -> None:
    """The three questions, each with a chart or figures and its answer in a sentence; other trainings beside it."""
    found = run.report.robustness
    if found is None:
        st.info(
            "This training was not measured. Train again with “Measure how far it can be relied on” switched on.",
            icon=":material/shield:",
        )
    else:
        beside = _beside(runs, run)
        left, right = st.columns(2, gap="large")
        with left:
            _dropped(found, beside)
        with right:
            _sizes(found, beside, version.lines.ceiling)
        _unseen(found, beside)
        for note in found.notes:
            st.caption(f":material/info: {plain(note)}")
    _other_split(version, run)


def _beside(runs: Sequence[RunLine], run: RunLine) -> dict[str, Robustness]:
    """The training itself and those chosen to stand beside it, by name."""
    measured = [one for one in runs if one.report.robustness is not None]
    names = dict(zip((one.id for one in runs), run_names(runs), strict=True))
    others = [one.id for one in measured if one.id != run.id]
    key = f"models-beside-{run.id}"
    chosen = (
        st.multiselect(
            "Compare with",
            others,
            format_func=names.__getitem__,
            key=key,
            persist_state="session",
            placeholder="Other trainings on this version",
            max_selections=5,
        )
        if others
        else []
    )
    shown = [run, *(one for one in measured if one.id in chosen)]
    return {names[one.id]: one.report.robustness for one in shown if one.report.robustness is not None}


def _dropped(found: Robustness, beside: Mapping[str, Robustness]) -> None:
    st.markdown(
        "##### When a modality is missing",
        help="The same model, on the same rows set aside, with every attribute of one modality taken out. The dashed "
        "line is its score with all of them.",
    )
    if not found.dropped:
        st.caption("No modality could be left out.")
        return
    name, least = weakest(found)
    loss = found.score.macro_f1 - least
    st.markdown(
        f"Without **{named(name)}** the score falls by {loss:.3f}, to {least:.3f}: it leans on that most."
        if loss > 0.005
        else "No single modality is missed: the score stays as it is without any one of them."
    )
    st.plotly_chart(
        dropped_chart(beside), config=CHART_CONFIG, key="models-dropped", alt="Macro F1 without each modality"
    )


def _sizes(found: Robustness, beside: Mapping[str, Robustness], ceiling: float | None) -> None:
    st.markdown(
        "##### With fewer rows to learn from",
        help="Models of the same settings, each trained on part of the rows and scored on the same rows set aside. "
        "Where the curve still rises at its end, more rows would help.",
    )
    points = found.learning_curve
    if len(points) < 2:
        st.caption("There are too few rows to take some away.")
        return
    gain = points[-1].score.macro_f1 - points[-2].score.macro_f1
    st.markdown(
        f"From {points[-2].n_rows:,} to {points[-1].n_rows:,} rows the score changed by {gain:+.3f}: "
        + ("more rows would probably help." if gain > _STILL_RISES else "more rows would hardly help.")
    )
    st.plotly_chart(
        sizes_chart(beside, ceiling), config=CHART_CONFIG, key="models-sizes", alt="Macro F1 by number of training rows"
    )


def _unseen(found: Robustness, beside: Mapping[str, Robustness]) -> None:
    st.markdown("##### On attributes it never saw", help=UNSEEN_HELP)
    rows = [(name, one.unseen) for name, one in beside.items() if one.unseen is not None]
    if found.unseen is None or not rows:
        st.caption("Not measured: see the note below.")
        return
    unseen = found.unseen
    st.markdown(
        f"One more model was trained without {unseen.n_attributes:,} attributes. On the {unseen.cold.n_rows:,} rows "
        f"that hold one of them it scores **{unseen.cold.macro_f1:.3f}**, on the {unseen.warm.n_rows:,} others "
        f"**{unseen.warm.macro_f1:.3f}**. It learnt from the {unseen.n_fit_rows:,} rows that hold none, so both are "
        "below what all rows give."
    )
    if len(rows) > 1:
        st.dataframe(
            {
                "Training": [name for name, _ in rows],
                "Rows with attributes never seen": [one.cold.macro_f1 for _, one in rows],
                "Other rows": [one.warm.macro_f1 for _, one in rows],
                "Rows learnt from": [one.n_fit_rows for _, one in rows],
            },
            hide_index=True,
            column_config={
                name: st.column_config.NumberColumn(format="%.3f")
                for name in ("Rows with attributes never seen", "Other rows")
            },
            alt="Scores on attributes never seen, by training",
        )


def _other_split(version: BoardVersion, run: RunLine) -> None:
    """The same family on the other kind of split of the same dataset, through the blind door."""
    sisters = sister_versions(current().workspace, version)
    other = "cold" if KIND_NAMES[version.kind] == "Random" else "random"
    st.markdown(f"##### On the board's {other} split", help=KIND_HELP)
    if not sisters:
        st.caption(
            f"No {other} split of this dataset is on the board. Make one on the Datasets page, under “Splits”"
            + (", with some attributes held out." if other == "cold" else ".")
        )
        return
    for sister in sisters:
        lines = queries.model_lines(current_selection().workspace, sister.id)
        scores = [one.score for one in lines if one.report.family == run.report.family and one.score is not None]
        best = max(scores, key=lambda score: score.shown.estimate, default=None)
        with st.container(horizontal=True, vertical_alignment="center"):
            said = (
                "this family has not been trained on it yet."
                if best is None
                else f"best of this family **{best.shown.estimate:.3f}** "
                f"({best.shown.low:.3f} to {best.shown.high:.3f})."
            )
            st.markdown(f"{plain(sister.title)}: {said}", width="content")
            st.button(
                "Go to it",
                icon=":material/arrow_forward:",
                key=f"models-sister-{sister.id[:8]}",
                type="tertiary",
                on_click=_go,
                args=(sister.id,),
            )


def _go(version: str) -> None:
    select(split=version, model_run="", entry="")
