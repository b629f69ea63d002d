"""The tables that every method is seen beside: what real, copied, shuffled and interpolated rows score."""

from typing import Final

import pyarrow as pa

from core.progress import Steps
from core.tabular.engines.registry import check_installed, family_named
from core.tabular.preparation import prepare
from core.tabular.report.bench import MOST_TRAIN
from core.tabular.report.drawing import random_for
from core.tabular.report.method import Method
from core.tabular.schema import TableSchema
from core.tabular.table import RawTable

REAL: Final = "real-holdout"
COPY: Final = "verbatim-copy"
SHUFFLE: Final = "column-shuffle"
SMOTE: Final = "smote-anchor"
CONSTANT: Final = "constant-predictor"
ANCHORS: Final = (REAL, COPY, SHUFFLE, SMOTE, CONSTANT)
_SMOTE_FAMILY: Final = "smote-knn"
_SMOTE_BUDGET_S: Final = 120.0


def copied(train: RawTable) -> Method:
    """The training rows themselves: perfect in every figure of likeness, and no privacy at all."""
    return Method(COPY, "Verbatim copy", train)


def shuffled(train: RawTable, seed: int) -> Method:
    """Every column of the training rows dealt anew on its own: each as before, and no relation between them."""
    rng = random_for(seed, "column shuffle")
    cells = {name: train.cells[name].take(pa.array(rng.permutation(len(train)))) for name in train.columns}
    return Method(SHUFFLE, "Column shuffle", RawTable(train.columns, cells))


def interpolated(train: RawTable, schema: TableSchema, seed: int) -> Steps[Method]:
    """As many rows as the training table has (at most 20,000), each between two of its rows of one class.

    `ValenceError` where the library that SMOTE needs is not installed.
    """
    family = family_named(_SMOTE_FAMILY)
    check_installed(family)
    preparation = prepare(train, schema)
    fitted = yield from family.fit(preparation.plain, family.settings(), seed, _SMOTE_BUDGET_S)
    plain = yield from fitted.sample(min(len(train), MOST_TRAIN), seed)
    return Method(SMOTE, "SMOTE as synthesizer", preparation.restore(plain, seed))
