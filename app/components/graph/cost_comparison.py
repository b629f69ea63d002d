"""The three strategies side by side: what each costs on this catalogue with this judge, and what it gives."""

from typing import Final, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import queries
from app.components.configuration.fields import problem_line
from app.components.failure import show_failure
from app.components.graph.form import settings_of_form
from app.components.graph.judge_picker import JudgeChoice
from app.components.money import money_text
from app.components.plain_text import plain
from app.state import current_selection
from core.errors import InvalidInput, ValenceError
from core.workflows.graph_costs import CostEstimate
from core.workflows.graph_settings import GraphSettings, Strategy

_KEY: Final = "graph-strategy"
_CARD_PX: Final = 170  # three beside each other wherever there is room for them at all

STRATEGY_NAMES: Final = {
    Strategy.BRUTE_FORCE: "Ask every pair",
    Strategy.CLUSTER: "Cluster first",
    Strategy.ADAPTIVE: "Adaptive",
}
_LETTERS: Final = {Strategy.BRUTE_FORCE: "A", Strategy.CLUSTER: "B", Strategy.ADAPTIVE: "C"}
_BADGES: Final = {
    Strategy.BRUTE_FORCE: ":small[:gray[Complete: nothing is left out]]",
    Strategy.CLUSTER: ":small[:gray[The published way to save calls]]",
    Strategy.ADAPTIVE: ":small[:green[**Recommended for paid models**]]",
}
_STAGE_NAMES: Final = {
    "describe": "Describe every attribute",
    "label": "Name the clusters",
    "score": "Score pairs of clusters",
    "expand": "Ask single pairs",
}


class Plan(NamedTuple):
    """A strategy with its settings and what they cost; None where the settings are faulty or the run impossible."""

    strategy: Strategy
    settings: GraphSettings | None
    cost: CostEstimate | None


def chosen_strategy() -> Strategy:
    """The strategy whose card is chosen."""
    return Strategy(st.session_state.get(_KEY, Strategy.BRUTE_FORCE))


def cost_comparison(catalogue_id: str, judge: JudgeChoice) -> Plan:
    """One card for each strategy; returns the chosen one."""
    st.markdown("##### How pairs are found")
    plans = []
    for strategy, cell in zip(Strategy, _cells(), strict=True):
        with cell:
            plans.append(_card(strategy, catalogue_id, judge))
    return next(plan for plan in plans if plan.strategy is chosen_strategy())


def _cells() -> list[DeltaGenerator]:
    grid = st.grid(3, min_column_width=_CARD_PX)
    return [grid.container(border=True, height="stretch", gap="small") for _ in Strategy]


def _card(strategy: Strategy, catalogue_id: str, judge: JudgeChoice) -> Plan:
    is_chosen = strategy is chosen_strategy()
    st.markdown(f"**{_LETTERS[strategy]} · {STRATEGY_NAMES[strategy]}**  \n{_BADGES[strategy]}")
    plan = _plan(strategy, catalogue_id, judge)
    if plan.settings and plan.cost:
        _figures(plan.cost, plan.settings, judge)
        st.markdown(f":small[{_gives(plan.settings, plan.cost)}]")
        _by_stage(plan.cost)
    st.space("stretch")
    st.button(
        "Chosen" if is_chosen else "Choose",
        key=f"graph-choose-{strategy}",
        icon=":material/check:" if is_chosen else None,
        type="primary" if is_chosen else "secondary",
        width="stretch",
        on_click=_choose,
        args=(strategy,),
    )
    return plan


def _plan(strategy: Strategy, catalogue_id: str, judge: JudgeChoice) -> Plan:
    """The strategy's settings and cost; what is wrong is said on the card."""
    settings = None
    try:
        settings = settings_of_form(strategy, judge, catalogue_id)
        return Plan(strategy, settings, queries.cost_estimate(current_selection().workspace, catalogue_id, settings))
    except InvalidInput as error:
        for problem in error.problems:
            problem_line(problem, where=problem.field)
    except ValenceError as error:
        show_failure(error)
    return Plan(strategy, settings, None)


