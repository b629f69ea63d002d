"""Going to a page with some things selected."""

from typing import NoReturn

from app.navigation import open_page
from app.services import current
from app.state import current_selection, fill_in, select
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.datasets import DATASET
from core.workflows.graphs import GRAPH

_KINDS = (CATALOGUE, GRAPH, DATASET)


def open_with(url_path: str, **ids: str) -> NoReturn:
    """Select the ids and open the page; what it would show anyway is no choice, so that one Back leads here again."""
    shown_anyway = {kind: id for kind, id in ids.items() if _is_shown_anyway(kind, id)}
    fill_in(**shown_anyway)
    select(**{kind: id for kind, id in ids.items() if kind not in shown_anyway})
    open_page(url_path)


def _is_shown_anyway(kind: str, id: str) -> bool:
    """Whether nothing of this kind is selected and the page fills in this one: the newest, or the last draft."""
    if getattr(current_selection(), kind):
        return False
    if kind not in _KINDS:
        return kind == "draft"
    newest: tuple[Artefact, ...] = current().workspace.artefacts.list(kind)
    return bool(newest) and newest[0].id == id
