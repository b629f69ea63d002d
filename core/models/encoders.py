"""Rows as numbers: the mean vector of each modality's attributes, and modalities of one value as categories."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from core.models.tables import AttributeTable, CampaignRows


class Pooled(NamedTuple):
    """`vectors`: float32 [R, M, D], zeros where absent; `present`: bool [R, M]."""

    vectors: NDArray[np.float32]
    present: NDArray[np.bool_]


def pool_modalities(attributes: AttributeTable, rows: CampaignRows) -> Pooled:
    """The mean of the content vectors of each row's attributes, modality by modality in the table's order.

    An attribute that nothing is known of (a vector of zeros) does not count; a modality of which a row holds no known
    attribute is absent there. The mean is not normalised again: its length says how alike the members are.
    """
    n_modalities, width = len(attributes.modalities), attributes.vectors.shape[1]
    members = _known_members(attributes, rows)
    pooled = np.zeros((len(rows), n_modalities, width), dtype=np.float32)
    present = np.zeros((len(rows), n_modalities), dtype=np.bool_)
    for modality in range(n_modalities):
        own = attributes.modality == modality
        held = members[:, own]
        counts = np.diff(held.indptr)
        present[:, modality] = counts > 0
        sums = held @ attributes.vectors[own]
        pooled[:, modality] = sums / np.maximum(counts, 1)[:, None]
    return Pooled(pooled, present)


def vector_widths(attributes: AttributeTable) -> NDArray[np.int64]:
    """How many columns of the content vectors each modality fills, int64 [M]; 0 where nothing is known of any."""
    filled = [attributes.vectors[attributes.modality == modality] for modality in range(len(attributes.modalities))]
    return np.array([_last_filled(vectors) for vectors in filled], dtype=np.int64)


def modality_counts(attributes: AttributeTable, rows: CampaignRows) -> NDArray[np.int64]:
    """How many attributes of each modality each row holds, int64 [R, M]."""
    n_modalities = len(attributes.modalities)
    place = rows.row_of_node() * n_modalities + attributes.modality[rows.nodes]
    return np.bincount(place, minlength=len(rows) * n_modalities).reshape(len(rows), n_modalities)


def single_valued(attributes: AttributeTable, rows: CampaignRows) -> NDArray[np.bool_]:
    """Which modalities no row holds more than one attribute of, and some row holds one: bool [M]."""
    most = modality_counts(attributes, rows).max(axis=0, initial=0)
    return np.asarray(most == 1, dtype=np.bool_)


def category_of(attributes: AttributeTable, rows: CampaignRows, modality: int) -> NDArray[np.int32]:
    """The attribute of a modality that each row holds, int32 [R]: its position, -1 for none.

    The smallest position where a row holds several, as rows may that were not there when it was found single-valued.
    """
    own = attributes.modality[rows.nodes] == modality
    held = np.full(len(rows), len(attributes), dtype=np.int32)
    np.minimum.at(held, rows.row_of_node()[own], rows.nodes[own])
    held[held == len(attributes)] = -1
    return held


def drop_modality(attributes: AttributeTable, rows: CampaignRows, modality: int) -> CampaignRows:
    """The same rows without any attribute of a modality; some may be empty afterwards."""
    return rows.keep(np.asarray(attributes.modality[rows.nodes] != modality))


def _known_members(attributes: AttributeTable, rows: CampaignRows) -> sparse.csr_matrix:
    """Row r holds attribute a: float32 1 at [r, a], only where a vector is known."""
    known = np.asarray(attributes.vectors.any(axis=1), dtype=np.bool_)
    kept = rows.keep(known[rows.nodes])
    ones = np.ones(len(kept.nodes), dtype=np.float32)
    return sparse.csr_matrix((ones, kept.nodes, kept.offsets), shape=(len(rows), len(attributes)))


def _last_filled(vectors: NDArray[np.float32]) -> int:
    columns = np.flatnonzero(vectors.any(axis=0))
    return int(columns[-1]) + 1 if len(columns) else 0
