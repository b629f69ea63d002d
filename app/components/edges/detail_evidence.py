"""Why a pair got its verdict: the rules that spoke for and against it, or the facts that a model named as used."""

import streamlit as st

from app.components.edges.detail_known import KnownPair
from app.components.plain_text import plain, quoted
from app.rule_evidence import RulesChanged, rule_evidence
from core.knowledge.compatibility import Explanation

RULE_BASED = "offline"


def rules_view(pair: KnownPair) -> None:
    """Show what each rule adds to the verdict of the rule-based judge."""
    try:
        explanation = rule_evidence(pair.stored, pair.source.id, pair.target.id)
    except RulesChanged as error:
        st.info(str(error), icon=":material/history:")
        return
    if explanation is None or not explanation.evidence:
        nothing = "was not judged, so there is no evidence" if explanation is None else "has nothing for or against it"
        st.caption(f"This pair {nothing}.")
        return
    st.table(
        [
            {"What speaks for or against it": plain(e.sentence), "Adds": _signed(e.contribution), "Rule": plain(e.term)}
            for e in explanation.evidence
        ],
        border="horizontal",
        hide_index=True,
    )
    st.caption(_sum_in_words(explanation))


def cited_view(facts: tuple[str, ...]) -> None:
    """List the facts that the model was given and named as used."""
    st.caption("The judge was given facts about these attributes and named these as the ones it went by.")
    for fact in facts:
        st.markdown(f"- {quoted(fact)}")


def _sum_in_words(explanation: Explanation) -> str:
    score = f"Score {_figure(explanation.score)}"
    if any(e.decides for e in explanation.evidence):
        return f"{score}. One of these rules decides alone, whatever speaks for the pair."
    return (
        f"{score}, the sum of what each line adds. A pair is + from {_figure(explanation.positive_from)} and "
        f"− from {_figure(-explanation.negative_from)}; anything between is 0."
    )


def _signed(contribution: float) -> str:
    return f":{'blue' if contribution > 0 else 'orange'}[**{_figure(contribution)}**]"


def _figure(number: float) -> str:
    return f"{number:+.2f}".replace("-", "−")
