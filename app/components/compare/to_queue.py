"""Handing differing pairs to reviewers: a review queue of exactly the pairs that were found."""

from collections.abc import Callable
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.components.compare.pickers import Compared
from app.components.listed_queue import listed_queue_link, make_listed_queue
from app.components.pair_text import OUTCOME_SIGNS
from app.components.plain_text import named
from app.navigation import page_icon
from core.graph.differences import Difference
from core.graph.review.queue_settings import MOST_CARDS, ListedPair, QueuePolicy, QueueSettings
from core.store.artefacts import Artefact

_USUAL: Final = 50
_TITLE_CHARACTERS: Final = 80


def to_queue(compared: Compared, tell: Callable[[int], Difference], numbers: NDArray[np.int32]) -> None:
    """Offer the pairs found, one at least, as a queue; once made it is selected, and the Review page opens it."""
    made = f"compare-queue-made-{compared.key}"
    with st.popover("Send to review", icon=page_icon("review"), type="primary"):
        most = min(len(numbers), MOST_CARDS)
        st.markdown(
            f"Makes a review queue of pairs of **{named(compared.a.manifest.title)}**, in the order of the list: the "
            "clearest contradictions first. Reviewers see them one by one on the Review page."
        )
        n_cards = st.number_input(
            f"Pairs, of {len(numbers):,} found",
            min_value=1,
            max_value=most,
            value=min(_USUAL, most),
            key=f"compare-queue-n-{compared.key}-{len(numbers)}",
            help=f"Taken from the top of the list, {MOST_CARDS:,} at most.",
        )
        is_blind = st.toggle(
            "Hide what the graphs say until the reviewer has decided",
            value=True,
            key=f"compare-queue-blind-{compared.key}",
            help="Only blind answers tell which graph is right: whoever sees a sign tends to agree with it.",
        )
        n_double = st.slider(
            "Pairs that two reviewers must see",
            0,
            100,
            20,
            5,
            format="%d%%",
            key=f"compare-queue-double-{compared.key}",
            help="Chosen at random. They tell how far reviewers agree among themselves.",
        )
        if st.button("Make the queue", key=f"compare-queue-make-{compared.key}", icon=":material/playlist_add:"):
            listed = tuple(_listed(compared, tell(number)) for number in numbers[:n_cards].tolist())
            settings = QueueSettings(
                policy=QueuePolicy.LISTED,
                n_cards=n_cards,
                audit_share=0.0,
                double_share=n_double / 100,
                is_blind=is_blind,
                pairs=listed,
            )
            a, b = (_short(graph) for graph in compared)
            make_listed_queue(compared.a.id, settings, f"Differences: {a} and {b}", made)
    listed_queue_link(made)


def _listed(compared: Compared, found: Difference) -> ListedPair:
    a, b = (_short(graph) for graph in compared)
    why = (
        f"“{a}” ({compared.a.id[:8]}) says {OUTCOME_SIGNS[found.outcome_a]}, "
        f"“{b}” ({compared.b.id[:8]}) says {OUTCOME_SIGNS[found.outcome_b]}."
    )
    return ListedPair(source=found.source.id, target=found.target.id, why=why)


def _short(graph: Artefact) -> str:
    title = graph.manifest.title
    return title if len(title) <= _TITLE_CHARACTERS else f"{title[: _TITLE_CHARACTERS - 1]}…"
