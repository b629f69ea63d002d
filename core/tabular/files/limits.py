"""How large a table may be and what its header must be, whatever file it comes in."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import pyarrow as pa

from core.catalogue.table_model import unreadable
from core.errors import InvalidInput, Problem
from core.tabular.schema import MOST_COLUMNS

MOST_ROWS: Final = 1_000_000


class FileCells(NamedTuple):
    """A file's header and, for each of its columns, a string array [R]."""

    names: tuple[str, ...]
    columns: tuple[pa.Array, ...]


def check_size(n_rows: int) -> None:
    """`InvalidInput` for no rows and for more than 1,000,000."""
    if not n_rows:
        raise unreadable("The file has a header and no rows.", "Choose a file with rows under its header.")
    if n_rows > MOST_ROWS:
        raise unreadable(f"The file has {n_rows:,} rows; at most {MOST_ROWS:,} are read.", "Take a random part of it.")


def check_header(names: Sequence[str]) -> None:
    """`InvalidInput` for more than 100 columns, for a column without a name and for a name that comes twice."""
    problems = []
    if len(names) > MOST_COLUMNS:
        message = f"The table has {len(names):,} columns; at most {MOST_COLUMNS} are read."
        problems.append(Problem(message, "Leave out those that are of no use."))
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names, start=1):
        places.setdefault(name.strip(), []).append(place)
    for name, found in places.items():
        where = ", ".join(str(place) for place in found[:10])
        if not name:
            problems.append(Problem(f"Columns without a name: number {where}.", "Name each in the header.", row=1))
        elif len(found) > 1:
            message = f"The columns {where} are all called {name!r}."
            problems.append(Problem(message, "Give each a name of its own.", row=1, field=name))
    if problems:
        raise InvalidInput("The file's header cannot be used", problems)
