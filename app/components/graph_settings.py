"""The form of a graph run, with its exact cost beside it before anything is asked."""

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.state import current_selection
from core.errors import ValenceError
from core.graph.call_plan import DEFAULT_BATCH_SIZE, PlanMethod
from core.graph.judges.offline import DISCLAIMER
from core.graph.model import Origin
from core.store.artefacts import Artefact
from core.workflows.graphs import CostEstimate, GraphSettings

JUDGE_NAMES = {"offline": "Rule-based estimate (offline)"}
_PLAN_NAMES = {PlanMethod.PACKED: "Packed (fewest calls)", PlanMethod.PUBLISHED: "Published formula"}
_PLAN_HELP = (
    "Which attribute is asked about which others in one call. Both plans ask every pair exactly once; "
    "the packed plan mixes modalities in a call and needs fewer."
)


def graph_settings_form(catalogue_id: str) -> GraphSettings | None:
    """Ask for a run's settings beside what they cost; returns them in the moment the build button is clicked."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        settings = _ask_settings()
    with right:
        try:
            cost = queries.cost_estimate(current_selection().workspace, catalogue_id, settings.model_dump())
        except ValenceError as error:
            show_failure(error)
            return None
        _show_cost(cost, settings)
        st.info(DISCLAIMER, icon=":material/rule:")
        is_clicked = st.button("Build the graph", type="primary", icon=":material/hub:", width="stretch")
    return settings if is_clicked else None


def _ask_settings() -> GraphSettings:
    st.selectbox(
        "Strategy",
        ["brute-force"],
        format_func=lambda _: "Brute force: ask every cross-modality pair",
        key="graph-strategy",
        help="Every pair of attributes of different modalities is asked once.",
    )
    judge = st.selectbox(
        "Judge",
        list(JUDGE_NAMES),
        format_func=JUDGE_NAMES.__getitem__,
        key="graph-judge",
        help="Who decides whether two attributes suit each other. The rule-based judge compares facts from a table "
        "that ships with the workbench; it runs here and costs nothing.",
    )
    plan = st.segmented_control(
        "Call plan",
        list(PlanMethod),
        format_func=_PLAN_NAMES.__getitem__,
        default=PlanMethod.PACKED,
        required=True,
        key="graph-plan",
        persist_state="session",
        help=_PLAN_HELP,
    )
    batch_size = st.number_input(
        "Targets per call, at most",
        1,
        200,
        DEFAULT_BATCH_SIZE,
        key="graph-batch-size",
        persist_state="session",
        help="A call asks about one attribute and this many others. The published setting is 25.",
    )
    return GraphSettings(judge=judge, plan=plan, batch_size=int(batch_size))


def _show_cost(cost: CostEstimate, settings: GraphSettings) -> None:
    with st.container(border=True):
        st.metric(
            "Judge calls of this run",
            f"{cost.calls:,}",
            help="Exact: the run follows this very plan. The rule-based judge answers them here, free of charge.",
        )
        st.markdown(
            f"{cost.n_pairs:,} pairs of {cost.n_attributes:,} attributes, up to {settings.batch_size} targets per "
            f"call. The published formula comes to **{cost.calls_published:,}** calls; no plan can do with fewer than "
            f"**{cost.calls_floor:,}**."
        )


def judge_name(graph: Artefact) -> str:
    """Who judged a stored graph, as people read it."""
    facts = graph.manifest.facts
    return JUDGE_NAMES.get(facts["judge"], facts["judge"]) if facts["origin"] == Origin.JUDGED else "Uploaded"
