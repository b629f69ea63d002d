import base64
import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.graph_charts import outcomes_by_modality_pair, sign_heatmap
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.call_plan import PlanMethod, calls_floor, calls_published, plan_calls
from core.graph.judges.offline import DISCLAIMER
from core.graph.model import signed_graph
from core.graph.statistics import graph_statistics
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.demo import DATA
from core.workflows.graphs import GRAPH, load_graph

Open = Callable[..., AppTest]
WORKSPACE = "work"
GOOD = b"source,target,rel,sign\nbrand-nike,audience-athletes,brand_to_audience,+\nRolex,TikTok,brand_to_platform,-\n"


@pytest.fixture
def workspace(home: Path) -> Workspace:
    """A workspace that holds the small catalogue and no graph."""
    held = services.workbench().create(WORKSPACE).workspace
    save_catalogue(held, small(), "Small")
    return held


def small() -> Catalogue:
    return catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "small.csv"))


def texts(page: AppTest) -> str:
    return "\n".join(str(e.value) for kind in ("markdown", "caption", "info", "warning") for e in page.get(kind))


def button(page: AppTest, label: str) -> Any:
    return next(found for found in page.button if found.label == label)


def metric(page: AppTest, label: str) -> int:
    return int(next(found.value for found in page.metric if found.label == label).replace(",", ""))


def upload(page: AppTest, data: bytes) -> AppTest:
    page.file_uploader[0].upload("edges.csv", data).run()
    return button(page, "Check and keep these edges").click().run()  # type: ignore[no-any-return]


def test_the_cost_is_that_of_the_plan_before_anything_runs(workspace: Workspace, open_page: Open) -> None:
    page = open_page("graph", WORKSPACE)
    catalogue = small()

    assert metric(page, "Judge calls of this run") == plan_calls(catalogue).n_calls
    assert f"**{calls_published(catalogue):,}** calls" in texts(page)
    assert f"fewer than **{calls_floor(catalogue):,}**" in texts(page)
    assert DISCLAIMER in texts(page)
    assert "No graph yet" in texts(page)

    page.get_by_key("graph-plan").set_value(PlanMethod.PUBLISHED).run()
    assert metric(page, "Judge calls of this run") == calls_published(catalogue)
    page.get_by_key("graph-batch-size").set_value(3).run()
    assert metric(page, "Judge calls of this run") == calls_published(catalogue, 3)
    assert not workspace.artefacts.list(GRAPH)


def test_a_built_graph_is_shown_with_the_core_s_own_counts(workspace: Workspace, open_page: Open) -> None:
    page = open_page("graph", WORKSPACE)
    button(page, "Build the graph").click().run()
    (built,) = workspace.artefacts.list(GRAPH)
    stored = load_graph(workspace, built.id)
    statistics = graph_statistics(stored.graph, stored.verdicts)

    assert not page.exception and not page.error
    assert page.query_params["graph"] == built.id
    assert metric(page, "+ works together") == statistics.total.n_positive == stored.graph.n_positive
    assert metric(page, "− conflicts") == statistics.total.n_negative
    assert metric(page, "0 no signal") == statistics.total.n_neutral
    assert f"{built.manifest.facts['calls']:,} calls" in texts(page)
    assert len(page.get("plotly_chart")) == 2
    assert stored.verdicts is not None
    shown = [m.value for m in page.caption if m.value.replace("\\", "") in set(stored.verdicts.reason)]
    assert len(shown) >= 6, "examples show their reasons"


def test_a_bad_edges_file_is_refused_with_every_problem(workspace: Workspace, open_page: Open) -> None:
    page = open_page("graph", WORKSPACE)
    upload(page, b"source,target,rel,sign\nNikee,Athletes,brand_to_audience,+\nbrand-nike,audience-athletes,x,0\n")

    assert not page.exception
    (message,) = [error.value for error in page.error]
    assert "row 2, source" in message and "Nike" in message
    assert "row 3, rel" in message and "row 3, sign" in message
    assert not workspace.artefacts.list(GRAPH)


