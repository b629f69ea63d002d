"""Dependencies and inequalities that a table's rows obey, and that chance alone would not explain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.cells import numbers_of, unit_us
from core.tabular.rule_checks import Cells, codes_of
from core.tabular.schema import Column, ColumnKind, Dependency, Inequality
from core.tabular.wording import counted

# exp(-20): the chance below which a rule that holds in every row is no accident.
_LEAST_SURPRISE: Final = 20.0
_NEARLY: Final = 0.995  # of the rows obey a rule that is named and not proposed
_SAMPLE: Final = 4_000
_DETERMINING: Final = (ColumnKind.CATEGORY, ColumnKind.INTEGER, ColumnKind.DATE)
_MOST_NEARLY: Final = 10
_MOST_PAIRED: Final = 20_000


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """A rule, why it is named, and in how many of the rows looked at it holds; proposed where it holds in all."""

    rule: Dependency | Inequality
    evidence: str
    rows_held: int
    rows_checked: int

    @property
    def holds(self) -> bool:
        """Whether no row breaks it."""
        return self.rows_held == self.rows_checked


def find_dependencies(columns: Sequence[Column], cells: Cells, target: str) -> list[RuleFinding]:
    """Columns that one other column determines; each by the determinant with the fewest values.

    Of columns that determine each other the first in the file is the determinant. The target is none of them.
    """
    codes = {
        c.name: codes_of(cells[c.name]) for c in columns if c.kind is not ColumnKind.IDENTIFIER and c.name != target
    }
    sizes = {name: int(values.max(initial=0)) + 1 for name, values in codes.items()}
    kinds = {column.name: column.kind for column in columns}
    found = [
        _dependency(first, second, codes)
        for first in codes
        if kinds[first] in _DETERMINING and sizes[first] > 1
        for second in codes
        if first != second and 1 < sizes[second] <= sizes[first] and _is_likely(codes[first], codes[second])
    ]
    surprising = [finding for finding in found if finding is not None]
    return [
        *_roots([f for f in surprising if f.holds], sizes, list(codes)),
        *[f for f in surprising if not f.holds][:_MOST_NEARLY],
    ]


def find_inequalities(columns: Sequence[Column], cells: Cells) -> list[RuleFinding]:
    """Pairs of number columns, or of dates, of which one is never the greater though their ranges overlap."""
    read = {
        c.name: numbers_of(c, cells[c.name]).values * unit_us(c)
        for c in columns
        if c.kind in (ColumnKind.NUMBER, ColumnKind.INTEGER, ColumnKind.DATE)
    }
    dates = {column.name for column in columns if column.kind is ColumnKind.DATE}
    found = [
        finding
        for smaller in read
        for larger in read
        if smaller != larger and (smaller in dates) == (larger in dates)
        for finding in _inequality(smaller, larger, read)
    ]
    return _shortest(found)


def _is_likely(first: NDArray[np.int64], second: NDArray[np.int64]) -> bool:
    """Whether the sample leaves it open that `first` determines `second`; a code's last row speaks for it."""
    a, b = first[:_SAMPLE], second[:_SAMPLE]
    expected = np.zeros(int(a.max()) + 1, dtype=np.int64)
    expected[a] = b
    return bool((expected[a] != b).mean() <= 2 * (1 - _NEARLY))


def _dependency(first: str, second: str, codes: Mapping[str, NDArray[np.int64]]) -> RuleFinding | None:
    """None where too many rows break it, or where the same could come about by chance."""
    a, b = codes[first], codes[second]
    n_a, n_b = int(a.max()) + 1, int(b.max()) + 1
    pairs, rows = np.unique(a * n_b + b, return_counts=True)
    most = np.zeros(n_a, dtype=np.int64)
    np.maximum.at(most, pairs // n_b, rows)
    held = int(most.sum())
    by_chance = float(np.square(np.bincount(b) / len(b)).sum())
    surprise = -(held - n_a) * np.log(by_chance)
    if held < _NEARLY * len(a) or surprise < _LEAST_SURPRISE:
        return None
    broken = len(a) - held
    why = (
        f"Each of the {n_a:,} values of {first} comes with one value of {second}."
        if not broken
        else f"All but {counted(broken, 'row', 'rows')} have one {second} per {first}: not proposed while they differ."
    )
    return RuleFinding(Dependency(determinants=(first,), dependent=second), why, held, len(a))


def _roots(found: Sequence[RuleFinding], sizes: Mapping[str, int], order: Sequence[str]) -> list[RuleFinding]:
    """One determinant per dependent, itself determined by none (a schema's look-ups do not go in chains)."""
    by = {(f.rule.determinants[0], f.rule.dependent): f for f in found if isinstance(f.rule, Dependency)}
    place = {name: at for at, name in enumerate(order)}

    def is_determined(name: str) -> bool:
        return any(b == name and ((name, a) not in by or place[a] < place[name]) for a, b in by)

    chosen: dict[str, RuleFinding] = {}
    for (first, second), finding in sorted(by.items(), key=lambda item: (sizes[item[0][0]], place[item[0][0]])):
        if is_determined(second) and not is_determined(first):
            chosen.setdefault(second, finding)
    return [chosen[name] for name in order if name in chosen]


def _inequality(smaller: str, larger: str, read: Mapping[str, NDArray[np.float64]]) -> Iterator[RuleFinding]:
    first, second = read[smaller][:_SAMPLE], read[larger][:_SAMPLE]
    if (first > second).sum() > 2 * (1 - _NEARLY) * len(first):
        return
    both = ~np.isnan(read[smaller]) & ~np.isnan(read[larger])
    low, high = read[smaller][both], read[larger][both]
    if not len(low) or low.max() <= high.min():
        return
    held = int((low <= high).sum())
    if held < _NEARLY * len(low) or np.array_equal(low, high):
        return
    stride = -(-len(low) // _MOST_PAIRED)
    ranks = np.searchsorted(np.sort(high[::stride]), low[::stride], side="left")  # larger ones that each one exceeds
    by_chance = float(ranks.mean()) / len(ranks)
    surprise = -len(low) * np.log1p(-min(by_chance, 1 - 1e-12)) - 2 * (len(low) - held) * np.log(len(low))
    if surprise < _LEAST_SURPRISE:
        return
    broken = len(low) - held
    why = (
        f"Never greater, though {by_chance:.0%} of pairs of rows at random would have it so."
        if not broken
        else f"Greater in {counted(broken, 'row', 'rows')} only: not proposed while they are."
    )
    yield RuleFinding(Inequality(smaller=smaller, larger=larger), why, held, len(low))


def _shortest(found: Sequence[RuleFinding]) -> list[RuleFinding]:
    """Without rules that follow from two others: of a <= b <= c, a <= c is not named."""
    pairs = {(f.rule.smaller, f.rule.larger): f for f in found if isinstance(f.rule, Inequality)}
    held = {pair for pair, finding in pairs.items() if finding.holds}
    between = {(a, c) for a, b in held for b2, c in held if b == b2}
    return [finding for pair, finding in pairs.items() if pair not in between]
