"""The clusters page against the core: figures, thresholds, edits as versions, and what no score is."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import queries, services
from app.cluster_tables import Cell, band_counts, cluster_table, pair_fates, score_grid, stage_changes
from app.components.clusters.charts import cluster_map
from app.components.clusters.matrix_charts import Measure, block_matrix
from app.components.clusters.score_charts import CELL_NAMES, score_band, score_matrix
from core.catalogue.model import Attribute, Catalogue
from core.graph.call_plan import calls_floor, plan_pairs
from core.graph.clusters.assemble import Columns, clustering_from_columns
from core.graph.clusters.edits import merge_clusters, rename_cluster
from core.graph.clusters.model import ClusterCard, ModalityReport
from core.graph.clusters.settings import ClusterSettings
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.calls import StageCalls
from core.graph.strategies.cluster.expansion import Fate, expand
from core.graph.strategies.cluster.scores import score_table
from core.graph.strategies.cluster.scoring import cluster_pairs
from core.graph.strategies.cluster.settings import DEFAULT, PRESETS, STRICT, ClusterStrategySettings
from core.graph.strategies.cluster.spot_check import choose_probes
from core.graph.strategies.cluster.stages import Stages, empty_stages, with_clustering
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import save_uploaded_graph
from core.workflows.stage_edits import edit_stages, on_clusters
from core.workflows.stages import STAGES, load_stages, save_stages

WORK = "work"
N_BRANDS, N_AUDIENCES, N_GEOS = 12, 10, 1
GROUPS = (*(i // 4 for i in range(N_BRANDS)), *(3 + i // 5 for i in range(N_AUDIENCES)), 5)
NOISE = (3, 13)  # a brand of cluster 0, an audience of cluster 3
SCORES: dict[tuple[int, int], Score | None] = {
    (0, 3): Score(9.5),
    (0, 4): Score(8.0),
    (1, 3): Score(0.0),
    (1, 4): Score(2.5),
    (2, 3): Score(5.0),
    (2, 4): Score(None),
    (0, 5): Score(7.0),
    (1, 5): Score(4.0),
    (2, 5): Score(6.0),
    (3, 5): Score(10.0),
    (4, 5): Score(3.5),
}
View = Callable[..., AppTest]


def catalogue() -> Catalogue:
    sizes = {"brand": N_BRANDS, "audience": N_AUDIENCES, "geo": N_GEOS}
    return Catalogue(
        tuple(
            Attribute(f"{name}-{i}", f"{name.title()} {i}", name, name)
            for name, size in sizes.items()
            for i in range(size)
        )
    )


def prepared(scores: dict[tuple[int, int], Score | None] = SCORES) -> Stages:
    """Complete stages made by hand: no embedding and no geometry."""
    n = len(GROUPS)
    is_noise = np.zeros(n, dtype=np.bool_)
    is_noise[list(NOISE)] = True
    xy = np.stack([np.array(GROUPS) * 3.0 + np.arange(n) % 4, np.arange(n) % 5], axis=1).astype(np.float32)
    columns = Columns(np.array(GROUPS, dtype=np.int32), is_noise, np.full(n, 0.9, dtype=np.float32), xy, xy.copy())
    reports = [
        ModalityReport("brand", N_BRANDS, "umap", 3, 1, 0.91, "UMAP to 10 dimensions."),
        ModalityReport("audience", N_AUDIENCES, "pca", 2, 1, 0.31, "PCA.", "Fragile: repeated runs agree little."),
        ModalityReport("geo", N_GEOS, "singletons", 0, 0, None, "Fewer than 15 attributes: each is its own."),
    ]
    clustering = clustering_from_columns(catalogue(), ClusterSettings(), columns, reports, {0: 0.75})
    cards = {
        c.number: ClusterCard(f"Label {c.number}", "One sentence.", ("First", "Second")) for c in clustering.clusters
    }
    clustering = clustering.with_cards(cards)
    pairs = list(scores)
    table = score_table([a for a, _ in pairs], [b for _, b in pairs], list(scores.values()))
    described = tuple(f"About {attribute.value}." for attribute in catalogue().attributes)
    stages = empty_stages(catalogue())
    return replace(
        stages, descriptions=described, clustering=clustering, scores=table, calls=StageCalls(describe=23, score=1)
    )


@pytest.fixture
def work(home: Any) -> Workspace:
    """A workspace with the catalogue and no clusters."""
    held = services.workbench().create(WORK).workspace
    save_catalogue(held, catalogue(), "Planted")
    return held


@pytest.fixture
def version(work: Workspace) -> str:
    """The id of the prepared clusters, stored."""
    return save_stages(work, prepared(), "Planted").id


@pytest.fixture
def view(open_page: Callable[..., AppTest]) -> Iterator[View]:
    """Open the page; nothing may fail with a traceback."""

    def view_it(tab: str = "", **ids: str) -> AppTest:
        test = open_page("clusters", WORK, **ids)
        if tab:
            test.session_state["cluster-views"] = tab
            test.run()
        return sound(test)

    yield view_it


def sound(test: AppTest) -> AppTest:
    assert not test.exception
    assert not [error.value for error in test.error if "Something went wrong" in error.value]
    return test


def texts(test: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error")
    elements: list[Any] = [element for kind in kinds for element in test.get(kind)]
    return "\n".join(str(element.value).replace("\\", "") for element in elements)


def metric(test: AppTest, label: str) -> int:
    return int(next(found.value for found in test.metric if found.label == label).replace(",", ""))


def press(test: AppTest, label: str) -> AppTest:
    return sound(next(button for button in test.button if button.label == label).click().run())


def field(test: AppTest, kind: str, label: str) -> Any:
    found: list[Any] = [element for element in test.get(kind) if getattr(element, "label", None) == label]
    return found[0]


def shown_version(test: AppTest) -> str:
    return str(test.session_state["selection"].stages)


def change(test: AppTest, kind: str) -> AppTest:
    """Open a form of the changes to a cluster."""
    field(test, "button_group", "Change this cluster").set_value(kind)
    return sound(test.run())


SCORES_TAB = ":material/grid_on: Scores and thresholds"
SIGNS_TAB = ":material/join_inner: Signs of a graph"
DESCRIPTIONS_TAB = ":material/description: Descriptions"
VERSIONS_TAB = ":material/history: Versions"
PREPARE_TAB = ":material/add_circle: Prepare anew"


# what is shown


def test_without_a_catalogue_the_page_says_where_to_get_one(home: Any, open_page: Callable[..., AppTest]) -> None:
    services.workbench().create("empty")
    test = sound(open_page("clusters", "empty"))
    assert "No catalogue yet" in texts(test)


def test_without_clusters_the_page_offers_to_prepare_them_and_says_what_it_costs(work: Workspace, view: View) -> None:
    test = view()
    assert "No clusters yet" in texts(test)
    assert f"{len(catalogue())} for describing attributes" in texts(test)


def test_the_figures_are_the_core_s_own(version: str, view: View) -> None:
    stages = prepared()
    assert stages.clustering is not None
    test = view()
    assert metric(test, "Attributes") == len(stages.catalogue)
    assert metric(test, "Clusters") == len(stages.clustering.clusters) == 6
    assert metric(test, "Noise") == int(stages.clustering.is_noise.sum()) == len(NOISE)
    assert metric(test, "Scored pairs") == len(stages.scores)
    assert version[:8] in texts(test)

    reports = next(frame.value for frame in test.dataframe if "How" in frame.value.columns)
    assert reports["Noise found"].tolist() == [report.n_noise for report in stages.clustering.reports]
    assert "**audience.** Fragile" in texts(test)
    members = next(frame.value for frame in test.dataframe if "Membership" in frame.value.columns)
    assert set(members["Attribute"]) == {"Brand 0", "Brand 1", "Brand 2", "Brand 3"}
    assert members["Noise"].sum() == 1
    assert "75.0% of repeated runs two members came out together" in texts(test)
    assert "- First\n- Second" in texts(test)


def test_a_modality_of_one_attribute_says_in_words_why_it_has_no_groups(version: str, view: View) -> None:
    test = view()
    field(test, "button_group", "Modality").set_value("geo").run()
    assert "Fewer than 15 attributes" in texts(sound(test))


def test_a_modality_that_is_all_noise_says_so(work: Workspace, view: View) -> None:
    stages = prepared()
    assert stages.clustering is not None
    reports = (ModalityReport("brand", N_BRANDS, "singletons", N_BRANDS, N_BRANDS, None, "HDBSCAN found only noise."),)
    save_stages(work, replace(stages, clustering=replace(stages.clustering, reports=reports)), "Noise")
    assert f"All {N_BRANDS} attributes turned out to be noise" in texts(view())


def test_a_cluster_can_be_opened_and_stays_open_in_the_next_version(version: str, work: Workspace, view: View) -> None:
    test = view()
    field(test, "selectbox", "Open cluster").set_value(2)
    test = change(sound(test.run()), "Rename")
    field(test, "text_input", "New name").set_value("Renamed")
    press(test, "Rename")
    assert field(test, "selectbox", "Open cluster").value == 2
    assert "#### Renamed" in texts(test)


def test_the_map_holds_every_attribute_once_and_noise_is_hollow() -> None:
    clustering = prepared().clustering
    assert clustering is not None
    figure = cluster_map(clustering, "brand", 0, "black")
    dots = [trace for trace in figure.data if trace.name.startswith(("Members", "Noise"))]
    assert sum(len(trace.x) for trace in dots) == N_BRANDS
    hollow = [trace for trace in dots if trace.marker.symbol == "circle-open"]
    assert sum(len(trace.x) for trace in hollow) == 1
    ((number, value, *_),) = (dot for trace in hollow for dot in trace.customdata)
    assert (int(number), value) == (0, "Brand 3")
    opacity = {int(d[0]): o for t in dots for d, o in zip(t.customdata, t.marker.opacity, strict=True)}
    assert opacity[0] == 1.0 > opacity[1] == opacity[2]


def test_text_from_users_is_no_html_on_the_map() -> None:
    clustering = prepared().clustering
    assert clustering is not None
    evil = rename_cluster(clustering, 1, "<b>bold</b>")
    figure = cluster_map(evil, "brand", 1, "black")
    assert "<b>bold" not in figure.to_json().replace("\\u003c", "<").replace("<b>&lt;b&gt;bold", "")


# thresholds


def test_the_thresholds_show_what_the_core_makes_of_the_pairs(version: str, view: View) -> None:
    test = view(SCORES_TAB)
    assert_outlook(test, DEFAULT)
    field(test, "button_group", "Settings").set_value("strict")
    assert_outlook(sound(test.run()), STRICT)


def assert_outlook(test: AppTest, settings: ClusterStrategySettings) -> None:
    stages = prepared()
    assert stages.clustering is not None
    expansion = expand(stages.clustering, stages.scores, settings)
    assert metric(test, "Pairs asked") == expansion.n(Fate.ASKED)
    assert metric(test, "Pairs that take a sign over") == expansion.n(Fate.INHERITED)
    assert metric(test, "Pairs left out") == expansion.n(Fate.DISCARDED)

    def calls(chosen: Any) -> int:
        return plan_pairs(stages.catalogue, expansion.source[chosen], expansion.target[chosen]).n_calls

    ahead = calls((expansion.fate == Fate.ASKED) | choose_probes(expansion, settings))
    assert metric(test, "Judge calls ahead") == ahead
    assert metric(test, "Saved by taking over") == calls(expansion.fate != Fate.DISCARDED) - ahead
    saved = calls_floor(stages.catalogue) - stages.calls.total - ahead
    assert metric(test, "Saved against asking all") == saved


def test_moving_a_threshold_moves_the_figures_and_leaves_no_preset_marked(version: str, view: View) -> None:
    test = view(SCORES_TAB)
    field(test, "slider", "Neutral band").set_value((4.0, 7.5))
    sound(test.run())
    assert_outlook(test, DEFAULT.model_copy(update={"positive_from": 7.5}))
    assert field(test, "button_group", "Settings").value in (None, [])
    field(test, "toggle", "Take over the sign of extreme scores without asking").set_value(False)
    sound(test.run())
    assert metric(test, "Pairs that take a sign over") == 0


def test_thresholds_that_contradict_each_other_say_so_and_give_no_figures(version: str, view: View) -> None:
    test = view(SCORES_TAB)
    field(test, "slider", "Signs are taken over outside of").set_value((3.0, 6.0))
    sound(test.run())
    assert "The upper end for taking signs over (6) must not lie below the upper end of the neutral band (7)" in texts(
        test
    )
    assert not [found for found in test.metric if found.label == "Pairs asked"]


def test_thresholds_are_those_of_the_graph_page(version: str, view: View) -> None:
    test = view(SCORES_TAB)
    field(test, "button_group", "Settings").set_value("strict")
    sound(test.run())
    assert test.session_state["graph-cluster.inherit_positive_from"] == PRESETS["strict"].inherit_positive_from


# the grid of scores


def cells(stages: Stages, settings: ClusterStrategySettings = DEFAULT) -> dict[tuple[int, int], Cell]:
    fates = pair_fates(stages, settings)
    found = {}
    for a, b in (("brand", "audience"), ("brand", "geo"), ("audience", "geo")):
        grid = score_grid(stages, a, b, settings, fates)
        for i, row in enumerate(grid.rows):
            for j, column in enumerate(grid.columns):
                found[tuple(sorted((row.number, column.number)))] = Cell(int(grid.cell[i, j]))
    return found  # type: ignore[return-value]


def test_each_pair_of_clusters_is_in_its_band_and_not_viable_is_not_zero() -> None:
    stages = prepared()
    found = cells(stages)
    assert found[0, 3] is Cell.POSITIVE_INHERITS
    assert found[0, 4] is Cell.POSITIVE_INHERITS  # 8.0 begins it
    assert found[0, 5] is Cell.POSITIVE_ASKED  # 7.0 begins it
    assert found[2, 3] is Cell.LEFT_OUT
    assert found[1, 5] is Cell.NEGATIVE_ASKED  # 4.0 belongs to it
    assert found[1, 3] is Cell.NEGATIVE_INHERITS  # a score of 0
    assert found[2, 4] is Cell.NOT_VIABLE
    counts = band_counts(stages, DEFAULT)
    assert sum(counts.values()) == len(SCORES)
    assert counts[Cell.NOT_VIABLE] == 1


def test_zero_not_viable_no_answer_and_not_scored_look_different() -> None:
    stages = prepared({**SCORES, (0, 4): None})
    assert stages.clustering is not None
    stages = with_clustering(stages, rename_cluster(stages.clustering, 2, "Another"))
    grid = score_grid(stages, "brand", "audience", DEFAULT, None)
    figure = score_matrix(grid, counts_pairs=False, text_colour="black")
    written = {
        (int(x), int(y)): text
        for trace in figure.data
        if trace.type == "scatter" and trace.mode == "text"
        for x, y, text in zip(trace.x, trace.y, trace.text, strict=True)
    }
    assert [c.number for c in grid.rows] == [0, 1, 2] and [c.number for c in grid.columns] == [3, 4]
    assert written == {(0, 0): "9.5", (1, 0): "?", (0, 1): "0", (1, 1): "2.5", (0, 2): "…", (1, 2): "…"}
    named = {trace.name for trace in figure.data if trace.name in CELL_NAMES.values()}
    assert named == {
        CELL_NAMES[c] for c in (Cell.POSITIVE_INHERITS, Cell.NEGATIVE_INHERITS, Cell.UNANSWERED, Cell.UNKNOWN)
    }
    not_viable = score_grid(prepared(), "brand", "audience", DEFAULT, None)
    marks = [
        text
        for trace in score_matrix(not_viable, counts_pairs=False, text_colour="black").data
        if trace.type == "scatter" and trace.mode == "text"
        for text in trace.text
    ]
    assert marks.count("×") == 1 and marks.count("0") == 1


def test_hover_counts_are_the_expansion_s() -> None:
    stages = prepared()
    assert stages.clustering is not None
    fates = pair_fates(stages, DEFAULT)
    grid = score_grid(stages, "brand", "audience", DEFAULT, fates)
    # Brands 0 has one of 4 marked as noise, audience 3 one of 5: the quiet pairs inherit, the others are asked.
    assert grid.inherited[0, 0] == 3 * 4
    assert grid.asked[0, 0] == 4 * 5 - 3 * 4
    assert fates.n_asked == fates.asked.sum() and fates.n_inherited == fates.inherited.sum()
    assert fates.n_pairs == stages.catalogue.n_pairs


def test_the_band_is_drawn_where_the_thresholds_are() -> None:
    figure = score_band(prepared().scores, STRICT)
    lines = sorted(shape.x0 for shape in figure.layout.shapes if shape.type == "line")
    assert lines == [STRICT.negative_to, STRICT.positive_from]
    assert sum(figure.data[0].y) == sum(score is not None and score.value is not None for score in SCORES.values())


# edits


def test_a_new_name_is_a_new_version_and_the_old_one_stays(version: str, work: Workspace, view: View) -> None:
    test = change(view(), "Rename")
    field(test, "text_input", "New name").set_value("Quite another")
    press(test, "Rename")
    saved = shown_version(test)
    assert saved != version
    assert work.artefacts.get(STAGES, saved).manifest.parents == {CATALOGUE: catalogue().id, STAGES: version}
    assert test.query_params["stages"] == [saved] or test.query_params["stages"] == saved
    after, before = load_stages(work, saved).clustering, load_stages(work, version).clustering
    assert after is not None and before is not None
    assert after[0].card == ClusterCard("Quite another", "One sentence.", ("First", "Second"))
    assert before[0].card == ClusterCard("Label 0", "One sentence.", ("First", "Second"))
    assert f"made from version {version[:8]}" in texts(test)
    assert "**3 cluster pairs have no score.**" in texts(test)  # of the renamed cluster
    assert not [button for button in test.button if button.label == "Prepare clusters"]


@pytest.mark.parametrize(
    ("kind", "fill", "button", "check"),
    [
        ("Move attributes", {"Attributes to move": [1], "Into": 2}, "Move", lambda c: c.cluster[1] == 2),
        ("Merge", {"Clusters to take in": [1]}, "Merge", lambda c: set(c[0].members) == set(range(8))),
        ("Split", {"Attributes for a new cluster": [0, 1]}, "Split off", lambda c: c[6].members == (0, 1)),
        (
            "Mark noise",
            {"Noise: attributes that fit no cluster": [0, 1]},
            "Keep the marks",
            lambda c: np.flatnonzero(c.is_noise[:4]).tolist() == [0, 1],
        ),
    ],
)
def test_clusters_are_changed_as_the_form_says(
    version: str,
    work: Workspace,
    view: View,
    kind: str,
    fill: dict[str, Any],
    button: str,
    check: Callable[[Any], bool],
) -> None:
    test = change(view(), kind)
    for label, value in fill.items():
        field(test, "selectbox" if label == "Into" else "multiselect", label).set_value(value)
    press(test.run(), button)
    saved = shown_version(test)
    assert work.artefacts.get(STAGES, saved).manifest.parents[STAGES] == version
    assert check(load_stages(work, saved).clustering)
    assert load_stages(work, version).clustering is not None
    assert load_stages(work, version).clustering.id == prepared().clustering.id  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "fill", "button", "reason"),
    [
        ("Rename", {"New name": "label 1"}, "Rename", "already"),
        ("Rename", {"New name": "  "}, "Rename", "cannot be empty"),
        ("Move attributes", {"Attributes to move": [0, 1, 2, 3], "Into": 1}, "Move", "left empty"),
        ("Move attributes", {"Into": 1}, "Move", "No attribute is named"),
        ("Split", {"Attributes for a new cluster": [0, 1, 2, 3]}, "Split off", "Nothing would be left"),
        ("Merge", {}, "Merge", "It takes two clusters"),
        ("Mark noise", {}, "Keep the marks", "holds already"),
    ],
)
def test_an_impossible_edit_gives_its_reason_and_makes_no_version(
    version: str, work: Workspace, view: View, kind: str, fill: dict[str, Any], button: str, reason: str
) -> None:
    test = change(view(), kind)
    kinds = {"Into": "selectbox", "New name": "text_input"}
    for label, value in fill.items():
        field(test, kinds.get(label, "multiselect"), label).set_value(value)
    press(test.run(), button)
    assert reason in "\n".join(error.value for error in test.error)
    assert [artefact.id for artefact in work.artefacts.list(STAGES)] == [version]


def test_a_score_is_written_by_hand_and_not_viable_is_kept_as_such(version: str, work: Workspace, view: View) -> None:
    test = view(SCORES_TAB)
    value = field(test, "number_input", "Score from 0 to 10")
    assert value.value == 9.5
    value.set_value(0.0)
    press(test.run(), "Keep this score")
    zero = load_stages(work, shown_version(test)).scores
    assert zero.value[zero.row(0, 3)] == 0.0 and zero.is_edited[zero.row(0, 3)]
    assert work.artefacts.get(STAGES, shown_version(test)).manifest.parents[STAGES] == version

    field(test, "button_group", "Together they are").set_value(False)
    press(test.run(), "Keep this score")
    none = load_stages(work, shown_version(test)).scores
    assert math.isnan(none.value[none.row(0, 3)])
    assert none.score(none.row(0, 3)) == Score(None)
    assert "Now: not viable, written by hand" in texts(test)


def test_a_score_of_eleven_is_refused_with_its_reason(version: str, work: Workspace, view: View) -> None:
    test = view(SCORES_TAB)
    field(test, "number_input", "Score from 0 to 10").set_value(11.0)
    press(test.run(), "Keep this score")
    assert "11 is no score" in "\n".join(error.value for error in test.error)
    assert len(work.artefacts.list(STAGES)) == 1


def test_a_new_description_starts_a_version_without_clusters_that_can_be_found_anew(
    version: str, work: Workspace, view: View
) -> None:
    test = view(DESCRIPTIONS_TAB)
    field(test, "text_area", "Description of Brand 0").set_value("Something else altogether.")
    press(test.run(), "Keep this description")
    after = load_stages(work, shown_version(test))
    assert after.descriptions[0] == "Something else altogether."
    assert after.edited == {0} and after.clustering is None
    assert load_stages(work, version).descriptions[0] == "About Brand 0."
    assert "Clusters have to be found anew" in texts(test)
    assert [button for button in test.button if button.label == "Find the clusters"]
    assert f"From {version[:8]}: 1 description, clusters taken back" in texts(view(VERSIONS_TAB, stages=after_id(test)))


def after_id(test: AppTest) -> str:
    return shown_version(test)


def test_a_description_that_is_too_long_is_refused(version: str, work: Workspace, view: View) -> None:
    test = view(DESCRIPTIONS_TAB)
    field(test, "text_area", "Description of Brand 0").set_value("x" * 1_501)
    press(test.run(), "Keep this description")
    assert "1,501 characters" in "\n".join(error.value for error in test.error)
    assert len(work.artefacts.list(STAGES)) == 1


# versions, jobs, links


def test_the_line_of_versions_says_what_changed_and_opens_older_ones(version: str, work: Workspace, view: View) -> None:
    merged = edit_stages(work, version, on_clusters(partial(merge_clusters, numbers=[0, 1]))).id
    test = view(VERSIONS_TAB, stages=merged)
    assert f"From {version[:8]}: 4 attributes in another cluster, 6 scores dropped" in texts(test)
    press(test, "Open")
    assert shown_version(test) == version


def test_changes_between_versions_are_counted() -> None:
    stages = prepared()
    assert stages.clustering is not None
    assert stage_changes(stages, stages) == ()
    renamed = with_clustering(stages, rename_cluster(stages.clustering, 5, "Other"))
    assert stage_changes(stages, renamed) == ("1 cluster name changed", "5 scores dropped")
    assert stage_changes(renamed, stages) == ("1 cluster name changed", "5 scores added")
    rescored = replace(stages, scores=stages.scores.edited(0, 3, None).edited(1, 3, 1.0))
    assert stage_changes(stages, rescored) == ("2 scores edited",)


def test_preparing_anew_submits_the_settings_of_the_form(
    version: str, work: Workspace, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted: list[tuple[str, dict[str, Any]]] = []
    runner = type(services.workbench().open(WORK).jobs)

    def note(_: Any, action: str, parameters: dict[str, Any], title: str = "") -> str:
        submitted.append((action, parameters))
        return "no-job"

    monkeypatch.setattr(runner, "submit", note)
    press(view(PREPARE_TAB), "Prepare clusters")
    ((action, parameters),) = submitted
    settings = GraphSettings.model_validate(parameters["settings"])
    assert (action, parameters["catalogue"], settings.stages) == ("prepare_clusters", catalogue().id, "")
    assert settings.clusters == ClusterSettings()


def test_missing_scores_are_made_and_the_result_is_shown(version: str, work: Workspace, view: View) -> None:
    split = edit_stages(work, version, on_clusters(partial(rename_cluster, number=1, label="Other"))).id
    test = view(stages=split)
    assert "**3 cluster pairs have no score.**" in texts(test)
    press(test, "Name and score what is missing")
    made = shown_version(test)
    stages = load_stages(work, made)
    assert work.artefacts.get(STAGES, made).manifest.parents[STAGES] == split
    assert stages.clustering is not None and len(stages.scores) == len(cluster_pairs(stages.clustering))
    assert "have no score" not in texts(test)


def test_what_is_missing_can_be_made_beside_preparing_anew(version: str, work: Workspace, view: View) -> None:
    split = edit_stages(work, version, on_clusters(partial(rename_cluster, number=1, label="Other"))).id
    labels = [button.label for button in view(PREPARE_TAB, stages=split).button]
    assert labels.count("Name and score what is missing") == labels.count("Prepare clusters") == 1


def test_a_link_to_clusters_alone_brings_their_catalogue(version: str, work: Workspace, view: View) -> None:
    other = Catalogue((Attribute("a", "A", "x", "x"), Attribute("b", "B", "y", "y")))
    save_catalogue(work, other, "Newer")
    test = view(stages=version)
    assert test.session_state["selection"].catalogue == catalogue().id
    assert shown_version(test) == version


def test_the_graph_goes_on_from_these_clusters_and_thresholds(version: str, work: Workspace, view: View) -> None:
    save_stages(work, prepared({**SCORES, (0, 3): Score(1.0)}), "Newer")
    test = view(SCORES_TAB, stages=version)
    field(test, "button_group", "Settings").set_value("strict")
    press(test.run(), "Continue the graph from these clusters")
    assert test.title[0].value == "Graph"
    assert field(test, "selectbox", "Go on from prepared clusters").value == version
    assert field(test, "number_input", "Take over + from score").value == STRICT.inherit_positive_from
    assert shown_version(test) == version


def test_a_link_to_unknown_clusters_says_so(version: str, view: View) -> None:
    test = view(stages="nothing")
    assert "not in this workspace" in texts(test)
    assert shown_version(test) == version


def test_fourteen_attributes_are_singletons_and_are_scored_one_by_one(work: Workspace, view: View) -> None:
    names = [*(f"x-{i}" for i in range(14)), "y"]
    few = Catalogue(tuple(Attribute(name, name.upper(), name[0], name[0]) for name in names))
    save_catalogue(work, few, "Few")
    zeros, ones = np.zeros((15, 2), dtype=np.float32), np.ones(15, dtype=np.float32)
    columns = Columns(np.arange(15, dtype=np.int32), np.zeros(15, dtype=np.bool_), ones, zeros, zeros)
    reports = [ModalityReport("x", 14, "singletons", 14, 0, None, "Fewer than 15 attributes: each is its own.")]
    clustering = clustering_from_columns(few, ClusterSettings(), columns, reports)
    saved = save_stages(work, replace(empty_stages(few), clustering=clustering), "Few").id
    test = view(stages=saved)
    assert "Fewer than 15 attributes: each is its own. Scores are then between single attributes." in texts(test)
    assert "15 clusters have no name and 14 cluster pairs have no score." in texts(test)
    assert len(cluster_table(load_stages(work, saved), "x")) == 14
    assert "counted once all pairs of clusters are scored; 14 are not" in texts(view(SCORES_TAB, stages=saved))


def test_damaged_clusters_are_an_error_and_no_traceback(version: str, work: Workspace, view: View) -> None:
    folder = work.artefacts.get(STAGES, version).folder
    (folder / "stages.json").write_text("{}")
    test = view()
    assert [error for error in test.error if "stages.json" in error.value]


# signs of a graph


def edges_of(pairs: list[tuple[str, str, int]]) -> bytes:
    lines = [f"{a},{b},{a.split('-')[0]}_to_{b.split('-')[0]},{'+' if sign > 0 else '-'}" for a, b, sign in pairs]
    return "\n".join(["source,target,rel,sign", *lines]).encode()


def signs_of(work: Workspace) -> tuple[str, dict[tuple[str, str], int]]:
    """A graph with an edge between every brand and audience of even sum; + where the brand comes first."""
    signs = {
        (f"audience-{b}", f"brand-{a}"): 1 if a < b else -1
        for a in range(N_BRANDS)
        for b in range(N_AUDIENCES)
        if (a + b) % 2 == 0
    }
    data = edges_of([(a, b, sign) for (a, b), sign in signs.items()])
    return save_uploaded_graph(work, catalogue().id, data, "signs.csv").id, signs


def click_block(test: AppTest, a: int, b: int) -> AppTest:
    (chart,) = [c for c in test.get("plotly_chart") if str(c.key).startswith("matrix-grid")]
    selection = {"points": [{"customdata": [a, b]}], "point_indices": [], "box": [], "lasso": []}
    test.session_state[chart.key] = {"selection": selection}
    return sound(test.run())


def test_a_click_on_two_clusters_lists_the_edges_between_them(version: str, work: Workspace, view: View) -> None:
    graph, signs = signs_of(work)
    test = view(SIGNS_TAB)
    assert field(test, "selectbox", "Graph").value == graph
    groups = services.workbench().open(WORK).groups(graph, version)
    brand, audience = (int(groups.group[catalogue().position_of[name]]) for name in ("brand-4", "audience-0"))
    assert (groups.names[brand], groups.names[audience]) == ("Label 1", "Label 3")
    click_block(test, brand, audience)

    expected = {(b, a): sign for (a, b), sign in signs.items() if int(b[6:]) // 4 == 1 and int(a[9:]) // 5 == 0}
    (table,) = test.dataframe
    shown = {
        (first.lower().replace(" ", "-"), second.lower().replace(" ", "-")): {"+": 1, "−": -1}[sign[0]]
        for first, second, sign in zip(
            table.value["First attribute"], table.value["Second attribute"], table.value["Sign"], strict=True
        )
    }
    assert shown == expected
    n_positive = sum(sign > 0 for sign in expected.values())
    assert f"**{len(expected)}** edges between" in texts(test)
    assert f"**{n_positive}** +, **{len(expected) - n_positive}** −" in texts(test)


def test_the_grid_shows_what_a_count_over_all_pairs_gives(version: str, work: Workspace) -> None:
    graph, signs = signs_of(work)
    groups = services.workbench().open(WORK).groups(graph, version)
    blocks = queries.group_blocks(WORK, graph, version)
    every = range(len(groups.names))
    position = catalogue().position_of
    for measure in Measure:
        figure = block_matrix(blocks, groups.names, every, every, measure, "black")
        cells = figure.data[0].z
        for a in every:
            for b in every:
                ends = [
                    (set(groups.members(a).tolist()), set(groups.members(b).tolist())),
                    (set(groups.members(b).tolist()), set(groups.members(a).tolist())),
                ]
                inside = [
                    sign
                    for (one, other), sign in signs.items()
                    if any(position[one] in left and position[other] in right for left, right in ends)
                ]
                n_plus, n_minus = inside.count(1), inside.count(-1)
                crossing = (
                    catalogue().attributes[min(ends[0][0])].modality != catalogue().attributes[min(ends[0][1])].modality
                )
                n_pairs = len(ends[0][0]) * len(ends[0][1]) if crossing else 0
                top, whole = {
                    Measure.LEANING: (n_plus - n_minus, n_plus + n_minus),
                    Measure.POSITIVE: (n_plus, n_pairs),
                    Measure.NEGATIVE: (n_minus, n_pairs),
                    Measure.DENSITY: (n_plus + n_minus, n_pairs),
                }[measure]
                assert cells[a, b] == pytest.approx(top / whole) if whole else math.isnan(cells[a, b])


def test_without_a_graph_the_signs_say_what_is_missing(version: str, view: View) -> None:
    assert "No graph of this catalogue yet" in texts(view(SIGNS_TAB))


def test_a_catalogue_without_clusters_still_shows_groups_of_its_graph(work: Workspace, view: View) -> None:
    graph, _ = signs_of(work)
    test = view()
    assert "No clusters yet" in texts(test)
    groups = services.workbench().open(WORK).groups(graph, "")
    assert "made on the spot, of attributes whose edges are alike" in texts(test)
    assert f"There are {len(groups.names)}." in texts(test)
    click_block(test, int(groups.group[0]), int(groups.group[N_BRANDS]))
    assert "edges between" in texts(test)
