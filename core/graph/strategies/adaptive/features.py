"""What the sign model knows of a pair before anything is asked."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, Problem
from core.graph.strategies.adaptive.pairs import PairList, list_pairs
from core.graph.strategies.adaptive.trait_comparisons import Column, trait_columns
from core.knowledge.traits import TraitTable

TEXT_AXES = 12  # principal axes of a modality's texts that a model of a few thousand answers can still use


@dataclass(frozen=True, eq=False)
class PairFeatures:
    """Columns about each pair, float32 [P, F], their names, and each attribute's own vector, float32 [N, D].

    The vectors say which attributes are alike; D is 0 where neither texts nor traits are known.
    """

    pairs: PairList
    values: NDArray[np.float32]
    names: tuple[str, ...]
    vectors: NDArray[np.float32]


def pair_features(
    catalogue: Catalogue, table: TraitTable | None = None, vectors: NDArray[np.float32] | None = None
) -> PairFeatures:
    """Compare the two ends of every candidate pair by attribute type, trait table and text vectors float [N, D].

    `table` and `vectors` may each be left out. `InvalidInput` when the vectors do not fit the catalogue or hold a
    number that is not finite.
    """
    pairs = list_pairs(catalogue)
    columns = [*_type_columns(catalogue, pairs)]
    if table is not None:
        columns += trait_columns(catalogue, pairs, table)
    if vectors is not None:
        _check_vectors(catalogue, vectors)
        columns += _text_columns(pairs, np.asarray(vectors, dtype=np.float64))
    nothing = np.zeros((len(catalogue), 0), dtype=np.float32)
    return PairFeatures(
        pairs=pairs,
        values=np.stack([column.values.astype(np.float32) for column in columns], axis=1),
        names=tuple(column.name for column in columns),
        vectors=nothing if vectors is None else np.asarray(vectors, dtype=np.float32),
    )


def _type_columns(catalogue: Catalogue, pairs: PairList) -> Iterator[Column]:
    number = {name: i for i, name in enumerate(catalogue.attribute_types)}
    of_type = np.array([number[a.attribute_type] for a in catalogue.attributes], dtype=np.float32)
    yield Column("modality pair", pairs.block.astype(np.float32))
    yield Column("attribute type of the first", of_type[pairs.first])
    yield Column("attribute type of the second", of_type[pairs.second])


def _text_columns(pairs: PairList, vectors: NDArray[np.float64]) -> Iterator[Column]:
    """Cosine of the two texts, and where each end lies among the texts of its own modality."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(length > 0, length, 1.0)
    yield Column("similarity of texts", (unit @ unit.T)[pairs.first, pairs.second].astype(np.float32))
    axes = np.zeros((len(vectors), TEXT_AXES), dtype=np.float32)
    for positions in {tuple(side) for block in pairs.blocks for side in (block.rows, block.columns)}:
        side = list(positions)
        axes[side] = _principal_axes(unit[side])
    for axis in range(TEXT_AXES):
        yield Column(f"text axis {axis + 1} of the first", axes[pairs.first, axis])
        yield Column(f"text axis {axis + 1} of the second", axes[pairs.second, axis])


def _principal_axes(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    """Coordinates on the first axes, [n, TEXT_AXES], zero beyond the rank; each axis points to its largest end."""
    found = np.zeros((len(vectors), TEXT_AXES), dtype=np.float32)
    left, size, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    kept = min(TEXT_AXES, int(np.count_nonzero(size > 1e-9)))
    largest = np.round(np.abs(left[:, :kept]), 6).argmax(axis=0)  # the first of equals, whatever the last digits
    found[:, :kept] = left[:, :kept] * size[:kept] * np.sign(left[largest, np.arange(kept)])
    return found


def _check_vectors(catalogue: Catalogue, vectors: NDArray[np.float32]) -> None:
    problems = []
    if vectors.ndim != 2 or len(vectors) != len(catalogue):
        shape = " x ".join(map(str, vectors.shape))
        problems.append(Problem(f"They have the shape {shape}.", f"Give one vector for each of {len(catalogue)}."))
    else:
        for position in np.flatnonzero(~np.isfinite(vectors).all(axis=1)).tolist():
            name = catalogue.attributes[position].value
            problems.append(Problem(f"The vector of {name!r} is not finite.", "Embed it again.", field=name))
    if problems:
        raise InvalidInput("The vectors of the attributes", problems)
