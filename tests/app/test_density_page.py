"""The density page against the density itself: shares, sliders, suggestions, quotas, drafts that are not there."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.density.charts import fraction_histograms, label_cloud, reach_outline
from app.components.shares import percent
from core.catalogue.model import Attribute, Catalogue
from core.graph.edges_csv import write_edges
from core.graph.model import signed_graph
from core.sampler.configuration import DatasetConfig, LabelParams, config_json
from core.sampler.density import Density, measure_density, share_in_ranges, suggested_label_params
from core.sampler.pair_density import pair_densities
from core.sampler.reach import FrontierPoint, Reach
from core.sampler.separability import measure_separability
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.density_report import ReachReport
from core.workflows.drafts import (
    create_draft,
    newest_draft,
    read_draft,
    starting_config,
    starting_type_ranges,
    with_label,
    write_draft,
)
from core.workflows.graphs import EDGES_FILE, GRAPH, load_graph, save_uploaded_graph

SEED = 2026
View = Callable[..., AppTest]


@pytest.fixture
def view(open_page: Callable[..., AppTest]) -> View:
    """Open the page; nothing may fail with a traceback."""

    def view_it(workspace: str = "work", **ids: str) -> AppTest:
        return sound(open_page("density", workspace, **ids))

    return view_it


def sound(test: AppTest) -> AppTest:
    assert not test.exception
    assert not [error.value for error in test.error if "Something went wrong" in error.value]
    return test


def selected_id(test: AppTest, name: str) -> str:
    return str(getattr(test.session_state["selection"], name))


def graph_id(work: Workspace) -> str:
    return work.artefacts.list(GRAPH)[0].id


def config_of(test: AppTest, work: Workspace) -> DatasetConfig:
    return read_draft(work, selected_id(test, "draft"), selected_id(test, "graph"))


def density_of(work: Workspace, config: DatasetConfig) -> Density:
    return measure_density(load_graph(work, graph_id(work)).graph, config.type_ranges, seed=config.seed)


def shown_shares(test: AppTest) -> list[str]:
    return [m.value for m in test.markdown if m.value.endswith("of random rows fit")]


def expected_shares(work: Workspace, config: DatasetConfig) -> list[str]:
    shares = share_in_ranges(density_of(work, config), config.label_params)
    return [f"**{percent(share)}** of random rows fit" for share in shares.values()]


def no_edges(work: Workspace, catalogue: Catalogue, title: str) -> str:
    """A graph in which nothing is signed, kept as the graph page keeps one."""
    none = np.zeros(0, dtype=np.int32)
    graph = signed_graph(catalogue, none, none, none.astype(np.int8))
    facts = {"origin": "uploaded", "n_positive": 0, "n_negative": 0}
    files = {EDGES_FILE: write_edges(graph)}
    return work.artefacts.save(GRAPH, graph.id, title, files, facts, {CATALOGUE: catalogue.id}).id


def test_it_opens_on_the_suggested_ranges_and_their_shares(view: View, work: Workspace) -> None:
    test = view()
    config = config_of(test, work)
    catalogue = load_graph(work, graph_id(work)).graph.catalogue
    assert config == starting_config(measure_density(_graph(work), starting_type_ranges(catalogue), seed=SEED))
    assert shown_shares(test) == expected_shares(work, config)
    table = test.dataframe[0].value
    assert table.loc["Share of + pairs", "p50"] == pytest.approx(density_of(work, config).pos_frac.p50)


def test_a_slider_moves_one_end_and_the_other_stays_exact(view: View, work: Workspace) -> None:
    test = view()
    before = config_of(test, work).label_params["pos"]
    low = before.pos_frac_range[0]
    snapped = (round(low / 0.005) * 0.005, 0.9)  # what a browser sends: whole steps, for both ends
    assert snapped[0] != pytest.approx(low)
    sound(test.slider(key="range/pos/pos_frac_range").set_value(snapped).run())
    config = config_of(test, work)
    assert config.label_params["pos"] == before.model_copy(update={"pos_frac_range": (low, 0.9)})
    assert shown_shares(test) == expected_shares(work, config)


def test_suggestions_are_taken_by_a_click(view: View, work: Workspace) -> None:
    test = view()
    suggested = suggested_label_params(density_of(work, config_of(test, work)))
    assert test.button(key="suggest/pos").disabled
    test.slider(key="range/pos/pos_frac_range").set_value((0.5, 0.9)).run()
    test.slider(key="range/avg/neg_frac_range").set_value((0.5, 0.9)).run()
    assert not test.button(key="suggest/pos").disabled
    sound(test.button(key="suggest/pos").click().run())
    now = config_of(test, work).label_params
    assert now["pos"] == suggested["pos"]
    assert now["avg"].neg_frac_range == (0.5, 0.9)
    sound(test.button(key="suggest-all").click().run())
    assert config_of(test, work).label_params == suggested


def test_suggestions_keep_the_numbers_of_rows_and_labels_of_other_names(view: View, work: Workspace) -> None:
    test = view()
    config = config_of(test, work)
    params = LabelParams(pos_frac_range=(0.0, 0.3), neg_frac_range=(0.0, 0.3), num_samples=7)
    only = config.model_copy(update={"label_params": {"mine": params, "neg": params}})
    test = view(graph=graph_id(work), draft=create_draft(work, graph_id(work), only))
    sound(test.button(key="suggest-all").click().run())
    now = config_of(test, work).label_params
    assert list(now) == ["mine", "neg", "pos", "avg"]
    assert now["mine"] == params
    assert now["neg"].num_samples == 7


def test_a_quota_changes_what_is_drawn_and_zero_leaves_a_type_out(view: View, work: Workspace) -> None:
    test = view()
    before = config_of(test, work)
    name = next(iter(before.type_ranges))
    sound(test.slider(key=f"config/type_ranges/{name}/slider").set_value((2, 3)).run())
    config = config_of(test, work)
    assert config.type_ranges == {**before.type_ranges, name: (2, 3)}
    assert list(config.type_ranges) == list(before.type_ranges)
    assert shown_shares(test) == expected_shares(work, config)
    sound(test.slider(key=f"config/type_ranges/{name}/slider").set_value((0, 0)).run())
    assert name not in config_of(test, work).type_ranges


def test_wrong_quotas_stay_as_typed_with_their_message_until_they_agree(view: View, work: Workspace) -> None:
    test = view()
    before = config_of(test, work)
    name = next(iter(before.type_ranges))
    test.toggle(key="exact-type-ranges").set_value(True).run()
    low, high = (f"config/type_ranges/{name}/{place}" for place in (0, 1))
    sound(test.number_input(key=low).set_value(4).run())
    assert test.number_input(key=low).value == 4
    assert any("The minimum 4 is greater than the maximum" in m.value for m in test.markdown)
    assert config_of(test, work) == before
    sound(test.number_input(key=high).set_value(5).run())
    assert config_of(test, work).type_ranges[name] == (4, 5)
    assert not any("is greater than the maximum" in m.value for m in test.markdown)


def test_quotas_beyond_the_catalogue_are_told_beside_and_nothing_is_drawn(view: View, work: Workspace) -> None:
    test = view()
    name = next(iter(config_of(test, work).type_ranges))
    test.toggle(key="exact-type-ranges").set_value(True).run()
    sound(test.number_input(key=f"config/type_ranges/{name}/1").set_value(99).run())
    assert any(f"Up to 99 attributes of type '{name}' are wanted" in m.value for m in test.markdown)
    assert not shown_shares(test)
    sound(test.number_input(key=f"config/type_ranges/{name}/1").set_value(3).run())
    assert len(shown_shares(test)) == 3


def test_more_than_a_slider_offers_can_be_typed(view: View, home: Any) -> None:
    work = services.workbench().create("huge").workspace
    kinds = ["big"] * 60 + ["other"] * 5
    catalogue = Catalogue(tuple(Attribute(f"a{i}", f"A {i}", kind, kind) for i, kind in enumerate(kinds)))
    save_catalogue(work, catalogue, "Huge")
    no_edges(work, catalogue, "No edges")
    test = view("huge")
    assert test.slider(key="config/type_ranges/big/slider").max == 12
    test.toggle(key="exact-type-ranges").set_value(True).run()
    sound(test.number_input(key="config/type_ranges/big/1").set_value(40).run())
    assert config_of(test, work).type_ranges["big"] == (1, 40)
    sound(test.toggle(key="exact-type-ranges").set_value(False).run())
    assert test.number_input(key="config/type_ranges/big/1").value == 40  # no slider reaches that far
    assert test.slider(key="config/type_ranges/other/slider").value == (1, 2)


def test_a_graph_without_edges_has_nothing_but_unsigned_pairs(view: View, work: Workspace) -> None:
    catalogue = load_graph(work, graph_id(work)).graph.catalogue
    test = view(graph=no_edges(work, catalogue, "No edges"))
    assert test.dataframe[0].value.loc["Share of unsigned pairs"].tolist() == [1.0] * 6
    assert shown_shares(test) == ["**100.0%** of random rows fit"] * 3
    assert any("every row looks the same" in warning.value for warning in test.warning)


def test_without_a_graph_it_says_where_one_is_made(view: View, home: Any) -> None:
    test = view("empty")
    assert any("No graph yet" in m.value for m in test.markdown)


def test_the_seed_is_the_configurations_and_a_wrong_one_is_told(view: View, work: Workspace) -> None:
    test = view()
    sound(test.text_input(key="config/seed/text").set_value("12.5").run())
    assert any("'12.5' is not a whole number" in m.value for m in test.markdown)
    assert config_of(test, work).seed == SEED
    largest = 2**63 - 1
    sound(test.text_input(key="config/seed/text").set_value(str(largest)).run())
    config = config_of(test, work)
    assert config.seed == largest
    assert shown_shares(test) == expected_shares(work, config)


@pytest.mark.parametrize("draft", ["nowhere", "foreign"])
def test_a_draft_that_is_not_this_graphs_gives_way_and_is_left_alone(draft: str, view: View, work: Workspace) -> None:
    config = starting_config(measure_density(_graph(work), {"brand": (1, 2), "platform": (1, 1)}, seed=1))
    foreign = create_draft(work, "another-graph", config)
    test = view(graph=graph_id(work), draft=foreign if draft == "foreign" else draft)
    assert selected_id(test, "draft") not in (foreign, "nowhere")
    assert any("Started new settings" in text for text, _ in test.session_state["notices"])  # for the end of `main.py`
    test.slider(key="range/pos/pos_frac_range").set_value((0.5, 0.9)).run()
    assert config_json(read_draft(work, foreign, "another-graph")) == config_json(config)


def test_a_draft_that_cannot_be_read_any_more_is_told_and_replaced(view: View, work: Workspace) -> None:
    draft = create_draft(work, graph_id(work), starting_config(measure_density(_graph(work), {"brand": (2, 2)})))
    work.database.write("UPDATE config_drafts SET config = ?", ['{"seed": -1}'])
    test = view(graph=graph_id(work), draft=draft)
    assert any("cannot be used any more" in warning.value and "seed" in warning.value for warning in test.warning)
    assert len(shown_shares(test)) == 3


def test_a_new_session_continues_a_copy_of_what_was_tuned_last(view: View, work: Workspace) -> None:
    first = view()
    first.slider(key="range/pos/pos_frac_range").set_value((0.5, 0.9)).run()
    second = view()
    assert second.slider(key="range/pos/pos_frac_range").value == (0.5, 0.9)
    second.slider(key="range/pos/pos_frac_range").set_value((0.5, 0.7)).run()
    assert config_of(first, work).label_params["pos"].pos_frac_range == (0.5, 0.9)
    assert newest_draft(work, graph_id(work)) == selected_id(second, "draft")


def test_looking_makes_one_draft_and_each_who_changes_it_another(view: View, work: Workspace) -> None:
    def n_drafts() -> int:
        return int(work.database.read("SELECT count(*) AS n FROM config_drafts")[0]["n"])

    first, second = view(), view()
    assert n_drafts() == 1
    assert "draft" not in first.query_params  # nothing was chosen yet
    first.slider(key="range/pos/pos_frac_range").set_value((0.5, 0.9)).run()
    first.slider(key="range/pos/pos_frac_range").set_value((0.5, 0.8)).run()
    assert n_drafts() == 2
    assert "".join(first.query_params["draft"]) == selected_id(first, "draft") != selected_id(second, "draft")
    view()
    assert n_drafts() == 2


def test_a_label_removed_meanwhile_is_not_brought_back_by_its_slider(view: View, work: Workspace) -> None:
    test = view()
    config = config_of(test, work)
    left = config.model_copy(update={"label_params": {"neg": config.label_params["neg"]}})
    write_draft(work, selected_id(test, "draft"), left)
    sound(test.slider(key="range/pos/pos_frac_range").set_value((0.5, 0.9)).run())
    assert list(config_of(test, work).label_params) == ["neg"]


def test_odd_label_names_are_shown_as_they_are(view: View, work: Workspace) -> None:
    test = view()
    config = config_of(test, work)
    for name in ("**b** :red[x] $y$", "😀 <i>z</i> %{y}"):
        config = with_label(config, name, config.label_params["pos"])
    write_draft(work, selected_id(test, "draft"), config)
    sound(test.run())
    texts = [m.value for m in test.markdown]
    assert "**\\*\\*b\\*\\* \\:red\\[x\\] \\$y\\$** · 1,000 rows" in texts
    box = label_cloud(density_of(work, config), config.label_params).data[-1]
    assert (box.name, box.hovertemplate) == ("😀 &lt;i&gt;z&lt;/i&gt; %\u2060{y}", None)


def test_histograms_count_every_random_row_and_mark_its_percentiles(work: Workspace) -> None:
    density = measure_density(_graph(work), starting_type_ranges(_graph(work).catalogue), seed=1)
    figure = fraction_histograms(density)
    for column, name in enumerate(("pos_frac", "neg_frac", "absent_frac")):
        bars, whisker, box, median = figure.data[4 * column : 4 * column + 4]
        values, summary = getattr(density.fractions, name), getattr(density, name)
        low, high = figure.layout[f"xaxis{column + 1}"].range
        assert low <= values.min() and values.max() <= high + 1e-12
        assert sum(bars.y) == pytest.approx(1.0)
        widths = [x - bars.width / 2 for x, y in zip(bars.x, bars.y, strict=True) if y]
        assert min(widths) <= values.min() <= min(widths) + bars.width
        assert (whisker.x[0], whisker.x[-1]) == pytest.approx((summary.p5, summary.p95))
        assert (box.x[0], box.x[-1]) == pytest.approx((summary.p25, summary.p75))
        assert median.x[0] == pytest.approx(summary.p50)


def test_the_cloud_holds_every_random_row_where_it_lies(work: Workspace) -> None:
    density = measure_density(_graph(work), starting_type_ranges(_graph(work).catalogue), seed=1)
    [cloud] = label_cloud(density, {}).data
    rows_by_cell = np.nan_to_num(np.asarray(cloud.z)) ** 2
    assert rows_by_cell.sum() == pytest.approx(density.n_subgraphs)
    assert rows_by_cell.shape == (len(cloud.y), len(cloud.x))
    # Cells are a hundredth wide, and rows are jittered by less than that.
    for places, by_place, fractions in (
        (cloud.x, rows_by_cell.sum(axis=0), density.fractions.pos_frac),
        (cloud.y, rows_by_cell.sum(axis=1), density.fractions.neg_frac),
    ):
        for edge in (0.1, 0.2, 0.3):
            below = by_place[np.asarray(places) < edge].sum()
            assert (fractions < edge - 0.01).sum() <= round(below) <= (fractions < edge + 0.01).sum()


def test_every_box_of_the_cloud_begins_on_the_axes_shown(work: Workspace) -> None:
    density = measure_density(_graph(work), starting_type_ranges(_graph(work).catalogue), seed=1)
    far = LabelParams(pos_frac_range=(0.9, 1.0), neg_frac_range=(0.0, 0.05), num_samples=1)
    figure = label_cloud(density, {"far": far})
    assert figure.data[1].x == (0.9, 1.0, 1.0, 0.9, 0.9)
    assert figure.layout.xaxis.range[1] > 0.95


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0.0%"), (1e-5, "< 0.1%"), (0.3094, "30.9%"), (0.99995, "> 99.9%"), (1.0, "100.0%")]
)
def test_shares_never_round_to_nothing_or_all(share: float, text: str) -> None:
    assert percent(share) == text


def test_where_both_ends_of_a_range_meet_the_settings_stay_usable(view: View, work: Workspace) -> None:
    """A browser shows whole steps: an end moved onto the other's step may lie beyond its exact value."""
    config = config_of(view(), work)
    params = config.label_params["pos"].model_copy(
        update={"pos_frac_range": (0.1, 0.1696), "neg_frac_range": (0.2012, 0.6)}
    )
    draft = create_draft(work, graph_id(work), with_label(config, "pos", params))
    test = view(graph=graph_id(work), draft=draft)
    sound(test.slider(key="range/pos/pos_frac_range").set_value((0.17, 0.17)).run())
    assert config_of(test, work).label_params["pos"].pos_frac_range == (0.1696, 0.1696)
    sound(test.slider(key="range/pos/neg_frac_range").set_value((0.2, 0.2)).run())
    assert config_of(test, work).label_params["pos"].neg_frac_range == (0.2012, 0.2012)
    assert selected_id(test, "draft") == draft


