"""A card: two attributes with what is known of them, the question, and what the judge said, unless that is hidden."""

from typing import NamedTuple

import streamlit as st

from app import queries
from app.components.pair_text import outcome_badge, reason_text
from app.components.plain_text import named, quoted, shortened
from app.state import current_selection
from core.catalogue.model import Attribute
from core.graph.pair_table import Pair

_NAME = 120


class ShownCard(NamedTuple):
    """What a card shows. `why`: why it is in the queue; `place`: such as `Card 3 of 50`; `is_hidden`: the judge's
    verdict stays out of sight; `is_seen`: it was hidden, but this reviewer has seen it before.
    """

    catalogue: str
    source: Attribute
    target: Attribute
    judged: Pair | None
    why: str
    place: str
    is_hidden: bool
    is_seen: bool


def card_head(card: ShownCard) -> None:
    """The question; it takes the same room on every card, so that the buttons below it stay in their place."""
    st.caption(f"{card.place} · {named(card.source.modality)} × {named(card.target.modality)}")
    st.markdown(f"##### {question(card.source, card.target)}")


def card_body(card: ShownCard) -> None:
    """What is known: what the judge said, unless it is hidden, and both attributes."""
    _judge(card)
    for column, attribute in zip(st.columns(2, gap="medium", border=True), (card.source, card.target), strict=True):
        with column:
            _attribute(card.catalogue, attribute)


def question(source: Attribute, target: Attribute) -> str:
    """What is asked, in plain words, as Markdown."""
    return f"Would {named(source.value)} and {named(target.value)} work well together in one campaign?"


def _attribute(catalogue_id: str, attribute: Attribute) -> None:
    kind = attribute.modality
    if attribute.attribute_type != kind:
        kind = f"{kind} · {attribute.attribute_type}"
    st.markdown(f"#### {quoted(shortened(attribute.value, _NAME))}")
    lines = [f":small[:gray[{named(kind)}]]"]
    facts = queries.attribute_facts(current_selection().workspace, catalogue_id, attribute.id)
    lines += [f":small[**{named(fact.label)}** {quoted(fact.text)}]" for fact in facts]
    if not facts:
        lines.append(":small[:gray[Nothing more is known of it. Go by what you know.]]")
    st.markdown("  \n".join(lines))


def _judge(card: ShownCard) -> None:
    if card.is_hidden:
        told = "What the judge said, and why this pair is here, is shown after you have decided."
        st.markdown(f":small[:gray[:material/visibility_off: {told}]]")
        return
    lines = [judge_words(card.judged), f":small[:gray[In the queue because: {quoted(card.why)}]]"]
    if card.is_seen:
        lines.append(":small[:gray[You have seen this before, so your decision does not count as blind.]]")
    st.markdown("  \n".join(lines))


def judge_words(judged: Pair | None) -> str:
    """What a graph says of a pair, as Markdown: sign, strength and reason."""
    if judged is None:
        return "The graph says nothing of this pair."
    strength = "" if judged.strength is None else f" :small[:gray[strength {judged.strength:.2f}]]"
    said = "The judge said" if judged.strength is not None else "The graph says"
    return f"{said} {outcome_badge(judged.outcome, in_full=True)}{strength} {quoted(reason_text(judged))}"
