"""Scores between clusters: two modalities as a grid, and one score written by hand."""

from functools import partial
from itertools import combinations
from typing import Final, NamedTuple

import streamlit as st

from app.cluster_tables import Cell, Fates, band_counts, numbered_name, score_grid
from app.components.clusters.charts import page_text_colour
from app.components.clusters.edit import keep_edit
from app.components.clusters.score_charts import CELL_NAMES, score_matrix, score_text
from app.components.clusters.thresholds import judge_calls, thresholds
from app.components.plain_text import plain
from app.theme import CHART_CONFIG
from core.errors import NotFound
from core.graph.strategies.cluster.scores import ScoreState
from core.graph.strategies.cluster.scoring import pairs_without_score
from core.graph.strategies.cluster.settings import HIGHEST_SCORE, LOWEST_SCORE, ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages, with_score

_FIELD_PX: Final = 200


class ModalityPair(NamedTuple):
    """Two modalities whose clusters are scored with each other."""

    a: str
    b: str


@st.fragment
def cluster_scores(version: str, stages: Stages) -> None:
    """Thresholds with what they cost, then the grid of two modalities; follows every move of a slider."""
    pairs = [ModalityPair(*pair) for pair in combinations(stages.catalogue.modalities, 2)]
    st.markdown("##### What the thresholds make of the scores")
    settings, fates = thresholds(version, stages, len(pairs_without_score(stages)))
    if settings is None:
        return
    calls = st.container()  # filled last: planning takes a moment, and nothing else should wait for it
    _band_counts(stages, settings)
    st.markdown("##### Scores of two modalities")
    key = f"cluster-pair-{stages.catalogue.id[:8]}"
    pair = st.selectbox(
        "Modalities",
        pairs,
        format_func=lambda pair: f"{pair.a} × {pair.b}",
        key=key,
        persist_state="session",
        help="Attributes of one modality are never asked about each other, so their clusters have no scores.",
    )
    _matrix(stages, pair, settings, fates)
    _edit(version, stages, pair)
    if fates is not None:
        with calls:
            judge_calls(version, settings)


def _band_counts(stages: Stages, settings: ClusterStrategySettings) -> None:
    counts = {cell: n for cell, n in band_counts(stages, settings).items() if n}
    st.caption("Pairs of clusters: " + " · ".join(f"**{n:,}** {plain(CELL_NAMES[cell])}" for cell, n in counts.items()))


def _matrix(stages: Stages, pair: ModalityPair, settings: ClusterStrategySettings, fates: Fates | None) -> None:
    grid = score_grid(stages, pair.a, pair.b, settings, fates)
    st.plotly_chart(
        score_matrix(grid, counts_pairs=fates is not None, text_colour=page_text_colour()),
        config=CHART_CONFIG,
        key="score-matrix",
        alt=f"Scores of the clusters of {pair.a} with those of {pair.b}",
    )
    st.caption(
        "Scores go from 0, a conflict, to 10, a fit. Full colour: the sign is taken over. Pale colour: each pair of "
        "attributes is asked. Grey: left out. × means not viable, which is an answer and no score of 0. "
        "* was written by hand."
    )
    if (grid.cell == Cell.UNKNOWN).any():
        st.caption(":material/pending: … means that nobody has scored the two yet.")


def _edit(version: str, stages: Stages, pair: ModalityPair) -> None:
    assert stages.clustering is not None  # there are scores to show
    clusters = stages.clustering.by_number
    with st.expander("Write a score by hand", icon=":material/edit:"):
        line = st.grid(2, min_column_width=_FIELD_PX)
        a, b = (
            line.cell().selectbox(
                f"Cluster of {modality}",
                [cluster.number for cluster in stages.clustering.by_modality[modality]],
                format_func=lambda number: numbered_name(clusters[number]),
                key=f"score-edit-{side}-{version[:8]}-{modality}",
            )
            for side, modality in zip("ab", pair, strict=True)
        )
        try:
            row = stages.scores.row(a, b)
        except NotFound:
            st.caption("Nobody has scored the two yet. Have the missing scores made first: the button is above.")
            return
        st.caption(f"Now: {_now(stages, row)}")
        key = f"{version[:8]}-{a}-{b}"
        is_viable = st.segmented_control(
            "Together they are",
            [True, False],
            format_func=lambda viable: "A combination with a score" if viable else "Not viable",
            default=stages.scores.state[row] != ScoreState.NOT_VIABLE,
            required=True,
            key=f"score-viable-{key}",
            help="Not viable: the two do not go together at all, so no score can be given. That is not a score of 0, "
            "which is the strongest conflict and puts a − on all pairs.",
        )
        known = float(stages.scores.value[row]) if stages.scores.state[row] == ScoreState.SCORED else None
        value = st.number_input(
            f"Score from {LOWEST_SCORE:g} to {HIGHEST_SCORE:g}",
            value=known,
            step=0.5,
            format="%.1f",
            key=f"score-value-{key}",
            disabled=not is_viable,
        )
        is_ready = not is_viable or value is not None
        if st.button(
            "Keep this score",
            key=f"score-keep-{key}",
            type="primary",
            icon=":material/save:",
            disabled=not is_ready,
        ):
            keep_edit(version, partial(with_score, a=a, b=b, value=value if is_viable else None), "Scored.")


def _now(stages: Stages, row: int) -> str:
    scores = stages.scores
    by_hand = ", written by hand" if scores.is_edited[row] else ""
    score = scores.score(row)
    if score is None:
        return "no usable answer came, so all their pairs are asked"
    return f"{'not viable' if score.value is None else f'{score_text(score.value)} of 10'}{by_hand}"