def test_every_label_gets_its_verdict_and_only_the_hard_ones_an_explanation(view: View, work: Workspace) -> None:
    test = view()
    badges = [m.value for m in test.markdown if "-badge" in m.value]
    assert len(badges) == 3
    assert all("Easy" in badge for badge in badges)
    assert not any("stands in the way" in m.value for m in test.markdown)
    sound(test.slider(key="range/pos/pos_frac_range").set_value((0.6, 1.0)).run())
    sound(test.slider(key="range/pos/neg_frac_range").set_value((0.6, 1.0)).run())
    badges = [m.value for m in test.markdown if "-badge" in m.value]
    assert "Impossible" in badges[0]
    assert "at most 0.8 of the pairs" in badges[0]
    assert any("stands in the way" in m.value for m in test.markdown)


def test_a_repair_changes_what_rows_hold_and_everything_is_measured_again(view: View, home: Any) -> None:
    """Two `a` dilute the only signs there are; one `a` fewer is enough for half of the pairs to be +."""
    work = services.workbench().create("star").workspace
    kinds = ["a", "a", "a", "b", "b", "b"]
    catalogue = Catalogue(tuple(Attribute(f"n{i}", f"N {i}", kind, kind) for i, kind in enumerate(kinds)))
    save_catalogue(work, catalogue, "Star")
    ends = np.array([[0, 0, 0], [3, 4, 5]], dtype=np.int32)
    star = signed_graph(catalogue, *ends, np.ones(3, dtype=np.int8))
    graph = save_uploaded_graph(work, catalogue.id, write_edges(star), "Star").id
    params = LabelParams(pos_frac_range=(0.5, 1.0), neg_frac_range=(0.0, 1.0), num_samples=5)
    config = DatasetConfig(type_ranges={"a": (2, 2), "b": (1, 1)}, label_params={"pos": params})
    test = view("star", graph=graph, draft=create_draft(work, graph, config))
    (badge,) = [m.value for m in test.markdown if ":small" in m.value and "-badge" in m.value]
    assert "Not found" in badge
    assert "no proof" in badge
    texts = [m.value for m in test.markdown]
    assert "- at least **50.0%** + pairs" in texts
    assert "- a × b: 66.7% of a row's pairs, but only 33.3% +" in texts
    assert any("has 33.3% + pairs (asked: 50.0% to 100.0%)" in c.value for c in test.caption)
    assert [b.label for b in test.button if str(b.key).startswith("repair/")] == ["a: 2 → 1 to 2"]
    sound(test.button(key="repair/pos/a/least").click().run())
    assert config_of(test, work).type_ranges == {"a": (1, 2), "b": (1, 1)}
    assert shown_shares(test) == expected_shares(work, config_of(test, work))
    assert test.dataframe[0].value.loc["Share of + pairs", "p95"] == pytest.approx(1.0)
    assert not any(str(b.key).startswith("repair/") for b in test.button)


