"""Twenty rows of each label at once: how they were found, what they look like, and why a label has none."""

import pandas as pd
import streamlit as st

from app import queries
from app.components.configuration.draft import Draft
from app.components.page_words import in_page_words
from app.components.plain_text import plain
from app.components.shares import percent
from app.state import current_selection
from app.theme import FRACTION_NAMES
from core.sampler.configuration import LabelParams, config_json
from core.workflows.dry_run import DRY_ROWS, DryLabel, Unmet, dry_config, dry_run_id

_METHODS = {
    "rejection": "Drawn at random until they fit, which is exact.",
    "annealing": "Searched for step by step, since few random rows fit.",
    "full-annealing": "Searched for step by step, to the end of the schedule.",
}
_TABLE_HEIGHT = 420


def dry_run_section(draft: Draft) -> None:
    """A button, and what came of it for as long as the settings stay what they were."""
    key = f"dry-run-{current_selection().workspace}-{draft.graph_id}"
    wanted = dry_run_id(draft.config)
    with st.container(horizontal=True, vertical_alignment="center"):
        is_asked = st.button(
            f"Draw {DRY_ROWS} rows of each label",
            icon=":material/science:",
            key="dry-run",
            disabled=bool(draft.problems),
            help="Quick, and nothing is kept. They are the very rows the dataset will begin with, before any noise.",
        )
        if key in st.session_state and st.session_state[key] != wanted and not is_asked:
            st.caption("The settings have changed since the last dry run.")
    if is_asked:
        st.session_state[key] = wanted
    if st.session_state.get(key) == wanted and not draft.problems:
        _show(
            queries.dry_run(current_selection().workspace, draft.graph_id, config_json(dry_config(draft.config))), draft
        )


def _show(labels: tuple[DryLabel, ...], draft: Draft) -> None:
    met = [label for label in labels if label.unmet is None]
    for label in labels:
        if label.unmet is not None:
            _show_unmet(label.name, label.unmet, draft.config.label_params[label.name])
    if not met:
        return
    grid = st.grid(min(len(met), 4))
    for label in met:
        with grid.cell(), st.container(border=True, height="stretch"):
            _show_met(label, draft.config.label_params[label.name])
    st.dataframe(
        _table(met),
        hide_index=True,
        height=_TABLE_HEIGHT,
        column_config={
            **{kind: st.column_config.ListColumn(kind) for kind in met[0].rows[0].values},
            **{FRACTION_NAMES[name]: st.column_config.NumberColumn(format="%.1f%%") for name in _FRACTIONS},
        },
    )


def _show_met(label: DryLabel, params: LabelParams) -> None:
    st.markdown(f"**{plain(label.name)}** · {len(label.rows)} rows")
    st.markdown(f"**{percent(label.random_share)}** of random rows fit. {_METHODS[label.method]}")
    for name, (low, high) in (("pos_frac", params.pos_frac_range), ("neg_frac", params.neg_frac_range)):
        mean = sum(getattr(row, name) for row in label.rows) / len(label.rows)
        st.caption(f"{FRACTION_NAMES[name]}: {mean:.1%} on average (asked: {low:.1%} to {high:.1%})")


def _show_unmet(name: str, unmet: Unmet, params: LabelParams) -> None:
    if unmet.too_alike:
        reason = f"{plain(in_page_words(unmet.reason))} {plain(in_page_words(unmet.fix))}"
        st.error(f"**{plain(name)}: too few rows that differ.** {reason}", icon=":material/block:")
        return
    headline = "no row can ever fit." if unmet.proven else "no row was found."
    (p0, p1), (n0, n1) = params.pos_frac_range, params.neg_frac_range
    closest = unmet.closest
    st.error(
        f"**{plain(name)}: {headline}** The closest: {closest.pos_frac:.1%} + pairs (asked: {p0:.1%} to {p1:.1%}) and "
        f"{closest.neg_frac:.1%} − pairs (asked: {n0:.1%} to {n1:.1%}), among {closest.size} attributes.\n\n"
        f"{plain(in_page_words(unmet.reason))} {plain(in_page_words(unmet.fix))}",
        icon=":material/block:",
    )


_FRACTIONS = ("pos_frac", "neg_frac")


def _table(labels: list[DryLabel]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "label": label.name,
                **{FRACTION_NAMES[name]: 100 * getattr(row, name) for name in _FRACTIONS},
                **{kind: list(values) for kind, values in row.values.items()},
            }
            for label in labels
            for row in label.rows
        ]
    )
