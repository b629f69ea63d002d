"""Noise put into rows on purpose, after they were drawn and counted: wrong labels, exchanged and missing attributes.

What happens to a row follows from the seed and its number alone, however the rows are cut into parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.dataset.chances import chances
from core.dataset.rows import LabelledRows
from core.dataset.swaps import swap_attributes
from core.sampler.configuration import NoiseSettings


class NoiseKind(StrEnum):
    """What was done to a row."""

    LABEL = "label"
    ATTRIBUTE = "attribute"
    MISSING = "missing"


KINDS: Final = tuple(NoiseKind)


@dataclass(frozen=True, eq=False)
class NoiseEvents:
    """E changes in the order of rows: `row` int64 counts the rows given from 0, `kind` int8 numbers `KINDS`.

    `before`, `after` int64: numbers of labels, or catalogue positions; a missing attribute has -1 after.
    `n_impossible` changes were due where there is nothing else to take: the row holds every attribute of the type, or
    no other label has rows. `n_emptied` rows lost all they held.
    """

    row: NDArray[np.int64]
    kind: NDArray[np.int8]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    n_impossible: int = 0
    n_emptied: int = 0

    def __len__(self) -> int:
        return len(self.row)

    def count(self, kind: NoiseKind) -> int:
        """How many labels, or attributes, were changed in this way."""
        return int(np.count_nonzero(self.kind == KINDS.index(kind)))

    def rows_touched(self, *kinds: NoiseKind) -> int:
        """In how many rows something of these kinds was changed, of any kind where none is given."""
        numbers = [KINDS.index(kind) for kind in kinds or KINDS]
        return len(np.unique(self.row[np.isin(self.kind, numbers)]))


@dataclass(frozen=True, slots=True)
class NoiseCounts:
    """What was spoilt in a dataset: labels, attributes exchanged and missing, rows that lost a modality, rows in all.

    `n_emptied` rows hold nothing any more; `n_impossible` changes were due and could not be made.
    """

    n_labels: int = 0
    n_exchanged: int = 0
    n_missing: int = 0
    n_rows_missing: int = 0
    n_rows: int = 0
    n_emptied: int = 0
    n_impossible: int = 0

    def plus(self, events: NoiseEvents) -> "NoiseCounts":
        """These and the changes of rows that were not counted yet."""
        return NoiseCounts(
            self.n_labels + events.count(NoiseKind.LABEL),
            self.n_exchanged + events.count(NoiseKind.ATTRIBUTE),
            self.n_missing + events.count(NoiseKind.MISSING),
            self.n_rows_missing + events.rows_touched(NoiseKind.MISSING),
            self.n_rows + events.rows_touched(),
            self.n_emptied + events.n_emptied,
            self.n_impossible + events.n_impossible,
        )


class NoisyRows(NamedTuple):
    """Rows with their noise, and what it was."""

    rows: LabelledRows
    events: NoiseEvents


class _Changes(NamedTuple):
    """Changes of one kind, as columns of length E."""

    kind: NoiseKind
    row: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]


def add_noise(
    rows: LabelledRows,
    catalogue: Catalogue,
    noise: NoiseSettings,
    seed: int,
    number: NDArray[np.int64],
    labels: Sequence[str] | None = None,
) -> NoisyRows:
    """Spoil rows by their numbers, int64 [R]: attributes are exchanged, then modalities left out, then labels changed.

    A wrong label is one of `labels`, those that have rows in the dataset (all where not given). The modalities of
    `noise.missing` must be the catalogue's.
    """
    swaps = swap_attributes(rows, catalogue, noise.attribute, seed, number)
    owner = np.searchsorted(rows.offsets, swaps.index, side="right") - 1
    exchanged = _Changes(NoiseKind.ATTRIBUTE, owner, swaps.before, swaps.after)
    kept, lost = _drop(swaps.rows, catalogue, noise, seed, number)
    known = rows.labels if labels is None else labels
    made, mistaken, n_alone = _mislabel(kept, noise.label, seed, number, known)
    n_emptied = int(np.count_nonzero((np.diff(made.offsets) == 0) & (np.diff(rows.offsets) > 0)))
    return NoisyRows(made, _events((mistaken, exchanged, lost), swaps.n_impossible + n_alone, n_emptied))


def _drop(
    rows: LabelledRows, catalogue: Catalogue, noise: NoiseSettings, seed: int, number: NDArray[np.int64]
) -> tuple[LabelledRows, _Changes]:
    """Take whole modalities out of some rows."""
    column = {name: i for i, name in enumerate(catalogue.modalities)}
    modality = np.array([column[a.modality] for a in catalogue.attributes], dtype=np.int64)
    lost = np.zeros((len(rows), len(column)), dtype=np.bool_)
    for name, chance in noise.missing.items():
        lost[:, column[name]] = chances(seed, f"noise missing {name}", number, np.zeros_like(number)) < chance
    sizes = np.diff(rows.offsets)
    owner = np.repeat(np.arange(len(rows)), sizes)
    gone = lost[owner, modality[rows.nodes]]
    kept_sizes = sizes - np.bincount(owner[gone], minlength=len(rows))
    offsets = np.concatenate(([0], np.cumsum(kept_sizes))).astype(np.int64)
    before = rows.nodes[gone].astype(np.int64)
    changes = _Changes(NoiseKind.MISSING, owner[gone], before, np.full(len(before), -1, dtype=np.int64))
    return replace(rows, nodes=rows.nodes[~gone], offsets=offsets), changes


def _mislabel(
    rows: LabelledRows, chance: float, seed: int, number: NDArray[np.int64], labels: Sequence[str]
) -> tuple[LabelledRows, _Changes, int]:
    """Give some rows another label, each of the others as likely as the next; how many had none to take."""
    wrong = np.flatnonzero(chances(seed, "noise label", number, np.zeros_like(number)) < chance)
    luck = chances(seed, "noise other label", number[wrong], np.zeros_like(wrong))
    to_take = np.array(sorted(rows.labels.index(name) for name in labels), dtype=np.int64)
    own = np.searchsorted(to_take, rows.label[wrong])
    is_own = np.append(to_take, -1)[own] == rows.label[wrong]
    n_others = len(to_take) - is_own
    place = (luck * n_others).astype(np.int64)
    place += is_own & (place >= own)
    has_other = n_others > 0
    wrong, after = wrong[has_other], to_take[place[has_other]]
    label = rows.label.copy()
    before = label[wrong].astype(np.int64)
    label[wrong] = after
    changes = _Changes(NoiseKind.LABEL, wrong, before, after)
    return replace(rows, label=label), changes, int(np.count_nonzero(~has_other))


def _events(parts: Sequence[_Changes], n_impossible: int, n_emptied: int) -> NoiseEvents:
    row, before, after = (np.concatenate([part[i] for part in parts]) for i in (1, 2, 3))
    kind = np.repeat([KINDS.index(part.kind) for part in parts], [len(part.row) for part in parts])
    order = np.lexsort((before, kind, row))
    return NoiseEvents(row[order], kind[order].astype(np.int8), before[order], after[order], n_impossible, n_emptied)