def test_overlapping_labels_are_warned_of_with_the_best_score(view: View, work: Workspace) -> None:
    config = config_of(view(), work)
    params = LabelParams(pos_frac_range=(0.0, 1.0), neg_frac_range=(0.0, 1.0), num_samples=100)
    twice = config.model_copy(update={"label_params": {"one": params, "two": params}})
    test = view(graph=graph_id(work), draft=create_draft(work, graph_id(work), twice))
    measured = measure_separability(density_of(work, twice), twice.label_params)
    assert measured.ceiling is not None
    (warning,) = [w.value for w in test.warning if "overlap" in w.value]
    assert f"above {int(measured.ceiling * 1000) / 1000:.3f}" in warning
    assert "- 100.0% of **one** rows would fit two too, 100.0% of **two** rows one" in [m.value for m in test.markdown]
    metrics = {metric.label: metric.value for metric in test.metric}
    assert (metrics["In one label"], metrics["In several"], metrics["In none"]) == ("0.0%", "100.0%", "0.0%")


def test_the_pairs_of_modalities_are_those_of_the_core(view: View, work: Workspace) -> None:
    test = view()
    pairs = pair_densities(_graph(work), dict(config_of(test, work).type_ranges))
    shown = test.dataframe[1].value
    assert list(zip(shown["Modality"], shown["and"], strict=True)) == [(p.modality_a, p.modality_b) for p in pairs]
    assert shown["Part of a row"].tolist() == pytest.approx([100 * p.share_of_row for p in pairs])
    assert shown["Part of a row"].sum() == pytest.approx(100)
    assert shown["+"].tolist() == pytest.approx([100 * p.positive for p in pairs])


