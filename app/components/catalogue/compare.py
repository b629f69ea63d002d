"""What changed from one version of a catalogue to another."""

from functools import partial

import streamlit as st

from app import queries
from app.catalogue_tables import DIFF_PARTS, DiffCounts
from app.components.catalogue.contents import COLUMN_NAMES
from app.components.paged_table import paged_table
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE

_DIFF_COLUMNS = {"attribute": "Attribute", "id": "Id", "field": "Column", "before": "Before", "after": "After"}


def catalogue_compare(catalogue: Artefact) -> None:
    """Choose an earlier or later version and show what was added, removed and changed up to the selected one."""
    others = {a.id: a for a in current().workspace.artefacts.list(CATALOGUE) if a.id != catalogue.id}
    if not others:
        st.info("There is one version only. Upload another file to compare the two.", icon=":material/difference:")
        return
    ids = list(others)
    older = [a.id for a in others.values() if a.manifest.created_at < catalogue.manifest.created_at]
    old_id = st.selectbox(
        "What changed since",
        ids,
        index=ids.index(older[0]) if older else 0,
        format_func=lambda id: f"{others[id].manifest.title} · {id[:8]}",
        key=f"compare-with-{catalogue.id[:8]}",
        persist_state="session",
        help="Attributes of the two versions are matched by id.",
    )
    old = others[old_id]
    st.caption(
        f"From **{plain(old.manifest.title)}** ({old.id[:8]}, {old.manifest.facts['n_attributes']:,} attributes) to "
        f"**{plain(catalogue.manifest.title)}** ({catalogue.id[:8]}, "
        f"{catalogue.manifest.facts['n_attributes']:,} attributes)"
    )
    counts = queries.catalogue_diff_counts(current_selection().workspace, old.id, catalogue.id)
    _counts(counts)
    _table(old.id, catalogue.id, counts)


def _counts(counts: DiffCounts) -> None:
    with st.grid(4):
        st.metric("Changed", f"{counts.changed:,}", help="In both versions, with another text in some column.")
        st.metric("Added", f"{counts.added:,}", help="In the new version only.")
        st.metric("Removed", f"{counts.removed:,}", help="In the old version only.")
        st.metric("Unchanged", f"{counts.unchanged:,}", help="The same in both versions.")
    if counts.is_reordered:
        st.caption("The attributes that both versions have stand in another order.")


def _table(old_id: str, new_id: str, counts: DiffCounts) -> None:
    present = [part for part in DIFF_PARTS if getattr(counts, part)]
    if not present:
        return
    key = f"{old_id[:8]}-{new_id[:8]}"
    part = st.segmented_control(
        "Show",
        present,
        default=present[0],
        required=True,
        format_func=lambda name: f"{name.capitalize()} ({getattr(counts, name):,})",
        key=f"diff-part-{key}",
        label_visibility="collapsed",
    )
    read = partial(queries.catalogue_diff_page, current_selection().workspace, old_id, new_id, part)
    changed = part == "changed"
    paged_table(
        read,
        f"diff-{part}-{key}",
        "changed texts" if changed else "attributes",
        _DIFF_COLUMNS if changed else COLUMN_NAMES,
    )