def _figures(cost: CostEstimate, settings: GraphSettings, judge: JudgeChoice) -> None:
    is_exact = is_exact_cost(cost)
    st.metric(
        "Calls of this run" if is_exact else "Calls, likely",
        f"{cost.calls:,}" if is_exact else f"≈ {cost.calls:,}",
        help=_calls_help(cost, is_exact=is_exact),
    )
    lines = []
    if cost.calls_low < cost.calls_high:
        lines.append(f"Between {cost.calls_low:,} and {cost.calls_high:,} calls.")
    if cost.check_calls:
        lines.append(f"And {cost.check_calls:,} that check the model, before and after.")
    if cost.change:
        lines.append(f"**{plain(cost.change)}**")
    if cost.calls_answered:
        lines.append(f"{cost.calls_answered:,} of them are answered in the log already and free.")
    if settings.budget.max_calls is not None and settings.budget.max_calls <= cost.calls - cost.calls_answered:
        lines.append(f":orange[Your limit stops it after {settings.budget.max_calls:,} paid calls.]")
    if judge.model is None:
        lines.append("Free: answered here.")
    elif cost.input_tokens is not None and cost.output_tokens is not None:
        lines.append(f"About {cost.input_tokens:,} tokens in, {cost.output_tokens:,} out.")
        money = "price unknown" if cost.cost is None else f"about {money_text(cost.cost, cost.currency)}"
        lines.append(f"**{plain(money[:1].upper() + money[1:])}**")
    else:
        lines.append("No call is left to pay for.")
    st.caption("  \n".join(lines))


def is_exact_cost(cost: CostEstimate) -> bool:
    """Whether the number of calls is known; the adaptive strategy decides by the answers when it has enough."""
    return cost.calls_low == cost.calls_high and cost.strategy != Strategy.ADAPTIVE


def _calls_help(cost: CostEstimate, *, is_exact: bool) -> str:
    known = (
        f"The published formula comes to {cost.calls_published:,} calls; asking every pair takes "
        f"{cost.calls_floor:,} or more."
    )
    if is_exact:
        return f"Exact: the run follows this very plan. Answers that cannot be used are asked again. {known}"
    return f"An estimate: what is asked depends on the answers. {plain(cost.note)} {known}"


def _gives(settings: GraphSettings, cost: CostEstimate) -> str:
    """What the strategy leaves behind, as Markdown."""
    if settings.strategy is Strategy.BRUTE_FORCE:
        return f"You get an answer for each of the {cost.n_pairs:,} pairs."
    if settings.strategy is Strategy.CLUSTER:
        return (
            "You get the pairs that clusters of alike attributes let through; the others stay not judged. How many "
            "edges that misses is not measured."
        )
    if cost.calls >= cost.calls_floor:
        return "You get all pairs: so small a catalogue is asked whole."
    target = settings.adaptive.target_recall
    if target is None:
        return "You get most edges: many asked, the others inferred and marked. An audit measures how many are missed."
    return (
        f"You get most edges: many asked, the others inferred and marked. It aims at {100 * target:g}%, so about "
        f"{100 - 100 * target:.3g}% are missed; an audit measures it."
    )


def _by_stage(cost: CostEstimate) -> None:
    if not cost.stages:
        return
    with st.popover("Calls by step", icon=":material/format_list_numbered:"):
        st.table(
            [
                {
                    "Step": _STAGE_NAMES.get(stage.stage, stage.stage),
                    "Calls": f"{stage.calls:,}",
                    "Between": f"{stage.low:,}" if stage.low == stage.high else f"{stage.low:,} to {stage.high:,}",
                    "Rests on": stage.note,
                }
                for stage in cost.stages
            ]
        )


def _choose(strategy: Strategy) -> None:
    st.session_state[_KEY] = strategy.value
