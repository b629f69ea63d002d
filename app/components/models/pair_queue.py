"""Handing pairs on which labels and graph part to reviewers: a review queue of exactly the pairs that were found."""

from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.components.failure import show_failure
from app.components.plain_text import named, shortened
from app.navigation import page_icon, page_link
from app.services import current
from app.state import current_selection, select
from core.errors import ValenceError
from core.graph.pair_table import PairTable
from core.graph.review.queue_settings import MOST_CARDS, ListedPair, QueuePolicy, QueueSettings
from core.store.artefacts import Artefact
from core.workflows.board_versions import BoardVersion
from core.workflows.model_pairs import ComparedPairs, told_pair
from core.workflows.review_queues import create_queue

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
            _make(version, graph, key, _settings(version, pairs, table, numbers[: int(n_cards)]))
    queue_id = st.session_state.get(f"{key}-made")
    if queue_id and queue_id == current_selection().queue:
        page_link("review", f"Review queue {queue_id[:8]} is ready: open it")


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


def _make(version: BoardVersion, graph: Artefact, key: str, settings: QueueSettings) -> None:
    title = f"Labels and graph: {shortened(version.title, _TITLE)}"
    try:
        queue = create_queue(current().workspace, graph.id, settings, title)
    except ValenceError as error:
        show_failure(error)
        return
    select(queue=queue.id)
    st.session_state[f"{key}-made"] = queue.id
