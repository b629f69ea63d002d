"""The labels as lines of fields: name, rows, the two hard ranges, and how likely a random row fits."""

from collections.abc import Mapping
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import queries
from app.components.configuration.draft import Draft, current_draft, label_path, replace_part
from app.components.configuration.fields import field_key, messages, number_field, text_field
from app.components.plain_text import plain
from app.components.shares import percent
from app.state import current_selection
from core.errors import ValenceError
from core.sampler.configuration import config_json
from core.sampler.density import N_SUBGRAPHS, share_in_ranges
from core.workflows.draft_edits import LABELS, NAME
from core.workflows.drafts import with_new_label, without_label

_ROWS_PX, _RANGE_PX, _CHANCE_PX = 110, 215, 72
_LINE_PX = 40  # the height of a field
_REMOVE_PX = 66  # of a field with its name
_RANGES = {"pos_frac_range": "+", "neg_frac_range": "−"}
_HELP = {
    "Label": "The name every row of this label carries. Any name will do.",
    "Rows": "How many rows of this label the dataset will have.",
    "Share of + pairs, from – to": "Of all pairs in a row, the share that works together. Every row lies within.",
    "Share of − pairs, from – to": "Of all pairs in a row, the share that conflicts. Every row lies within.",
    "Chance": f"How many of {N_SUBGRAPHS:,} random rows lie in both ranges. The Density page shows why.",
}


def label_table(draft: Draft) -> None:
    """Fields for each label, in one line where there is room for it, and a button for one more label."""
    shares = _shares(draft)
    never = _never_met(draft, shares)
    for line, label in enumerate(draft.config.label_params):
        with st.container(horizontal=True, gap="small", key=_key(line, "line")):
            _label_line(draft, line, label, shares)
        if shares.get(label) == 0.0:
            _explain_no_chance(label, is_proven=label in never)
    messages(draft, (LABELS,))
    st.button("Add a label", icon=":material/add:", key="add-label", on_click=_add, args=(draft.graph_id,))


def _label_line(draft: Draft, line: int, label: str, shares: Mapping[str, float]) -> None:
    with _cell("Label", line, "stretch"):
        path = label_path(label, NAME)
        text_field(draft, path, f"Name of {label}", key=_key(line, NAME), label_visibility="collapsed")
        messages(draft, path)
    with _cell("Rows", line, _ROWS_PX):
        path = label_path(label, "num_samples")
        title, key = f"Rows of {label}", _key(line, "num_samples")
        number_field(draft, path, title, key=key, whole=True, step=100, label_visibility="collapsed")
        messages(draft, path)
    for field, sign in _RANGES.items():
        with _cell(f"Share of {sign} pairs, from – to", line, _RANGE_PX):
            _range_fields(draft, line, label, field)
    with _cell("Chance", line, _CHANCE_PX), st.container(height=_LINE_PX, border=False, vertical_alignment="center"):
        st.markdown(percent(shares[label]) if label in shares else "–")
    with st.container(width="content", height=_REMOVE_PX, border=False, vertical_alignment="bottom"):
        _remove_button(draft, line, label)


def _remove_button(draft: Draft, line: int, label: str) -> None:
    st.button(
        "",
        icon=":material/delete:",
        key=_key(line, "remove"),
        help=f"Remove the label {plain(label)}",
        disabled=len(draft.config.label_params) == 1,
        on_click=_remove,
        args=(draft.graph_id, label),
    )


def _cell(title: str, line: int, width: int | Literal["stretch"]) -> DeltaGenerator:
    """A field's place below its name; the first line explains what the names mean."""
    cell = st.container(width=width, gap="xxsmall")
    cell.caption(title, help=None if line else _HELP[title])
    return cell


def _explain_no_chance(label: str, *, is_proven: bool) -> None:
    if is_proven:
        text = f"**No row can ever fit “{plain(label)}”** with these ranges and numbers of attributes: widen a range."
    else:
        text = (
            f"None of {N_SUBGRAPHS:,} random rows fits “{plain(label)}”: such rows are very rare or impossible. "
            "Try it below before you draw all rows, or widen a range."
        )
    colour = "red" if is_proven else "orange"
    st.markdown(f":small[:{colour}[:material/warning: {text}]]")


def _range_fields(draft: Draft, line: int, label: str, field: str) -> None:
    path = label_path(label, field)
    for place, column in enumerate(st.columns(2, gap="xsmall")):
        with column:
            title = f"{label}: {('least', 'greatest')[place]} share of {_RANGES[field]} pairs"
            number_field(draft, (*path, place), title, key=_key(line, field, place), label_visibility="collapsed")
    messages(draft, path)


def _key(line: int, *field: str | int) -> str:
    """Widgets are known by their line, so that a new name does not take the cursor away from its neighbours."""
    return field_key((LABELS, line, *field))


def _shares(draft: Draft) -> dict[str, float]:
    """Live shares of random rows; none while the quotas cannot be drawn, which is said at the quotas."""
    config = draft.config
    try:
        density = queries.density(
            current_selection().workspace, draft.graph_id, dict(config.type_ranges), N_SUBGRAPHS, config.seed
        )
    except ValenceError:
        return {}
    return share_in_ranges(density, config.label_params)


def _never_met(draft: Draft, shares: Mapping[str, float]) -> frozenset[str]:
    """Labels without a chance for which it is certain that no row fits."""
    if 0.0 not in shares.values():
        return frozenset()
    return queries.impossible_labels(current_selection().workspace, draft.graph_id, config_json(draft.config))


def _add(graph_id: str) -> None:
    replace_part(graph_id, with_new_label(current_draft(graph_id).config))


def _remove(graph_id: str, label: str) -> None:
    replace_part(graph_id, without_label(current_draft(graph_id).config, label), label_path(label))
