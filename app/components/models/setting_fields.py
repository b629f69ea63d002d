"""Fields of a family's settings: each knows its default and bounds from the settings themselves, and keeps its value.

A field is named by its dotted path in the settings.
"""

from typing import Any, NamedTuple

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from streamlit.delta_generator import DeltaGenerator

from app.components.number_bounds import number_bounds
from app.state import current_selection
from core.models.protocol import Family


class SettingField(NamedTuple):
    """One setting that can be changed here; `names`: what each value of a closed set is called."""

    path: str
    label: str
    help: str
    names: tuple[tuple[Any, str], ...] = ()


def draw_fields(family: Family, fields: tuple[SettingField, ...], place: DeltaGenerator) -> None:
    """Show the fields one after the other in `place`, which lays them out."""
    for field in fields:
        _draw(family, field, place)


def field_values(family: Family, fields: tuple[SettingField, ...]) -> dict[str, Any]:
    """The values of the fields as nested data, the shape of the family's settings."""
    data: dict[str, Any] = {}
    for field in fields:
        *parents, name = field.path.split(".")
        inner = data
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[name] = st.session_state.get(_key(family, field), default_of(family, field.path))
    return data


def default_of(family: Family, path: str) -> Any:
    """The value that a setting has when nobody sets it."""
    value: Any = family.settings()
    for name in path.split("."):
        value = getattr(value, name)
    return value


def _draw(family: Family, field: SettingField, place: DeltaGenerator) -> None:
    key, default = _key(family, field), default_of(family, field.path)
    st.session_state.setdefault(key, default)
    if field.names:
        names = dict(field.names)
        place.selectbox(
            field.label, list(names), format_func=names.__getitem__, key=key, help=field.help, persist_state="session"
        )
        return
    kind = type(default)
    low, high = number_bounds(_info(family.settings, field.path), kind)
    look: dict[str, Any] = {"step": 1} if kind is int else {"step": default / 10 or 0.01, "format": "%.4g"}
    place.number_input(
        field.label, min_value=low, max_value=high, key=key, help=field.help, persist_state="session", **look
    )


def _info(model: type[BaseModel], path: str) -> FieldInfo:
    *parents, name = path.split(".")
    for parent in parents:
        inner = model.model_fields[parent].annotation
        assert isinstance(inner, type) and issubclass(inner, BaseModel)
        model = inner
    return model.model_fields[name]


def _key(family: Family, field: SettingField) -> str:
    return f"models-{family.name}-{field.path}-{current_selection().workspace}"
