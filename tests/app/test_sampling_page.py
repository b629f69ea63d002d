"""The sampling page: fields against the class behind them, the JSON view, the dry run, the job and what came of it."""

import json
from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.page_words import in_page_words
from app.components.sampling.label_progress import label_progress
from core.dataset.reading import read_rows
from core.graph.model import SignedGraph
from core.jobs import JobState
from core.progress import Progress, finish
from core.sampler.configuration import DatasetConfig, LabelParams, config_json, parse_config
from core.sampler.density import measure_density, share_in_ranges
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.demo import shipped_config
from core.workflows.drafts import create_draft, read_draft, with_label
from core.workflows.dry_run import DRY_ROWS, dry_run
from core.workflows.graphs import GRAPH, load_graph

View = Callable[..., AppTest]
TYPES = {"brand": [1, 1], "interest": [1, 3], "platform": [1, 2], "country": [1, 2]}
# Rows of 4 to 8 attributes have 6, 10, 15, 21 or 28 pairs: no whole number of them lies between 34.5 and 35 percent.
IMPOSSIBLE = LabelParams(pos_frac_range=(0.345, 0.35), neg_frac_range=(0.0, 1.0), num_samples=9)


@pytest.fixture
def view(open_page: Callable[..., AppTest], work: Workspace) -> View:
    """Open the page on a draft of a configuration; nothing may fail with a traceback."""

    def view_it(config: DatasetConfig, **ids: str) -> AppTest:
        graph = work.artefacts.list(GRAPH)[0].id
        return sound(open_page("sampling", "work", graph=graph, draft=create_draft(work, graph, config), **ids))

    return view_it


def start(**changes: Any) -> DatasetConfig:
    ranges = {"pos_frac_range": [0.2, 1], "neg_frac_range": [0, 0.3], "num_samples": 40}
    neg = {"pos_frac_range": [0, 0.2], "neg_frac_range": [0.1, 1], "num_samples": 30}
    return parse_config({"type_ranges": TYPES, "label_params": {"pos": ranges, "neg": neg}, "seed": 7, **changes})


def sound(test: AppTest) -> AppTest:
    assert not test.exception
    assert not [error.value for error in test.error if "Something went wrong" in error.value]
    return test


def kept(test: AppTest, work: Workspace) -> DatasetConfig:
    selection = test.session_state["selection"]
    return read_draft(work, selection.draft, selection.graph)


def graph_of(work: Workspace) -> SignedGraph:
    return load_graph(work, work.artefacts.list(GRAPH)[0].id).graph


def field(*path: str | int) -> str:
    return f"config/{'/'.join(map(str, path))}"


def says(test: AppTest, text: str) -> bool:
    """Whether a red line, right below a field, says so."""
    return any(text in m.value for m in test.markdown if m.value.startswith(":small[:red["))


def can_draw(test: AppTest) -> bool:
    buttons = [test.button(key=key) for key in ("dry-run", "start-dataset")]
    assert len({button.disabled for button in buttons}) == 1
    return not buttons[0].disabled


def drawn(work: Workspace) -> tuple[Artefact, ...]:
    return work.artefacts.list(DATASET)


# --- the form


def test_the_form_shows_every_value_of_the_configuration(view: View, work: Workspace) -> None:
    config = start(high_priority_pairs=[["platform", "brand"]], low_priority_pairs=[["brand", "interest"]])
    test = view(config)
    for line, (label, params) in enumerate(config.label_params.items()):
        assert test.text_input(key=field("label_params", line, "name")).value == label
        assert test.number_input(key=field("label_params", line, "num_samples")).value == params.num_samples
        for name in ("pos_frac_range", "neg_frac_range"):
            places = [test.number_input(key=field("label_params", line, name, place)).value for place in (0, 1)]
            assert tuple(places) == getattr(params, name)
    for kind, allowed in config.type_ranges.items():
        assert test.slider(key=f"{field('type_ranges', kind)}/slider").value == allowed
    for name, value in config.sampler.model_dump(mode="json").items():
        fields = test.selectbox if isinstance(value, str) else test.number_input
        assert fields(key=field("sampler", name)).value == value
    assert test.multiselect(key=field("high_priority_pairs")).value == [("platform", "brand")]
    assert test.multiselect(key=field("low_priority_pairs")).value == [("brand", "interest")]
    assert test.text_input(key=f"{field('seed')}/text").value == "7"
    density = measure_density(graph_of(work), config.type_ranges, seed=7)
    shares = share_in_ranges(density, config.label_params)
    assert [m.value for m in test.markdown if m.value.endswith("%")] == [f"{share:.1%}" for share in shares.values()]
    assert can_draw(test)


