"""The buttons that keep a made-up graph; a tiny one stands in for those of the published sizes."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from core.sampler.example_graphs import ExampleGraph, ExampleType, make_example
from core.workflows import examples
from core.workflows.catalogues import CATALOGUE
from core.workflows.drafts import newest_draft, read_draft
from core.workflows.graphs import GRAPH

TINY = ExampleGraph("746", "Tiny.", {"x": ExampleType(8, (1, 2)), "y": ExampleType(9, (1, 3))}, 20, 15, 0.5, 7)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "example_named", lambda name: TINY)


def test_without_any_catalogue_a_made_up_graph_is_one_click_away(open_page: Callable[..., AppTest]) -> None:
    page = open_page("graph", "work")
    labels = [button.label for button in page.button if str(button.key).startswith("made-up-")]
    assert labels == ["Use a made-up graph of 746 attributes", "Use a made-up graph of 1,400 attributes"]
    page.button(key="made-up-746").click().run()
    assert not page.exception
    assert not page.error
    work = services.workbench().open("work").workspace
    (graph,), (catalogue,) = work.artefacts.list(GRAPH), work.artefacts.list(CATALOGUE)
    assert graph.id == make_example(TINY).id
    selection = page.session_state["selection"]
    assert (selection.graph, selection.catalogue) == (graph.id, catalogue.id)
    counts = {metric.label: metric.value for metric in page.metric}
    assert (counts["+ works together"], counts["− conflicts"]) == ("20", "15")
    assert any(button.key == "made-up-746" for button in page.button)  # on the upload tab, for the other sizes

    density = page.switch_page("pages/density.py").run()
    assert not density.exception
    draft = read_draft(work, newest_draft(work, graph.id), graph.id)
    assert draft.type_ranges == TINY.type_ranges
    assert density.session_state["selection"].graph == graph.id
    assert any("rows (subgraphs) of 2 to 5 attributes, seed 7" in caption.value for caption in density.caption)