def test_a_good_edges_file_becomes_the_graph_shown(workspace: Workspace, open_page: Open) -> None:
    page = open_page("graph", WORKSPACE)
    upload(page, GOOD)
    (saved,) = workspace.artefacts.list(GRAPH)

    assert "Kept 2 edges." in page.success[0].value
    assert page.query_params["graph"] == saved.id
    assert (metric(page, "+ works together"), metric(page, "− conflicts")) == (1, 1)
    assert metric(page, "Not judged") == small().n_pairs - 2
    assert "This graph was uploaded" in texts(page)


def test_the_example_of_an_edges_file_can_be_uploaded(workspace: Workspace, open_page: Open) -> None:
    page = open_page("graph", WORKSPACE)
    upload(page, page.code[0].value.encode())

    assert not page.error
    assert workspace.artefacts.list(GRAPH)[0].manifest.facts["n_positive"] == 1


def test_an_empty_workspace_leads_to_the_catalogue(open_page: Open) -> None:
    page = open_page("graph", WORKSPACE)

    assert "No catalogue yet" in texts(page)
    assert not page.exception and not page.metric


def test_a_catalogue_too_large_for_brute_force_says_so_and_can_still_take_edges(home: Path, open_page: Open) -> None:
    sides = {"brand": 1_501, "audience": 1_000}
    attributes = [Attribute(f"{m}-{i}", f"{m} {i}", m, m) for m, size in sides.items() for i in range(size)]
    save_catalogue(services.workbench().create(WORKSPACE).workspace, Catalogue(tuple(attributes)), "Huge")
    page = open_page("graph", WORKSPACE)

    assert "brute force stops at 1,500,000 pairs" in page.error[0].value
    assert not [found for found in page.button if found.label == "Build the graph"]
    upload(page, b"source,target,rel,sign\nbrand-0,audience-0,brand_to_audience,+\n")
    assert "Kept 1 edge." in page.success[0].value


def drawn(figure: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(figure.to_json())
    return data


def test_the_heatmap_holds_the_matrix_and_names_every_line_once() -> None:
    rng = np.random.default_rng(5)
    matrix = np.triu(rng.integers(-1, 2, (6, 6)), 1).astype(np.int8)
    matrix = (matrix + matrix.T).astype(np.int8)
    values = ["Same", "Same", "<a href='x'>evil</a>", "Zürich", "%{z}", "Last"]
    figure = drawn(sign_heatmap(matrix, values, ["m"] * 3 + ["n"] * 3))
    cells = figure["data"][0]["z"]
    read = np.frombuffer(base64.b64decode(cells["bdata"]), np.dtype(cells["dtype"])).reshape(6, 6)

    assert np.array_equal(np.nan_to_num(read, nan=0.0), matrix)
    names = figure["data"][0]["x"]
    assert names == figure["data"][0]["y"] and len(set(names)) == 6
    assert [html.unescape(name).strip() for name in names] == [
        f"{value} ({modality})" for value, modality in zip(values, ["m"] * 3 + ["n"] * 3, strict=True)
    ]
    assert "<a" not in figure["data"][0]["x"][2]
    assert {label["text"] for label in figure["layout"]["annotations"]} == {"m", "n"}


def test_bars_of_modality_pairs_add_up_to_all_their_pairs() -> None:
    catalogue = small()
    positions = catalogue.positions_by_modality
    first, second = (np.array(positions[m], np.int32) for m in catalogue.modalities[:2])
    graph = signed_graph(catalogue, first[:3], second[:3], np.array([1, -1, 1], np.int8))
    figure = outcomes_by_modality_pair(graph_statistics(graph, None))

    shares = np.sum([trace.x for trace in figure.data], axis=0)
    assert shares == pytest.approx(np.ones(len(shares)))
    assert {trace.name: int(trace.customdata[0]) for trace in figure.data} == {
        "+ works together": 2,
        "− conflicts": 1,
        "Not judged": len(first) * len(second) - 3,
    }