def test_edits_are_kept_as_they_are_made(view: View, work: Workspace) -> None:
    test = view(start())
    test.number_input(key=field("label_params", 0, "num_samples")).set_value(55).run()
    test.number_input(key=field("label_params", 1, "pos_frac_range", 1)).set_value(0.1234).run()
    test.slider(key=f"{field('type_ranges', 'interest')}/slider").set_value((2, 4)).run()
    test.number_input(key=field("sampler", "patience")).set_value(900).run()
    sound(test.text_input(key=f"{field('seed')}/text").set_value(str(2**63 - 1)).run())
    expected = json.loads(config_json(start(seed=2**63 - 1)))
    expected["label_params"]["pos"]["num_samples"] = 55
    expected["label_params"]["neg"]["pos_frac_range"] = [0.0, 0.1234]
    expected["type_ranges"]["interest"] = [2, 4]
    expected["sampler"]["patience"] = 900
    assert json.loads(config_json(kept(test, work))) == expected
    assert any("**85 rows** in all: pos 55 · neg 30" in m.value for m in test.markdown)


def test_refused_values_stay_as_typed_with_their_messages_and_nothing_is_kept(view: View, work: Workspace) -> None:
    test = view(start())
    test.number_input(key=field("label_params", 0, "pos_frac_range", 0)).set_value(1.5).run()
    test.number_input(key=field("label_params", 1, "num_samples")).set_value(0).run()
    test.text_input(key=field("label_params", 1, "name")).set_value("pos").run()
    sound(test.text_input(key=f"{field('seed')}/text").set_value("-3").run())
    assert test.number_input(key=field("label_params", 0, "pos_frac_range", 0)).value == 1.5
    assert test.text_input(key=field("label_params", 1, "name")).value == "pos"
    assert test.text_input(key=f"{field('seed')}/text").value == "-3"
    for text in (
        "Minimum\\: 1.5 is too large",
        "0 is too small",
        "Another label is called 'pos' too",
        "-3 is too small",
    ):
        assert says(test, text)
    assert any("4 values have to be corrected" in warning.value for warning in test.warning)
    assert kept(test, work) == start()
    assert not can_draw(test)
    test.number_input(key=field("label_params", 0, "pos_frac_range", 0)).set_value(0.25).run()
    test.number_input(key=field("label_params", 1, "num_samples")).set_value(3).run()
    test.text_input(key=field("label_params", 1, "name")).set_value("*other* 😀").run()
    assert kept(test, work) == start()  # one refusal is left
    sound(test.text_input(key=f"{field('seed')}/text").set_value("3").run())
    config = kept(test, work)
    assert list(config.label_params) == ["pos", "*other* 😀"]
    assert config.label_params["pos"].pos_frac_range == (0.25, 1.0)
    assert (config.label_params["*other* 😀"].num_samples, config.seed) == (3, 3)
    assert can_draw(test)


def test_values_that_need_each_other_are_tried_together(view: View, work: Workspace) -> None:
    test = view(start())
    test.number_input(key=field("sampler", "start_temp")).set_value(0.001).run()
    assert says(test, "The end temperature 0.002 is above the start temperature 0.001")
    sound(test.number_input(key=field("sampler", "end_temp")).set_value(0.0005).run())
    assert not says(test, "temperature")
    assert (kept(test, work).sampler.start_temp, kept(test, work).sampler.end_temp) == (0.001, 0.0005)


def test_refused_changes_can_be_given_up(view: View, work: Workspace) -> None:
    test = view(start())
    test.number_input(key=field("label_params", 0, "num_samples")).set_value(-1).run()
    sound(test.button(key="discard-refused").click().run())
    assert test.number_input(key=field("label_params", 0, "num_samples")).value == 40
    assert can_draw(test)


def test_labels_are_added_and_removed(view: View, work: Workspace) -> None:
    test = view(start())
    sound(test.button(key="add-label").click().run())
    assert list(kept(test, work).label_params) == ["pos", "neg", "label 1"]
    sound(test.button(key=field("label_params", 0, "remove")).click().run())
    sound(test.button(key=field("label_params", 1, "remove")).click().run())
    assert list(kept(test, work).label_params) == ["neg"]
    assert test.button(key=field("label_params", 0, "remove")).disabled


def test_a_removed_label_takes_its_refused_changes_along(view: View, work: Workspace) -> None:
    test = view(start())
    test.number_input(key=field("label_params", 0, "num_samples")).set_value(-1).run()
    test.number_input(key=field("label_params", 1, "num_samples")).set_value(12).run()
    assert kept(test, work) == start()
    sound(test.button(key=field("label_params", 0, "remove")).click().run())
    assert {name: p.num_samples for name, p in kept(test, work).label_params.items()} == {"neg": 12}
    assert can_draw(test)


