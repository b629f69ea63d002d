"""Judging methods: everything against one holdout that no synthesizer saw, beside five anchors."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from core.errors import InvalidInput, Problem
from core.progress import Progress, Steps, retold
from core.tabular.report.anchors import ANCHORS, CONSTANT, COPY, REAL, copied, interpolated, shuffled
from core.tabular.report.attacks import LEAST_VICTIMS, secret_columns
from core.tabular.report.bench import LEAST_ROWS, MOST_TRAIN, Bench, bench_of
from core.tabular.report.drawing import drawn_rows
from core.tabular.report.encoding import EncodedTable
from core.tabular.report.fidelity import fidelity_of
from core.tabular.report.method import Method
from core.tabular.report.model import MethodReport, Report
from core.tabular.report.predictors import predictors
from core.tabular.report.privacy import PrivacyGround, privacy_ground, privacy_of, privacy_of_real
from core.tabular.report.utility import RealUtility, model_utility, real_utility, utility_of
from core.tabular.report.utility_model import Utility
from core.tabular.schema import ColumnKind, TableSchema
from core.tabular.table import RawTable

__all__ = ["ANCHORS", "Ground", "ground_of", "judge", "judge_all"]

T = TypeVar("T")
_NO_TARGET: Final = "The schema has no target, so nothing can be predicted from this table."


@dataclass(frozen=True, eq=False)
class Ground:
    """What all methods of a report share: the bench, and the real rows' own utility (None: no target) and privacy."""

    bench: Bench
    utility: RealUtility | None
    privacy: PrivacyGround


def ground_of(train: RawTable, holdout: RawTable, schema: TableSchema, seed: int) -> Steps[Ground]:
    """Made once per report; `InvalidInput` for sides too small, or a target of one class."""
    bench = bench_of(train, holdout, schema, seed)
    utility = (yield from real_utility(bench)) if schema.target else None
    privacy = yield from privacy_ground(bench)
    return Ground(bench, utility, privacy)


def judge(
    method: Method, train: RawTable, holdout: RawTable, schema: TableSchema, seed: int, ground: Ground | None = None
) -> Steps[MethodReport]:
    """One method's report; `ground` spares making it again. `InvalidInput` for too few rows or missing columns."""
    problems = list(_problems([method], schema))
    if problems:
        raise InvalidInput("The synthetic table cannot be judged", problems)
    found = ground or (yield from ground_of(train, holdout, schema, seed))
    bench, start = found.bench, time.process_time()
    encoded = bench.encoder.encode(method.synthetic)
    fidelity = yield from fidelity_of(method.synthetic, encoded, bench.holdout, bench)
    utility = (yield from utility_of(encoded, found.utility, bench)) if found.utility else None
    privacy = yield from privacy_of(method.synthetic, encoded, found.privacy, bench)
    notes = [] if found.utility else [_NO_TARGET]
    if found.utility and not bench.is_positive(encoded).any():
        notes.append(f"No synthetic row is of the class {bench.positive_text!r}: nothing can be learnt of it.")
    tried = {attack.name for attack in privacy.attacks}
    untried = [name for name in secret_columns(bench) if f"attribute-{name}" not in tried]
    if untried:
        notes.append(f"Inference of {', '.join(untried)} was not tried: fewer than {LEAST_VICTIMS} rows to try it on.")
    if len(encoded) > MOST_TRAIN:
        notes.append(f"Of the {len(encoded):,} rows, attacks look at {MOST_TRAIN:,} drawn by the seed.")
    return MethodReport(
        name=method.name, title=method.title, is_anchor=method.name in ANCHORS, n_rows=len(method.synthetic),
        cpu_s=time.process_time() - start, fidelity=fidelity, utility=utility, privacy=privacy, notes=tuple(notes),
    )  # fmt: skip


def judge_all(
    methods: Sequence[Method], train: RawTable, holdout: RawTable, schema: TableSchema, seed: int
) -> Steps[Report]:
    """A report over all methods and the five anchors, which come first.

    `InvalidInput` with every problem: two methods of one name, an anchor's name, too few rows, missing columns.
    """
    problems = [*_name_problems(methods), *_problems(methods, schema)]
    if problems:
        raise InvalidInput("The report cannot be made", problems)
    total = len(ANCHORS) + len(methods) + 1
    ground = yield from as_part(ground_of(train, holdout, schema, seed), 0, total, "The real rows")
    smote = yield from as_part(interpolated(train, schema, seed), 0, total, "SMOTE for comparison")
    real = yield from as_part(_real(ground, holdout), 1, total, "Real holdout")
    copy = yield from as_part(_copy(ground, train), 2, total, "Verbatim copy")
    reports = [real, copy]
    for method in (shuffled(train, seed), smote, *methods):
        steps = judge(method, train, holdout, schema, seed, ground)
        reports.append((yield from as_part(steps, len(reports) + 1, total, method.title)))
    reports.insert(ANCHORS.index(CONSTANT), _constant(ground))
    bench = ground.bench
    return Report(
        target=schema.target, positive=bench.positive_text, n_train=len(train), n_holdout=len(holdout), seed=seed,
        reference=bench.reference, methods=tuple(reports),
    )  # fmt: skip


