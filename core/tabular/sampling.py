"""From a fitted synthesizer to rows of text cells: sampled, restored by the schema, and counted against its rules."""

import time
from pathlib import Path

from core.child_process import peak_memory_mb
from core.errors import ValenceError
from core.progress import Progress, Steps
from core.tabular.augmentation import minority_rows, n_to_add
from core.tabular.checking import violations
from core.tabular.exchange import ROWS_FILE, SAMPLE_FILE, TRAIN_FILE, Broken, SampleFigures, Wanted
from core.tabular.plain import PlainTable
from core.tabular.preparation import Preparation, prepare
from core.tabular.raw_files import read_raw, write_raw
from core.tabular.synthesizer import Synthesizer
from core.tabular.table import RawTable


def sample_to(folder: Path, preparation: Preparation, fitted: Synthesizer, wanted: Wanted) -> Steps[SampleFigures]:
    """Leave the wanted rows and what they cost in the folder, which holds the training rows."""
    train = read_raw(folder / TRAIN_FILE)
    made, figures = yield from sample_table(preparation, fitted, wanted, train)
    write_raw(folder / ROWS_FILE, made)
    (folder / SAMPLE_FILE).write_text(figures.model_dump_json(indent=2), encoding="utf-8")
    return figures


def sample_table(
    preparation: Preparation, fitted: Synthesizer, wanted: Wanted, train: RawTable
) -> Steps[tuple[RawTable, SampleFigures]]:
    """The wanted rows, and what they cost and break, counted against the training rows' categories.

    `ValenceError` where a condition cannot be met, or a ratio is reached without any more rows.
    """
    started_s = time.process_time()
    plain = yield from _plain_rows(preparation, fitted, wanted, train)
    sampled_s = time.process_time()
    yield Progress(len(plain), len(plain), "Restoring the columns")
    made = preparation.restore(plain, wanted.seed, wanted.number_anew)
    restored_s = time.process_time()
    yield Progress(len(plain), len(plain), "Counting what breaks a rule")
    counts = violations(made, preparation.schema, train)
    figures = SampleFigures(
        n_rows=len(made),
        cpu_s=round(sampled_s - started_s, 3),
        restore_cpu_s=round(restored_s - sampled_s, 3),
        peak_memory_mb=round(peak_memory_mb(), 1),
        broken=tuple(Broken(rule=count.rule, n_rows=count.n_rows) for count in counts if count.n_rows),
    )
    return made, figures


def _plain_rows(preparation: Preparation, fitted: Synthesizer, wanted: Wanted, train: RawTable) -> Steps[PlainTable]:
    if wanted.ratio is None:
        where = preparation.conditions(wanted.where)
        made = yield from fitted.sample(wanted.n_rows or len(train), wanted.seed, where)
        return made
    plain = preparation.plain
    if not len(plain):  # of a loaded preparation, which is saved without its rows
        plain = prepare(train, preparation.schema).plain
    if not n_to_add(plain, wanted.ratio):
        message = f"The training rows have the rarest class at a ratio of {wanted.ratio:g} or more already."
        raise ValenceError(message, "Choose a greater ratio, at most 1.")
    made = yield from minority_rows(fitted, plain, wanted.ratio, wanted.seed)
    return made