def test_preferences_are_offered_between_modalities_and_stand_in_one_list(view: View, work: Workspace) -> None:
    types = {**TYPES, "profession": [0, 1]}  # of the modality of `interest`
    test = view(start(type_ranges=types, high_priority_pairs=[["platform", "brand"]]))
    offered = test.multiselect(key=field("high_priority_pairs")).options
    modality = {a.attribute_type: a.modality for a in graph_of(work).catalogue.attributes}
    expected = {frozenset(pair) for pair in combinations(types, 2) if modality[pair[0]] != modality[pair[1]]}
    assert {frozenset(option.split(" – ")) for option in offered} == expected
    assert len(offered) == len(expected) == 9
    sound(test.multiselect(key=field("low_priority_pairs")).set_value([("brand", "platform")]).run())
    assert says(test, "Of high and of low priority at once\\: brand–platform")
    assert kept(test, work).low_priority_pairs == ()
    sound(test.multiselect(key=field("high_priority_pairs")).set_value([("brand", "country")]).run())
    config = kept(test, work)
    assert config.high_priority_pairs == (("brand", "country"),)
    assert config.low_priority_pairs == (("brand", "platform"),)


def test_a_configuration_that_does_not_fit_the_catalogue_says_so_at_its_fields(view: View, work: Workspace) -> None:
    odd = {**TYPES, "brands": [1, 2], "platform": [0, 99]}
    test = view(start(type_ranges=odd, high_priority_pairs=[["brand", "media"]]))
    for text in ("no attribute type 'brands'", "Up to 99 attributes of type 'platform'", "'media' is not in the"):
        assert says(test, text)
    assert not can_draw(test)
    test.number_input(key=field("type_ranges", "platform", 1)).set_value(2).run()
    test.multiselect(key=field("high_priority_pairs")).set_value([]).run()
    assert any("One value has to be corrected" in warning.value for warning in test.warning)
    test.number_input(key=field("type_ranges", "brands", 0)).set_value(0).run()
    sound(test.number_input(key=field("type_ranges", "brands", 1)).set_value(0).run())
    assert kept(test, work) == start(type_ranges={**TYPES, "platform": [0, 2]})
    assert can_draw(test)


def test_a_count_beyond_what_a_browser_can_hold_is_a_message_too(view: View, work: Workspace) -> None:
    test = view(start(type_ranges={**TYPES, "platform": [1, 10**30]}))
    assert test.text_input(key=f"{field('type_ranges', 'platform', 1)}/text").value == str(10**30)
    sound(test.text_input(key=f"{field('type_ranges', 'platform', 1)}/text").set_value("2").run())
    assert kept(test, work) == start()


@pytest.mark.parametrize(
    ("params", "told"),
    [
        (IMPOSSIBLE, "No row can ever fit “rare”"),
        (LabelParams(pos_frac_range=(0.0, 0.05), neg_frac_range=(0.95, 1.0), num_samples=9), "None of 4,000 random"),
    ],
)
def test_a_label_without_a_chance_is_told_before_anything_is_drawn(params: LabelParams, told: str, view: View) -> None:
    test = view(with_label(start(), "rare", params))
    assert len([m for m in test.markdown if "material/warning" in m.value and told in m.value]) == 1
    assert can_draw(test)


def test_what_the_core_says_is_said_in_the_words_of_the_page() -> None:
    said = in_page_words("Label 'pos_frac' has pos_frac 0.3: change type_ranges, no whole number of - edges meets it.")
    assert said == (
        "Label 'pos_frac' has share of + pairs 0.3: change what a row holds, no whole number of − pairs meets it."
    )


# --- the JSON view


def json_view(test: AppTest) -> AppTest:
    return sound(test.segmented_control(key="config-view").set_value("JSON").run())


