"""What the head sees of a row beside its estimates: how large it is, and how much of it is missing or new."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.models.pair_kernel.kernel import Floats
from core.models.pair_kernel.layout import PairLayout, row_pairs
from core.models.pair_kernel.system import row_means
from core.models.tables import CampaignRows, TrainingSet


class HeadRows(NamedTuple):
    """R rows as the head sees them, float64.

    `estimates`: contrasts [R, T]; `sizes`: attributes; `unseen`: share of pairs with an attribute that no training row
    held; `missing`: the surprise, in nats, at each modality that a row lacks, times the share of a row it makes up.
    """

    estimates: NDArray[np.float64]
    sizes: NDArray[np.float64]
    unseen: NDArray[np.float64]
    missing: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Expected:
    """What training rows are like. `seen`, bool [A]: attributes that one of them held.

    `modality`, int32 [A], of every attribute; `surprise`, float64 [M]: at a row that lacks a modality.
    """

    seen: NDArray[np.bool_]
    modality: NDArray[np.int32]
    surprise: NDArray[np.float64]


def expected(training: TrainingSet) -> Expected:
    """Count attributes and modalities over the training rows."""
    modality, n_modalities = training.attributes.modality, len(training.attributes.modalities)
    counts = _counts(training.rows, modality, n_modalities)
    held = (counts > 0).sum(axis=0)
    lacking = (len(counts) - held + 1) / (len(counts) + 2)
    share = counts.sum(axis=0) / np.maximum(held, 1) / max(counts.sum() / max(len(counts), 1), 1.0)
    seen = np.bincount(training.rows.nodes, minlength=len(training.attributes)) > 0
    return Expected(seen, modality, np.asarray(-np.log(lacking) * share, dtype=np.float64))


def head_rows(layout: PairLayout, rows: CampaignRows, of_pairs: Floats, usual: Expected) -> HeadRows:
    """Rows as the head sees them, given estimates of all pairs [P, T] and what training rows are like."""
    sizes = rows.sizes()
    n_seen = np.bincount(rows.row_of_node(), weights=usual.seen[rows.nodes], minlength=len(rows))
    all_pairs = np.maximum(sizes * (sizes - 1), 1)
    lacks = _counts(rows, usual.modality, len(usual.surprise)) == 0
    return HeadRows(
        estimates=row_means(row_pairs(layout, rows), of_pairs),
        sizes=sizes.astype(np.float64),
        unseen=1.0 - np.where(sizes > 1, n_seen * (n_seen - 1) / all_pairs, 1.0),
        missing=np.asarray((lacks * usual.surprise).sum(axis=1), dtype=np.float64),
    )


def join_head_rows(parts: list[HeadRows]) -> HeadRows:
    """The rows of all parts, one part after the other."""
    return HeadRows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _counts(rows: CampaignRows, modality: NDArray[np.int32], n_modalities: int) -> NDArray[np.int64]:
    """Attributes of each modality in each row, [R, M]."""
    cell = rows.row_of_node() * n_modalities + modality[rows.nodes]
    return np.bincount(cell, minlength=len(rows) * n_modalities).reshape(len(rows), n_modalities)
