"""Making content vectors: from texts by an embedder, from an uploaded table, or from places' coordinates."""

from typing import Any, Final, Literal

import streamlit as st

from app.components.failure import show_failure
from app.components.job_panel import ACTIVE
from app.components.llm.api_keys import key_problem
from app.components.plain_text import plain, shortened
from app.services import current
from app.state import current_selection, select
from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.llm.embedding_settings import EmbeddingProvider, EmbeddingSettings
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.model_settings import read_embedding_settings
from core.workflows.vector_settings import VectorSettings, published_embedding
from core.workflows.vectors import VECTOR_TABLE, save_vector_table

MAKE_VECTORS: Final = "make_vectors"

_TEXT_NAMES: Final[dict[EmbeddingProvider | Literal["none"], str]] = {
    "offline": "The offline embedder: runs here, is free",
    "gemini": "Gemini: over the network, may cost money",
    "openai-compatible": "The server set on the Settings page",
    "none": "Nobody: leave texts out",
}
_COORDINATES: Final = (("latitude", "lat"), ("longitude", "lon", "lng", "long"))
_JOBS_LOOKED_AT: Final = 200


def vector_maker(catalogue: Catalogue, family: str) -> None:
    """The three sources, and the button that makes vectors of them; `family` decides how texts are embedded."""
    with st.expander("Make content vectors", icon=":material/scatter_plot:", key="models-vector-maker"):
        st.markdown(
            "Each modality gets its vectors from one source: a modality that a table or coordinates speak of takes "
            "nothing from texts."
        )
        texts, tables, places = st.columns(3, gap="medium")
        with texts:
            embedding = _texts(family)
        with tables:
            chosen = _tables()
        with places:
            coordinates = _coordinates(catalogue)
        _start(catalogue, {"embedding": embedding, "tables": chosen, "coordinates": coordinates})


def _texts(family: str) -> EmbeddingSettings | None:
    st.markdown("**From texts**", help="What is known of each attribute in words, turned into numbers.")
    kept = _kept()
    names = {name: text for name, text in _TEXT_NAMES.items() if name != "openai-compatible" or kept is not None}
    chosen = st.selectbox("Turned into numbers by", list(names), format_func=names.__getitem__, key=_key("texts"))
    if chosen == "none":
        return None
    if chosen == "openai-compatible":
        assert kept is not None
        st.caption(f"{plain(kept.model)}, asked over the network.")
        return kept
    settings = published_embedding(family, chosen)
    if chosen == "gemini":
        if problem := key_problem(chosen):
            st.warning(plain(problem), icon=":material/key_off:")
        st.caption(
            f"{plain(settings.model)}: {settings.dimensions} numbers, made for "
            f"{settings.task.value.lower().replace('_', ' ')}, as published for this family."
        )
    return settings


def _kept() -> EmbeddingSettings | None:
    """The embedder of the Settings page where it is a server of one's own."""
    try:
        kept = read_embedding_settings(current().workspace)
    except ValenceError as error:
        show_failure(error)
        return None
    return kept if kept.provider == "openai-compatible" else None


def _tables() -> tuple[str, ...]:
    st.markdown(
        "**From a table of your own**",
        help="CSV or Parquet with one row per attribute: its `id` or `value`, then the numbers of its vector, or "
        "`latitude` and `longitude`. Several rows of one value, such as the parts of a place, are averaged.",
    )
    stored = {table.id: table for table in current().workspace.artefacts.list(VECTOR_TABLE)}
    key = _key(f"tables-{len(stored)}")  # another key for other tables: the one just kept is meant to be used
    if stored and key not in st.session_state and st.session_state.pop(_key("kept"), ""):
        st.session_state[key] = [next(iter(stored))]
    chosen: list[str] = st.multiselect(
        "Tables to use", list(stored), format_func=lambda one: _table_name(stored[one]), key=key, placeholder="None"
    )
    file = st.file_uploader("Another table", type=["csv", "parquet"], key=_key("upload"))
    if file and st.button("Check and keep this table", icon=":material/upload:", key=_key("keep")):
        try:
            with st.spinner("Checking every row"):
                save_vector_table(current().workspace, shortened(file.name), file.getvalue())
        except ValenceError as error:
            show_failure(error)
        else:
            st.session_state[_key("kept")] = "yes"
            st.rerun()
    return tuple(chosen)


def _table_name(table: Artefact) -> str:
    facts = table.manifest.facts
    what = "coordinates" if facts["are_coordinates"] else f"{facts['dimensions']:,} numbers"
    return f"{table.manifest.title} · {facts['n_rows']:,} rows of {what}"


def _coordinates(catalogue: Catalogue) -> tuple[str, str] | None:
    st.markdown(
        "**From coordinates**", help="Places that lie near each other become alike: towns, regions and countries count."
    )
    columns = list(dict.fromkeys(name for attribute in catalogue.attributes for name in attribute.facts))
    if not columns:
        st.caption("The catalogue has no columns beside the four it needs, so there are no coordinates in it.")
        return None
    guessed = [next((c for c in columns if c.strip().lower() in names), None) for names in _COORDINATES]
    picked = [
        st.selectbox(
            f"Column of the {names[0]}",
            columns,
            index=columns.index(guess) if guess else None,
            placeholder="None",
            key=_key(f"{names[0]}-{catalogue.id[:8]}"),
        )
        for names, guess in zip(_COORDINATES, guessed, strict=True)
    ]
    if bool(picked[0]) != bool(picked[1]):
        st.caption(":orange[Choose both columns, or none.]")
    return (str(picked[0]), str(picked[1])) if picked[0] and picked[1] else None


def _start(catalogue: Catalogue, sources: dict[str, Any]) -> None:
    is_busy = any(job.action == MAKE_VECTORS and job.state in ACTIVE for job in current().jobs.list(_JOBS_LOOKED_AT))
    is_empty = not any(sources.values())
    if st.button("Make the vectors", icon=":material/scatter_plot:", key=_key("make"), disabled=is_busy or is_empty):
        try:
            settings = VectorSettings(**sources).model_dump(mode="json")
            title = "Make content vectors"
            job = current().jobs.submit(MAKE_VECTORS, {CATALOGUE: catalogue.id, "settings": settings}, title=title)
        except ValenceError as error:
            show_failure(error)
            return
        select(job=job)
        st.rerun()
    if is_empty:
        st.caption("Choose a source first.")


def _key(name: str) -> str:
    return f"models-maker-{name}-{current_selection().workspace}"