def test_the_json_is_the_configuration_and_takes_its_place_when_applied(view: View, work: Workspace) -> None:
    test = json_view(view(start()))
    assert test.text_area[0].value == config_json(start())
    wanted = start(seed=99, low_priority_pairs=[["brand", "interest"]])
    test.text_area[0].set_value(json.dumps(json.loads(config_json(wanted)))).run()
    sound(next(button for button in test.button if button.label == "Apply").click().run())
    assert kept(test, work) == wanted
    assert test.text_area[0].value == config_json(wanted)
    sound(test.segmented_control(key="config-view").set_value("Form").run())
    assert test.text_input(key=f"{field('seed')}/text").value == "99"
    assert test.multiselect(key=field("low_priority_pairs")).value == [("brand", "interest")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"type_ranges": {"brand": [2, 1]}, "label_params": {"a": {}}, "sede": 1}', "sede"),
        ("{", "Not valid JSON"),
        ("[]", "not an object"),
    ],
)
def test_refused_json_lists_every_problem_and_changes_nothing(
    text: str, told: str, view: View, work: Workspace
) -> None:
    test = json_view(view(start()))
    test.text_area[0].set_value(text).run()
    sound(next(button for button in test.button if button.label == "Apply").click().run())
    shown = test.error[0].value
    assert told in shown
    if "sede" in text:
        for place in ("type\\_ranges.brand", "label\\_params.a.pos\\_frac\\_range", "label\\_params.a.num\\_samples"):
            assert place in shown
    assert test.text_area[0].value == text
    assert kept(test, work) == start()


def test_a_json_file_takes_the_configurations_place(view: View, work: Workspace) -> None:
    test = json_view(view(start()))
    wanted = start(seed=1234)
    test.file_uploader(key="config-json-file").upload(
        "mine.json", config_json(wanted).encode(), "application/json"
    ).run()
    sound(next(button for button in test.button if button.label == "Use this file").click().run())
    assert kept(test, work) == wanted


def test_refused_changes_of_the_form_are_listed_with_their_places_beside_the_json(view: View, work: Workspace) -> None:
    test = view(start())
    test.number_input(key=field("label_params", 0, "num_samples")).set_value(0).run()
    json_view(test)
    assert test.text_area[0].value == config_json(start())
    assert says(test, "label\\_params.pos.num\\_samples\\: 0 is too small")


# --- settings to start from


def test_settings_of_a_dataset_and_the_shipped_ones_can_be_used_again(view: View, work: Workspace) -> None:
    test = view(start())
    test.button(key="start-dataset").click().run()
    test.number_input(key=field("label_params", 0, "num_samples")).set_value(1).run()
    offered = test.selectbox(key="config-source").options
    assert offered[0] == "Suggestion from the density"
    assert {"Shipped example “large”", "Shipped example “small”"} <= set(offered)
    test.selectbox(key="config-source").set_value(offered[-1]).run()
    assert drawn(work)[0].id[:8] in offered[-1]
    sound(test.button(key="use-source").click().run())
    assert kept(test, work) == start()
    test.selectbox(key="config-source").set_value("Shipped example “small”").run()
    sound(test.button(key="use-source").click().run())
    assert kept(test, work) == shipped_config("small")


# --- the dry run


def test_a_dry_run_shows_twenty_rows_of_each_label(view: View, work: Workspace) -> None:
    test = view(start())
    assert not test.dataframe
    sound(test.button(key="dry-run").click().run())
    expected = finish(dry_run(graph_of(work), start()))
    table = test.dataframe[0].value
    assert table["label"].tolist() == ["pos"] * DRY_ROWS + ["neg"] * DRY_ROWS
    rows = [row for label in expected for row in label.rows]
    for kind in TYPES:
        assert [tuple(values) for values in table[kind]] == [row.values[kind] for row in rows]
    assert table["Share of + pairs"].tolist() == pytest.approx([100 * row.pos_frac for row in rows])
    assert table["Share of − pairs"].tolist() == pytest.approx([100 * row.neg_frac for row in rows])
    for label in expected:
        assert any(m.value.startswith(f"**{label.random_share:.1%}** of random rows fit.") for m in test.markdown)
    assert not drawn(work)


def test_a_dry_run_holds_for_the_settings_it_was_made_with(view: View, work: Workspace) -> None:
    test = view(start())
    test.button(key="dry-run").click().run()
    test.number_input(key=field("label_params", 0, "num_samples")).set_value(999).run()
    assert test.dataframe  # twenty rows are twenty rows, however many will be drawn
    sound(test.text_input(key=f"{field('seed')}/text").set_value("8").run())
    assert not test.dataframe
    assert any("settings have changed since the last dry run" in caption.value for caption in test.caption)


def test_a_label_that_cannot_be_met_is_told_with_its_closest_values(view: View, work: Workspace) -> None:
    config = with_label(start(), "im*possible*", IMPOSSIBLE)
    test = view(config)
    sound(test.button(key="dry-run").click().run())
    unmet = finish(dry_run(graph_of(work), config))[-1].unmet
    assert unmet is not None
    (told,) = [error.value for error in test.error]
    assert "im\\*possible\\*: no row can ever fit." in told
    assert f"{unmet.closest.pos_frac:.1%} + pairs (asked: 34.5% to 35.0%)" in told
    assert "no whole number of + edges" in told
    assert not [word for word in ("pos_frac", "pos\\_frac", "type\\_ranges") if word in told]
    assert set(test.dataframe[0].value["label"]) == {"pos", "neg"}


