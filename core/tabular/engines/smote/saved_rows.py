"""A plain table as JSON and arrays, for synthesizers that keep their training rows."""

from dataclasses import asdict
from typing import Any

from numpy.typing import NDArray

from core.tabular.plain import PlainColumn, PlainTable
from core.tabular.synthesizer import SavedModel


def rows_saved(table: PlainTable) -> SavedModel:
    """The columns as JSON, their values as arrays named by their places."""
    words: dict[str, Any] = {"columns": [asdict(column) for column in table.columns], "target": table.target}
    arrays: dict[str, NDArray[Any]] = {
        f"column/{place}": table.values[column.name] for place, column in enumerate(table.columns)
    }
    return SavedModel(words, arrays)


def load_rows(saved: SavedModel) -> PlainTable:
    """What `rows_saved` gave, among whatever else was saved."""
    columns = tuple(PlainColumn(**column) for column in saved.settings["columns"])
    values = {column.name: saved.arrays[f"column/{place}"] for place, column in enumerate(columns)}
    return PlainTable(columns, values, saved.settings["target"])
