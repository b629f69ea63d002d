"""SMOTE before the split: rows between two real rows lie on both sides, and the model has seen the test."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.tabular.engines.registry import check_installed, family_named
from core.tabular.preparation import prepare
from core.tabular.report.bench import MOST_TRAIN, rarest_code
from core.tabular.report.boosting import boosted_trees, scores_by
from core.tabular.report.drawing import drawn_rows
from core.tabular.report.encoding import EncodedTable, Encoder, encoder_of
from core.tabular.report.folds import auc_of, stratified_folds
from core.tabular.report.joining import joined
from core.tabular.report.traps_model import Trap, TrapFigure
from core.tabular.report.tree_features import tree_features
from core.tabular.schema import TableSchema
from core.tabular.table import RawTable

_FAMILY: Final = "smote-knn"
_BUDGET_S: Final = 60.0
_FOLDS: Final = 3


def early_smote(train: RawTable, holdout: RawTable, schema: TableSchema, seed: int) -> Steps[Trap]:
    """The same model twice: balanced by SMOTE before one row in three is set aside, and after, tested on real rows.

    `ValenceError` where the library is missing, or the rarest class too small for it.
    """
    learning = train.take(drawn_rows(len(train), MOST_TRAIN, seed, "early smote"))
    held = holdout.take(drawn_rows(len(holdout), MOST_TRAIN // 2, seed, "early smote"))
    whole = learning.concat(held)
    encoder = encoder_of(schema, whole)
    yield Progress(0, 1, "SMOTE before the split")
    balanced, labels = yield from _balanced(whole, encoder, seed)
    is_tested = stratified_folds(labels, _FOLDS, seed) == 0
    rows = [np.flatnonzero(~is_tested), np.flatnonzero(is_tested)]
    shown = _auc(balanced.take(rows[0]), labels[rows[0]], balanced.take(rows[1]), labels[rows[1]], encoder, seed)
    yield Progress(0, 1, "SMOTE after the split")
    balanced, labels = yield from _balanced(learning, encoder, seed)
    tested = encoder.encode(held)
    positive = rarest_code(encoder.encode(learning).codes[schema.target])
    honest = _auc(balanced, labels, tested, tested.codes[schema.target] == positive, encoder, seed)
    return Trap(
        name="early-smote",
        title="SMOTE before the split",
        what_was_done="The rarest class was filled up with rows between its rows, and only then were test rows drawn.",
        lesson="A row between two others gives both away. Split first, add rows to the training side alone, and test "
        "on real rows.",
        figures=(
            TrapFigure(name="shown-auc", value=shown, misleads=True, remark="tested on rows made from training rows"),
            TrapFigure(name="honest-auc", value=honest, misleads=False, remark="tested on real rows held out before"),
        ),
    )


def _balanced(table: RawTable, encoder: Encoder, seed: int) -> Steps[tuple[EncodedTable, NDArray[np.bool_]]]:
    """The table with as many rows of its rarest class as of all others, and which rows are of it, bool [R]."""
    encoded = encoder.encode(table)
    labels = encoded.codes[encoder.schema.target] == rarest_code(encoded.codes[encoder.schema.target])
    family = family_named(_FAMILY)
    check_installed(family)
    preparation = prepare(table, encoder.schema)
    rare = preparation.plain.take(np.flatnonzero(labels))
    fitted = yield from family.fit(rare, family.settings(), seed, _BUDGET_S)
    n_added = int((~labels).sum() - labels.sum())
    plain = yield from fitted.sample(n_added, seed)
    made = encoder.encode(preparation.restore(plain, seed))
    return joined(encoded, made), np.concatenate([labels, np.ones(n_added, dtype=np.bool_)])


def _auc(
    training: EncodedTable, labels: NDArray[np.bool_], tested: EncodedTable, tested_labels: NDArray[np.bool_],
    encoder: Encoder, seed: int,
) -> float:  # fmt: skip
    sides = [tree_features(side, encoder).without(encoder.schema.target).values for side in (training, tested)]
    trees = boosted_trees(sides[0], labels, seed)
    return auc_of(tested_labels, scores_by(trees, sides[1]))