def test_the_outline_of_the_reach_rises_in_the_steps_of_the_frontier() -> None:
    frontier = (FrontierPoint(0.1, 0.3), FrontierPoint(0.2, 0.6), FrontierPoint(0.5, 0.7))
    corners = reach_outline(ReachReport(Reach(0.05, 0.7, 0.1, 0.5), frontier))
    assert corners[:6] == [(0.05, 0.1), (0.3, 0.1), (0.3, 0.1), (0.6, 0.1), (0.6, 0.2), (0.7, 0.2)]
    ends = [(0.7, 0.3), (0.5, 0.5), (0.05, 0.5), (0.05, 0.1)]
    assert np.array(corners[-4:]) == pytest.approx(np.array(ends))
    assert all(x + y <= 1 + 1e-12 for x, y in corners)


def test_the_whole_reach_is_shown_on_demand(work: Workspace) -> None:
    density = measure_density(_graph(work), starting_type_ranges(_graph(work).catalogue), seed=1)
    reach = ReachReport(Reach(0.0, 0.9, 0.0, 0.8), (FrontierPoint(0.0, 0.9),))
    near, far = label_cloud(density, {}), label_cloud(density, {}, reach)
    assert far.layout.xaxis.range[1] >= 0.9 > near.layout.xaxis.range[1]
    assert [trace.name for trace in far.data] == ["random rows", "as far as searches reached"]


def _graph(work: Workspace) -> Any:
    return load_graph(work, graph_id(work)).graph
