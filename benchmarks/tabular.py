"""Every synthesizer on the demo table, judged against rows that none saw, beside what is asked of it.

`python -m benchmarks.tabular` fits every family on 14,000 rows and takes most of an hour; `--quick`, as `make bench`
has it, fits those that need seconds. Every fit, sample and report is a process of its own, as the workbench makes them.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any, Final, NamedTuple

import numpy as np

from benchmarks.table import Row, table_text
from benchmarks.tabular_asked import ASKED, EVERY, SETTINGS, TREES, UNITS, asked_row
from core.child_process import run_child
from core.progress import finish
from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.engines.registry import FAMILIES, family_named, missing_libraries
from core.tabular.exchange import (
    FIT_FILE,
    REPORT_FILE,
    ROWS_FILE,
    SAMPLE_FILE,
    TRAPS_FILE,
    FitFigures,
    FitTask,
    JudgedTable,
    JudgeTask,
    SampleFigures,
    TrapsTask,
    Wanted,
    judged_file,
    write_task,
)
from core.tabular.raw_files import read_raw, write_raw
from core.tabular.report.discriminator import tell_apart
from core.tabular.report.encoding import encoder_of
from core.tabular.report.headlines import headline_named
from core.tabular.report.model import MethodReport, Report
from core.tabular.report.rulebook import rulebook_of
from core.tabular.report.traps_model import Traps
from core.tabular.report.tree_features import tree_features
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.split import split_holdout
from core.tabular.table import RawTable
from core.tabular.where import Where, WhereColumn

WORKER: Final = "core.tabular.worker"
QUICK: Final = (TREES, "dp-mst", "smote-knn", "smote-nc", "gmm-smote")
BUDGET_S: Final = 600.0
REPORT_CPU_S, TRAPS_S = 30.0, 60.0
POSITIVES: Final = 20_000


class Made(NamedTuple):
    """What one family made of the training rows, and what it cost."""

    fit: FitFigures
    sample: SampleFigures
    rows: RawTable


def run() -> list[Row]:
    """Every row of the quick table."""
    return list(rows(QUICK))


def rows(families: tuple[str, ...]) -> Iterator[Row]:
    """The table's rows as they are measured; memory first, because the system tells the most of all children only."""
    yield _memory_row()
    yield from _trap_rows()
    made: dict[str, Made] = {}
    for name in families:
        if not missing_libraries(family_named(name)):
            made[name] = _fit(name)
            yield from _cost_rows(name, made[name])
    report = _judge({name: one.rows for name, one in made.items()}, *_parts(), DEMO_SCHEMA)
    yield from _anchor_rows(report)
    for name, one in made.items():
        yield from _asked_rows(name, _figures(one, report.method(name)))
    yield from _positive_rows()


def main() -> None:
    """Print each row as soon as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="as `make bench` does it")
    parser.add_argument("--families", help="fit these only, divided by commas")
    options = parser.parse_args()
    every = tuple(family.name for family in FAMILIES)
    chosen = tuple(options.families.split(",")) if options.families else QUICK if options.quick else every
    for row in rows(chosen):
        print(table_text([row]).splitlines()[1], flush=True)


@cache
def _parts() -> tuple[RawTable, RawTable]:
    """The demo table's 14,000 rows to learn from and 6,000 to judge by."""
    table = demo_table()
    divided = split_holdout(table, DEMO_SCHEMA, 0.3, 0)
    return table.take(divided.train), table.take(divided.holdout)


def _fit(name: str, wanted: Wanted | None = None) -> Made:
    settings = family_named(name).settings.model_validate(SETTINGS.get(name, {})).model_dump(mode="json")
    task = FitTask(
        table_schema=DEMO_SCHEMA,
        family=name,
        settings=settings,
        seed=0,
        budget_s=BUDGET_S,
        wanted=wanted or Wanted(),
    )
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        write_task(folder, task, _parts()[0])
        finish(run_child(WORKER, folder, f"The fit of {name}"))
        return Made(
            FitFigures.model_validate_json((folder / FIT_FILE).read_bytes()),
            SampleFigures.model_validate_json((folder / SAMPLE_FILE).read_bytes()),
            read_raw(folder / ROWS_FILE),
        )


def _judge(tables: Mapping[str, RawTable], train: RawTable, holdout: RawTable, schema: TableSchema) -> Report:
    titles = tuple(JudgedTable(id=name, title=name) for name in tables)
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        write_task(folder, JudgeTask(table_schema=schema, tables=titles, seed=0), train, holdout)
        for name, table in tables.items():
            write_raw(folder / judged_file(name), table)
        finish(run_child(WORKER, folder, "The report"))
        return Report.model_validate_json((folder / REPORT_FILE).read_bytes())


def _cost_rows(name: str, made: Made) -> Iterator[Row]:
    figures = _costs(made)
    for asked in EVERY:
        yield asked_row(name, asked, figures[asked.figure])


def _asked_rows(name: str, figures: Mapping[str, float | None]) -> Iterator[Row]:
    asked_of = ASKED.get(name, ())
    for asked in asked_of:
        yield asked_row(name, asked, figures.get(asked.figure))
    for figure in ("discriminator", "pair-trends", "ks", "boosted-ratio", "logistic-ratio", "dcr-share", "membership"):
        if figure not in {asked.figure for asked in asked_of} and (value := figures.get(figure)) is not None:
            yield Row(f"{name}: {figure}", value, None, None, UNITS.get(figure, ""), "")
    cpu = figures["report-cpu-s"] or 0.0
    yield Row(f"report on {name}", cpu, REPORT_CPU_S, cpu / REPORT_CPU_S, "CPU s", "at most")


