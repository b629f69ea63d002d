"""Whether a column's texts are lists of values, and what stands between the values."""

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.tabular.form.list_codec import MOST_SLOTS
from core.tabular.schema import Column, ColumnKind

SEPARATORS: Final = ("^", "|", ";", ",")
_LEAST_WITH: Final = 0.2  # of the distinct texts hold the separator
_MOST_FRESH: Final = 0.5  # of all values are different ones: in a list, values come again


class ListFinding(NamedTuple):
    """The column as lists, and the reason."""

    column: Column
    why: str


def list_finding(name: str, texts: pa.Array) -> ListFinding | None:
    """Lists where splitting gives few values that come again, in numbers that vary or in any slot; None otherwise."""
    for separator in SEPARATORS:
        if pc.mean(pc.match_substring(texts, separator)).as_py() < _LEAST_WITH:
            continue
        split = pc.split_pattern(texts, separator)
        lengths = pc.list_value_length(split).to_numpy(zero_copy_only=False)
        values = pc.list_flatten(split)
        n_values = pc.count_distinct(values).as_py()
        if lengths.max() > MOST_SLOTS or n_values > _MOST_FRESH * len(values):
            continue
        if len(np.unique(lengths)) == 1 and not _slots_share(split):
            continue
        column = Column(name=name, kind=ColumnKind.LIST, separator=separator)
        why = f"Lists of {lengths.min()} to {lengths.max()} of {n_values:,} values, with {separator!r} between them."
        return ListFinding(column, why)
    return None


def _slots_share(split: pa.Array) -> bool:
    """Whether the second slot holds mostly values that the first holds too: "Paris, France" is no list."""
    first, second = (pc.unique(pc.list_element(split, at)) for at in (0, 1))
    return bool(pc.mean(pc.is_in(second, value_set=first)).as_py() > _MOST_FRESH)
