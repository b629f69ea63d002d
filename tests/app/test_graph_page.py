import base64
import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import queries, services
from app.components.graph.charts import outcomes_by_modality_pair, sign_heatmap
from app.components.graph.run_notices import stored_settings
from app.components.shares import percent
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.call_plan import PlanMethod, calls_floor, calls_published, plan_calls
from core.graph.judges.offline import DISCLAIMER
from core.graph.model import Basis, Outcome, signed_graph
from core.graph.statistics import graph_statistics
from core.graph.strategies.cluster.settings import PRESETS
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.demo import DATA
from core.workflows.graph_costs import estimate_cost
from core.workflows.graph_settings import GraphSettings, Strategy
from core.workflows.graphs import GRAPH, load_graph, load_start, save_uploaded_graph
from core.workflows.stages import STAGES

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


def button_of(page: AppTest, key: str) -> Any:
    return next(found for found in page.button if found.key == key)


def metric(page: AppTest, label: str) -> int:
    return int(next(found.value for found in page.metric if found.label == label).replace(",", ""))


def upload(page: AppTest, data: bytes) -> AppTest:
    page.file_uploader[0].upload("edges.csv", data).run()
    return button(page, "Check and keep these edges").click().run()  # type: ignore[no-any-return]


def calls(page: AppTest) -> dict[Strategy, int]:
    """The calls on the three cards."""
    found = [str(m.value) for m in page.metric if m.label in ("Calls of this run", "Calls, likely")]
    return {s: int(text.removeprefix("≈ ").replace(",", "")) for s, text in zip(Strategy, found, strict=True)}


def red_lines(page: AppTest) -> list[str]:
    return [m.value.replace("\\", "") for m in page.markdown if ":red[" in m.value]


def test_the_cost_is_that_of_the_plan_before_anything_runs(workspace: Workspace, open_page: Open) -> None:
    page = open_page("graph", WORKSPACE)
    catalogue = small()

    assert metric(page, "Calls of this run") == plan_calls(catalogue).n_calls
    assert f"published formula comes to {calls_published(catalogue):,} calls" in str(page.metric[0].proto.help)
    assert f"takes {calls_floor(catalogue):,} or more" in str(page.metric[0].proto.help)
    assert DISCLAIMER in texts(page)
    assert "No graph yet" in texts(page)

    page.get_by_key("graph-plan").set_value(PlanMethod.PUBLISHED).run()
    assert metric(page, "Calls of this run") == calls_published(catalogue)
    page.get_by_key("graph-batch_size").set_value(3).run()
    assert metric(page, "Calls of this run") == calls_published(catalogue, 3)
    assert not workspace.artefacts.list(GRAPH)


def test_every_strategy_s_card_shows_the_core_s_own_estimate(home: Path, open_page: Open) -> None:
    held = services.workbench().create(WORKSPACE).workspace
    large = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "large.csv"))
    save_catalogue(held, large, "Large")
    page = open_page("graph", WORKSPACE)
    costs = {s: estimate_cost(large, GraphSettings(strategy=s)) for s in Strategy}
    assert calls(page) == {s: cost.calls for s, cost in costs.items()}
    for cost in costs.values():
        if cost.calls_low < cost.calls_high:
            assert f"Between {cost.calls_low:,} and {cost.calls_high:,} calls." in texts(page)

    button_of(page, "graph-choose-adaptive").click().run()
    page.get_by_key("graph-adaptive.max_calls").set_value(120).run()
    assert calls(page)[Strategy.ADAPTIVE] == 120
    button_of(page, "graph-choose-cluster").click().run()
    page.get_by_key("graph-cluster.auto_inherit").set_value(False).run()
    unsaved = GraphSettings.model_validate({"strategy": "cluster", "cluster": {"auto_inherit": False}})
    assert calls(page)[Strategy.CLUSTER] == estimate_cost(large, unsaved).calls
    assert calls(page)[Strategy.ADAPTIVE] == 120, "fields of a strategy keep their values while another is chosen"
    assert not page.exception


def test_settings_that_do_not_go_together_are_named_by_their_fields(workspace: Workspace, open_page: Open) -> None:
    page = open_page("graph", WORKSPACE)
    button_of(page, "graph-choose-cluster").click().run()
    page.get_by_key("graph-cluster.negative_to").set_value(7.5).run()

    (line,) = red_lines(page)
    assert "“Keep as − up to score” (7.5) must lie below “Keep as + from score” (7)" in line
    assert button(page, "Build the graph").disabled and not page.exception
    page.get_by_key("graph-cluster.negative_to").set_value(4.0).run()
    assert not red_lines(page) and not button(page, "Build the graph").disabled

    button_of(page, "graph-choose-adaptive").click().run()
    page.get_by_key("graph-adaptive.max_calls").set_value(50)
    page.get_by_key("graph-adaptive.audit_calls").set_value(40).run()
    (line,) = red_lines(page)
    assert "“Calls of the strategy, at most” is 50" in line and "at least 80 calls" in line
    button_of(page, "graph-choose-brute-force").click().run()
    assert not button(page, "Build the graph").disabled, "another strategy can still be built with"


def test_the_published_marks_for_taking_over_signs_fill_in_both_fields(workspace: Workspace, open_page: Open) -> None:
    page = open_page("graph", WORKSPACE)
    button_of(page, "graph-choose-cluster").click().run()
    for name, preset in PRESETS.items():
        button_of(page, f"graph-preset-{name}").click().run()
        assert page.get_by_key("graph-cluster.inherit_positive_from").value == preset.inherit_positive_from
        assert page.get_by_key("graph-cluster.inherit_negative_to").value == preset.inherit_negative_to


