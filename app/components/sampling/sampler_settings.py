"""How hard the sampler searches: settings that rarely need a change, each with what it does."""

from typing import Any, NamedTuple

import streamlit as st

from app.components.configuration.draft import Draft, keep_edits
from app.components.configuration.fields import field_key, messages, number_field
from core.sampler.configuration import SearchMethod, Spread
from core.workflows.draft_edits import Path

SAMPLER = "sampler"


class _Setting(NamedTuple):
    title: str
    help_text: str
    look: dict[str, Any]


class _Choice(NamedTuple):
    title: str
    help_text: str
    options: dict[str, str]


_CHOICES = {
    "method": _Choice(
        "How rows are found",
        "As suits each label: drawn at random until they fit, or searched for step by step where few random rows fit. "
        "The published method searches to the end of its schedule; its rows crowd at the edge of their ranges.",
        {
            SearchMethod.AUTO.value: "As suits each label",
            SearchMethod.REJECTION.value: "Always drawn at random",
            SearchMethod.ANNEALING.value: "Always searched for",
            SearchMethod.FULL_ANNEALING.value: "As published",
        },
    ),
    "spread": _Choice(
        "Where rows lie in their ranges",
        "As random rows do: most of them near the edge that is easier to reach. Evenly: each row aims at shares of its "
        "own, spread over the ranges as far as they can be reached.",
        {Spread.NATURAL.value: "As random rows do", Spread.UNIFORM.value: "Evenly"},
    ),
}
_COUNT = {"whole": True}
_SETTINGS = {
    "max_iters": _Setting(
        "Steps of a search, at most",
        "A row that is hard to find is searched for in this many steps. More steps find rarer rows, and take longer.",
        {**_COUNT, "step": 1_000},
    ),
    "patience": _Setting(
        "Steps without progress",
        "A search that has not come closer for this many steps is given up and started anew.",
        {**_COUNT, "step": 1_000},
    ),
    "proposals_per_step": _Setting(
        "Tries per step", "How many exchanges of an attribute are tried in each step of a search.", _COUNT
    ),
    "mixing_proposals": _Setting(
        "Tries after a row is found",
        "A row that was searched for keeps moving inside its ranges for at least this many tries, "
        "so that rows are varied and do not all lie at the edge of their range.",
        {**_COUNT, "step": 50},
    ),
    "start_temp": _Setting(
        "Temperature at the start",
        "How willingly a search accepts a worse row at first, measured as a share of pairs. Higher explores more.",
        {"step": 0.005, "format": "%g"},
    ),
    "end_temp": _Setting(
        "Temperature at the end",
        "How willingly it still does so at the end. At most the temperature at the start.",
        {"step": 0.001, "format": "%g"},
    ),
    "soft_strength": _Setting(
        "Strength of preferences",
        "How strongly the preferences between types tilt the choice of rows. 0 switches them off.",
        {"step": 1.0, "format": "%g"},
    ),
}


def sampler_settings(draft: Draft) -> None:
    """Every setting of the sampler, with its messages below it."""
    st.caption(
        "Used for labels that few random rows fit: such rows are searched for step by step. "
        "Change them only if a dry run says that rows were not found."
    )
    grid = st.grid(4)
    for name in _CHOICES:
        with grid.cell():
            _choice(draft, name)
            messages(draft, (SAMPLER, name))
    for name, setting in _SETTINGS.items():
        with grid.cell():
            number_field(draft, (SAMPLER, name), setting.title, help_text=setting.help_text, **setting.look)
            messages(draft, (SAMPLER, name))


def _choice(draft: Draft, name: str) -> None:
    title, help_text, options = _CHOICES[name]
    path: Path = (SAMPLER, name)
    key = field_key(path)
    st.session_state[key] = str(draft.shown(path))
    st.selectbox(
        title,
        list(options),
        format_func=options.__getitem__,
        key=key,
        help=help_text,
        on_change=_keep,
        args=(draft.graph_id, path, key),
    )


def _keep(graph_id: str, path: Path, key: str) -> None:
    keep_edits(graph_id, {path: st.session_state[key]})
