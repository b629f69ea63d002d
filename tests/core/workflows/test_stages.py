"""Prepared clusters in a workspace: round trip, edits as versions with a parent, and the line of versions."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput, NotFound, ValenceError
from core.graph.clusters.assemble import Columns, clustering_from_columns
from core.graph.clusters.edits import merge_clusters, move_members, rename_cluster, set_noise, split_cluster
from core.graph.clusters.model import ClusterCard
from core.graph.clusters.settings import ClusterSettings
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.files import stages_id, write_stages
from core.graph.strategies.cluster.scores import score_table
from core.graph.strategies.cluster.scoring import cluster_pairs
from core.graph.strategies.cluster.stages import Stages, empty_stages, with_description, with_score
from core.jobs import InlineJobRunner, JobState
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.graph_settings import GraphSettings, Strategy
from core.workflows.stage_edits import StageEdit, edit_stages, on_clusters, version_line
from core.workflows.stages import STAGES, load_stages, save_stages

BRANDS = (0, 0, 1, 1)  # two clusters of brands, and two places that are clusters of their own
ALL = (*BRANDS, 2, 3)


def catalogue() -> Catalogue:
    names = {"brand": ("Nike", "Adidas", "Rolex", "Dior"), "geo": ("Brazil", "Japan")}
    return Catalogue(
        tuple(
            Attribute(f"{modality}-{value.lower()}", value, modality, modality)
            for modality, values in names.items()
            for value in values
        )
    )


def prepared() -> Stages:
    """Named, scored clusters, made by hand: no embedding, no geometry."""
    points = np.array([[0, 0], [1, 0], [5, 5], [6, 5], [0, 0], [9, 9]], dtype=np.float32)
    noise = np.array([False, True, False, False, False, False])
    columns = Columns(np.array(ALL, dtype=np.int32), noise, np.ones(6, dtype=np.float32), points.copy(), points)
    clustering = clustering_from_columns(catalogue(), ClusterSettings(), columns)
    clustering = clustering.with_cards({c.number: ClusterCard(f"Group {c.number}") for c in clustering.clusters})
    pairs = cluster_pairs(clustering)
    scores = score_table([p.a for p in pairs], [p.b for p in pairs], [Score(9.0), Score(None), Score(5.0), None])
    described = tuple(f"About {attribute.value}." for attribute in catalogue().attributes)
    return replace(empty_stages(catalogue()), descriptions=described, clustering=clustering, scores=scores)


@pytest.fixture
def first(workspace: Workspace) -> str:
    """The id of a stored first version."""
    save_catalogue(workspace, catalogue(), "Tiny")
    return save_stages(workspace, prepared(), "Tiny clusters").id


EDITS: dict[str, StageEdit] = {
    "rename": on_clusters(partial(rename_cluster, number=0, label="Sports")),
    "move": on_clusters(partial(move_members, members=[1], into=1)),
    "merge": on_clusters(partial(merge_clusters, numbers=[0, 1])),
    "split": on_clusters(partial(split_cluster, number=0, members=[1])),
    "noise": on_clusters(partial(set_noise, members=[0], is_noise=True)),
    "score": partial(with_score, a=0, b=2, value=None),
    "describe": partial(with_description, attribute_id="brand-nike", text="Running shoes."),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edit_is_a_new_version_with_its_parent_and_leaves_the_old_one(
    workspace: Workspace, first: str, edit: StageEdit
) -> None:
    saved = edit_stages(workspace, first, edit)

    assert saved.id != first
    assert saved.manifest.parents == {CATALOGUE: catalogue().id, STAGES: first}
    assert saved.manifest.title == "Tiny clusters"
    assert stages_id(load_stages(workspace, saved.id)) == stages_id(edit(prepared()))
    assert write_stages(load_stages(workspace, first)) == write_stages(prepared())
    assert workspace.artefacts.get(STAGES, first).manifest.parents == {CATALOGUE: catalogue().id}


def test_a_changed_cluster_loses_its_scores_and_the_others_keep_theirs(workspace: Workspace, first: str) -> None:
    after = load_stages(workspace, edit_stages(workspace, first, EDITS["rename"]).id)
    assert list(zip(after.scores.a.tolist(), after.scores.b.tolist(), strict=True)) == [(1, 2), (1, 3)]
    assert len(load_stages(workspace, edit_stages(workspace, first, EDITS["noise"]).id).scores) == 4


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (on_clusters(partial(move_members, members=[0, 1], into=1)), "left empty"),
        (on_clusters(partial(move_members, members=[0], into=2)), "of modality"),
        (on_clusters(partial(merge_clusters, numbers=[0, 2])), "several modalities"),
        (on_clusters(partial(split_cluster, number=2, members=[4])), "Nothing would be left"),
        (on_clusters(partial(rename_cluster, number=0, label="group 1")), "called"),
        (partial(with_score, a=0, b=2, value=11), "is no score"),
        (partial(with_score, a=0, b=2, value=float("nan")), "is no score"),
        (partial(with_description, attribute_id="brand-nike", text="  "), "characters"),
    ],
)
def test_an_impossible_edit_gives_its_reason_and_stores_nothing(
    workspace: Workspace, first: str, edit: StageEdit, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        edit_stages(workspace, first, edit)
    assert [artefact.id for artefact in workspace.artefacts.list(STAGES)] == [first]


def test_a_description_kept_as_it_is_counts_as_a_person_s_from_then_on(workspace: Workspace, first: str) -> None:
    same = partial(with_description, attribute_id="brand-nike", text="About Nike.")
    assert load_stages(workspace, edit_stages(workspace, first, same).id).edited == {0}


def test_an_edit_that_changes_nothing_is_refused(workspace: Workspace, first: str) -> None:
    with pytest.raises(InvalidInput, match="holds already"):
        edit_stages(workspace, first, on_clusters(partial(set_noise, members=[1], is_noise=True)))
    assert len(workspace.artefacts.list(STAGES)) == 1


def test_clusters_that_are_not_there_cannot_be_edited(workspace: Workspace, first: str) -> None:
    bare = edit_stages(workspace, first, EDITS["describe"]).id
    assert load_stages(workspace, bare).clustering is None
    with pytest.raises(ValenceError, match="no clusters in this version"):
        edit_stages(workspace, bare, EDITS["merge"])
    with pytest.raises(NotFound):
        edit_stages(workspace, "nothing", EDITS["merge"])


def test_the_line_of_versions_goes_back_to_the_first_and_cannot_be_broken(workspace: Workspace, first: str) -> None:
    second = edit_stages(workspace, first, EDITS["rename"]).id
    third = edit_stages(workspace, second, EDITS["noise"]).id
    branch = edit_stages(workspace, first, EDITS["merge"]).id

    assert [artefact.id for artefact in version_line(workspace, third)] == [third, second, first]
    assert [artefact.id for artefact in version_line(workspace, branch)] == [branch, first]
    with pytest.raises(ValenceError, match="was used to make"):
        workspace.artefacts.delete(STAGES, second)
    with pytest.raises(NotFound):
        version_line(workspace, "nothing")


def test_an_edit_taken_back_is_the_version_from_before(workspace: Workspace, first: str) -> None:
    flagged = edit_stages(workspace, first, EDITS["noise"]).id
    back = edit_stages(workspace, flagged, on_clusters(partial(set_noise, members=[0], is_noise=False)))
    assert back.id == first
    assert version_line(workspace, first)[0].manifest.parents == {CATALOGUE: catalogue().id}
    assert [artefact.id for artefact in version_line(workspace, flagged)] == [flagged, first]


def test_the_job_makes_what_an_edit_left_open_and_keeps_the_rest(
    workspace: Workspace, jobs: InlineJobRunner, first: str
) -> None:
    edited = edit_stages(workspace, first, EDITS["split"]).id
    settings = GraphSettings(strategy=Strategy.CLUSTER, stages=edited)
    job = jobs.get(
        jobs.submit(
            "prepare_clusters",
            {"catalogue": catalogue().id, "settings": settings.model_dump(mode="json"), "title": "Filled"},
            title="Prepare",
        )
    )
    assert job.state is JobState.DONE, job.error
    made = workspace.artefacts.get(STAGES, job.result[STAGES])
    filled, before = load_stages(workspace, made.id), load_stages(workspace, edited)

    assert made.manifest.parents == {CATALOGUE: catalogue().id, STAGES: edited}
    assert filled.clustering is not None and before.clustering is not None
    np.testing.assert_array_equal(filled.clustering.cluster, before.clustering.cluster)
    assert not filled.unlabelled
    assert len(filled.scores) == len(cluster_pairs(filled.clustering)) == 6
    row, kept = filled.scores.row(1, 2), before.scores.row(1, 2)
    assert filled.scores.score(row) == before.scores.score(kept)
