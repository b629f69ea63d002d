"""What a logistic model sees of a row: one number per category column, learnt from training rows and their label.

A category becomes how much more often the label is positive with it (a smoothed log-odds). The training rows' own are
learnt out of fold, so that no row's label is in its features. The width does not depend on the number of categories.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.report.encoding import EncodedTable, Encoder
from core.tabular.report.folds import stratified_folds

_FOLDS: Final = 5
_PRIOR_ROWS: Final = 20.0
_FARTHEST: Final = 4.0


@dataclass(frozen=True, eq=False)
class LinearFeatures:
    """Features of training and of tested rows, float64 [R, F] and [T, F]."""

    names: tuple[str, ...]
    training: NDArray[np.float64]
    tested: NDArray[np.float64]


def linear_features(
    training: EncodedTable, labels: NDArray[np.bool_], tested: EncodedTable, encoder: Encoder, target: str, seed: int
) -> LinearFeatures:
    """Features of all columns but `target` ("" for none); numbers are standardised and cut off at 4 deviations."""
    folds = stratified_folds(labels, _FOLDS, seed)
    columns: list[tuple[str, NDArray[np.float64], NDArray[np.float64]]] = []
    for column in encoder.columns:
        name = column.name
        if name == target:
            continue
        if name in training.numbers:
            columns += _of_number(name, training.numbers[name], tested.numbers[name])
        elif name in training.codes:
            columns.append((name, *_of_codes(training, labels, folds, tested, name, encoder.n_codes(name))))
        else:
            columns += _of_list(training, labels, folds, tested, name, encoder.n_codes(name))
    if not columns:
        return LinearFeatures((), np.zeros((len(training), 1)), np.zeros((len(tested), 1)))
    names, first, second = zip(*columns, strict=True)
    return LinearFeatures(names, np.column_stack(first), np.column_stack(second))


def _of_number(
    name: str, training: NDArray[np.float64], tested: NDArray[np.float64]
) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    known = training[~np.isnan(training)]
    centre, spread = (float(known.mean()), float(known.std())) if len(known) else (0.0, 0.0)
    first, second = (
        np.clip(np.where(np.isnan(side), 0.0, (side - centre) / (spread or 1.0)), -_FARTHEST, _FARTHEST)
        for side in (training, tested)
    )
    if not np.isnan(training).any():
        return [(name, first, second)]
    empty = np.isnan(training).astype(np.float64), np.isnan(tested).astype(np.float64)
    return [(name, first, second), (f"{name}: empty", *empty)]


def _of_codes(
    training: EncodedTable, labels: NDArray[np.bool_], folds: NDArray[np.int64], tested: EncodedTable, name: str,
    n_codes: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    codes = training.codes[name] + 1
    own = np.zeros(len(training))
    for fold in range(_FOLDS):
        held = folds == fold
        own[held] = log_odds(codes[~held], labels[~held], n_codes + 2)[codes[held]]
    return own, log_odds(codes, labels, n_codes + 2)[tested.codes[name] + 1]


def _of_list(
    training: EncodedTable, labels: NDArray[np.bool_], folds: NDArray[np.int64], tested: EncodedTable, name: str,
    n_codes: int,
) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:  # fmt: skip
    lists, others = training.lists[name], tested.lists[name]
    rows = lists.row_of
    own = np.zeros(len(lists.codes))
    for fold in range(_FOLDS):
        held = folds[rows] == fold
        learnt = log_odds(lists.codes[~held], labels[rows[~held]], n_codes + 1)
        own[held] = learnt[lists.codes[held]]
    whole = log_odds(lists.codes, labels[rows], n_codes + 1)
    own_sums = np.bincount(rows, weights=own, minlength=len(lists.lengths)).astype(np.float64)
    sums = np.bincount(others.row_of, weights=whole[others.codes], minlength=len(others.lengths)).astype(np.float64)
    lengths = _of_number(f"{name}: how many", lists.lengths.astype(np.float64), others.lengths.astype(np.float64))
    return [(f"{name}: values", own_sums, sums), *lengths]


def log_odds(codes: NDArray[np.int32], labels: NDArray[np.bool_], n_codes: int) -> NDArray[np.float64]:
    """For every code the log-odds of a positive label less that of all rows, float64 [n_codes].

    Drawn towards 0 as by 20 more rows of the usual share; a code without rows has 0.
    """
    if not len(labels):
        return np.zeros(n_codes)
    usual = (labels.sum() + 0.5) / (len(labels) + 1)
    rows = np.bincount(codes, minlength=n_codes)
    positive = np.bincount(codes, weights=labels, minlength=n_codes)
    share = (positive + _PRIOR_ROWS * usual) / (rows + _PRIOR_ROWS)
    odds: NDArray[np.float64] = np.log(share / (1 - share)) - np.log(usual / (1 - usual))
    return odds
