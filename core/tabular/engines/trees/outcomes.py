"""What a tree is to tell apart in a column: a few coordinates per row, of total variance 1."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from core.tabular.plain import PlainColumn, PlainTable

_MOST_FLAGS = 16  # values of one column that a summary of the rows shows one by one
_SHRINK = 20.0  # rows that a code's mean is held back by: a code seen thrice is near the mean of all

Floats = NDArray[np.float64]


def normal_scores(numbers: Floats) -> Floats:
    """The numbers by rank as a standard normal [R], ties at their middle rank; unlike them, without a long tail."""
    scores: Floats = ndtri((rankdata(numbers) - 0.5) / max(len(numbers), 1))
    return scores


def outcomes(table: PlainTable, most_flagged: int, most_embedded: int) -> dict[str, Floats]:
    """Each column's coordinates [R, D]: where their mean differs, so does what the column holds.

    A number is its normal score and that score's square, a column of up to `most_flagged` codes one flag per code. More
    codes are placed by what goes with them: the `most_embedded` leading directions in which the means of all other
    columns differ by code.
    """
    summaries = {column.name: _summary(column, table.values[column.name]) for column in table.columns}
    found = {}
    for column in table.columns:
        values = table.values[column.name]
        if not column.is_coded:
            scores = normal_scores(values.astype(np.float64))
            found[column.name] = _scaled(np.column_stack([scores, 0.5 * (scores**2 - 1)]))
        elif column.n_codes <= most_flagged:
            found[column.name] = _scaled(np.eye(column.n_codes)[values])
        else:
            others = [summaries[other.name] for other in table.columns if other.name != column.name]
            codes = values.astype(np.int32)
            places = code_places(codes, column.n_codes, np.hstack([np.zeros((len(codes), 1)), *others]), most_embedded)
            found[column.name] = _scaled(places[codes])
    return found


def code_means(codes: NDArray[np.int32], n_codes: int, coordinates: Floats) -> tuple[Floats, Floats]:
    """How often each code occurs [K], and its rows' mean less the mean of all [K, D], held back where rows are few."""
    counts = np.bincount(codes, minlength=n_codes).astype(np.float64)
    centred = coordinates - coordinates.mean(axis=0)
    sums = np.column_stack([np.bincount(codes, weights=one, minlength=n_codes) for one in centred.T])
    return counts, sums / (counts + _SHRINK)[:, None]


def code_places(codes: NDArray[np.int32], n_codes: int, coordinates: Floats, most: int) -> Floats:
    """Codes as points [K, <= `most`]: their mean coordinates along the directions in which codes differ most."""
    counts, means = code_means(codes, n_codes, coordinates)
    spread = (means * counts[:, None]).T @ means
    _, directions = np.linalg.eigh(spread)
    leading: Floats = directions[:, ::-1][:, :most]
    leading = leading * np.where(leading[np.abs(leading).argmax(axis=0), np.arange(leading.shape[1])] < 0, -1, 1)
    places: Floats = means @ leading
    return places


def _summary(column: PlainColumn, values: NDArray[np.int32] | NDArray[np.float64]) -> Floats:
    if not column.is_coded:
        return normal_scores(values.astype(np.float64))[:, None]
    frequent = np.argsort(-np.bincount(values.astype(np.int64), minlength=column.n_codes), kind="stable")
    flags = (values[:, None] == frequent[None, :_MOST_FLAGS]).astype(np.float64)
    shares = flags.mean(axis=0)
    scaled: Floats = (flags - shares) / np.sqrt(np.maximum(shares * (1 - shares), 1e-3))
    return scaled


def _scaled(coordinates: Floats) -> Floats:
    total = coordinates.var(axis=0).sum()
    return coordinates / np.sqrt(total) if total > 0 else coordinates
