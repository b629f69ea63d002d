"""Which cells are empty together."""

from collections import Counter
from typing import Final

import numpy as np

from core.tabular.report.encoding import EncodedTable
from core.tabular.report.fidelity_model import MissingFidelity, MissingPattern

_SHOWN: Final = 8


def missing_fidelity(names: tuple[str, ...], real: EncodedTable, synthetic: EncodedTable) -> MissingFidelity:
    """Total variation between the shares of all patterns of empty cells, and the commonest patterns of both tables."""
    sides = [_patterns(names, side) for side in (real, synthetic)]
    every = sides[0].keys() | sides[1].keys()
    pairs = {pattern: (sides[0][pattern] / len(real), sides[1][pattern] / max(len(synthetic), 1)) for pattern in every}
    shown = sorted(every, key=lambda pattern: (-sum(pairs[pattern]), pattern))[:_SHOWN]
    return MissingFidelity(
        distance=sum(abs(first - second) for first, second in pairs.values()) / 2,
        patterns=tuple(
            MissingPattern(
                columns=tuple(name for name, bit in zip(names, _bits(pattern, len(names)), strict=True) if bit),
                holdout_share=pairs[pattern][0],
                synthetic_share=pairs[pattern][1],
            )
            for pattern in shown
        ),
    )


def _patterns(names: tuple[str, ...], table: EncodedTable) -> Counter[bytes]:
    """How many rows have each pattern, a pattern being one bit per column."""
    empty = np.column_stack([table.missing(name) for name in names])
    packed, counts = np.unique(np.packbits(empty, axis=1), axis=0, return_counts=True)
    return Counter({row.tobytes(): int(count) for row, count in zip(packed, counts, strict=True)})


def _bits(pattern: bytes, n_columns: int) -> list[bool]:
    unpacked: list[bool] = np.unpackbits(np.frombuffer(pattern, dtype=np.uint8))[:n_columns].astype(bool).tolist()
    return unpacked
