"""Noise, variety, recipes and published settings on the sampling page, and what becomes of them in a dataset."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.components.plain_text import plain
from core.dataset.hygiene import measure_hygiene
from core.dataset.noise_file import NOISE_FILE
from core.dataset.recipes import apply_recipe, recipe_named
from core.dataset.stored_rows import stored_rows
from core.dataset.version import PARQUET_FILE
from core.graph.model import SignedGraph
from core.sampler.configuration import DatasetConfig, Duplicates, parse_config
from core.sampler.density import measure_density
from core.sampler.published import published_config
from core.store.workspace import Workspace
from core.workflows.datasets import DATASET
from core.workflows.drafts import create_draft, read_draft
from core.workflows.graphs import GRAPH, load_graph

View = Callable[..., AppTest]
TYPES = {"brand": [1, 1], "interest": [1, 3], "platform": [1, 2], "country": [1, 2]}
VARIETY = ":material/diversity_2: Variety"


@pytest.fixture
def view(open_page: Callable[..., AppTest], work: Workspace) -> View:
    def view_it(config: DatasetConfig) -> AppTest:
        graph = work.artefacts.list(GRAPH)[0].id
        return sound(open_page("sampling", "work", graph=graph, draft=create_draft(work, graph, config)))

    return view_it


def start(**changes: Any) -> DatasetConfig:
    ranges = {"pos_frac_range": [0.2, 1], "neg_frac_range": [0, 0.3], "num_samples": 40}
    neg = {"pos_frac_range": [0, 0.3], "neg_frac_range": [0.1, 1], "num_samples": 30}
    return parse_config({"type_ranges": TYPES, "label_params": {"pos": ranges, "neg": neg}, "seed": 7, **changes})


def sound(test: AppTest) -> AppTest:
    assert not test.exception
    return test


def kept(test: AppTest, work: Workspace) -> DatasetConfig:
    selection = test.session_state["selection"]
    return read_draft(work, selection.draft, selection.graph)


def graph_of(work: Workspace) -> SignedGraph:
    return load_graph(work, work.artefacts.list(GRAPH)[0].id).graph


def texts(test: AppTest) -> str:
    return "\n".join(element.value for kind in (test.markdown, test.caption, test.info) for element in kind)


def test_noise_and_variety_are_kept_and_taken_away_again(view: View, work: Workspace) -> None:
    test = view(start())
    modality = graph_of(work).catalogue.modalities[0]
    test.number_input(key="config/noise/label").set_value(0.1).run()
    test.number_input(key="config/noise/attribute").set_value(0.2).run()
    test.number_input(key=f"config/noise/missing/{modality}").set_value(0.3).run()
    test.number_input(key="config/diversity/max_exposure/interest").set_value(0.5).run()
    sound(test.toggle(key="config/diversity/duplicates").set_value(True).run())
    config = kept(test, work)
    assert (config.noise.label, config.noise.attribute, config.noise.missing) == (0.1, 0.2, {modality: 0.3})
    assert config.diversity.max_exposure == {"interest": 0.5}
    assert config.diversity.duplicates is Duplicates.REFUSE
    test.number_input(key=f"config/noise/missing/{modality}").set_value(0.0).run()
    test.number_input(key="config/diversity/max_exposure/interest").set_value(1.0).run()
    sound(test.toggle(key="config/diversity/duplicates").set_value(False).run())
    assert kept(test, work).noise.missing == {}
    assert kept(test, work).diversity.is_off


def test_impossible_limits_are_refused_below_their_field(view: View, work: Workspace) -> None:
    test = view(start())
    test.number_input(key="config/noise/label").set_value(1.5).run()
    sound(test.number_input(key="config/diversity/max_exposure/brand").set_value(0.01).run())
    red = [m.value for m in test.markdown if m.value.startswith(":small[:red[")]
    assert any("is too large" in text for text in red)
    assert kept(test, work).noise.is_off
    sound(test.number_input(key="config/noise/label").set_value(0.0).run())
    red = [m.value for m in test.markdown if m.value.startswith(":small[:red[")]
    assert any("is less than one row" in text for text in red)
    assert test.button(key="start-dataset").disabled


def test_a_recipe_changes_the_form_as_the_core_says(view: View, work: Workspace) -> None:
    test = view(start())
    test.selectbox(key="recipe").select("all-at-once").run()
    sound(test.button(key="use-recipe").click().run())
    graph, config = graph_of(work), start()
    density = measure_density(graph, config.type_ranges, seed=7)
    used = tuple(dict.fromkeys(a.modality for a in graph.catalogue.attributes if a.attribute_type in TYPES))
    assert kept(test, work) == apply_recipe(config, recipe_named("all-at-once"), density, used)
    assert plain("all-at-once@1") in texts(test)


def in_dialog(test: AppTest, *clicks: str, **types: str) -> AppTest:
    """Choose types in the open dialog; a run of the whole page would close it, so its button is pressed again."""
    test.button(key="published").click()
    for name, own in types.items():
        test.selectbox(key=f"published-type-{name.replace('_', '-')}").select(own)
    for key in clicks:
        test.button(key=key).click()
    return sound(test.run())


def test_published_settings_come_in_the_catalogues_types(view: View, work: Workspace) -> None:
    test = in_dialog(view(start()))
    assert "pos 18,000 · neg 18,000 · avg 24,000" in texts(test)
    test.segmented_control(key="published-name").set_value("V27")
    test = in_dialog(test, geo="country", gender_generation="demographic")
    assert "demographic: your catalogue has too few, so rows hold 1 instead of 3 to 6" in texts(test)
    in_dialog(test, "use-published")
    config = kept(test, work)
    published = published_config("V27").config
    assert config.label_params == published.label_params
    assert config.type_ranges == {"brand": (1, 1), "demographic": (1, 1), "country": (1, 3), "platform": (1, 1)}


def test_the_same_type_twice_is_a_sentence(view: View) -> None:
    test = in_dialog(in_dialog(view(start())), geo="brand")
    assert any("'brand' is used for" in text for text in [texts(test), *(error.value for error in test.error)])
    assert not [button for button in test.button if button.key == "use-published"]


def test_rows_that_cannot_differ_are_told_in_the_dry_run(view: View, work: Workspace) -> None:
    graph = graph_of(work)
    ends = [[graph.catalogue.attributes[i].attribute_type for i in pair] for pair in (graph.source, graph.target)]
    signs = graph.sign.tolist()
    n_pairs = sum({a, b} == {"platform", "country"} and sign > 0 for a, b, sign in zip(*ends, signs, strict=True))
    assert 2 < n_pairs < 12
    box = {"pos_frac_range": [1, 1], "neg_frac_range": [0, 1], "num_samples": n_pairs + 1}
    labels = {"a": box, "b": box | {"num_samples": 2}}
    types = {"platform": [1, 1], "country": [1, 1]}
    test = view(start(type_ranges=types, label_params=labels, diversity={"duplicates": "refuse"}))
    sound(test.button(key="dry-run").click().run())
    assert any(f"only {n_pairs} of its {n_pairs + 1} rows could be kept apart" in error.value for error in test.error)
    assert any(m.value.startswith("**b** · 2 rows") for m in test.markdown)


def test_a_spoilt_dataset_says_what_was_done_and_how_varied_it_is(
    view: View, work: Workspace, open_page: Callable[..., AppTest]
) -> None:
    test = view(start(noise={"label": 0.2, "attribute": 0.1}, recipe="noisy-labels@1"))
    sound(test.button(key="start-dataset").click().run())
    dataset = work.artefacts.list(DATASET)[0]
    noise = dataset.manifest.facts["noise"]
    assert NOISE_FILE in dataset.manifest.files
    page = sound(open_page("datasets", "work", dataset=dataset.id))
    assert f"{noise['n_rows']} of 70 rows were spoilt on purpose" in texts(page)
    assert f"{noise['n_labels']} wrong labels, {noise['n_exchanged']} exchanged attributes" in texts(page)
    assert plain("noisy-labels@1") in texts(page)
    page.session_state["dataset-views"] = VARIETY
    sound(page.run())
    graph, config = graph_of(work), start()
    rows = stored_rows(work.artefacts.read(dataset, PARQUET_FILE), graph.catalogue, config.type_ranges, ("pos", "neg"))
    hygiene = measure_hygiene(rows, graph.catalogue)
    assert hygiene.nearest is not None
    assert hygiene.groups is not None
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Nearest other row"] == f"{hygiene.nearest.median_likeness:.1%}"
    assert shown["Largest group"] == str(hygiene.groups.largest)
    table = next(frame.value for frame in page.dataframe if "Attribute" in frame.value)
    assert len(table) == len(hygiene.exposure) == 8
    assert table["Rows"].max() == max(top.n_rows for top in hygiene.exposure)
