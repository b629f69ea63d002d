"""The pages, in pipeline order: file, title, icon, address. Pages link to each other through this list only.

Every link takes the chosen ids along in its address: a visit is then one entry in the browser's history, and Back
finds each page as it was left.
"""

from itertools import groupby
from typing import Final, Literal, NamedTuple, NoReturn

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.state import selection_in_url


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
    PageEntry("pages/clusters.py", "Clusters", ":material/bubble_chart:", "clusters", "Knowledge"),
    PageEntry("pages/edges.py", "Edges", ":material/linked_services:", "edges", "Knowledge"),
    PageEntry("pages/runs.py", "Runs", ":material/receipt_long:", "runs", "Knowledge"),
    PageEntry("pages/review.py", "Review", ":material/rate_review:", "review", "Trust"),
    PageEntry("pages/compare.py", "Compare", ":material/compare_arrows:", "compare", "Trust"),
    PageEntry("pages/checks.py", "Checks", ":material/fact_check:", "checks", "Trust"),
    PageEntry("pages/density.py", "Density", ":material/tune:", "density", "Data"),
    PageEntry("pages/sampling.py", "Sampling", ":material/play_circle:", "sampling", "Data"),
    PageEntry("pages/datasets.py", "Datasets", ":material/dataset:", "datasets", "Data"),
    PageEntry("pages/models.py", "Models", ":material/model_training:", "models", "Models"),
    PageEntry("pages/leaderboard.py", "Leaderboard", ":material/leaderboard:", "leaderboard", "Models"),
    PageEntry("pages/tabular_lab.py", "Tabular lab", ":material/science:", "tabular_lab", "Tables"),
    PageEntry("pages/tabular_traps.py", "Tabular traps", ":material/report:", "tabular_traps", "Tables"),
    PageEntry("pages/settings.py", "Settings", ":material/settings:", "settings", "Setup"),
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


def navigation_links(place: DeltaGenerator) -> None:
    """The list of all pages, by section; drawn anew it takes the place of what was drawn in `place` before.

    Streamlit's own list would leave the ids behind and make two entries in the history for every visit.
    """
    with place.container(gap="small"):
        for section, entries in groupby(PAGES, key=lambda entry: entry.section):
            with st.container(gap="xxsmall"):
                if section:
                    st.caption(section)
                for entry in entries:
                    page_link(entry.url_path, entry.title, width="stretch")


def page_link(url_path: str, label: str, *, width: Literal["content", "stretch"] = "content") -> None:
    """A link to another page of the workbench that looks like a quiet button."""
    entry = _entry(url_path)
    st.page_link(entry.file, label=label, icon=entry.icon, width=width, query_params=selection_in_url())


def page_icon(url_path: str) -> str:
    """The icon that stands for a page everywhere."""
    return _entry(url_path).icon


def page_title(url_path: str) -> str:
    """The name of a page, as the sidebar has it."""
    return _entry(url_path).title


def open_page(url_path: str) -> NoReturn:
    """Go to another page now; what was selected before goes along."""
    st.switch_page(_entry(url_path).file, query_params=st.query_params.to_dict())


def _entry(url_path: str) -> PageEntry:
    return next(entry for entry in PAGES if entry.url_path == url_path)
