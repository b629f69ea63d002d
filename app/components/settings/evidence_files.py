"""Files of expert rules: read and checked, kept as facts for the judge, and how far they fit a catalogue."""

from typing import Final

import streamlit as st

from app import queries
from app.components.artefact_picker import artefact_picker
from app.components.failure import show_failure, show_problems
from app.components.llm.api_keys import key_leaks
from app.components.moments import parse_utc, reader_zone, when_text
from app.components.notice import give_notice
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.knowledge.fact_files import FACT_LIMITS, FactFile, FactReading, Note
from core.store.artefacts import Artefact
from core.store.clock import utc_now
from core.workflows.catalogues import CATALOGUE
from core.workflows.evidence import EVIDENCE, save_evidence

_FORMATS: Final = ["csv", "tsv", "xlsx", "md", "markdown", "txt"]
_ROUND: Final = "evidence-round"  # grows when a file was kept: the uploader then starts anew
_KEPT: Final = "evidence-kept"
_SHOWN: Final = 200
_PREVIEW_PX: Final = 300
_EXAMPLE: Final = """attribute,modality,fact
Rolex,brand,Never advertised beside discounts.
TikTok,platform,Two thirds of its users are under 35.
"""


def evidence_files() -> None:
    """The uploader with what it read, and the files that are kept."""
    st.caption(
        "Rules that your experts wrote down. Given with a question, a model judges by them and names the ones it used."
    )
    catalogue = artefact_picker(CATALOGUE, "Catalogue to compare with")
    if kept := st.session_state.pop(_KEPT, ""):
        st.success(f"Kept {plain(kept)}.", icon=":material/check_circle:")
    file = st.file_uploader(
        "File of facts",
        _FORMATS,
        key=f"evidence-file-{st.session_state.get(_ROUND, 0)}",
        max_upload_size=FACT_LIMITS.max_bytes // 1_000_000,
        help="A table with the columns attribute, fact and, where a name is not unique, modality; or a text in "
        "Markdown, in which every bullet or paragraph is one fact about the attributes it names.",
    )
    if file is not None:
        _follow(queries.fact_reading(file.getvalue(), file.name), file.getvalue(), catalogue)
    _format_help()
    st.markdown("##### Kept files")
    _stored(catalogue)


def _follow(reading: FactReading, data: bytes, catalogue: Artefact | None) -> None:
    if n := len(reading.problems):
        show_problems(f"{reading.filename} cannot be used yet: {n:,} problem{'s'[: n > 1]}", reading.problems)
    if n := len(reading.warnings):
        show_problems(f"Worth a look: {n:,} remark{'s'[: n > 1]}", reading.warnings, warning=True)
    if reading.facts is None:
        st.caption("Nothing was kept. Correct the file and choose it again.")
        return
    if leaks := key_leaks({reading.filename: "\n".join(note.text for note in reading.facts.notes)}):
        show_problems(f"{reading.filename} cannot be kept", leaks)
        return
    with st.container(border=True):
        _preview(reading.facts)
        if catalogue:
            _fit(reading.facts, catalogue)
        if current().workspace.artefacts.exists(EVIDENCE, reading.facts.fingerprint):
            st.info("This very file is kept already. There is nothing new to keep.", icon=":material/inventory_2:")
        elif st.button("Keep these facts", type="primary", icon=":material/check:"):
            _keep(reading, data)


def _preview(facts: FactFile) -> None:
    n_facts = len(facts.notes)
    st.markdown(f"**{n_facts:,} fact{'s'[: n_facts > 1]}** in {plain(facts.filename)}")
    st.dataframe(
        [_note_row(note) for note in facts.notes[:_SHOWN]],
        hide_index=True,
        height=min(36 * (min(n_facts, _SHOWN) + 1) + 2, _PREVIEW_PX),
        column_config={
            "Row": st.column_config.NumberColumn(width=60, help="The row of the table or line of the text."),
            "About": st.column_config.TextColumn(width="medium"),
            "Fact": st.column_config.TextColumn(width="large"),
        },
        alt="The facts as they were read",
    )
    if n_facts > _SHOWN:
        st.caption(f"The first {_SHOWN:,} of {n_facts:,}.")


