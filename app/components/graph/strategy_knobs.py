"""More settings: every knob of the chosen strategy, of the checks and of the facts, folded away until wanted."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from app.components.failure import show_failure
from app.components.graph import form_knobs as knobs
from app.components.graph.form import offers_batches
from app.components.graph.judge_picker import JudgeChoice
from app.components.graph.parts import pick_facts, pick_parent, pick_prompts, pick_stages
from app.components.knobs import Knob, draw_knob, draw_knobs, is_switch, set_knobs
from app.components.llm.api_keys import key_problem
from app.components.llm.embedder_form import OFFLINE as OFFLINE_EMBEDDER
from app.components.plain_text import plain
from app.services import current
from core.errors import ValenceError
from core.graph.strategies.cluster.settings import PRESETS
from core.workflows.graph_settings import Strategy
from core.workflows.model_settings import read_embedding_settings

_PRESET_NAMES: Final = {"default": "Published", "strict": "Stricter"}


def strategy_knobs(strategy: Strategy, judge: JudgeChoice, catalogue_id: str) -> None:
    """The folded form; what it shows depends on the strategy and the judge."""
    sections = _sections(strategy, judge, catalogue_id)
    with st.expander("More settings", icon=":material/tune:", key="graph-more-settings"):
        for tab, draw in zip(st.tabs(list(sections)), sections.values(), strict=True):
            with tab:
                draw()


def _sections(strategy: Strategy, judge: JudgeChoice, catalogue_id: str) -> dict[str, Callable[[], None]]:
    sections: dict[str, Callable[[], None]] = {}
    if strategy is Strategy.BRUTE_FORCE:
        sections["Asking"] = lambda: _brute_force(judge, catalogue_id)
    elif strategy is Strategy.CLUSTER:
        sections["Asking"] = lambda: _cluster_asking(judge, catalogue_id)
        sections["Scores"] = _scores
        sections["Spot check"] = lambda: draw_knobs(knobs.SPOT_CHECK)
        sections["Clusters"] = _clusters
    else:
        sections["Asking"] = lambda: _adaptive(judge, catalogue_id)
    if judge.model is not None:
        sections["Facts for the model"] = _facts
        sections["Checks of the model"] = _checks
    return sections


def _brute_force(judge: JudgeChoice, catalogue_id: str) -> None:
    _grid((*knobs.PLAN, *knobs.BATCH, *(knobs.DELIVERY if offers_batches(Strategy.BRUTE_FORCE, judge) else ())))
    left, right = st.columns(2)
    pick_parent(left, catalogue_id)
    if judge.model is not None:
        pick_prompts(right)


def _cluster_asking(judge: JudgeChoice, catalogue_id: str) -> None:
    _grid((*knobs.BATCH, *knobs.WRITING))
    left, right = st.columns(2)
    pick_stages(left, catalogue_id)
    if judge.model is not None:
        pick_prompts(right)
    _embedder_line()


def _adaptive(judge: JudgeChoice, catalogue_id: str) -> None:
    _grid((*knobs.ADAPTIVE[:2], *knobs.BATCH, *knobs.ADAPTIVE[2:]))
    left, right = st.columns(2)
    pick_stages(left, catalogue_id)
    if judge.model is not None:
        pick_prompts(right)
    _embedder_line()


def _scores() -> None:
    _grid(knobs.BANDS)
    st.markdown("**Pairs that are not asked**")
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, preset in PRESETS.items():
            marks = {
                "cluster.inherit_positive_from": preset.inherit_positive_from,
                "cluster.inherit_negative_to": preset.inherit_negative_to,
            }
            st.button(
                f"{_PRESET_NAMES.get(name, name)}: {preset.inherit_positive_from:g} / {preset.inherit_negative_to:g}",
                key=f"graph-preset-{name}",
                on_click=set_knobs,
                args=(marks,),
                help="Fill in both marks below.",
            )
    _grid(knobs.INHERIT)


def _clusters() -> None:
    st.caption(
        "Clusters are found by how alike descriptions are, each kind of attribute on its own (HDBSCAN). An attribute "
        "that fits none joins the nearest cluster and stays marked as noise; where no cluster is found at all, "
        "every attribute stands alone."
    )
    _grid(knobs.GROUPS)
    st.markdown("**Condensing descriptions before clusters are found**")
    _grid(knobs.UMAP)


def _facts() -> None:
    st.caption("With facts the model judges from what you know instead of what it remembers, and says which it used.")
    pick_facts(st.container())
    _grid(knobs.GROUNDING)


def _checks() -> None:
    _grid(knobs.CHECKS)


def _grid(group: tuple[Knob, ...]) -> None:
    """Numbers and choices in a grid, switches in one row below."""
    switches = tuple(knob for knob in group if is_switch(knob))
    draw_knobs(tuple(knob for knob in group if knob not in switches))
    if switches:
        row = st.container(horizontal=True, gap="medium")
        for knob in switches:
            draw_knob(knob, row)


def _embedder_line() -> None:
    """Who compares descriptions, and what keeps it from doing so."""
    try:
        embedding = read_embedding_settings(current().workspace)
    except ValenceError as error:
        show_failure(error)
        return
    if embedding.provider == OFFLINE_EMBEDDER:
        st.caption("Descriptions are compared offline, free of charge. The Settings page offers other ways.")
        return
    problem = key_problem(embedding.provider)
    st.caption(
        f"Descriptions are compared by {plain(embedding.model)}, which may cost money beside the calls counted here."
        + (f" :red[{plain(problem)}]" if problem else "")
    )
