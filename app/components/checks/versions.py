"""The versions of a check set, and what changed between any two."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from app import queries
from app.components.checks.words import set_name
from app.components.moments import reader_zone, when_text
from app.components.pair_text import OUTCOME_SIGNS
from app.services import current
from app.state import current_selection, select
from core.graph.checks.versions import SetDiff, diff_sets, diff_words
from core.graph.checks.written import WrittenPair
from core.store.artefacts import Artefact
from core.workflows.checks import CHECKS, checks_line

_FIELD_NAMES = {
    "source": "First attribute",
    "target": "Second attribute",
    "expected": "Expected",
    "split": "Part",
    "why": "Why",
}


def check_versions(version: Artefact) -> None:
    """The line of versions that led to the selected one, then a comparison with any other set."""
    st.caption("The newest first. A version never changes: results always say which one they are of.")
    for place, artefact in enumerate(checks_line(current().workspace, version.id)):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            made = when_text(artefact.manifest.created_at, datetime.now(UTC), reader_zone())
            st.markdown(f"**{artefact.id[:8]}** · {made}  \n{_origin(artefact)}")
            st.space("stretch")
            st.caption(_contents(artefact))
            if place and st.button("Open", key=f"open-checks-{artefact.id}", icon=":material/arrow_forward:"):
                select(checks=artefact.id)
                st.rerun()
            if not place:
                st.badge("Shown", icon=":material/visibility:")
    _compare(version)


def _origin(version: Artefact) -> str:
    parent = version.manifest.parents.get(CHECKS, "")
    if not parent:
        return "The first version"
    return f"From {parent[:8]}: {diff_words(_diff(parent, version.id))}"


def _contents(version: Artefact) -> str:
    expected = version.manifest.facts["expected"]
    counts = " · ".join(f"{expected[sign]:,} {shown}" for sign, shown in (("+", "+"), ("-", "−"), ("0", "ambiguous")))
    return f"{version.manifest.facts['n_pairs']:,} pairs: {counts}"


def _compare(version: Artefact) -> None:
    others = {v.id: v for v in current().workspace.artefacts.list(CHECKS) if v.id != version.id}
    if not others:
        return
    st.markdown("##### What changed")
    parent = version.manifest.parents.get(CHECKS, "")
    ids = list(others)
    since = st.selectbox(
        "Since",
        ids,
        index=ids.index(parent) if parent in others else 0,
        format_func=lambda id: set_name(others[id]),
        key=f"checks-since-{version.id[:8]}",
        help="Pairs of the two versions are matched by the names of their attributes, in either order.",
    )
    diff = _diff(since, version.id)
    with st.grid(4):
        st.metric("Added", f"{len(diff.added):,}")
        st.metric("Removed", f"{len(diff.removed):,}")
        st.metric("Changed", f"{len(diff.changed):,}")
        st.metric("Unchanged", f"{diff.n_unchanged:,}")
    rows = _rows(diff)
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="", alt="Pairs that differ between the versions")


def _diff(before: str, after: str) -> SetDiff:
    workspace = current_selection().workspace
    return diff_sets(queries.check_set(workspace, before), queries.check_set(workspace, after))


def _rows(diff: SetDiff) -> list[dict[str, str]]:
    rows = [
        _row("Changed", c.after, _FIELD_NAMES[name], _text(c.before, name), _text(c.after, name))
        for c in diff.changed
        for name in c.fields
    ]
    rows += [_row("Added", pair, "Expected", "", _text(pair, "expected")) for pair in diff.added]
    return rows + [_row("Removed", pair, "Expected", _text(pair, "expected"), "") for pair in diff.removed]


def _row(what: str, pair: WrittenPair, field: str, before: str, after: str) -> dict[str, str]:
    ends = {"First attribute": pair.source, "Second attribute": pair.target}
    return {"What": what, **ends, "Column": field, "Before": before, "After": after}


def _text(pair: WrittenPair, field: str) -> str:
    return OUTCOME_SIGNS[pair.expected] if field == "expected" else str(getattr(pair, field))
