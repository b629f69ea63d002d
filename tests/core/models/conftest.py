"""A small training set of a made-up signed graph: what labels say of a row is decided by its signed pairs."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # as in a training process; read when a library is loaded
os.environ.setdefault("GOMP_SPINCOUNT", "0")

from core.models.tables import AttributeTable, CampaignRows, SignedEdges, TrainingSet

MODALITIES = {
    "brand": (24, 1, 1),
    "audience": (40, 2, 5),
    "geo": (20, 1, 3),
    "platform": (6, 1, 1),
    "creative": (16, 0, 2),
}
LABELS = ("pos", "neg", "avg")
N_ROWS = 2_400
N_TEST = 900
WIDTH = 24


class MadeUp(NamedTuple):
    """`training`, and `test`: rows of the same law with their labels, which no model sees."""

    training: TrainingSet
    test: TrainingSet


def make_table(rng: np.random.Generator) -> AttributeTable:
    """Vectors that explain most of the signs: two attributes go together as far as their vectors do."""
    names = list(MODALITIES)
    sizes = [MODALITIES[name][0] for name in names]
    modality = np.repeat(np.arange(len(names)), sizes).astype(np.int32)
    vectors = rng.normal(size=(len(modality), WIDTH)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = tuple(f"{names[m]}-{i}" for i, m in enumerate(modality))
    return AttributeTable(ids, ids, ids, tuple(names), tuple(names), modality, modality, vectors)


def make_signs(table: AttributeTable, rng: np.random.Generator) -> NDArray[np.int8]:
    """A dense symmetric sign matrix, int8 [A, A]: of what each attribute is like alone, and of how two fit."""
    n = len(table)
    alone = table.vectors[:, 0] * 3
    likeness = 6 * table.vectors[:, 1:5] @ table.vectors[:, 1:5].T
    score = alone[:, None] + alone + likeness
    noise = np.triu(rng.normal(scale=0.2, size=(n, n)), 1)
    score = score + noise + noise.T
    sign = np.where(score > 0.35, 1, np.where(score < -0.35, -1, 0)).astype(np.int8)
    sign[table.modality[:, None] == table.modality] = 0
    return sign


def make_rows(table: AttributeTable, n_rows: int, rng: np.random.Generator) -> CampaignRows:
    """Rows that hold a number of each modality's attributes within its quota."""
    members = []
    for _ in range(n_rows):
        row: list[int] = []
        for place, (_, low, high) in enumerate(MODALITIES.values()):
            own = np.flatnonzero(table.modality == place)
            row += sorted(rng.choice(own, size=rng.integers(low, high + 1), replace=False).tolist())
        members.append(row)
    offsets = np.cumsum([0, *map(len, members)]).astype(np.int64)
    return CampaignRows(np.concatenate(members).astype(np.int32), offsets)


def fractions_of(sign: NDArray[np.int8], rows: CampaignRows) -> NDArray[np.float64]:
    """pos_frac and neg_frac of each row, float64 [R, 2], counted from the dense sign matrix."""
    found = np.zeros((len(rows), 2))
    for row in range(len(rows)):
        nodes = rows.nodes[rows.offsets[row] : rows.offsets[row + 1]]
        pairs = sign[np.ix_(nodes, nodes)][np.triu_indices(len(nodes), 1)]
        found[row] = (pairs > 0).mean(), (pairs < 0).mean()
    return found


def make_up(seed: int = 5, n_rows: int = N_ROWS, n_test: int = N_TEST) -> MadeUp:
    """Rows drawn at random that lie in one of three boxes of the two fractions; those in none are left out."""
    rng = np.random.default_rng(seed)
    table = make_table(rng)
    sign = make_signs(table, rng)
    rows = make_rows(table, 3 * (n_rows + n_test), rng)
    pos, neg = fractions_of(sign, rows).T
    p, n = np.quantile(pos, [0.4, 0.6]), np.quantile(neg, [0.4, 0.6])
    label = np.select(
        [(pos >= p[1]) & (neg <= n[0]), (pos <= p[0]) & (neg >= n[1]), (pos < p[1]) & (neg < n[1])], [0, 1, 2], -1
    ).astype(np.int32)
    kept = np.flatnonzero(label >= 0)[: n_rows + n_test]
    assert len(kept) == n_rows + n_test
    source, target = np.nonzero(np.triu(sign, 1))
    edges = SignedEdges(source.astype(np.int32), target.astype(np.int32), sign[source, target])
    everything = TrainingSet(table, rows.take(kept), LABELS, label[kept], np.arange(len(kept), dtype=np.int64), edges)
    numbers = np.arange(len(kept), dtype=np.int64)
    return MadeUp(everything.take(numbers[:n_rows]), everything.take(numbers[n_rows:]))


@pytest.fixture(scope="session")
def made_up() -> MadeUp:
    return make_up()


@pytest.fixture
def copy_of() -> Callable[[TrainingSet], TrainingSet]:
    """The same values in arrays of their own."""

    def copied(training: TrainingSet) -> TrainingSet:
        table = training.attributes
        return replace(
            training,
            attributes=replace(
                table,
                modality=table.modality.copy(),
                attribute_type=table.attribute_type.copy(),
                vectors=table.vectors.copy(),
            ),
            rows=CampaignRows(training.rows.nodes.copy(), training.rows.offsets.copy()),
            label=training.label.copy(),
            group=training.group.copy(),
        )

    return copied
