"""What a tabular process is given: tables of text and tasks, as they were written."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from core.errors import CorruptArtefact
from core.tabular.exchange import (
    HOLDOUT_FILE,
    TRAIN_FILE,
    FitTask,
    JudgedTable,
    JudgeTask,
    SampleTask,
    Task,
    TrapsTask,
    Wanted,
    read_task,
    write_task,
)
from core.tabular.raw_files import read_raw, write_raw
from core.tabular.table import RawTable
from core.tabular.where import Where, WhereColumn
from tests.fakes.tabular_lab import PLAIN_SCHEMA, plain_table

WHERE = Where(columns=(WhereColumn(column="slot", values=("top", "")), WhereColumn(column="bid", at_least="1")))


@pytest.mark.parametrize(
    "task",
    [
        FitTask(
            table_schema=PLAIN_SCHEMA, family="f", settings={"a": [1, 2.5]}, seed=3, budget_s=9.5, wanted=Wanted(seed=4)
        ),
        FitTask(table_schema=PLAIN_SCHEMA, family="f", settings={}, seed=3, budget_s=9, wanted=None),
        SampleTask(table_schema=PLAIN_SCHEMA, wanted=Wanted(n_rows=7, where=WHERE, number_anew=True)),
        SampleTask(table_schema=PLAIN_SCHEMA, wanted=Wanted(ratio=0.25)),
        JudgeTask(table_schema=PLAIN_SCHEMA, tables=(JudgedTable(id="a", title="A"),), seed=1),
        TrapsTask(table_schema=PLAIN_SCHEMA, seed=2),
    ],
    ids=lambda task: task.kind,
)
def test_a_task_is_read_as_it_was_written(tmp_path: Path, task: Task) -> None:
    write_task(tmp_path, task, plain_table(9), plain_table(5))
    assert read_task(tmp_path) == task
    assert read_raw(tmp_path / TRAIN_FILE).fingerprint() == plain_table(9).fingerprint()
    assert read_raw(tmp_path / HOLDOUT_FILE).fingerprint() == plain_table(5).fingerprint()


def test_the_same_cells_are_the_same_bytes_whatever_held_them(tmp_path: Path) -> None:
    texts = ["", "NA", None, "007", "käse\n"]
    long = RawTable.of({"a": pa.array(texts, pa.large_string()), "b": pa.array(texts[::-1], pa.large_string())})
    short = RawTable(long.columns, {name: pc.cast(cells, pa.string()) for name, cells in long.cells.items()})
    for name, table in (("long", long), ("short", short), ("taken", short.take(pa.array(range(5)).to_numpy()))):
        write_raw(tmp_path / name, table)
    assert len({(tmp_path / name).read_bytes() for name in ("long", "short", "taken")}) == 1
    again = read_raw((tmp_path / "long").read_bytes())
    assert [again.column(name) for name in again.columns] == [[None, *texts[1:]], [*texts[:0:-1], None]]


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"nothing of the kind")
    for source in (b"nothing of the kind", tmp_path / "t"):
        with pytest.raises(CorruptArtefact, match="cannot be read"):
            read_raw(source)
