"""Everything known of one pair: its ends, the verdict, the evidence, and what else the same call asked."""

import streamlit as st

from app.components.edges.table import pair_columns, pair_frame
from app.components.failure import show_failure
from app.components.pair_text import OUTCOME_SIGNS, outcome_badge, pair_names, reason_text
from app.components.plain_text import plain
from app.rule_evidence import RulesChanged, rule_evidence
from app.services import current
from core.catalogue.model import Attribute
from core.errors import ValenceError
from core.graph.pair_table import Pair, PairTable
from core.knowledge.compatibility import Explanation
from core.store.artefacts import Artefact

_RULE_BASED = "offline"


def edge_detail(graph: Artefact, table: PairTable, row: int, judge: str) -> None:
    """Show the pair of one row of the table."""
    pair = table.pair(row)
    with st.container(border=True):
        st.markdown(f"#### {pair_names(pair)}")
        st.markdown(f"{outcome_badge(pair.outcome, in_full=True)} {_in_figures(pair, judge)}")
        st.markdown(f"> {plain(reason_text(pair))}")
        for column, attribute in zip(st.columns(2, gap="medium"), (pair.source, pair.target), strict=True):
            with column:
                _attribute_card(attribute)
        if table.judge == _RULE_BASED:
            _evidence(graph, pair)
        if pair.call is not None:
            _same_call(table, row, pair.call, judge)


def _in_figures(pair: Pair, judge: str) -> str:
    parts = [f"strength {pair.strength:.2f}"] if pair.strength is not None else []
    parts += [f"call {pair.call:,}"] if pair.call is not None else []
    return " · ".join([*parts, plain(judge)])


def _attribute_card(attribute: Attribute) -> None:
    known = [("Modality", attribute.modality), ("Attribute type", attribute.attribute_type), ("Id", attribute.id)]
    st.markdown(f"**{plain(attribute.value)}**")
    st.table([[plain(name), plain(text)] for name, text in (*known, *attribute.facts.items())], border="horizontal")


def _evidence(graph: Artefact, pair: Pair) -> None:
    st.markdown("##### Evidence")
    try:
        explanation = rule_evidence(current().graph(graph.id), pair.source.id, pair.target.id)
    except RulesChanged as error:
        st.info(str(error), icon=":material/history:")
        return
    except ValenceError as error:
        show_failure(error)
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


def _same_call(table: PairTable, row: int, call: int, judge: str) -> None:
    others = table.asked_with(row)
    counts = {sign: int((table.outcome[others] == outcome).sum()) for outcome, sign in OUTCOME_SIGNS.items()}
    plural = "" if len(others) == 1 else "s"
    with st.expander(f"Call {call:,} asked about {len(others):,} pair{plural}", icon=":material/forum:"):
        st.caption("Verdicts: " + ", ".join(f"{count:,} {sign}" for sign, count in counts.items() if count))
        st.dataframe(
            pair_frame(table, others, judge),
            hide_index=True,
            height="content",
            column_order=("Sign", "First attribute", "Second attribute", "Strength", "Reason"),
            column_config=pair_columns(),
            key=f"same-call-{call}",
        )