# --- the dataset


def test_a_dataset_is_drawn_selected_and_linked(view: View, work: Workspace) -> None:
    test = view(start())
    test.text_input(key="dataset-name").set_value("My *rows*").run()
    sound(test.button(key="start-dataset").click().run())
    (dataset,) = drawn(work)
    assert "".join(test.query_params["dataset"]) == dataset.id
    assert "job" not in test.query_params
    assert (dataset.manifest.title, dataset_config(work, dataset)) == ("My *rows*", start())
    data = work.artefacts.read(dataset, "dataset.jsonl")
    assert len(data.splitlines()) == 70
    assert any("**70 rows**: pos 40 · neg 30" in m.value for m in test.markdown)
    assert any(f"My \\*rows\\*** · {dataset.id[:8]}" in m.value for m in test.markdown)
    assert len(read_rows(data, graph_of(work).catalogue, TYPES, ["pos", "neg"])) == 70
    assert not test.error
    assert any("was drawn with exactly these settings" in caption.value for caption in test.caption)
    sound(test.button(key="start-dataset").click().run())
    assert len(drawn(work)) == 1


def test_a_label_without_rows_is_plain_to_see_afterwards(view: View, work: Workspace) -> None:
    test = view(with_label(start(), "never", IMPOSSIBLE))
    sound(test.button(key="start-dataset").click().run())
    (dataset,) = drawn(work)
    assert list(dataset.manifest.facts["failed_labels"]) == ["never"]
    assert dataset.manifest.title == "Small graph · 70 rows"  # rows that exist, not rows asked for
    (told,) = [error.value for error in test.error]
    assert told.startswith("**No rows of “never”.**")
    assert "no whole number of + edges" in told


def test_a_dataset_that_fails_altogether_says_why_and_can_be_run_again(view: View, work: Workspace) -> None:
    test = view(start(label_params={"never": IMPOSSIBLE.model_dump()}))
    sound(test.button(key="start-dataset").click().run())
    assert not drawn(work)
    assert any("cannot be met" in error.value for error in test.error)
    assert any(button.label == "Run again" for button in test.button)
    assert can_draw(test)


def job_of(work: Workspace, config: DatasetConfig) -> str:
    parameters = {GRAPH: work.artefacts.list(GRAPH)[0].id, "config": config.model_dump(mode="json"), "title": ""}
    return work.jobs.add("build_dataset", "Draw rows: by someone", parameters).id


def test_while_rows_are_drawn_the_page_shows_how_far_each_label_is(view: View, work: Workspace) -> None:
    config = start()
    job = job_of(work, config)
    work.jobs.start(job)
    work.jobs.report(job, Progress(46, 70, "neg: 6 rows by rejection"))
    test = view(config, job=job)
    assert [bar.text for bar in test.progress][1:] == ["pos · 40 of 40 rows", "neg · 6 of 30 rows"]
    assert test.button(key="start-dataset").disabled
    assert any("Rows are being drawn" in caption.value for caption in test.caption)


def test_a_cancelled_job_can_be_run_again_to_its_end(view: View, work: Workspace) -> None:
    job = job_of(work, start())
    services.workbench().open("work").jobs.cancel(job)
    test = view(start(), job=job)
    assert can_draw(test)
    sound(test.button(key=f"resume-{job}").click().run())
    assert work.jobs.get(job).state is JobState.DONE
    assert "".join(test.query_params["dataset"]) == drawn(work)[0].id


def test_a_link_to_a_job_that_is_not_here_does_no_harm(view: View, work: Workspace) -> None:
    assert can_draw(view(start(), job="nowhere"))


def test_without_a_graph_it_says_where_one_is_made(open_page: Callable[..., AppTest]) -> None:
    test = sound(open_page("sampling", "empty"))
    assert any("No graph yet" in m.value for m in test.markdown)


@pytest.mark.parametrize(("done", "parts"), [(0, (0, 0)), (39, (39, 0)), (40, (40, 0)), (41, (40, 1)), (99, (40, 30))])
def test_a_jobs_rows_are_those_of_its_labels_in_order(done: int, parts: tuple[int, int]) -> None:
    found = label_progress({"config": start().model_dump(mode="json")}, done)
    assert [(label.label, label.done, label.total) for label in found] == [("pos", parts[0], 40), ("neg", parts[1], 30)]
