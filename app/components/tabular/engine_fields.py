"""Fields for any engine's settings, made from its settings class: bounds and defaults come from there.

Settings that are one number, one switch or one of a closed set are shown, also those one level below; anything else
keeps its default or has a form of its own. A field is named by its dotted path.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.components.number_bounds import number_bounds
from app.components.tabular.engine_words import SettingWords, setting_words
from app.state import current_selection
from core.tabular.synthesizer import SynthesizerFamily

_COLUMN_PX: Final = 165


class EngineField(NamedTuple):
    """One setting: its dotted path, what is known of it, its default, and what it is called and means."""

    path: str
    info: FieldInfo
    default: Any
    words: SettingWords


def engine_fields(family: SynthesizerFamily) -> None:
    """A field for every setting that can be shown; switches last, on lines of their own, since their words are long."""
    fields = fields_of(family)
    grid = st.grid(4, min_column_width=_COLUMN_PX, vertical_alignment="bottom")
    for field in fields:
        if field.info.annotation is not bool:
            with grid.cell():
                _draw(family, field)
    for field in fields:
        if field.info.annotation is bool:
            _draw(family, field)


def engine_values(family: SynthesizerFamily) -> dict[str, Any]:
    """What the fields hold, as nested data of the shape of the settings."""
    data: dict[str, Any] = {}
    for field in fields_of(family):
        *parents, name = field.path.split(".")
        inner = data
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[name] = st.session_state.get(field_key(family, field.path), field.default)
    return data


def fields_of(family: SynthesizerFamily) -> tuple[EngineField, ...]:
    """The settings that can be shown, in their order."""
    return tuple(_fields(family.settings, family.settings(), ""))


def _fields(model: type[BaseModel], defaults: BaseModel, start: str) -> Iterator[EngineField]:
    for name, info in model.model_fields.items():
        default = getattr(defaults, name)
        if isinstance(default, BaseModel):
            yield from _fields(type(default), default, f"{start}{name}.")
        elif info.annotation in (int, float, bool) or _options(info.annotation):
            yield EngineField(f"{start}{name}", info, default, setting_words(name, model.__doc__ or ""))


def _options(kind: Any) -> list[Any]:
    """The values of a closed set; none for anything else."""
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return list(kind) if isinstance(kind, type) and issubclass(kind, Enum) else []


def _draw(family: SynthesizerFamily, field: EngineField) -> None:
    key, words = field_key(family, field.path), field.words
    st.session_state.setdefault(key, field.default)
    common: dict[str, Any] = {"key": key, "help": words.help or None, "persist_state": "session"}
    if options := _options(field.info.annotation):
        st.selectbox(words.label, options, format_func=lambda one: str(one).capitalize(), **common)
    elif field.info.annotation is bool:
        st.toggle(words.label, **common)
    else:
        kind = int if field.info.annotation is int else float
        low, high = number_bounds(field.info, kind)
        look: dict[str, Any] = {"step": 1} if kind is int else {"step": _step(field.default), "format": "%.4g"}
        st.number_input(words.label, min_value=low, max_value=high, **look, **common)


def _step(default: float) -> float:
    return abs(default) / 10 or 0.01


def field_key(family: SynthesizerFamily, path: str) -> str:
    """The key of a setting's field."""
    return f"tabular-{family.name}-{path}-{current_selection().workspace}"
