"""Small tables for the tabular lab, and a child process that is none."""

from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from core.progress import Progress, Steps
from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.table import RawTable
from core.tabular.worker import work

PLAIN_SCHEMA = TableSchema(
    columns=(
        Column(name="slot", kind=ColumnKind.CATEGORY),
        Column(name="bid", kind=ColumnKind.NUMBER, decimals=1),
        Column(name="clicked", kind=ColumnKind.CATEGORY),
    ),
    target="clicked",
)


def demo_rows(n_rows: int = 900) -> tuple[RawTable, TableSchema]:
    """The first rows of the demo table with its schema; 1.8 % of them are positive."""
    return demo_table(n_rows), DEMO_SCHEMA


def plain_table(n_rows: int = 120) -> RawTable:
    """Three columns, every fifth row clicked, and the bid higher where it is; no two rows alike."""
    rows = range(n_rows)
    return RawTable.of(
        {
            "slot": [("top", "side", "end")[row % 3] for row in rows],
            "bid": [f"{row / 10 + 5 * (row % 5 == 0):.1f}" for row in rows],
            "clicked": ["yes" if row % 5 == 0 else "no" for row in rows],
        }
    )


def plain_csv(n_rows: int = 120) -> bytes:
    """`plain_table` as a file."""
    table = plain_table(n_rows)
    lines = zip(*(table.column(name) for name in table.columns), strict=True)
    return "\n".join([",".join(table.columns), *(",".join(map(str, line)) for line in lines)]).encode()


def work_here(module: str, folder: Path, what: str) -> Steps[None]:
    """What `run_child` does, within this process: for tests of what is made of it."""
    assert module == "core.tabular.worker"
    yield Progress(0, 1, what)
    with redirect_stdout(StringIO()):  # a child's progress
        work(folder)
