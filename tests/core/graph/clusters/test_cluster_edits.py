"""Hand edits, against a plain recount of the columns."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput, NotFound
from core.graph.clusters.edits import merge_clusters, move_members, rename_cluster, set_noise, split_cluster
from core.graph.clusters.model import ClusterCard, Clustering

CARD = ClusterCard("Sport", "All about sport.", ("active", "young"))


def check_consistent(clustering: Clustering) -> None:
    """Clusters, recounted from the column of numbers, with exemplars recomputed in plain numpy."""
    by_number = {int(n): tuple(np.flatnonzero(clustering.cluster == n)) for n in np.unique(clustering.cluster)}
    assert {c.number: c.members for c in clustering.clusters} == by_number
    assert [c.number for c in clustering.clusters] == sorted(by_number)
    for cluster in clustering.clusters:
        modalities = {clustering.catalogue.attributes[member].modality for member in cluster.members}
        assert modalities == {cluster.modality}
        own = clustering.points[list(cluster.members)].astype(float)
        distance = np.round(((own - own.mean(axis=0)) ** 2).sum(axis=1) ** 0.5, 9)
        nearest = [cluster.members[i] for i in np.argsort(distance, kind="stable")]
        assert list(cluster.exemplars) == nearest[: clustering.settings.n_exemplars]


def test_members_move_with_their_noise_flag_and_cards_stay(clustering: Clustering) -> None:
    carded = clustering.with_cards({0: CARD, 1: ClusterCard("Other")})
    moved = move_members(carded, [2], 1)
    check_consistent(moved)
    assert moved[1].members == (2, 3, 4)
    assert moved[0].members == (0, 1)
    assert bool(moved.is_noise[2])
    assert moved[0].card == CARD
    assert moved[0].stability is None
    assert moved[2] == carded[2]
    check_consistent(carded)
    assert moved.id != carded.id
    assert move_members(moved, [2], 0)[0].members == carded[0].members


def test_every_impossible_move_is_named(clustering: Clustering) -> None:
    with pytest.raises(InvalidInput) as caught:
        move_members(clustering, [0, 3, 7, 99, 5, 6], 1)
    told = [problem.message for problem in caught.value.problems]
    assert told == [
        "There is no attribute at position 99; positions are 0 to 9.",
        "'brand 3' is in cluster 1 already.",
        "'geo 0' is of modality 'geo', cluster 1 of 'brand'.",
        "Cluster 2 would be left empty.",
        "Cluster 3 would be left empty.",
    ]
    with pytest.raises(InvalidInput, match="No attribute is named"):
        move_members(clustering, [], 1)
    with pytest.raises(NotFound, match=r"no cluster 8; numbers are 0, 1, 2, 3, 4, 5"):
        move_members(clustering, [0], 8)


def test_merged_clusters_take_number_and_card_of_the_first(clustering: Clustering) -> None:
    carded = clustering.with_cards({0: ClusterCard("First"), 2: CARD})
    merged = merge_clusters(carded, [2, 0])
    check_consistent(merged)
    assert merged[2].members == (0, 1, 2, 5, 6)
    assert merged[2].card == CARD
    assert 0 not in merged.by_number
    assert merged[1] == carded[1]


@pytest.mark.parametrize(
    ("numbers", "message"),
    [([1], "two clusters"), ([], "two clusters"), ([1, 1], "named more than once"), ([0, 3], "brand, geo")],
)
def test_impossible_merges_are_refused(clustering: Clustering, numbers: list[int], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        merge_clusters(clustering, numbers)


def test_a_split_makes_a_cluster_without_a_card(clustering: Clustering) -> None:
    split = split_cluster(clustering.with_cards({0: CARD}), 0, [1, 2])
    check_consistent(split)
    assert split[0].members == (0,)
    assert split[0].card == CARD
    assert split[6].members == (1, 2)
    assert split[6].card is None


def test_a_split_and_a_merge_undo_each_other(clustering: Clustering) -> None:
    again = merge_clusters(split_cluster(clustering, 0, [1]), [0, 6])
    assert again.cluster.tobytes() == clustering.cluster.tobytes()
    assert again[0].exemplars == clustering[0].exemplars


def test_every_reason_against_a_split_is_named(clustering: Clustering) -> None:
    with pytest.raises(InvalidInput) as caught:
        split_cluster(clustering, 1, [3, 4, 5, -1])
    told = " ".join(problem.message for problem in caught.value.problems)
    assert "position -1" in told
    assert "'brand 5' is not in cluster 1" in told
    assert "Nothing would be left of cluster 1" in told


def test_a_new_label_keeps_the_rest_of_the_card(clustering: Clustering) -> None:
    renamed = rename_cluster(clustering.with_cards({0: CARD}), 0, "  Running  ")
    assert renamed[0].card == ClusterCard("Running", CARD.summary, CARD.characteristics)
    assert rename_cluster(clustering, 1, "Cars")[1].card == ClusterCard("Cars")
    assert rename_cluster(renamed, 3, "running")[3].card == ClusterCard("running")  # another modality


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (" ", "cannot be empty"),
        ("x" * 81, "81 characters"),
        ("a\nb", "control characters"),
        ("SPORT", "called 'Sport'"),
    ],
)
def test_impossible_labels_are_refused(clustering: Clustering, label: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        rename_cluster(clustering.with_cards({0: CARD}), 1, label)


def test_noise_flags_are_set_and_cleared(clustering: Clustering) -> None:
    flagged = set_noise(clustering, [4, 8], True)
    assert np.flatnonzero(flagged.is_noise).tolist() == [2, 4, 8]
    assert np.flatnonzero(set_noise(flagged, [2, 8], False).is_noise).tolist() == [4]
    assert np.flatnonzero(clustering.is_noise).tolist() == [2]
    with pytest.raises(InvalidInput, match="position 10"):
        set_noise(clustering, [10], True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_row_of_edits_leaves_a_whole_clustering(clustering: Clustering, data: st.DataObject) -> None:
    """Whatever is done, possible or refused, each attribute is in one cluster and each cluster in one modality."""
    positions = st.lists(st.integers(0, 9), min_size=1, max_size=4)
    for _ in range(data.draw(st.integers(1, 6))):
        numbers = st.sampled_from(sorted(clustering.by_number))
        edit = data.draw(st.sampled_from(["move", "merge", "split"]))
        try:
            if edit == "move":
                clustering = move_members(clustering, data.draw(positions), data.draw(numbers))
            elif edit == "merge":
                clustering = merge_clusters(clustering, data.draw(st.lists(numbers, min_size=2, max_size=3)))
            else:
                clustering = split_cluster(clustering, data.draw(numbers), data.draw(positions))
        except InvalidInput:
            continue
        check_consistent(clustering)


def test_cards_are_given_by_number(clustering: Clustering) -> None:
    assert clustering.with_cards({2: CARD})[2].card == CARD
    assert clustering.with_cards({2: CARD}).with_cards({2: None}).id == clustering.id
    with pytest.raises(NotFound, match="no cluster 9"):
        clustering.with_cards({9: CARD})
