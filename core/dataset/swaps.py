"""Attribute noise: another attribute of the same type in the place of some, none of them twice in a row."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.dataset.chances import chances
from core.dataset.rows import LabelledRows

_CELLS_AT_ONCE = 2_000_000  # of the table of a block's attributes: 16 MB
_NOBODY: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Swaps:
    """`rows` with E attributes exchanged: entry `index` of the rows given held `before`, int64 [E] each.

    `n_impossible`: exchanges that were due where the row holds every attribute of the type.
    """

    rows: LabelledRows
    index: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    n_impossible: int


class _Types(NamedTuple):
    """Attributes by type: `order` int64 [N] lists them type by type, a type's from `first` on, `size` of them.

    `of` and `place` int64 [N + 1]: an attribute's type and its place within it; the last entry, -1, is nobody's.
    """

    of: NDArray[np.int64]
    place: NDArray[np.int64]
    order: NDArray[np.int64]
    first: NDArray[np.int64]
    size: NDArray[np.int64]


class _Block(NamedTuple):
    """Some rows in which exchanges are due: `held` int64 [B, W], -1 where a cell is empty, the last ones for newcomers.

    `due`: which of all exchanges, row after row; of each its `row` of the block and its `turn` within the row.
    """

    held: NDArray[np.int64]
    row: NDArray[np.int64]
    turn: NDArray[np.int64]
    due: slice


def swap_attributes(
    rows: LabelledRows, catalogue: Catalogue, chance: float, seed: int, number: NDArray[np.int64]
) -> Swaps:
    """Exchange each attribute with a chance for one of its type that the row never held, each as likely as the next.

    `number`: int64 [R], the number of each row, which what happens to it follows from.
    """
    sizes = np.diff(rows.offsets)
    slot = np.arange(len(rows.nodes)) - np.repeat(rows.offsets[:-1], sizes)
    of_row = np.repeat(number, sizes)
    due = np.flatnonzero(chances(seed, "noise attribute", of_row, slot) < chance)
    luck, types = chances(seed, "noise newcomer", of_row[due], slot[due]), _types(catalogue)
    newcomers = [_exchanged(block, rows.nodes[due[block.due]], luck[block.due], types) for block in _blocks(rows, due)]
    after = np.concatenate([np.zeros(0, np.int64), *newcomers])
    done, after = due[after >= 0], after[after >= 0]
    nodes = rows.nodes.copy()
    nodes[done] = after
    before = rows.nodes[done].astype(np.int64)
    return Swaps(_sorted_again(rows, nodes, done, types), done, before, after, len(due) - len(done))


def _exchanged(block: _Block, node: NDArray[np.int32], luck: NDArray[np.float64], types: _Types) -> NDArray[np.int64]:
    """What comes in the place of a block's due attributes, turn by turn; -1 where nothing can."""
    n_turns = int(block.turn.max()) + 1
    after = np.full(len(node), -1, dtype=np.int64)
    for turn in range(n_turns):
        now = np.flatnonzero(block.turn == turn)
        after[now] = _newcomers(types, block.held[block.row[now]], node[now], luck[now])
        block.held[block.row[now], turn - n_turns] = after[now]
    return after


def _newcomers(
    types: _Types, held: NDArray[np.int64], node: NDArray[np.int32], luck: NDArray[np.float64]
) -> NDArray[np.int64]:
    """For each of E attributes one of its type that is not among `held` [E, W]; -1 where there is none."""
    kind = types.of[node]
    places = np.where(types.of[held] == kind[:, None], types.place[held], _NOBODY)
    places.sort(axis=1)
    n_held = np.count_nonzero(places != _NOBODY, axis=1)
    n_left = types.size[kind] - n_held
    place = (luck * n_left).astype(np.int64)  # among those left; each one held at or before it moves it on
    for column in places.T[: int(n_held.max())]:
        place += place >= column
    return np.where(n_left > 0, types.order[np.minimum(types.first[kind] + place, len(types.order) - 1)], -1)


def _blocks(rows: LabelledRows, due: NDArray[np.int64]) -> Iterator[_Block]:
    """The rows in which exchanges are due, some at a time, so that a block's table stays small."""
    owner = np.searchsorted(rows.offsets, due, side="right") - 1
    turn = np.arange(len(due)) - np.searchsorted(owner, owner, side="left")
    touched = np.unique(owner)
    sizes = np.diff(rows.offsets)
    n_wide = int(sizes.max(initial=0)) + int(turn.max(initial=0)) + 1
    at_once = max(_CELLS_AT_ONCE // n_wide, 1)
    for start in range(0, len(touched), at_once):
        mine = touched[start : start + at_once]
        first, last = np.searchsorted(owner, [mine[0], mine[-1] + 1]).tolist()
        width, n_turns = int(sizes[mine].max()), int(turn[first:last].max()) + 1
        column = np.arange(width)
        is_filled = column < sizes[mine][:, None]
        held = np.full((len(mine), width + n_turns), -1, dtype=np.int64)
        held[:, :width][is_filled] = rows.nodes[(rows.offsets[mine][:, None] + column)[is_filled]]
        yield _Block(held, np.searchsorted(mine, owner[first:last]), turn[first:last], slice(first, last))


def _types(catalogue: Catalogue) -> _Types:
    blocks = [np.array(positions, dtype=np.int64) for positions in catalogue.positions_by_type.values()]
    size = np.array([len(block) for block in blocks], dtype=np.int64)
    of, place = np.full(len(catalogue) + 1, -1, dtype=np.int64), np.zeros(len(catalogue) + 1, dtype=np.int64)
    for number, block in enumerate(blocks):
        of[block], place[block] = number, np.arange(len(block))
    return _Types(of, place, np.concatenate(blocks), np.concatenate(([0], np.cumsum(size)[:-1])), size)


def _sorted_again(
    rows: LabelledRows, nodes: NDArray[np.int32], changed: NDArray[np.int64], types: _Types
) -> LabelledRows:
    """The rows with other nodes, those of a type by position again in rows where one of them changed."""
    owner = np.searchsorted(rows.offsets, changed, side="right") - 1
    is_touched = np.zeros(len(rows), dtype=np.bool_)
    is_touched[owner] = True
    sizes = np.diff(rows.offsets)
    entries = np.flatnonzero(np.repeat(is_touched, sizes))
    kind, row = types.of[nodes[entries]], np.repeat(np.arange(len(rows)), sizes)[entries]
    starts = np.concatenate(([False], (kind[1:] != kind[:-1]) | (row[1:] != row[:-1])))[: len(entries)]
    nodes[entries] = nodes[entries][np.lexsort((nodes[entries], np.cumsum(starts)))]
    return replace(rows, nodes=nodes)
