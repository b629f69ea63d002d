"""Three ways in which a report on synthetic data has been fooled, run live on the table at hand."""

from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.progress import Progress, Steps, retold
from core.tabular.report.anchors import shuffled
from core.tabular.report.bench import Bench, bench_of
from core.tabular.report.discriminator import tell_apart
from core.tabular.report.early_smote import early_smote
from core.tabular.report.marginals import column_fidelity
from core.tabular.report.pairs import pair_trends
from core.tabular.report.propensity import propensity_auc
from core.tabular.report.traps_model import Trap, TrapFigure, Traps
from core.tabular.report.tree_features import tree_features
from core.tabular.schema import TableSchema
from core.tabular.table import RawTable

T = TypeVar("T")
PUBLISHED_RATIO: Final = 62.7  # negatives to one positive


def run_traps(train: RawTable, holdout: RawTable, schema: TableSchema, seed: int) -> Steps[Traps]:
    """All traps on one table in well under a minute; at most 20,000 training and 10,000 holdout rows are used.

    `ValenceError` for a schema without a target, and where the rarest class is too small for SMOTE.
    """
    if not schema.target:
        message = "Two of the traps predict a target, and the schema has none."
        raise ValenceError(message, fix="Confirm a schema with a target, or run the traps on the demo table.")
    bench = bench_of(train, holdout, schema, seed)
    shuffle = yield from _within(_shuffle_trap(bench, seed), 0)
    yield Progress(1, 3, "A constant predictor")
    constant = _constant_trap(bench.is_positive(bench.holdout))
    early = yield from _within(early_smote(train, holdout, schema, seed), 2)
    return Traps(
        target=schema.target, positive=bench.positive_text, n_train=len(train), n_holdout=len(holdout), seed=seed,
        traps=(shuffle, constant, early),
    )  # fmt: skip


def _within(steps: Steps[T], done: int) -> Steps[T]:
    return retold(steps, lambda part: Progress(done, 3, part.note))


def _shuffle_trap(bench: Bench, seed: int) -> Steps[Trap]:
    """Each column of the training rows dealt anew: what single columns show is untouched, all relations are gone."""
    made, real, encoder = bench.encoder.encode(shuffled(bench.raw_train, seed).synthetic), bench.holdout, bench.encoder
    yield Progress(0, 1, "A column shuffle, judged one column at a time")
    cuts = {cut.name: cut for cut in bench.drawn}
    columns = [column_fidelity(column, cuts[column.name], real, made, encoder) for column in encoder.columns]
    gaps = [column.ks for column in columns if column.ks is not None]
    propensity = yield from propensity_auc(real, made, encoder, seed)
    pairs = pair_trends(bench.coarse, real, made)
    sides = [tree_features(side, encoder, bench.rulebook) for side in (real, made)]
    found = yield from tell_apart(sides[0], sides[1], seed)
    leaning = f"It leans on: {found.giveaways[0].feature}." if found.giveaways else ""
    figures = [TrapFigure(name="ks", value=float(np.mean(gaps)), misleads=True, remark="0 is alike")] if gaps else []
    figures += [
        TrapFigure(name="js", value=float(np.mean([c.js for c in columns])), misleads=True, remark="0 is alike"),
        TrapFigure(name="shape", value=float(np.mean([c.shape for c in columns])), misleads=True, remark="1 is alike"),
        TrapFigure(name="propensity", value=propensity.value, misleads=True, remark=".5 is not to be told apart"),
    ]
    if pairs:
        worst = pairs[0]
        remark = f"{worst.first} with {worst.second}, the worst pair; 1 is alike"
        figures.append(TrapFigure(name="worst-pair", value=worst.score, misleads=False, remark=remark))
    figures.append(TrapFigure(name="discriminator", value=found.auc.value, misleads=False, remark=leaning))
    return Trap(
        name="shuffle",
        title="A shuffled table passes",
        what_was_done="Every column of the training rows was dealt anew on its own. No row is a row of anybody's.",
        lesson="Figures of one column at a time, and a logistic propensity, see no relation between columns. "
        "Look at a discriminator that does.",
        figures=tuple(figures),
    )


class _Constant(NamedTuple):
    """What one answer for everybody scores; precision, recall and F1 weigh the classes by their rows."""

    accuracy: float
    precision: float
    recall: float
    f1: float
    mae: float


def constant_figures(positive_share: float) -> _Constant:
    """Figures of always answering "negative" where `positive_share` of the rows, at most half, are positive."""
    negative = 1 - positive_share
    return _Constant(negative, negative**2, negative, negative * 2 * negative / (1 + negative), positive_share)


def _constant_trap(labels: NDArray[np.bool_]) -> Trap:
    here = constant_figures(float(labels.mean()))
    there = constant_figures(1 / (1 + PUBLISHED_RATIO))
    ratio = (1 - labels.mean()) / labels.mean()
    shown = [
        TrapFigure(name=name, value=value, misleads=True, remark=f"on this table, {ratio:.1f} negatives to a positive")
        for name, value in (("accuracy", here.accuracy), ("weighted-f1", here.f1), ("mae", here.mae))
    ]
    shown += [
        TrapFigure(name=f"published-{name}", value=value, misleads=True, remark=f"at {PUBLISHED_RATIO}:1")
        for name, value in (
            ("accuracy", there.accuracy),
            ("weighted-precision", there.precision),
            ("weighted-recall", there.recall),
            ("weighted-f1", there.f1),
        )
    ]
    return Trap(
        name="constant",
        title="A constant is called useful",
        what_was_done="No row was made and no model trained: the answer is the commonest class, for everybody.",
        lesson="With few positives, accuracy and weighted F1 measure how rare they are. At 62.7 negatives to a "
        "positive, the ratio of a published comparison, the constant alone scores .9843. "
        "Look at ROC AUC and average precision.",
        figures=(
            *shown,
            TrapFigure(name="roc-auc", value=0.5, misleads=False, remark=".5 is chance"),
            TrapFigure(name="average-precision", value=float(labels.mean()), misleads=False, remark="the base rate"),
            TrapFigure(name="recall", value=0.0, misleads=False, remark="share of the positives found"),
        ),
    )