def _note_row(note: Note) -> dict[str, object]:
    about = f"{note.attribute} ({note.modality})" if note.modality else note.attribute
    return {"Row": note.row, "About": about or "whatever it names", "Fact": note.text}


def _fit(facts: FactFile, catalogue: Artefact) -> None:
    fit = queries.fact_fit(current_selection().workspace, facts, facts.fingerprint, catalogue.id)
    st.caption(f"They are about {fit.n_attributes:,} of the {fit.n_all:,} attributes of the catalogue.")
    if fit.unused:
        n = len(fit.unused)
        what = f"{n:,} fact{'s name' if n > 1 else ' names'} no attribute of this catalogue"
        show_problems(what, fit.unused, warning=True)


def _keep(reading: FactReading, data: bytes) -> None:
    try:
        saved = save_evidence(current().workspace, reading, data)
    except ValenceError as error:
        show_failure(error)
        return
    st.session_state[_KEPT] = f"{saved.manifest.title}, {saved.manifest.facts['n_facts']:,} facts"
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.rerun()


def _stored(catalogue: Artefact | None) -> None:
    stored = current().workspace.artefacts.list(EVIDENCE)
    if not stored:
        st.caption("No file is kept yet. What is kept here can be given to a model when a graph is built.")
        return
    selection = st.dataframe(
        [_row(artefact, catalogue) for artefact in stored],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"evidence-stored-{current_selection().workspace}-{len(stored)}",
        column_config={
            "Attributes": st.column_config.TextColumn(help="How many of the catalogue above have at least one fact."),
            "Facts not used": st.column_config.NumberColumn(
                help="Those that name no attribute of the catalogue above."
            ),
        },
        alt="Kept files of facts",
    )
    rows = selection["selection"]["rows"]
    if rows and rows[0] < len(stored):
        _opened(stored[rows[0]], catalogue)
    else:
        st.caption("Select a file to read its facts or to delete it.")


def _row(artefact: Artefact, catalogue: Artefact | None) -> dict[str, object]:
    row: dict[str, object] = {
        "File": artefact.manifest.title,
        "Id": artefact.id[:8],
        "Facts": artefact.manifest.facts["n_facts"],
    }
    if catalogue:
        workspace = current_selection().workspace
        facts = queries.evidence_file(workspace, artefact.id)
        fit = queries.fact_fit(workspace, facts, facts.fingerprint, catalogue.id)
        row |= {"Attributes": f"{fit.n_attributes:,} of {fit.n_all:,}", "Facts not used": len(fit.unused)}
    return row | {"Kept": when_text(artefact.manifest.created_at, parse_utc(utc_now()), reader_zone())}


def _opened(artefact: Artefact, catalogue: Artefact | None) -> None:
    with st.container(border=True):
        facts = queries.evidence_file(current_selection().workspace, artefact.id)
        _preview(facts)
        if catalogue:
            _fit(facts, catalogue)
        is_sure = st.checkbox("Delete this file for good", key=f"sure-{artefact.id}")
        if is_sure and st.button("Delete it", icon=":material/delete:"):
            _delete(artefact)


def _delete(artefact: Artefact) -> None:
    try:
        current().workspace.artefacts.delete(EVIDENCE, artefact.id)
    except ValenceError as error:
        show_failure(error)
        return
    give_notice(f"Deleted {plain(artefact.manifest.title)}.", icon=":material/delete:")
    st.rerun()


def _format_help() -> None:
    with st.expander("What such a file looks like", icon=":material/help:"):
        st.code(_EXAMPLE, language=None)
        st.caption(
            "Or Markdown: a heading, and below it one fact a bullet. A fact counts for every attribute it names, "
            "written as the catalogue writes it."
        )
