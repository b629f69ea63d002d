"""The datasets page against the files it shows: counts, searches, damage, reproduction, lineage."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.datasets.attributes import usage_order
from app.components.datasets.charts import attribute_bars, class_balance, fraction_histograms
from app.components.datasets.headline import rows_outside
from app.components.page_words import in_page_words
from app.dataset_rows import LabelMix, RowSearch, find_rows, label_mix, read_rows_at
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.dataset.evaluation import Evaluation, LabelEvaluation, evaluate
from core.dataset.reading import read_rows
from core.errors import CorruptArtefact
from core.sampler.configuration import LabelParams
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.demo import DATA, shipped_config
from core.workflows.drafts import read_draft
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import EDGES_FILE, GRAPH, load_graph, save_uploaded_graph

EVALUATION = ":material/monitoring: Evaluation"
ROWS = ":material/table_rows: Rows"
ATTRIBUTES = ":material/bar_chart: Attributes"
ORIGIN = ":material/account_tree: Origin"
ODD = ("🔥 hot", "*b* _i_ [x](http://a.b)", "<b>t</b> & $x^2$ %{y}", "2024", "`c` | ~x~ :red[r]", "pos", "neg", "avg")
Build = Callable[..., Artefact]
View = Callable[..., AppTest]


@pytest.fixture
def work(home: Path) -> Workspace:
    """A workspace `work` with the small catalogue and its graph."""
    held = services.workbench().create("work")
    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "small.csv"))
    save_catalogue(held.workspace, catalogue, "Small")
    settings = GraphSettings().model_dump(mode="json")
    held.jobs.submit("build_graph", {"catalogue": catalogue.id, "settings": settings, "title": "Small graph"})
    return held.workspace


@pytest.fixture
def build(work: Workspace) -> Build:
    """Draw a dataset on the graph: the shipped labels, or others under the ranges of the shipped ones in turn."""

    def build_it(title: str = "Rows", labels: tuple[str, ...] = (), n: int = 30, **more: Any) -> Artefact:
        config = shipped_config("small").model_dump(mode="json")
        ranges = list(config["label_params"].values())
        names = labels or tuple(config["label_params"])
        config["label_params"] = {name: {**ranges[i % 3], "num_samples": n} for i, name in enumerate(names)}
        config["label_params"] |= more
        parameters = {GRAPH: work.artefacts.list(GRAPH)[-1].id, "config": config, "title": title}
        jobs = services.workbench().open("work").jobs
        job = jobs.get(jobs.submit("build_dataset", parameters))
        return work.artefacts.get(DATASET, job.result[DATASET])

    return build_it


@pytest.fixture
def view(open_page: Callable[..., AppTest]) -> View:
    """Open the page on a dataset and one of its views; nothing may fail with a traceback."""

    def view_it(dataset: Artefact, tab: str = EVALUATION) -> AppTest:
        test = open_page("datasets", "work", dataset=dataset.id)
        if tab != EVALUATION:  # where the page opens
            test.session_state["dataset-views"] = tab
            test.run()
        return without_traceback(test)

    return view_it


def without_traceback(test: AppTest) -> AppTest:
    assert not test.exception, [element.value for element in test.exception]
    return test


def rows_of(work: Workspace, dataset: Artefact) -> list[dict[str, Any]]:
    return [json.loads(line) for line in work.artefacts.read(dataset, "dataset.jsonl").decode().splitlines()]


def metric(test: AppTest, label: str) -> str:
    return next(element.value for element in test.metric if element.label == label)


def button(test: AppTest, label: str) -> Any:
    return next(element for element in test.button if element.label == label)


def texts(test: AppTest) -> str:
    """Every sentence on the page."""
    kinds = (test.markdown, test.caption, test.error, test.warning, test.success, test.info)
    return "\n".join(element.value for kind in kinds for element in kind)


def selected_id(test: AppTest, name: str) -> str:
    return str(getattr(test.session_state["selection"], name))


def table_with(test: AppTest, column: str) -> pd.DataFrame:
    return next(frame.value for frame in test.dataframe if column in frame.value.columns)


def shown_lines(test: AppTest) -> list[int]:
    return [int(line) for line in table_with(test, "#")["#"]]


# --- what the page says of a version


def test_headline_and_table_are_a_recount_of_the_file(work: Workspace, build: Build, view: View) -> None:
    dataset = build(n=40)
    config = dataset_config(work, dataset)
    graph = load_graph(work, dataset.manifest.parents[GRAPH]).graph
    rows = read_rows(work.artefacts.read(dataset, "dataset.jsonl"), graph.catalogue, config.type_ranges)
    recounted = evaluate(rows, graph, config)
    test = view(dataset)
    lines = Counter(json.dumps(row, sort_keys=True) for row in rows_of(work, dataset))
    assert metric(test, "Rows") == "120"
    assert metric(test, "Labels") == "3"
    assert metric(test, "Rows in range") == "100 %"
    assert metric(test, "Duplicate rows") == str(sum(count - 1 for count in lines.values()))
    assert metric(test, "Seed") == str(config.seed)
    table = table_with(test, "+ mean")
    for _, line in table.iterrows():
        measured = recounted.labels[line["Label"][0]]
        assert line["Rows"] == measured.n == 40
        assert line["+ mean"] == pytest.approx(measured.mean_pos_frac)
        assert line["− mean"] == pytest.approx(measured.mean_neg_frac)
        low, high = config.label_params[line["Label"][0]].pos_frac_range
        assert line["+ asked"] == f"{low:.3f} – {high:.3f}"
    assert not test.error and not test.warning


def test_rows_without_the_conflicts_their_label_promises_are_counted(work: Workspace, build: Build, view: View) -> None:
    calm = {"pos_frac_range": [0.0, 0.5], "neg_frac_range": [0.0, 1.0], "num_samples": 40}
    dataset = build(**{"*rough*": calm})
    graph = load_graph(work, work.artefacts.list(GRAPH)[0].id).graph
    value = [attribute.value for attribute in graph.catalogue.attributes]
    ends = zip(graph.source.tolist(), graph.target.tolist(), graph.sign.tolist(), strict=True)
    conflicts = [{value[a], value[b]} for a, b, sign in ends if sign == -1]
    held = [{v for name, found in row.items() if name != "label" for v in found} for row in rows_of(work, dataset)]
    labels = [row["label"] for row in rows_of(work, dataset)]
    n_none = sum(
        not any(pair <= values for pair in conflicts)
        for values, label in zip(held, labels, strict=True)
        if label == "*rough*"
    )
    assert 0 < n_none < 40
    [warning] = view(dataset).warning
    assert warning.value.startswith(f"**{n_none:,} of the 40 rows of “\\*rough\\*” hold no conflict at all.**")


def test_failed_label_is_named_with_its_whole_reason(work: Workspace, build: Build, view: View) -> None:
    impossible = {"pos_frac_range": [0.5, 0.52], "neg_frac_range": [0.46, 0.48], "num_samples": 5}
    dataset = build(**{"none *of* these": impossible})
    reason = dataset.manifest.facts["failed_labels"]["none *of* these"]
    test = view(dataset)
    assert metric(test, "Labels") == "3 of 4"
    assert metric(test, "Rows in range") == "100 %"
    [warning] = test.warning
    assert warning.value.startswith("**The label “none \\*of\\* these” has no rows")
    assert in_page_words(reason) in warning.value.replace("\\", "")
    assert "type_ranges" in reason and "type_ranges" not in warning.value.replace("\\", "")
    line = table_with(test, "+ mean").iloc[-1]
    assert (line["Rows"], line["How found"]) == (0, "Not met")
    assert pd.isna(line["+ mean"]) and pd.isna(line["In range"])
    for tab in (ROWS, ATTRIBUTES, ORIGIN):
        test.session_state["dataset-views"] = tab
        assert not without_traceback(test.run()).error


def test_eight_oddly_named_labels(build: Build, view: View) -> None:
    test = view(build("*Odd* <i>names</i>", ODD, n=4))
    assert metric(test, "Labels") == "8"
    assert [line[0] for line in table_with(test, "+ mean")["Label"]] == list(ODD)
    for tab in (ROWS, ATTRIBUTES, ORIGIN):
        test.session_state["dataset-views"] = tab
        assert not without_traceback(test.run()).error
    assert "\\*Odd\\* \\<i\\>names\\</i\\>" in texts(test)


def test_rows_outside_their_ranges_raise_the_alarm(build: Build, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    from app import queries

    dataset = build()
    good = view(dataset)
    assert not good.error
    measured = queries.dataset_evaluation("work", dataset.id)
    broken = {**measured.labels, "pos": replaced(measured.labels["pos"], in_range_rate=29 / 30)}
    monkeypatch.setattr(queries, "dataset_evaluation", lambda *_: replaced(measured, labels=broken))
    test = without_traceback(good.run())
    assert metric(test, "Rows in range") == "98.8 %"  # 89 of 90, never rounded up
    assert "1 of 90 rows lie outside" in test.error[0].value


def test_a_fresh_workspace_says_where_to_start(work: Workspace, open_page: Callable[..., AppTest]) -> None:
    test = without_traceback(open_page("datasets", "work"))
    assert "No dataset yet" in texts(test)
    assert not test.metric and not test.tabs


def test_an_unknown_dataset_in_the_link_falls_back_with_a_word(build: Build, open_page: Callable[..., AppTest]) -> None:
    dataset = build()
    test = without_traceback(open_page("datasets", "work", dataset="0123456789ab"))
    assert "not in this workspace" in test.warning[0].value
    assert selected_id(test, "dataset") == dataset.id


# --- the rows


def test_pages_are_the_lines_of_the_file(work: Workspace, build: Build, view: View) -> None:
    dataset = build(n=40)
    lines = rows_of(work, dataset)
    test = view(dataset, ROWS)
    assert shown_lines(test) == list(range(1, 51))
    test.session_state[f"rows-{dataset.id[:8]}-{RowSearch()}"] = 3
    without_traceback(test.run())
    table = table_with(test, "#")
    assert shown_lines(test) == list(range(101, 121))
    for _, shown in table.iterrows():
        row = lines[shown["#"] - 1]
        assert shown["label"] == row["label"] or list(shown["label"]) == [row["label"]]
        assert all(list(shown[name]) == row[name] for name in row if name != "label")


def test_search_and_label_filter_find_what_a_plain_scan_finds(work: Workspace, build: Build, view: View) -> None:
    dataset = build(n=40)
    test = view(dataset, ROWS)
    next(box for box in test.text_input if box.label == "Search").set_value("TIKTOK, a")
    test.multiselect[0].set_value(["neg", "avg"])
    without_traceback(test.run())
    wanted = [
        number
        for number, row in enumerate(rows_of(work, dataset), start=1)
        if row["label"] in ("neg", "avg")
        and any("tiktok" in value.lower() for value in values_of(row))
        and any("a" in value.lower() for value in values_of(row))
    ]
    assert wanted, "the search must find something to prove anything"
    assert shown_lines(test) == wanted[:50]
    next(box for box in test.text_input if box.label == "Search").set_value("no such value")
    without_traceback(test.run())
    assert "No row fits" in texts(test)


@pytest.mark.parametrize("row_group", [1, 7, 1_000])
def test_reading_is_the_same_for_any_row_groups(tmp_path: Path, row_group: int) -> None:
    rng = np.random.default_rng(3)
    values = ["São Paulo", "Zürich", "sao tome", "X", "Nike, Inc."]
    rows = [
        {
            "place": [values[i] for i in sorted(rng.choice(4, rng.integers(0, 4), replace=False))],
            "brand": [values[4]] * int(rng.integers(0, 2)),
            "label": str(rng.choice(["a", "b"])),
        }
        for _ in range(60)
    ]
    path = tmp_path / "dataset.parquet"
    kinds = {"place": pa.list_(pa.string()), "brand": pa.list_(pa.string()), "label": pa.string()}
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(kinds)), path, row_group_size=row_group)
    for text, parts in {"": [], "SAO": ["sao"], "sao, zurich": ["sao", "zurich"], "inc. ,": ["inc."]}.items():
        for labels in ((), ("b",)):
            plain = {"São Paulo": "sao paulo", "Zürich": "zurich"}
            expected = [
                i
                for i, row in enumerate(rows)
                if (not labels or row["label"] in labels)
                and all(any(p in plain.get(v, v.lower()) for v in values_of(row)) for p in parts)
            ]
            assert find_rows(path, RowSearch(labels, text)).tolist() == expected
    some = np.array([0, 6, 7, 13, 59], dtype=np.int32)
    assert read_rows_at(path, some).to_dict("records") == [rows[i] for i in some]
    mix = label_mix(path, "place", [*values, "never"], ["b", "a", "none"])
    counted = Counter((value, row["label"]) for row in rows for value in row["place"])
    assert mix.counts.tolist() == [[counted[value, label] for label in mix.labels] for value in mix.values]


def test_an_unreadable_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "dataset.parquet").write_bytes(b"no parquet")
    with pytest.raises(CorruptArtefact, match="cannot be read"):
        find_rows(tmp_path / "dataset.parquet", RowSearch())
    with pytest.raises(CorruptArtefact, match="cannot be read"):
        find_rows(tmp_path / "absent.parquet", RowSearch())


# --- attributes


def test_attributes_used_and_unused_agree_with_the_evaluation(work: Workspace, build: Build, view: View) -> None:
    dataset = build(n=2)
    graph = load_graph(work, dataset.manifest.parents[GRAPH]).graph
    used = Counter(value for row in rows_of(work, dataset) for value in row["brand"])
    brands = [a.value for a in graph.catalogue.attributes if a.attribute_type == "brand"]
    unused = [brand for brand in brands if not used[brand]]
    assert used and unused, "a small dataset leaves brands out"
    test = view(dataset, ATTRIBUTES)
    assert f"**{len(used)} of {len(brands)}** values are used" in texts(test)
    assert list(table_with(test, "Value")["Value"]) == unused


def test_usage_order() -> None:
    mix = LabelMix(("even", "unused", "one-sided", "rare"), ("a", "b"), np.array([[50, 50], [0, 0], [30, 0], [1, 1]]))
    sizes = [81, 51]
    assert usage_order(mix, sizes, "Most used") == [0, 2, 3]
    assert usage_order(mix, sizes, "Least used") == [3, 2, 0]
    assert usage_order(mix, sizes, "Most one-sided")[0] == 2


def test_bars_hold_every_row_once() -> None:
    mix = LabelMix(("x" * 40, "x" * 41, "c"), ("a", "none", "b"), np.array([[3, 0, 1], [0, 0, 2], [5, 0, 5]]))
    stacked = attribute_bars(mix, [2, 0, 1], 16, as_shares=False)
    bars = [trace for trace in stacked.data if trace.type == "bar"]
    assert [bar.name for bar in bars] == ["a", "b"]
    assert [list(bar.x) for bar in bars] == [[5, 3, 0], [5, 1, 2]]
    assert len(set(bars[0].y)) == 3, "values cut to the same text stay bars of their own"
    shares = attribute_bars(mix, [2, 0, 1], 16, as_shares=True)
    assert np.sum([bar.x for bar in shares.data], axis=0).tolist() == [1, 1, 1]


# --- charts of the evaluation


def test_histograms_hold_all_rows_and_stay_inside_ranges_that_are_met() -> None:
    histogram = [0] * 20
    histogram[5], histogram[10] = 6, 4  # rows at exactly .5 lie in the bin that begins there
    measured = label_evaluation(n=10, pos_frac_histogram=tuple(histogram), neg_frac_histogram=(10, *[0] * 19))
    params = {"a": LabelParams(pos_frac_range=(0.27, 0.5), neg_frac_range=(0.0, 0.0), num_samples=10)}
    figure = fraction_histograms(evaluation_of({"a": measured}), params)
    for bars, (low, high) in zip(figure.data, [(0.27, 0.5), (0.0, 0.0)], strict=True):
        assert sum(bars.y) == pytest.approx(1.0)
        assert min(np.array(bars.x) - np.array(bars.width) / 2) >= low - 0.005
        assert max(np.array(bars.x) + np.array(bars.width) / 2) <= high + 0.009
    boxes = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    assert boxes == [(0.27, 0.5), (0.0, 0.0)]
    outside = fraction_histograms(evaluation_of({"a": replaced(measured, in_range_rate=0.6)}), params)
    assert max(np.array(outside.data[0].x) + np.array(outside.data[0].width) / 2) == pytest.approx(0.55)


def test_labels_that_are_cut_alike_keep_bars_of_their_own() -> None:
    labels = {"y" * 50 + end: label_evaluation(n=n) for end, n in (("1", 3), ("2", 5))}
    assert len(set(class_balance(evaluation_of(labels)).data[0].y)) == 2


def test_rows_outside_counts_rows() -> None:
    labels = {
        "fine": label_evaluation(n=1_000),
        "off": label_evaluation(n=3_000, in_range_rate=2_999 / 3_000),
        "empty": label_evaluation(n=0, in_range_rate=None),
    }
    assert rows_outside(evaluation_of(labels)) == 1


# --- damage


@pytest.mark.parametrize(
    ("name", "tab"),
    [
        ("dataset.jsonl", EVALUATION),
        ("dataset.parquet", ROWS),
        ("evaluation.json", EVALUATION),
        ("config.json", ORIGIN),
    ],
)
def test_damage_is_named_and_gone_when_the_file_is_back(
    work: Workspace, build: Build, view: View, name: str, tab: str
) -> None:
    dataset = build()
    path = work.artefacts.path(dataset, name)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + b"x" * 20)
    test = view(dataset, tab)
    assert name in texts(test)
    assert "was changed" in texts(test)
    assert metric(test, "Rows") == "90", "what is not damaged is still shown"
    assert metric(test, "Rows in range") == ("–" if name == "evaluation.json" else "100 %")
    disabled = {
        element.proto.label.split(" · ")[0] for element in test.get("download_button") if element.proto.disabled
    }
    labels = {"dataset.jsonl": "Rows (JSONL)", "dataset.parquet": "Rows (Parquet)"}
    labels |= {"evaluation.json": "Evaluation", "config.json": "Configuration"}
    assert disabled == {labels[name]}
    path.write_bytes(whole)
    assert not without_traceback(test.run()).error


# --- reproduction


def test_reproducing_says_that_every_file_is_the_same(build: Build, view: View) -> None:
    dataset = build("*Mine*")
    test = view(dataset, ORIGIN)
    assert not test.success
    button(test, "Reproduce").click()
    without_traceback(test.run())
    assert "All 4 files came out the same" in test.success[0].value
    files = table_with(test, "Result")
    assert dict(zip(files["File"], files["SHA-256 made again"], strict=True)) == {
        name: record.sha256 for name, record in dataset.manifest.files.items()
    }
    assert "job" not in test.query_params
    later = view(dataset, ORIGIN)
    assert "All 4 files came out the same" in later.success[0].value, "the result stays for later visits"


def test_a_file_that_comes_out_different_is_named(work: Workspace, build: Build, view: View) -> None:
    dataset, other = build(), build("Other", n=5)
    manifest = dataset.folder / "manifest.json"
    recorded = dataset.manifest.files["dataset.jsonl"].sha256
    manifest.write_text(manifest.read_text().replace(recorded, "0" * 64))
    test = view(dataset, ORIGIN)
    button(test, "Reproduce").click()
    without_traceback(test.run())
    [said] = [error.value for error in test.error if "came out different" in error.value]
    assert "1 of 4 files came out different: dataset.jsonl" in said
    files = table_with(test, "Result")
    assert list(files["File"][files["Result"] == "Different"]) == ["dataset.jsonl"]
    assert "came out" not in texts(view(other, ORIGIN)), "another version has no such result"


# --- origin


def test_origin_names_everything_the_rows_were_made_from(work: Workspace, build: Build, view: View) -> None:
    dataset = build()
    test = view(dataset, ORIGIN)
    said = texts(test)
    for short in (dataset.id, *dataset.manifest.parents.values(), dataset.manifest.facts["lineage"]["config_id"]):
        assert short[:8] in said
    assert "Rule-based estimate (offline). No AI model was asked. Not market data." in said
    assert json.loads(test.code[0].value) == dataset_config(work, dataset).model_dump(mode="json")


def test_changing_a_copy_starts_a_draft_with_the_same_configuration(work: Workspace, build: Build, view: View) -> None:
    dataset = build(labels=ODD, n=3)
    test = view(dataset, ORIGIN)
    button(test, "Change a copy").click()
    without_traceback(test.run())
    selection = test.session_state["selection"]
    assert selection.graph == dataset.manifest.parents[GRAPH]
    assert read_draft(work, selection.draft, dataset.manifest.parents[GRAPH]) == dataset_config(work, dataset)


def test_a_newer_graph_of_the_catalogue_is_announced(work: Workspace, build: Build, view: View) -> None:
    dataset = build()
    test = view(dataset)
    assert "newer graph" not in texts(test)
    stored = load_graph(work, dataset.manifest.parents[GRAPH])
    some = work.artefacts.read(stored.artefact, EDGES_FILE).splitlines(keepends=True)[:20]
    newer = save_uploaded_graph(work, stored.graph.catalogue.id, b"".join(some), "Reviewed")
    without_traceback(test.run())
    assert "newer graph" in texts(test) and newer.id[:8] in texts(test)


# --- managing versions


def test_a_new_title_is_kept(work: Workspace, build: Build, view: View) -> None:
    dataset = build()
    test = view(dataset)
    next(box for box in test.text_input if box.label == "Title").set_value("  Spring rows  ")
    without_traceback(test.run())
    button(test, "Rename").click()
    without_traceback(test.run())
    assert work.artefacts.get(DATASET, dataset.id).manifest.title == "Spring rows"
    assert f"Spring rows · {dataset.id[:8]}" in test.selectbox(key="pick-dataset-work").options


def test_deleting_asks_first_and_moves_on(work: Workspace, build: Build, view: View) -> None:
    kept, dataset = build("Kept"), build("Gone", n=5)
    test = view(dataset)
    assert button(test, "Delete this version").disabled
    test.checkbox(key=f"sure-{dataset.id}").check()
    without_traceback(test.run())
    button(test, "Delete this version").click()
    without_traceback(test.run())
    assert not work.artefacts.exists(DATASET, dataset.id)
    assert selected_id(test, "dataset") == kept.id
    assert metric(test, "Rows") == "90"


def test_a_version_that_something_was_made_from_stays(work: Workspace, build: Build, view: View) -> None:
    dataset = build()
    work.artefacts.save("model", "m1", "My model", {"model.txt": b"x"}, parents={DATASET: dataset.id})
    test = view(dataset)
    test.checkbox(key=f"sure-{dataset.id}").check()
    without_traceback(test.run())
    button(test, "Delete this version").click()
    without_traceback(test.run())
    assert "was used to make" in test.error[0].value and "My model" in test.error[0].value
    assert work.artefacts.exists(DATASET, dataset.id)


# --- making values


def values_of(row: dict[str, Any]) -> list[str]:
    return [value for name, values in row.items() if name != "label" for value in values]


def replaced(value: Any, **changes: Any) -> Any:
    return type(value)(**{name: changes.get(name, getattr(value, name)) for name in value.__dataclass_fields__})


def label_evaluation(**changes: Any) -> LabelEvaluation:
    plain = dict.fromkeys(LabelEvaluation.__dataclass_fields__, 0.0)
    plain |= {"in_range_rate": 1.0, "pos_frac_histogram": (0,) * 20, "neg_frac_histogram": (0,) * 20}
    return LabelEvaluation(**{**plain, **changes})


def evaluation_of(labels: dict[str, LabelEvaluation]) -> Evaluation:
    n = sum(label.n for label in labels.values())
    return Evaluation(n, labels, 1.0, n, 0, 5.0, {})
