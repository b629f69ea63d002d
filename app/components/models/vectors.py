"""Content vectors: which a training uses."""

from typing import Final

import streamlit as st

from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from core.store.artefacts import Artefact
from core.workflows.board_versions import BoardVersion
from core.workflows.catalogues import CATALOGUE
from core.workflows.splits import SPLIT
from core.workflows.vectors import VECTORS, vectors_of

_OWN: Final = ""  # those stored with the split, or none


def vectors_picker(version: BoardVersion, about: str) -> str:
    """Ask for content vectors; returns their id, empty for those of the split or none. `about`: what they are good for.

    Those made last are chosen at first.
    """
    split = current().workspace.artefacts.get(SPLIT, version.id)
    found = {one.id: one for one in vectors_of(current().workspace, split.manifest.parents[CATALOGUE])}
    names = {_OWN: "Those of the split" if VECTORS in split.manifest.parents else "None"}
    names |= {id: _name(one) for id, one in found.items()}
    newest = _OWN if VECTORS in split.manifest.parents or not found else next(iter(found))
    # Another key for other vectors: those made a moment ago are meant to be used.
    key = f"models-vectors-{current_selection().workspace}-{version.id[:8]}-{len(found)}"
    st.session_state.setdefault(key, newest)
    if st.session_state[key] not in names:
        st.session_state[key] = newest
    chosen = st.selectbox(
        "Content vectors",
        list(names),
        format_func=names.__getitem__,
        key=key,
        persist_state="session",
        help=f"Numbers that say what an attribute is about, so that a model can tell which are alike. {about} They are "
        "made below.",
    )
    if chosen:
        _facts(found[chosen])
    elif VECTORS not in split.manifest.parents:
        st.caption(f":material/info: {about}")
    return str(chosen)


def _name(vectors: Artefact) -> str:
    return f"{vectors.manifest.title} · {vectors.id[:8]}"


def _facts(vectors: Artefact) -> None:
    facts = vectors.manifest.facts
    notes = " ".join(facts["notes"])
    st.caption(
        plain(f"{facts['dimensions']:,} numbers for each of {facts['n_known']:,} attributes, from {facts['made_by']}.")
        + (f" {plain(notes)}" if notes else "")
    )
