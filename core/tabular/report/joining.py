"""Two encoded tables as one."""

import numpy as np

from core.tabular.report.encoding import EncodedTable, ListCells


def joined(first: EncodedTable, second: EncodedTable) -> EncodedTable:
    """The rows of the first and then those of the second; both are of one encoder."""
    return EncodedTable(
        len(first) + len(second),
        {name: np.concatenate([values, second.numbers[name]]) for name, values in first.numbers.items()},
        {name: np.concatenate([values, second.codes[name]]) for name, values in first.codes.items()},
        {name: _joined_lists(values, second.lists[name]) for name, values in first.lists.items()},
    )


def _joined_lists(first: ListCells, second: ListCells) -> ListCells:
    starts = np.concatenate([first.starts, first.starts[-1] + second.starts[1:]])
    return ListCells(starts, np.concatenate([first.codes, second.codes]))
