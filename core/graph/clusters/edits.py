"""Clusters changed by hand: every edit returns a new clustering, or says why it cannot be.

Numbers stay: what is left of a cluster keeps its number, merged clusters take that of the first named, a new cluster
takes the next free one. Cards stay with their numbers; noise flags change only by `set_noise`.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from core.errors import InvalidInput, Problem
from core.graph.clusters.model import Cluster, ClusterCard, Clustering, nearest_to_centroid

MAX_LABEL = 80  # characters


def move_members(clustering: Clustering, members: Sequence[int], into: int) -> Clustering:
    """Put attributes (catalogue positions) into another cluster of their modality.

    `InvalidInput` lists every position that does not exist, is of another modality or already there, and every cluster
    that would be left empty; `NotFound` for an unknown cluster.
    """
    target = clustering[into]
    problems = _member_problems(clustering, members)
    for position in _known(clustering, members):
        attribute = clustering.catalogue.attributes[position]
        if attribute.modality != target.modality:
            message = f"{attribute.value!r} is of modality {attribute.modality!r}, cluster {into} of "
            problems.append(
                Problem(f"{message}{target.modality!r}.", "Choose a cluster of its own modality.", field="members")
            )
        elif clustering.cluster[position] == into:
            problems.append(
                Problem(f"{attribute.value!r} is in cluster {into} already.", "Leave it out.", field="members")
            )
    problems += _emptied(clustering, members, spared=into)
    _refuse("The members cannot be moved", problems)
    return _renumbered(clustering, dict.fromkeys(members, into))


def merge_clusters(clustering: Clustering, numbers: Sequence[int]) -> Clustering:
    """Join two or more clusters of one modality under the first one's number and card.

    `InvalidInput` for fewer than two, a number named twice, or clusters of several modalities; `NotFound` for an
    unknown number.
    """
    merged = [clustering[number] for number in numbers]
    problems = []
    if len(set(numbers)) < 2:
        problems.append(Problem("It takes two clusters to merge.", "Name at least two.", field="numbers"))
    problems += [
        Problem(f"Cluster {number} is named more than once.", "Name it once.", field="numbers")
        for number in sorted({number for number in numbers if list(numbers).count(number) > 1})
    ]
    modalities = sorted({cluster.modality for cluster in merged})
    if len(modalities) > 1:
        message = f"The clusters are of several modalities: {', '.join(modalities)}."
        problems.append(Problem(message, "Merge clusters of one modality.", field="numbers"))
    _refuse("The clusters cannot be merged", problems)
    moved = {position: numbers[0] for cluster in merged[1:] for position in cluster.members}
    return _renumbered(clustering, moved)


def split_cluster(clustering: Clustering, number: int, members: Sequence[int]) -> Clustering:
    """Take attributes (catalogue positions) out of a cluster into a new one, which has the highest number and no card.

    `InvalidInput` lists every position that is not in the cluster, and a split that leaves one side empty; `NotFound`
    for an unknown cluster.
    """
    cluster = clustering[number]
    problems = _member_problems(clustering, members)
    for position in _known(clustering, members):
        if position not in cluster.members:
            value = clustering.catalogue.attributes[position].value
            problems.append(Problem(f"{value!r} is not in cluster {number}.", "Leave it out.", field="members"))
    if set(cluster.members) <= set(members):
        message = f"Nothing would be left of cluster {number}."
        problems.append(Problem(message, "Leave at least one member in it.", field="members"))
    _refuse(f"Cluster {number} cannot be split", problems)
    return _renumbered(clustering, dict.fromkeys(members, max(clustering.by_number) + 1))


def rename_cluster(clustering: Clustering, number: int, label: str) -> Clustering:
    """Give a cluster another label, of at most `MAX_LABEL` characters, trimmed; summary and characteristics stay.

    `InvalidInput` for a label that is empty, too long, holds control characters or is another cluster's of the same
    modality; `NotFound` for an unknown cluster.
    """
    cluster = clustering[number]
    text = label.strip()
    problems = _label_problems(text)
    for other in clustering.by_modality[cluster.modality]:
        if other.number != number and other.card and other.card.label.casefold() == text.casefold():
            message = f"Cluster {other.number} of {cluster.modality!r} is called {other.card.label!r} already."
            problems.append(Problem(message, "Choose another label, or merge the two.", field="label"))
    _refuse(f"Cluster {number} cannot be renamed", problems)
    card = replace(cluster.card, label=text) if cluster.card else ClusterCard(text)
    return clustering.with_cards({number: card})


def set_noise(clustering: Clustering, members: Sequence[int], is_noise: bool) -> Clustering:
    """Set or clear the noise flag of attributes (catalogue positions); a flagged one is always judged on its own.

    `InvalidInput` lists every position that does not exist.
    """
    _refuse("The noise flag cannot be set", _member_problems(clustering, members))
    flags = clustering.is_noise.copy()
    flags[list(members)] = is_noise
    return replace(clustering, is_noise=flags)


def _renumbered(clustering: Clustering, moved: Mapping[int, int]) -> Clustering:
    """Give positions new cluster numbers; clusters whose members stay are left alone, cards and numbers too."""
    numbers = clustering.cluster.copy()
    numbers[list(moved)] = np.fromiter(moved.values(), dtype=np.int32)
    touched = set(moved.values()) | {int(clustering.cluster[position]) for position in moved}
    clusters = [cluster for cluster in clustering.clusters if cluster.number not in touched]
    for number in touched & set(numbers.tolist()):
        members = tuple(int(position) for position in np.flatnonzero(numbers == number))
        exemplars = nearest_to_centroid(clustering.points, members, clustering.settings.n_exemplars)
        known = clustering.by_number.get(number)
        modality = clustering.catalogue.attributes[members[0]].modality
        # A measured stability is that of the cluster as it was, so it goes when the members change.
        clusters.append(Cluster(number, modality, members, exemplars, known.card if known else None))
    clusters.sort(key=lambda cluster: cluster.number)
    return replace(clustering, cluster=numbers, clusters=tuple(clusters))


def _known(clustering: Clustering, members: Sequence[int]) -> list[int]:
    return [position for position in dict.fromkeys(members) if 0 <= position < len(clustering.cluster)]


def _member_problems(clustering: Clustering, members: Sequence[int]) -> list[Problem]:
    n = len(clustering.cluster)
    problems = [] if members else [Problem("No attribute is named.", "Name at least one.", field="members")]
    for position in dict.fromkeys(members):
        if not 0 <= position < n:
            message = f"There is no attribute at position {position}; positions are 0 to {n - 1}."
            problems.append(Problem(message, "Name attributes of this catalogue.", field="members"))
    return problems


def _emptied(clustering: Clustering, members: Sequence[int], spared: int) -> list[Problem]:
    left: Iterable[int] = {int(clustering.cluster[position]) for position in _known(clustering, members)} - {spared}
    return [
        Problem(
            f"Cluster {number} would be left empty.",
            f"Merge it into cluster {spared} instead.",
            field="members",
        )
        for number in sorted(left)
        if set(clustering[number].members) <= set(members)
    ]


def _label_problems(text: str) -> list[Problem]:
    problems = []
    if not text:
        problems.append(Problem("A label cannot be empty.", "Write two to four words.", field="label"))
    if len(text) > MAX_LABEL:
        message = f"The label has {len(text)} characters; at most {MAX_LABEL} are shown."
        problems.append(Problem(message, "Shorten it.", field="label"))
    if any(unicodedata.category(letter).startswith("C") for letter in text):
        problems.append(Problem("The label holds control characters.", "Write it on one line.", field="label"))
    return problems


def _refuse(what: str, problems: list[Problem]) -> None:
    if problems:
        raise InvalidInput(what, problems)
