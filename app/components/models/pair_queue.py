"""Handing pairs on which labels and graph part to reviewers: a review queue of exactly the pairs that were found."""

from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.components.listed_queue import listed_queue_link, make_listed_queue
from app.components.plain_text import named, shortened
from app.navigation import page_icon
from core.graph.pair_table import PairTable
from core.graph.review.queue_settings import MOST_CARDS, ListedPair, QueuePolicy, QueueSettings
from core.store.artefacts import Artefact
from core.workflows.board_versions import BoardVersion
from core.workflows.model_pairs import ComparedPairs, told_pair

_USUAL: Final = 50
_TITLE: Final = 80


def pair_queue(
    version: BoardVersion,
    run: Artefact,
    graph: Artefact,
    pairs: ComparedPairs,
    table: PairTable,
    numbers: NDArray[np.int32],
) -> None:
    """Offer the pairs found, one at least, as a queue; once made it is selected, and the Review page opens it."""
    key = f"models-queue-{run.id[:8]}-{graph.id[:8]}"
    with st.popover("Send to review", icon=page_icon("review"), key=f"{key}-popover"):
        most = min(len(numbers), MOST_CARDS)
        st.markdown(
            f"Makes a review queue of pairs of **{named(graph.manifest.title)}**, in the order of the list. Reviewers "
            "see them one by one on the Review page, and before they have decided neither what the graph says nor what "
            "the labels say. Pairs that somebody has reviewed already are left out."
        )
        n_cards = st.number_input(
            f"Pairs, of {len(numbers):,} found",
            min_value=1,
            max_value=most,
            value=min(_USUAL, most),
            key=f"{key}-n-{len(numbers)}",
            help=f"Taken from the top of the list, {MOST_CARDS:,} at most.",
        )
        if st.button("Make the queue", key=f"{key}-make", icon=":material/playlist_add:"):
            settings = _settings(version, pairs, table, numbers[: int(n_cards)])
            title = f"Labels and graph: {shortened(version.title, _TITLE)}"
            make_listed_queue(graph.id, settings, title, f"{key}-made")
    listed_queue_link(f"{key}-made")


def _settings(
    version: BoardVersion, pairs: ComparedPairs, table: PairTable, numbers: NDArray[np.int32]
) -> QueueSettings:
    told = [told_pair(pairs, table, number) for number in numbers.tolist()]
    # The reason must not give either answer away.
    why = (
        f"Picked among what a model learnt from the labels of “{shortened(version.title, _TITLE)}” ({version.id[:8]})."
    )
    return QueueSettings(
        policy=QueuePolicy.LISTED,
        n_cards=len(told),
        audit_share=0.0,
        pairs=tuple(ListedPair(source=pair.source.id, target=pair.target.id, why=why) for pair in told),
    )
