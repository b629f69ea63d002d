"""What every family of synthesizers is: one function from a plain table to something that can be sampled and saved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from core.progress import Steps
from core.tabular.plain import Condition, PlainTable


class SavedModel(NamedTuple):
    """A fitted synthesizer as data: JSON settings and plain arrays, never objects."""

    settings: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


class Synthesizer(Protocol):
    """A fitted synthesizer; the same seed gives the same rows."""

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """`n` rows of the training table's columns that meet every condition.

        `ValenceError` where rows that meet them cannot be found; it says which condition and how often it was met.
        """
        ...

    def saved(self) -> SavedModel:
        """Everything needed to sample again."""
        ...


@dataclass(frozen=True, slots=True)
class SynthesizerFamily:
    """One kind of synthesizer. `needs`: modules that must be importable; `settings`: its frozen pydantic class.

    `fit(table, settings, seed, budget_s)` learns from a plain table in at most `budget_s` CPU seconds, and raises
    `ValenceError` when that is too little for a model worth having: nothing half-trained is returned. `load` takes
    what `saved` gave.
    """

    name: str
    title: str
    about: str
    needs: tuple[str, ...]
    settings: type[BaseModel]
    fit: Callable[[PlainTable, Any, int, float], Steps[Synthesizer]]
    load: Callable[[SavedModel], Synthesizer]


def rows_met(table: PlainTable, where: Sequence[Condition]) -> NDArray[np.bool_]:
    """Which rows meet every condition, bool [R]."""
    met = np.ones(len(table), dtype=np.bool_)
    coded = {column.name: column.is_coded for column in table.columns}
    for condition in where:
        values = table.values[condition.column]
        if coded[condition.column]:
            met &= np.isin(values, list(condition.codes))
        else:
            met &= (values >= condition.low) & (values <= condition.high)
    return met
