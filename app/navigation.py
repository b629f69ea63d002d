"""The pages, in pipeline order: file, title, icon, address. Pages link to each other through this list only."""

from typing import Final, NamedTuple, NoReturn

import streamlit as st


class PageEntry(NamedTuple):
    """One page of the workbench; `file` is relative to `app/`."""

    file: str
    title: str
    icon: str
    url_path: str
    section: str


PAGES: Final = (
    PageEntry("pages/home.py", "Home", ":material/home:", "home", ""),
    PageEntry("pages/catalogue.py", "Catalogue", ":material/list_alt:", "catalogue", "Knowledge"),
    PageEntry("pages/graph.py", "Graph", ":material/hub:", "graph", "Knowledge"),
    PageEntry("pages/edges.py", "Edges", ":material/linked_services:", "edges", "Knowledge"),
    PageEntry("pages/density.py", "Density", ":material/tune:", "density", "Data"),
    PageEntry("pages/sampling.py", "Sampling", ":material/play_circle:", "sampling", "Data"),
    PageEntry("pages/datasets.py", "Datasets", ":material/dataset:", "datasets", "Data"),
)


def pages_by_section() -> dict[str, list[st.Page]]:
    """Streamlit pages grouped by sidebar section, in order; Home is where the workbench opens."""
    sections: dict[str, list[st.Page]] = {}
    for entry in PAGES:
        page = st.Page(
            entry.file,
            title=entry.title,
            icon=entry.icon,
            url_path=entry.url_path,
            default=entry.url_path == "home",
        )
        sections.setdefault(entry.section, []).append(page)
    return sections


def page_link(url_path: str, label: str) -> None:
    """A link to another page of the workbench that looks like a quiet button."""
    entry = _entry(url_path)
    st.page_link(entry.file, label=label, icon=entry.icon)


def page_icon(url_path: str) -> str:
    """The icon that stands for a page everywhere."""
    return _entry(url_path).icon


def page_title(url_path: str) -> str:
    """The name of a page, as the sidebar has it."""
    return _entry(url_path).title


def open_page(url_path: str) -> NoReturn:
    """Go to another page now; what was selected before goes along."""
    st.switch_page(_entry(url_path).file)


def _entry(url_path: str) -> PageEntry:
    return next(entry for entry in PAGES if entry.url_path == url_path)
