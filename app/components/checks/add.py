"""New check sets: the shipped one with a click, a file, or one pair made by hand to start with."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.components.checks.kept import checks_round, show_kept
from app.components.checks.pair_form import pair_form
from app.components.failure import show_failure, show_problems
from app.components.plain_text import plain
from app.services import current
from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.checks.check_file import SHIPPED_CHECKS
from core.graph.checks.resolve import resolve
from core.graph.checks.written import COLUMNS, Line, WrittenSet, written_set
from core.store.artefacts import Artefact
from core.workflows.checks import (
    CHECKS,
    import_shipped_checks,
    read_upload,
    save_checks,
    shipped_checks,
    title_of_file,
)

_MOST_MB = 32
_FIRST_ROW = 2


def add_check_set(catalogue: Catalogue) -> None:
    """Three ways to a check set; nothing is kept before the reader says so."""
    _shipped(catalogue)
    upload, by_hand = st.columns(2, gap="medium")
    with upload, st.container(border=True, height="stretch"):
        st.markdown("##### :material/upload_file: From a file")
        _upload(catalogue)
    with by_hand, st.container(border=True, height="stretch"):
        st.markdown("##### :material/edit: By hand")
        _by_hand(catalogue)


def _shipped(catalogue: Catalogue) -> None:
    shipped = shipped_checks()
    here = len(resolve(shipped, catalogue).pairs)
    kept = _kept_version(shipped)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        absent = len(shipped.pairs) - here
        held = "All of them are" if not absent else f"{here:,} of them {'is' if here == 1 else 'are'}"
        rest = f" The other {absent:,} are listed, not counted." if here and absent else ""
        with st.container():
            st.markdown("##### :material/bolt: Obvious pairs, shipped")
            st.markdown(
                f"{len(shipped.pairs):,} pairs that nine of ten marketing people would agree on at once: 90 that fit, "
                f"90 that clash, 90 that are ambiguous. **{held} in this graph's catalogue.**{rest}"
            )
        if kept:
            if st.button("Show it", icon=":material/visibility:", key="checks-show-shipped"):
                show_kept(kept)
        elif st.button("Use these pairs", type="primary", icon=":material/bolt:", disabled=not here):
            show_kept(import_shipped_checks(current().workspace))


def _upload(catalogue: Catalogue) -> None:
    file = st.file_uploader(
        "Check set file",
        ["csv", "tsv", "txt"],
        key=f"checks-file-{checks_round()}",
        max_upload_size=_MOST_MB,
        help="The file is read and checked first; it is kept when you say so.",
    )
    if file is not None:
        try:
            _follow(file, catalogue)
        except ValenceError as error:
            show_failure(error)
            st.caption("Nothing was kept. Mend the file and choose it again.")
    _format()


def _follow(file: UploadedFile, catalogue: Catalogue) -> None:
    written, absent = read_upload(file.getvalue(), file.name, catalogue)
    if kept := _kept_version(written):
        st.info(
            f"These very pairs are here already, as **{plain(kept.manifest.title)}**.", icon=":material/inventory_2:"
        )
        if st.button("Show it", icon=":material/visibility:", key="checks-show-kept"):
            show_kept(kept)
        return
    n, n_absent = len(written.pairs), len({problem.row for problem in absent})
    if absent:
        show_problems(f"{n_absent:,} of {n:,} pairs name something this catalogue lacks", absent, warning=True)
    title = st.text_input("Title", title_of_file(file.name), max_chars=120, key=f"checks-title-{file.file_id}").strip()
    label = f"Keep {n:,} pair{'s'[: n != 1]}" if not absent else f"Keep all {n:,}, these {n_absent:,} listed apart"
    if st.button(label, type="primary", icon=":material/check:", disabled=not title):
        show_kept(save_checks(current().workspace, written, title))


def _by_hand(catalogue: Catalogue) -> None:
    title = st.text_input(
        "Title", placeholder="Our own obvious pairs", max_chars=120, key=f"checks-new-{checks_round()}"
    )
    line = pair_form(catalogue, "Start a set with this pair", _FIRST_ROW, "new")
    if line is None:
        return
    if not title.strip():
        st.error("Give the set a title.", icon=":material/error:")
        return
    _start(line, title.strip())


def _start(line: Line, title: str) -> None:
    try:
        written = written_set([line])
        saved = save_checks(current().workspace, written, title)
    except ValenceError as error:
        show_failure(error)
        return
    show_kept(saved)


def _format() -> None:
    with st.expander("What the file must look like", icon=":material/help:", expanded=True):
        st.markdown(
            f"A CSV with the columns `{'`, `'.join(COLUMNS)}`; the last two may be missing or empty.\n"
            "- **source**, **target**: values of two attributes, in either order; an id where two attributes share a "
            "value.\n"
            "- **expected**: `+` or `positive`, `-` or `negative`, `0`, `neutral` or `ambiguous`.\n"
            "- **split**: `tune` or `final`, for a set in two parts.\n"
            "- **why**: one sentence for whoever reads the mistakes."
        )
        st.download_button(
            "The shipped file, as a model",
            SHIPPED_CHECKS.read_bytes,
            file_name=SHIPPED_CHECKS.name,
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _kept_version(written: WrittenSet) -> Artefact | None:
    store = current().workspace.artefacts
    return store.get(CHECKS, written.id) if store.exists(CHECKS, written.id) else None