def test_the_adaptive_strategy_reports_its_quality_with_intervals(workspace: Workspace, open_page: Open) -> None:
    page = open_page("graph", WORKSPACE)
    button_of(page, "graph-choose-adaptive").click().run()
    button(page, "Build the graph").click().run()
    (built,) = workspace.artefacts.list(GRAPH)
    report = built.manifest.facts["report"]["adaptive"]

    assert not page.exception and not page.error
    for label, name in (("Edges found", "recall"), ("True, with the right sign", "sign_precision")):
        shown = next(m for m in page.metric if m.label == label)
        interval = report["quality"][name]
        assert shown.value == percent(interval["estimate"])
        assert shown.delta == f"95% interval: {interval['low']:.1%} to {interval['high']:.1%}"
    assert f"Of {report['n_pairs']:,} pairs {report['n_asked']:,} were answered" in texts(page)
    assert len(page.get("plotly_chart")) == 2 + (len(report["curve"]) > 1)


def test_the_cluster_strategy_reports_what_its_clusters_saved_and_its_clusters_can_be_used_again(
    home: Path, open_page: Open
) -> None:
    held = services.workbench().create(WORKSPACE).workspace
    large = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "large.csv"))
    kept = [a for m in large.modalities for a in [large.attributes[i] for i in large.positions_by_modality[m]][:16]]
    catalogue = Catalogue(tuple(kept))
    save_catalogue(held, catalogue, "Some")
    page = open_page("graph", WORKSPACE)
    button_of(page, "graph-choose-cluster").click().run()
    page.get_by_key("graph-clusters.stability_runs").set_value(0)
    page.get_by_key("graph-cluster.spot_check_min_pairs").set_value(1).run()
    button(page, "Build the graph").click().run()
    (built,) = held.artefacts.list(GRAPH)
    (stages,) = held.artefacts.list(STAGES)
    report = built.manifest.facts["report"]["cluster"]
    verdicts = load_graph(held, built.id).verdicts

    assert not page.exception and not page.error
    assert metric(page, "Calls saved") == report["saved_calls"]
    assert verdicts is not None
    for label, basis in (("Pairs asked", Basis.ASKED), ("Pairs taken over", Basis.INHERITED)):
        n = int((verdicts.basis == basis).sum())
        assert metric(page, label) == n > 0
    checked = report["spot_check"]
    shown = next(m for m in page.metric if m.label == "Wrong, by the spot check")
    assert checked["blocks"] and shown.value == percent(checked["error"]["estimate"])
    assert shown.delta == f"95% interval: {checked['error']['low']:.1%} to {checked['error']['high']:.1%}"

    picker = next(box for box in page.selectbox if box.label == "Go on from prepared clusters")
    page.get_by_key(picker.key).set_value(stages.id).run()
    settings = stored_settings(built)
    assert settings is not None
    again = settings.model_copy(update={"stages": stages.id})
    assert calls(page)[Strategy.CLUSTER] == estimate_cost(catalogue, again, start=load_start(held, again)).calls


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
    assert button(page, "Build the graph").disabled and not page.exception
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
    assert [html.unescape(name).replace("\u2060", "").strip() for name in names] == [
        f"{value} ({modality})" for value, modality in zip(values, ["m"] * 3 + ["n"] * 3, strict=True)
    ]
    assert "<a" not in figure["data"][0]["x"][2]
    assert {label["text"] for label in figure["layout"]["annotations"]} == {"m", "n"}


def test_the_heatmap_tells_no_signal_from_not_judged(workspace: Workspace, open_page: Open) -> None:
    catalogue = small()
    saved = save_uploaded_graph(workspace, catalogue.id, GOOD, "Two edges")
    matrix, _, modalities = queries.outcome_matrix(WORKSPACE, saved.id)
    other_modality = np.array(modalities)[:, None] != np.array(modalities)
    assert np.array_equal(matrix == queries.NEVER_ASKED, ~other_modality)
    assert [int((matrix == o).sum()) for o in (Outcome.POSITIVE, Outcome.NEGATIVE)] == [2, 2]
    assert int((matrix == Outcome.UNJUDGED).sum()) == 2 * (catalogue.n_pairs - 2)

    matrix[matrix == Outcome.NEGATIVE] = Outcome.NEUTRAL
    figure = sign_heatmap(matrix, [str(i) for i in range(len(matrix))], modalities)
    drawn_as = {trace.hovertemplate: trace for trace in figure.data if trace.type == "heatmap"}
    neutral = next(trace for text, trace in drawn_as.items() if "no signal" in text)
    unjudged = next(trace for text, trace in drawn_as.items() if "Not judged" in text)
    assert np.array_equal(~np.isnan(neutral.z), matrix == Outcome.NEUTRAL)
    assert np.array_equal(~np.isnan(unjudged.z), matrix == Outcome.UNJUDGED)
    looks = [(trace.colorscale[0][1], trace.opacity) for trace in (neutral, unjudged)]
    key = {t.name: (t.marker.color, t.marker.opacity) for t in figure.data if t.type == "scatter"}
    assert [key["0 no signal"], key["Not judged"]] == looks and looks[0] != looks[1]


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
