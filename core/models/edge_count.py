"""A model that knows the signed edges: it counts those of each row and learns where the labels part."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from core.errors import ValenceError
from core.models.protocol import FittedModel, Training, TrainingStep
from core.models.tables import AttributeTable, CampaignRows, SignedEdges, TrainingSet
from core.models.training_checks import check_training_set
from core.sampler.recount import EdgeIndex, recount_rows


class EdgeCountSettings(BaseModel):
    """How fine the plane of the two fractions is cut: at most `n_regions`, each of at least `least_rows` rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_regions: int = Field(default=64, ge=2, le=4_096)
    least_rows: int = Field(default=10, ge=1, le=100_000)


@dataclass(frozen=True, eq=False)
class EdgeCount:
    """`tree`: a decision tree over (pos_frac, neg_frac); `columns`: int64, the label of each of its classes."""

    edges: EdgeIndex
    tree: Any
    columns: NDArray[np.int64]
    n_labels: int

    def probabilities(self, rows: CampaignRows) -> NDArray[np.float64]:
        """Shares of the labels among the training rows of each row's region, float64 [R, K]."""
        chances = np.zeros((len(rows), self.n_labels))
        if len(rows):
            chances[:, self.columns] = self.tree.predict_proba(_fractions(self.edges, rows))
        return chances


def fit(training: TrainingSet, settings: EdgeCountSettings, seed: int) -> Training[FittedModel]:
    """Cut the plane of (pos_frac, neg_frac) along its axes, as label ranges do.

    `ValenceError` where the edges are not given, and for rows that nothing can be learnt from.
    """
    check_training_set(training)
    if training.edges is None:
        raise ValenceError("Edge count needs the signed edges.", "Train it on the graph-aware track.")
    from sklearn.tree import DecisionTreeClassifier

    edges = _index(training.attributes, training.edges)
    found = _fractions(edges, training.rows)
    yield TrainingStep(1, 2, "Edges counted")
    least = min(settings.least_rows, max(len(training) // 20, 1))  # a small set still has its regions
    tree = DecisionTreeClassifier(max_leaf_nodes=settings.n_regions, min_samples_leaf=least, random_state=seed)
    tree.fit(found, training.label)
    yield TrainingStep(2, 2, "Labels parted")
    return EdgeCount(edges, tree, np.asarray(tree.classes_, dtype=np.int64), len(training.labels))


def _index(attributes: AttributeTable, edges: SignedEdges) -> EdgeIndex:
    """The edges in sorted form, which takes room by edge and not by pair of attributes."""
    n = len(attributes)
    low = np.minimum(edges.source, edges.target).astype(np.int64)
    key = low * n + np.maximum(edges.source, edges.target)
    order = np.argsort(key, kind="stable")
    return EdgeIndex(n, np.zeros(0, dtype=np.int8), key[order], edges.sign[order])


def _fractions(edges: EdgeIndex, rows: CampaignRows) -> NDArray[np.float64]:
    """pos_frac and neg_frac of each row, float64 [R, 2]."""
    found = recount_rows(edges, rows.nodes, rows.offsets).fractions
    return np.column_stack((found.pos_frac, found.neg_frac))
