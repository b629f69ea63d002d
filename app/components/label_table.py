"""The labels as a table of fields: name, rows, and the two hard ranges; one line per label."""

from collections.abc import Mapping

import streamlit as st

from app import queries
from app.components.config_fields import field_key, messages, number_field, text_field
from app.components.draft import Draft, current_draft, label_path, replace_part
from app.components.plain_text import plain
from app.components.shares import percent
from app.state import current_selection
from core.errors import ValenceError
from core.sampler.density import N_SUBGRAPHS, share_in_ranges
from core.workflows.draft_edits import LABELS, NAME
from core.workflows.drafts import with_new_label, without_label

_LINE_PX = 40  # the height of a field
_WIDTHS = (5, 4.8, 6.6, 6.6, 2.6, 1.6)
_RANGES = {"pos_frac_range": "+", "neg_frac_range": "−"}
_COLUMNS = {
    "Label": "The name every row of this label carries. Any name will do.",
    "Rows": "How many rows of this label the dataset will have.",
    "Share of + pairs, from – to": "Of all pairs in a row, the share that works together. Every row lies within.",
    "Share of − pairs, from – to": "Of all pairs in a row, the share that conflicts. Every row lies within.",
    "Chance": "How many of 4,000 random rows lie in both ranges. The Density page shows why.",
}


def label_table(draft: Draft) -> None:
    """One line of fields per label, and a button for one more."""
    shares = _shares(draft)
    for column, (title, help_text) in zip(st.columns(_WIDTHS), _COLUMNS.items(), strict=False):
        column.caption(title, help=help_text)
    for line, label in enumerate(draft.config.label_params):
        _label_line(draft, line, label, shares)
    messages(draft, (LABELS,))
    st.button("Add a label", icon=":material/add:", key="add-label", on_click=_add, args=(draft.graph_id,))


def _label_line(draft: Draft, line: int, label: str, shares: Mapping[str, float]) -> None:
    name, rows, pos, neg, share, remove = st.columns(_WIDTHS)
    with name:
        path = label_path(label, NAME)
        text_field(draft, path, f"Name of {label}", key=_key(line, NAME), label_visibility="collapsed")
        messages(draft, path)
    with rows:
        path = label_path(label, "num_samples")
        title, key = f"Rows of {label}", _key(line, "num_samples")
        number_field(draft, path, title, key=key, whole=True, step=100, label_visibility="collapsed")
        messages(draft, path)
    for column, field in ((pos, "pos_frac_range"), (neg, "neg_frac_range")):
        with column:
            _range_fields(draft, line, label, field)
    with share.container(height=_LINE_PX, border=False, vertical_alignment="center"):
        st.markdown(percent(shares[label]) if label in shares else "–")
    remove.button(
        "",
        icon=":material/delete:",
        key=_key(line, "remove"),
        help=f"Remove the label {plain(label)}",
        disabled=len(draft.config.label_params) == 1,
        on_click=_remove,
        args=(draft.graph_id, label),
    )


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


def _add(graph_id: str) -> None:
    replace_part(graph_id, with_new_label(current_draft(graph_id).config))


def _remove(graph_id: str, label: str) -> None:
    replace_part(graph_id, without_label(current_draft(graph_id).config, label), label_path(label))
