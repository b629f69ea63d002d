"""Taking in a catalogue file: read it, say everything that is wrong with it, show what it holds, keep it."""

from pathlib import PurePath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app import queries
from app.catalogue_tables import CatalogueOverview, FileReading
from app.components.catalogue.column_mapping import column_mapping
from app.components.catalogue.contents import COLUMN_NAMES
from app.components.catalogue.format import catalogue_format
from app.components.failure import show_failure, show_problems
from app.components.plain_text import plain
from app.services import current
from app.state import select
from core.catalogue.limits import MAX_CATALOGUE_BYTES
from core.catalogue.reading import catalogue_or_error, read_catalogue
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE, save_catalogue

_KEPT = "catalogue-kept"  # the id of the version kept a moment ago, for one message
_ROUND = "catalogue-upload-round"  # how often something was kept in this session
_FORMATS = ["csv", "tsv", "txt", "json", "jsonl", "xlsx"]


def catalogue_upload() -> None:
    """Ask for a file and follow it until it is kept; nothing is stored before that."""
    file = st.file_uploader(
        "Catalogue file",
        _FORMATS,
        key=f"catalogue-file-{upload_round()}",
        max_upload_size=MAX_CATALOGUE_BYTES // 1_000_000,
        help="The file is read and checked first; it is kept when you say so.",
    )
    if file is not None:
        try:
            _follow(file)
        except ValenceError as error:
            show_failure(error)
            _say_unchanged()
    catalogue_format()


def upload_round() -> int:
    """A number that grows each time something is kept: widgets that carry it in their key then start anew."""
    count: int = st.session_state.get(_ROUND, 0)
    return count


def say_what_was_kept() -> None:
    """One message after something was kept."""
    kept = _kept_version(st.session_state.pop(_KEPT, ""))
    if kept:
        count = kept.manifest.facts["n_attributes"]
        st.success(f"Kept: {plain(kept.manifest.title)}, {count:,} attributes.", icon=":material/check_circle:")


def show_kept(artefact: Artefact) -> None:
    """Select a version, empty the uploader, and draw the page anew with the version's contents."""
    select(catalogue=artefact.id)
    st.session_state[_KEPT] = artefact.id
    st.session_state[_ROUND] = upload_round() + 1
    st.rerun()


def _follow(file: UploadedFile) -> None:
    mapping = column_mapping(queries.file_table(file.getvalue(), file.name), file.file_id)
    if mapping is None:
        return
    reading = queries.file_reading(file.getvalue(), file.name, mapping)
    if n := len(reading.problems):
        show_problems(f"{file.name} cannot be used yet: {n:,} problem{'s'[: n > 1]}", reading.problems)
    if n := len(reading.warnings):
        show_problems(f"Worth a look: {n:,} remark{'s'[: n > 1]}", reading.warnings, warning=True)
    if reading.overview is None:
        _say_unchanged()
    else:
        with st.container(border=True):
            _preview(reading, reading.overview)
            if kept := _kept_version(reading.catalogue_id):
                _say_kept_already(kept)
            else:
                _offer_to_keep(file, mapping)


def _preview(reading: FileReading, overview: CatalogueOverview) -> None:
    n_of = dict.fromkeys(overview.modalities, 0)
    for count in overview.types:
        n_of[count.modality] += count.n_attributes
    shown = " · ".join(f"{plain(name)} {n:,}" for name, n in n_of.items())
    st.markdown(
        f"**{overview.n_attributes:,} attributes** of {len(n_of)} modalities and {len(overview.types)} types, "
        f"which make {overview.n_pairs:,} pairs to judge.  \n{shown}"
    )
    st.dataframe(reading.head, hide_index=True, column_config=COLUMN_NAMES, placeholder="", alt="The first attributes")
    if overview.n_attributes > len(reading.head):
        st.caption(f"The first {len(reading.head)} of {overview.n_attributes:,} attributes, as they were read.")


def _offer_to_keep(file: UploadedFile, mapping: dict[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.text_input(
            "Title",
            PurePath(file.name).stem,
            max_chars=120,
            key=f"catalogue-title-{file.file_id}",
            help="What this version is called in the lists. You can change it later.",
        ).strip()
        keep = st.button("Keep this catalogue", type="primary", icon=":material/check:", disabled=not title)
    if not title:
        st.caption("Give it a title to keep it.")
    elif keep:
        with st.spinner("Keeping the catalogue"):
            catalogue = catalogue_or_error(read_catalogue(file.getvalue(), file.name, mapping))
            saved = save_catalogue(current().workspace, catalogue, title)
        show_kept(saved)


def _say_kept_already(kept: Artefact) -> None:
    st.info(
        f"This very content is here already, as **{plain(kept.manifest.title)}** ({kept.id[:8]}). "
        "There is nothing new to keep.",
        icon=":material/inventory_2:",
    )
    if st.button("Show it", icon=":material/visibility:"):
        show_kept(kept)


def _kept_version(catalogue_id: str) -> Artefact | None:
    store = current().workspace.artefacts
    return store.get(CATALOGUE, catalogue_id) if store.exists(CATALOGUE, catalogue_id) else None


def _say_unchanged() -> None:
    st.caption("Nothing was kept, and what you had is as it was. Mend the file and choose it again.")