def as_part(steps: Steps[T], done: int, total: int, title: str) -> Steps[T]:
    """A part's progress as that of the whole."""
    return retold(steps, lambda part: Progress(done, total, f"{title}: {part.note}"))


def _real(ground: Ground, holdout: RawTable) -> Steps[MethodReport]:
    """The holdout in place of a synthetic table: beside as many training rows; for attacks, a quarter of it."""
    bench, start = ground.bench, time.process_time()
    beside = bench.train.take(drawn_rows(len(bench.train), len(bench.holdout), bench.seed, "beside"))
    fidelity = yield from fidelity_of(bench.raw_holdout, bench.holdout, beside, bench)
    privacy = yield from privacy_of_real(ground.privacy, bench)
    notes = [
        "Likeness is that of the holdout to as many training rows.",
        "Models are trained on the training rows and tested on the holdout." if ground.utility else _NO_TARGET,
        "Attacks go through a quarter of the holdout, which played no other part.",
    ]
    return MethodReport(
        name=REAL, title="Real holdout", is_anchor=True, n_rows=len(holdout), cpu_s=time.process_time() - start,
        fidelity=fidelity, utility=_real_models(ground), privacy=privacy, notes=tuple(notes),
    )  # fmt: skip


def _copy(ground: Ground, train: RawTable) -> Steps[MethodReport]:
    """The training rows; models trained on them are the real ones, so that these are not trained twice."""
    bench, method, start = ground.bench, copied(train), time.process_time()
    encoded: EncodedTable = bench.encoder.encode(train)
    fidelity = yield from fidelity_of(train, encoded, bench.holdout, bench)
    privacy = yield from privacy_of(train, encoded, ground.privacy, bench)
    return MethodReport(
        name=COPY, title=method.title, is_anchor=True, n_rows=len(train), cpu_s=time.process_time() - start,
        fidelity=fidelity, utility=_real_models(ground), privacy=privacy,
        notes=() if ground.utility else (_NO_TARGET,),
    )  # fmt: skip


def _real_models(ground: Ground) -> Utility | None:
    if ground.utility is None:
        return None
    real, bench = ground.utility, ground.bench
    models = [model_utility(found, real.chances[found.name], real, bench) for found in predictors()]
    return Utility(models=tuple(models), augmentation=None)


def _constant(ground: Ground) -> MethodReport:
    """A prediction that is the same for every row: the share of the rarest class among the training rows."""
    start, utility = time.process_time(), None
    if ground.utility is not None:
        bench = ground.bench
        chances = np.full(len(bench.holdout), float(bench.is_positive(bench.train).mean()))
        models = [model_utility(found, chances, ground.utility, bench) for found in predictors()]
        utility = Utility(models=tuple(models), augmentation=None)
    note = "It makes no rows: whatever model stands beside it is replaced by one and the same chance for everybody."
    return MethodReport(
        name=CONSTANT, title="Constant predictor", is_anchor=True, n_rows=0, cpu_s=time.process_time() - start,
        fidelity=None, utility=utility, privacy=None, notes=(note,) if utility else (_NO_TARGET,),
    )  # fmt: skip


def _name_problems(methods: Sequence[Method]) -> list[Problem]:
    names = [method.name for method in methods]
    twice = sorted({name for name in names if names.count(name) > 1})
    taken = sorted(set(names) & set(ANCHORS))
    return [
        *(Problem(f"Two methods are called {name!r}.", "Give each a name of its own.") for name in twice),
        *(Problem(f"{name!r} is the name of an anchor.", "Choose another name.") for name in taken),
    ]


def _problems(methods: Sequence[Method], schema: TableSchema) -> list[Problem]:
    found = []
    wanted = [column.name for column in schema.columns if column.kind is not ColumnKind.IDENTIFIER]
    for method in methods:
        rows, missing = len(method.synthetic), [name for name in wanted if name not in method.synthetic.cells]
        if missing:
            message = f"The table of {method.title} lacks the columns {', '.join(missing)}."
            found.append(Problem(message, "Make it again with the confirmed schema."))
        if rows < LEAST_ROWS:
            message = f"The table of {method.title} has {rows} rows."
            found.append(Problem(message, f"Make at least {LEAST_ROWS}."))
    return found
