"""The figures that a report is read by, in one list: what each is called, what it means, and which way is better."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from core.tabular.report.frozen import Interval
from core.tabular.report.model import MethodReport
from core.tabular.report.utility_model import ModelUtility


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure of a method. `better` is where it should be; `ideal` what a table that is as good as real scores."""

    name: str
    title: str
    about: str
    part: Literal["fidelity", "utility", "privacy"]
    better: Literal["lower", "higher", "near"]
    ideal: float
    read: Callable[[MethodReport], float | None]


def _value(interval: Interval | None) -> float | None:
    return None if interval is None else interval.value


def _model(method: MethodReport, name: str) -> ModelUtility | None:
    return method.utility.model(name) if method.utility else None


def _boosted(method: MethodReport) -> ModelUtility | None:
    """XGBoost's figures, or those of the boosted trees that stand in where it is not installed."""
    return _model(method, "xgboost") or _model(method, "boosted-trees")


HEADLINES: Final = (
    Headline(
        "discriminator",
        "Discriminator AUC",
        "Boosted trees tell synthetic from real rows this well; .5 is not at all. The figure to look at first.",
        "fidelity",
        "lower",
        0.5,
        lambda m: m.fidelity.discriminator.auc.value if m.fidelity else None,
    ),
    Headline(
        "minority-discriminator",
        "Discriminator, rarest class",
        "The same among the rows of the rarest class alone.",
        "fidelity",
        "lower",
        0.5,
        lambda m: m.fidelity.minority.auc.value if m.fidelity and m.fidelity.minority else None,
    ),
    Headline(
        "pair-trends",
        "Pair trends",
        "How much of the relations between two columns is kept.",
        "fidelity",
        "higher",
        1.0,
        lambda m: m.fidelity.pair_trends if m.fidelity else None,
    ),
    Headline(
        "shape",
        "Shape (one column at a time)",
        "How alike single columns are: a shuffle of the columns scores as real data does.",
        "fidelity",
        "higher",
        1.0,
        lambda m: m.fidelity.shape if m.fidelity else None,
    ),
    Headline(
        "ks",
        "KS (one column at a time)",
        "Greatest gap between the distributions of a number, averaged over the numbers.",
        "fidelity",
        "lower",
        0.0,
        lambda m: m.fidelity.ks if m.fidelity else None,
    ),
    Headline(
        "propensity",
        "Logistic propensity AUC",
        "A logistic model tells synthetic from real rows this well; it sees no relation between columns.",
        "fidelity",
        "lower",
        0.5,
        lambda m: m.fidelity.propensity_auc.value if m.fidelity else None,
    ),
    Headline(
        "prd",
        "kNN precision and recall (PRD)",
        "Harmonic mean of the synthetic rows near real ones and of the real rows near synthetic ones.",
        "fidelity",
        "higher",
        1.0,
        lambda m: m.fidelity.neighbours.prd if m.fidelity else None,
    ),
    Headline(
        "violations",
        "Rule violations",
        "Breaches of the schema's rules, unseen categories and cells that cannot be read.",
        "fidelity",
        "lower",
        0.0,
        lambda m: float(m.fidelity.n_violations) if m.fidelity else None,
    ),
    Headline(
        "boosted-auc",
        "Boosted trees, ROC AUC",
        "Trained on the synthetic rows, tested on the real holdout.",
        "utility",
        "higher",
        1.0,
        lambda m: _value(u.roc_auc if (u := _boosted(m)) else None),
    ),
    Headline(
        "boosted-ratio",
        "Boosted trees, of real",
        "Their ROC AUC divided by that of the same model trained on real rows.",
        "utility",
        "higher",
        1.0,
        lambda m: _value(u.auc_ratio if (u := _boosted(m)) else None),
    ),
    Headline(
        "logistic-auc",
        "Logistic, ROC AUC",
        "Trained on the synthetic rows, tested on the real holdout.",
        "utility",
        "higher",
        1.0,
        lambda m: _value(u.roc_auc if (u := _model(m, "logistic")) else None),
    ),
    Headline(
        "logistic-ratio",
        "Logistic, of real",
        "Its ROC AUC divided by that of the same model trained on real rows.",
        "utility",
        "higher",
        1.0,
        lambda m: _value(u.auc_ratio if (u := _model(m, "logistic")) else None),
    ),
    Headline(
        "average-precision",
        "Boosted trees, average precision",
        "The figure for rare positives; a model that knows nothing scores the base rate.",
        "utility",
        "higher",
        1.0,
        lambda m: _value(u.average_precision if (u := _boosted(m)) else None),
    ),
    Headline(
        "dcr-share",
        "Closer to training rows",
        "Share of rows closer to a training than to a holdout row, at even odds; copies score 1.",
        "privacy",
        "near",
        0.5,
        lambda m: m.privacy.dcr_share.value if m.privacy else None,
    ),
    Headline(
        "exact-copies",
        "Exact copies",
        "Share of synthetic rows that are training rows, cell by cell.",
        "privacy",
        "lower",
        0.0,
        lambda m: m.privacy.copies.exact_share if m.privacy else None,
    ),
    Headline(
        "membership",
        "Membership attack AUC",
        "How well the better of two attacks tells training rows from others through the synthetic table.",
        "privacy",
        "lower",
        0.5,
        lambda m: m.privacy.membership_auc if m.privacy else None,
    ),
    Headline(
        "attacks",
        "Attacks that succeeded",
        "Of the list in the report.",
        "privacy",
        "lower",
        0.0,
        lambda m: float(sum(a.succeeded for a in m.privacy.attacks)) if m.privacy else None,
    ),
)


def headline_named(name: str) -> Headline:
    """The headline of this name."""
    return next(headline for headline in HEADLINES if headline.name == name)
