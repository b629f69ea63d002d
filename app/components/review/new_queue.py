"""A new queue: what makes a pair worth looking at, how many cards, and how they are reviewed."""

from itertools import combinations
from typing import Any, Final

import streamlit as st

from app.components.failure import show_failure
from app.components.pair_text import OUTCOME_TITLES
from app.services import current
from app.state import select
from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.review.queue_settings import ABOUT, JUDGED, MOST_CARDS, QueuePolicy, QueueSettings
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.datasets import DATASET
from core.workflows.graphs import GRAPH
from core.workflows.review_queues import POLICY_NAMES, create_queue
from core.workflows.sealed_rows import are_sealed

_OFFERED: Final = tuple(policy for policy in QueuePolicy if policy is not QueuePolicy.LISTED)
_DEFAULTS: Final = QueueSettings()


def new_queue(graph: Artefact, catalogue: Catalogue) -> None:
    """Ask for the settings of a queue over a graph, make it, and open it."""
    with st.container(border=True):
        st.markdown("##### New queue")
        policy = st.radio(
            "Which pairs come first",
            _OFFERED,
            index=_OFFERED.index(_DEFAULTS.policy),
            format_func=POLICY_NAMES.__getitem__,
            captions=[ABOUT[policy] for policy in _OFFERED],
            key="review-new-policy",
        )
        chosen: dict[str, Any] = {"policy": policy, **_of_the_policy(policy, graph)}
        chosen |= _size(policy)
        with st.expander("More settings", icon=":material/tune:"):
            chosen |= _more(catalogue, policy)
            title = st.text_input("Title", key="review-new-title", max_chars=200, placeholder="Filled in if left empty")
        if st.button("Make the queue", key="review-make-queue", type="primary", icon=":material/playlist_add_check:"):
            _make(graph, chosen, title)


def _make(graph: Artefact, chosen: dict[str, Any], title: str) -> None:
    try:
        with st.spinner("Choosing the pairs…"):
            made = create_queue(current().workspace, graph.id, QueueSettings.model_validate(chosen), title)
    except ValenceError as error:
        show_failure(error)
        return
    select(queue=made.id, graph=graph.id)
    st.rerun()


def _of_the_policy(policy: QueuePolicy, graph: Artefact) -> dict[str, str]:
    """What only one policy asks for."""
    if policy is QueuePolicy.DISAGREEMENT:
        return {"other": _other_graph(graph)}
    if policy is QueuePolicy.LEVERAGE:
        return {"dataset": _dataset(graph)}
    return {}


def _other_graph(graph: Artefact) -> str:
    others = {a.id: a.manifest.title for a in current().workspace.artefacts.list(GRAPH) if a.id != graph.id}
    return st.selectbox(
        "Compare with",
        ["", *others],
        format_func=lambda id: f"{others[id]} · {id[:8]}" if id else "Its own repeated questions",
        key="review-new-other",
        help="Another graph whose answers differ, or the pairs that this graph's judge was asked more than once.",
    )


def _dataset(graph: Artefact) -> str:
    catalogue = graph.manifest.parents[CATALOGUE]
    found = [a for a in current().workspace.artefacts.list(DATASET) if a.manifest.parents.get(CATALOGUE) == catalogue]
    titles = {a.id: a.manifest.title for a in found if not are_sealed(a)}
    chosen = st.selectbox(
        "Count the rows of",
        ["", *titles],
        format_func=lambda id: f"{titles[id]} · {id[:8]}" if id else "Random campaigns",
        key=f"review-new-dataset-{catalogue[:8]}-{len(titles)}",
        help="An edge has leverage where flipping its sign would push rows of this dataset out of their label's range.",
    )
    if n_sealed := len(found) - len(titles):
        st.caption(f":material/lock: {n_sealed} more of this catalogue cannot be looked into: their rows are sealed.")
    return chosen


def _size(policy: QueuePolicy) -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        n_cards = st.number_input(
            "Cards", 1, MOST_CARDS, _DEFAULTS.n_cards, key="review-new-cards", width=140, help="One pair each."
        )
        audit = _share(
            "Random cards",
            _DEFAULTS.audit_share,
            "review-new-audit",
            90,
            "Mixed in at random from all judged pairs: they measure how often the judge errs.",
            disabled=policy is QueuePolicy.AUDIT,
        )
        double = _share(
            "Reviewed twice",
            _DEFAULTS.double_share,
            "review-new-double",
            100,
            "This share of the cards is shown to two people, which measures how far reviewers agree.",
        )
        is_blind = st.toggle(
            "Start blind",
            _DEFAULTS.is_blind,
            key="review-new-blind",
            help="Hides what the judge said until the reviewer has decided. Each reviewer can switch it off.",
        )
    return {"n_cards": n_cards, "audit_share": audit, "double_share": double, "is_blind": is_blind}


def _share(label: str, default: float, key: str, most: int, help_text: str, *, disabled: bool = False) -> float:
    percent = st.number_input(
        f"{label} (%)", 0, most, round(default * 100), 5, key=key, width=170, help=help_text, disabled=disabled
    )
    return float(percent) / 100


def _more(catalogue: Catalogue, policy: QueuePolicy) -> dict[str, Any]:
    outcomes = st.segmented_control(
        "The judge said",
        list(JUDGED),
        default=list(JUDGED),
        selection_mode="multi",
        format_func=OUTCOME_TITLES.__getitem__,
        key="review-new-outcomes",
        help="Only pairs with these verdicts; none chosen means all. Random cards come whatever the judge said.",
        disabled=policy is QueuePolicy.AUDIT,
    )
    modalities = st.selectbox(
        "Modalities",
        list(combinations(catalogue.modalities, 2)),
        index=None,
        format_func=lambda pair: f"{pair[0]} × {pair[1]}",
        placeholder="Any two",
        key=f"review-new-modalities-{catalogue.id[:8]}",
    )
    skip_reviewed = st.checkbox(
        "Leave out pairs that somebody has decided", _DEFAULTS.skip_reviewed, key="review-new-skip"
    )
    seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="review-new-seed", help="The same seed draws the same cards.")
    return {
        "outcomes": tuple(outcomes) or JUDGED,
        "modalities": modalities,
        "skip_reviewed": skip_reviewed,
        "seed": seed,
    }
