"""Fields of graph settings: each knows its default and bounds from the settings themselves, and keeps its value."""

from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from streamlit.delta_generator import DeltaGenerator

from core.workflows.graph_settings import GraphSettings

_MOST_IN_BROWSER: Final = 2**53 - 1  # beyond, a browser's numbers are not whole any more


class Knob(NamedTuple):
    """One field of `GraphSettings`, by its dotted path, with the words a person reads.

    `names`: what each value of a closed set is called; `empty`: what an empty field means, where it may be empty.
    """

    path: str
    label: str
    help: str
    names: tuple[tuple[Any, str], ...] = ()
    empty: str = ""
    step: float | None = None


def draw_knob(knob: Knob, place: DeltaGenerator, *, disabled: bool = False) -> None:
    """Show the field; its value is read with `knob_value`, also while it is not shown."""
    field, kind = _field(knob.path), _kind(knob.path)
    key = knob_key(knob.path)
    st.session_state.setdefault(key, field.default)
    common: dict[str, Any] = {
        "key": key,
        "help": knob.help,
        "persist_state": "session",
        "disabled": disabled,
    }
    if knob.names:
        names = dict(knob.names)
        place.selectbox(knob.label, list(names), format_func=names.__getitem__, **common)
    elif kind is bool:
        place.toggle(knob.label, **common)
    else:
        low, high = _bounds(field, kind)
        look: dict[str, Any] = (
            {"step": int(knob.step or 1)} if kind is int else {"step": knob.step or 0.05, "format": "%.2f"}
        )
        empty: dict[str, Any] = {"value": None, "placeholder": knob.empty} if knob.empty else {}
        place.number_input(knob.label, min_value=low, max_value=high, **empty, **look, **common)


def draw_knobs(knobs: tuple[Knob, ...], *, columns: int = 3) -> None:
    """Fields side by side, fewer in a row where there is less room."""
    grid = st.grid(columns, min_column_width=230, vertical_alignment="bottom")
    for knob in knobs:
        draw_knob(knob, grid)


def knob_value(path: str) -> Any:
    """The value in the field of that path, or its default where nobody has set it."""
    return st.session_state.get(knob_key(path), _field(path).default)


def set_knobs(values: dict[str, Any]) -> None:
    """Fill fields by path; for callbacks, since a field can be filled only before it is drawn."""
    for path, value in values.items():
        st.session_state[knob_key(path)] = value


def values_of(*groups: tuple[Knob, ...]) -> dict[str, Any]:
    """The values of all knobs in the groups as nested data, the shape of `GraphSettings`."""
    data: dict[str, Any] = {}
    for knob in (knob for group in groups for knob in group):
        *parents, name = knob.path.split(".")
        inner = data
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[name] = knob_value(knob.path)
    return data


def is_switch(knob: Knob) -> bool:
    """Whether the field is on or off."""
    return _kind(knob.path) is bool


def knob_key(path: str) -> str:
    """The key of a field's widget."""
    return f"graph-{path}"


@cache
def _field(path: str) -> FieldInfo:
    model: type[BaseModel] = GraphSettings
    *parents, name = path.split(".")
    for parent in parents:
        inner = model.model_fields[parent].annotation
        assert isinstance(inner, type) and issubclass(inner, BaseModel)
        model = inner
    return model.model_fields[name]


@cache
def _kind(path: str) -> type:
    """The type of a field's values; that of the number where it may be empty."""
    annotation = _field(path).annotation
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is Literal:
        return str
    assert isinstance(annotation, type)
    return str if issubclass(annotation, Enum) else annotation


def _bounds(field: FieldInfo, kind: type) -> tuple[Any, Any]:
    """The ends of a number's range, None where it has none. An open end is left to the settings' own check."""
    limits: dict[str, float] = {}
    for rule in field.metadata:
        limits |= {name: getattr(rule, name) for name in ("ge", "gt", "le", "lt") if hasattr(rule, name)}
    low = limits.get("ge", limits.get("gt"))
    high = limits.get("le", limits.get("lt"))
    if high is not None and high > _MOST_IN_BROWSER:
        high = _MOST_IN_BROWSER
    return (None if low is None else kind(low)), (None if high is None else kind(high))