def _costs(made: Made) -> dict[str, float]:
    sample_s = made.sample.cpu_s + made.sample.restore_cpu_s
    return {
        "fit-cpu-s": made.fit.fit_cpu_s,
        "sample-cpu-s": sample_s,
        "total-cpu-s": made.fit.prepare_cpu_s + made.fit.fit_cpu_s + sample_s,
        "rows-per-s": made.sample.rows_per_s,
        "memory-mb": made.sample.peak_memory_mb,
        "broken-rules": float(sum(broken.n_rows for broken in made.sample.broken)),
    }


def _figures(made: Made, method: MethodReport) -> dict[str, float | None]:
    """The costs, the report's headlines by name, and what is asked of the distance from a figure's ideal."""
    found: dict[str, float | None] = {**_costs(made), "report-cpu-s": method.cpu_s}
    for name in ("discriminator", "pair-trends", "ks", "boosted-auc", "boosted-ratio", "logistic-ratio", "membership"):
        found[name] = headline_named(name).read(method)
    share = found["dcr-share"] = headline_named("dcr-share").read(method)
    found["dcr-share-off-half"] = None if share is None else abs(share - 0.5)
    real, made_share = _share_of_positives(_parts()[0]), _share_of_positives(made.rows)
    found["positive-rate-off"] = abs(made_share / real - 1)
    return found


def _anchor_rows(report: Report) -> Iterator[Row]:
    for anchor in report.anchors:
        value = headline_named("discriminator").read(anchor)
        if value is not None:
            yield Row(f"anchor {anchor.title}: discriminator", value, 0.5, value / 0.5, "", "AUC; .5 cannot be told")


def _positive_rows() -> Iterator[Row]:
    """Many positive rows from trees and from SMOTE, and how well each is told from real positives."""
    where = Where(columns=(WhereColumn(column=DEMO_SCHEMA.target, values=(_positive(),)),))
    for name, bound, note in ((TREES, 0.7, "at most"), ("smote-knn", None, "a prototype's SMOTE: .91")):
        made = _fit(name, Wanted(n_rows=POSITIVES, where=where))
        cpu = made.sample.cpu_s + made.sample.restore_cpu_s
        yield Row(f"{name}: 20,000 positive rows", cpu, 2.0, cpu / 2.0, "CPU s", "at most; sampled and restored")
        value = _told_apart(made.rows)
        yield Row(f"{name}: minority discriminator", value, bound, value / bound if bound else None, "AUC", note)


def _positive() -> str:
    values, counts = np.unique(np.array(_parts()[0].column(DEMO_SCHEMA.target), dtype=str), return_counts=True)
    return str(values[counts.argmin()])


def _share_of_positives(table: RawTable) -> float:
    return float(np.mean(np.array(table.column(DEMO_SCHEMA.target), dtype=str) == _positive()))


def _told_apart(made: RawTable) -> float:
    """AUC of boosted trees between synthetic and held-out positive rows, in the codes of all real rows."""
    train, holdout = _parts()
    encoder = encoder_of(DEMO_SCHEMA, train.concat(holdout))
    rulebook = rulebook_of(encoder, encoder.encode(train.concat(holdout)))
    is_positive = np.array(holdout.column(DEMO_SCHEMA.target), dtype=str) == _positive()
    sides = (holdout.take(np.flatnonzero(is_positive)), made)
    real, synthetic = (tree_features(encoder.encode(side), encoder, rulebook) for side in sides)
    return finish(tell_apart(real, synthetic, 0)).auc.value


def _memory_row() -> Row:
    """The most memory of a report on a table with 200 categories, and on one with 5,000."""
    peaks = []
    for n_codes in (200, 5_000):
        table, schema = _wide_table(n_codes)
        half = np.arange(len(table), dtype=np.int64)
        train, holdout, made = (table.take(half[start::3]) for start in range(3))
        _judge({"again": made}, train, holdout, schema)
        peaks.append(getrusage(RUSAGE_CHILDREN).ru_maxrss / 1024)
    note = "a report with 5,000 categories, beside one with 200; the same number of rows"
    return Row("report: greatest memory", peaks[1], peaks[0], peaks[1] / peaks[0], "MB", note)


def _wide_table(n_codes: int) -> tuple[RawTable, TableSchema]:
    rng = np.random.default_rng(0)
    code, hit = rng.integers(n_codes, size=6_000), rng.random(6_000) < 0.2
    number = np.round(rng.normal(size=6_000) + hit, 2)
    cells: dict[str, Any] = {
        "page": [f"page {value}" for value in code],
        "number": [f"{value:.2f}" for value in number],
        "hit": ["yes" if value else "no" for value in hit],
    }
    columns = (
        Column(name="page", kind=ColumnKind.CATEGORY),
        Column(name="number", kind=ColumnKind.NUMBER, decimals=2),
        Column(name="hit", kind=ColumnKind.CATEGORY),
    )
    return RawTable.of(cells), TableSchema(columns=columns, target="hit")


def _trap_rows() -> Iterator[Row]:
    train, holdout = _parts()
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        write_task(folder, TrapsTask(table_schema=DEMO_SCHEMA, seed=0), train, holdout)
        before = _children_cpu_s()
        finish(run_child(WORKER, folder, "The traps"))
        spent = _children_cpu_s() - before
        traps = Traps.model_validate_json((folder / TRAPS_FILE).read_bytes())
    yield Row("trap page", spent, TRAPS_S, spent / TRAPS_S, "CPU s", "at most")
    for trap in traps.traps:
        for figure in trap.figures:
            note = "misleads" if figure.misleads else "tells"
            yield Row(f"trap {trap.name}: {figure.name}", figure.value, None, None, "", note)


def _children_cpu_s() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
