"""The main job as a picture: five cards in a row, or in more where there is less room, and the one step to take now."""

from typing import Literal

import streamlit as st

from app.components.home.pipeline_steps import Step, StepState, next_step
from app.components.open_with import open_with
from app.navigation import page_icon, page_title

_Colour = Literal["green", "violet", "primary", "gray"]
_BADGES: dict[StepState, tuple[str, str, _Colour]] = {
    StepState.DONE: ("Done", ":material/check:", "green"),
    StepState.RUNNING: ("Running", ":material/progress_activity:", "violet"),
    StepState.NEXT: ("Next", ":material/arrow_circle_right:", "primary"),
    StepState.WAITING: ("Later", ":material/schedule:", "gray"),
}
_CARD_PX = 165


def pipeline_picture(steps: tuple[Step, ...]) -> None:
    """One card per step, those of a line of one height; each but the last points to the next one."""
    grid = st.grid(len(steps), min_column_width=_CARD_PX)
    for step in steps:
        with grid.container(border=True, height="stretch"):
            _card(step, leads_on=step is not steps[-1])


def next_step_banner(steps: tuple[Step, ...]) -> None:
    """The most useful next step as the page's one primary action."""
    step = next_step(steps)
    is_running = step.state is StepState.RUNNING
    sentence = "This step is running; its progress is below." if is_running else step.text.offer
    with st.container(border=True, horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{step.text.name}:** {sentence}", width="content")
        label = "Watch it" if is_running else step.text.action
        if st.button(label, type="primary", icon=page_icon(step.url_path), key="next-step"):
            _open(step)


def _card(step: Step, *, leads_on: bool) -> None:
    word, icon, colour = _BADGES[step.state]
    with st.container(gap="xsmall"):
        st.markdown(f"{page_icon(step.url_path)} **{step.text.name}**")
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.badge(word, icon=icon, color=colour)
            if leads_on:
                st.markdown(":gray[:material/arrow_forward:]", width="content")
    if step.made.figures:
        st.markdown("  \n".join(step.made.figures))
        st.caption(step.made.source)
    else:
        st.caption(step.text.purpose)
    st.space("stretch")
    if st.button(f"Open {page_title(step.url_path).lower()}", key=f"open-{step.url_path}", width="stretch"):
        _open(step)


def _open(step: Step) -> None:
    open_with(step.url_path, **step.made.ids)
