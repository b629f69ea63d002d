"""A newer reviewed version of a graph is announced wherever the older one is about to be used, and can be taken."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.plain_text import plain
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.edges_csv import write_edges
from core.graph.model import signed_graph
from core.store.artefacts import Artefact
from core.store.review_log import Decision, NewReview
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.demo import DATA, shipped_config
from core.workflows.drafts import create_draft, newest_draft, read_draft
from core.workflows.graphs import save_uploaded_graph
from core.workflows.reviewed_graphs import apply_reviews
from core.workflows.reviews import record_review

NOTICE = "There is a newer version of this graph, reviewed by people"
HOSTILE = "*b* <script>alert(1)</script> [x](http://a.b) $x$"
Open = Callable[..., AppTest]


@pytest.fixture
def work(home: Any) -> Workspace:
    """A workspace `work` with a graph of the small catalogue."""
    held = services.workbench().create("work").workspace
    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "small.csv"))
    save_catalogue(held, catalogue, "Small")
    modality = np.array([catalogue.modalities.index(a.modality) for a in catalogue.attributes])
    source, target = (ends.astype(np.int32) for ends in np.nonzero(np.triu(modality[:, None] != modality)))
    sign = np.random.default_rng(1).choice([1, -1, 0], p=[0.4, 0.2, 0.4], size=len(source)).astype(np.int8)
    graph = signed_graph(catalogue, source[sign != 0], target[sign != 0], sign[sign != 0])
    save_uploaded_graph(held, catalogue.id, write_edges(graph), "Small graph")
    return held


@pytest.fixture
def graph(work: Workspace) -> Artefact:
    return work.artefacts.list("graph")[0]


@pytest.fixture
def review(work: Workspace, graph: Artefact) -> Callable[..., Artefact]:
    """Review the first edge of the graph and make the reviewed version."""

    def review_it(decision: Decision = Decision.NEUTRAL, title: str = HOSTILE) -> Artefact:
        stored = services.workbench().open("work").graph(graph.id).graph
        ids = [stored.catalogue.attributes[end].id for end in (stored.source[0], stored.target[0])]
        record_review(work, NewReview(stored.catalogue.id, ids[0], ids[1], graph.id, "Ana", decision))
        return apply_reviews(work, graph.id, title)

    return review_it


def texts(test: AppTest) -> str:
    assert not test.exception, [element.value for element in test.exception]
    return "\n".join(element.value for kind in (test.markdown, test.caption) for element in kind)


def press(test: AppTest, label: str) -> AppTest:
    return next(element for element in test.button if element.label == label).click().run()


@pytest.mark.parametrize("page", ["density", "sampling"])
def test_the_newer_version_is_taken_with_the_settings_that_were_tuned(
    work: Workspace, graph: Artefact, review: Callable[..., Artefact], open_page: Open, page: str
) -> None:
    assert NOTICE not in texts(open_page(page, "work", graph=graph.id))
    newer = review()
    tuned = shipped_config("small").model_copy(update={"seed": 123})
    draft = create_draft(work, graph.id, tuned)
    test = open_page(page, "work", graph=graph.id, draft=draft)
    assert NOTICE in texts(test) and newer.id[:8] in texts(test)
    assert "Pairs changed: 1, confirmed: 0." in texts(test)
    assert plain(HOSTILE) in texts(test) and HOSTILE not in texts(test)
    press(test, "Use the reviewed one")
    assert NOTICE not in texts(test)
    selection = test.session_state["selection"]
    assert selection.graph == newer.id and newer.id in test.query_params["graph"]
    assert read_draft(work, selection.draft, newer.id) == tuned
    assert read_draft(work, draft, graph.id) == tuned  # the older one's stays with it


def test_settings_of_the_newer_version_are_kept(
    work: Workspace, graph: Artefact, review: Callable[..., Artefact], open_page: Open
) -> None:
    newer = review()
    own = shipped_config("small").model_copy(update={"seed": 7})
    draft = create_draft(work, newer.id, own)
    test = press(open_page("density", "work", graph=graph.id), "Use the reviewed one")
    assert test.session_state["selection"].draft == draft == newest_draft(work, newer.id)


def test_it_is_told_again_when_somebody_reviews_on(
    graph: Artefact, review: Callable[..., Artefact], open_page: Open
) -> None:
    first = review()
    test = open_page("density", "work", graph=first.id)
    assert NOTICE not in texts(test)
    second = review(Decision.NEGATIVE)
    assert second.id[:8] in texts(test.run()) and NOTICE in texts(test)


def test_a_dataset_tells_it_and_is_drawn_again_with_its_own_configuration(
    work: Workspace, graph: Artefact, review: Callable[..., Artefact], open_page: Open
) -> None:
    config = shipped_config("small").model_dump(mode="json")
    config["label_params"] = {"any": {"pos_frac_range": [0, 1], "neg_frac_range": [0, 1], "num_samples": 5}}
    jobs = services.workbench().open("work").jobs
    job = jobs.get(jobs.submit("build_dataset", {"graph": graph.id, "config": config, "title": "Rows"}))
    dataset = work.artefacts.get(DATASET, job.result[DATASET])
    newer = review()
    test = open_page("datasets", "work", dataset=dataset.id)
    assert NOTICE in texts(test) and "newer graph of this catalogue" not in texts(test)
    test.session_state["dataset-views"] = ":material/account_tree: Origin"
    assert f"({newer.id[:8]})" in texts(test.run()) and "newer reviewed version" in texts(test)
    press(test, "Draw rows on it")
    selection = test.session_state["selection"]
    assert selection.graph == newer.id
    assert read_draft(work, selection.draft, newer.id) == dataset_config(work, dataset)


def test_the_graph_page_says_what_a_reviewed_graph_is(
    work: Workspace, graph: Artefact, review: Callable[..., Artefact], open_page: Open
) -> None:
    newer = review()
    shown = texts(open_page("graph", "work", graph=newer.id, catalogue=newer.manifest.parents[CATALOGUE]))
    assert "Reviewed by 1 person. Pairs changed: 1, confirmed: 0; all others stayed as they were." in shown
    assert f"Made from Small graph ({graph.id[:8]}), an uploaded graph." in shown
