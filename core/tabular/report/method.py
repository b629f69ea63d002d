"""A synthetic table and the name of what made it."""

from dataclasses import dataclass

from core.tabular.table import RawTable


@dataclass(frozen=True, slots=True)
class Method:
    """What is to be judged: `name` tells methods of one report apart, `title` is shown."""

    name: str
    title: str
    synthetic: RawTable
