"""A report in sentences: which table is closest to real, what it is good for, and what it gives away."""

from collections.abc import Sequence
from typing import Final

from app.components.plain_text import named, plain, quoted
from core.tabular.report.anchors import COPY
from core.tabular.report.frozen import Interval
from core.tabular.report.model import MethodReport, Report
from core.tabular.report.utility_model import ModelUtility

ONE_COLUMN_HELP: Final = (
    "One column at a time. A shuffle of every column by itself passes these figures, though it keeps no relation "
    "between columns: look at its line before trusting any other."
)
DISCRIMINATOR_HELP: Final = (
    "Boosted trees try to tell made rows from real ones that they did not learn from. ROC AUC 0.5: they cannot; 1: "
    "they always can. The line of the real rows set aside shows what chance alone does."
)
PAIR_HELP: Final = "How much of the relations between two columns is kept: 1 is all. A shuffle loses them."
NEIGHBOUR_HELP: Final = (
    "Precision: the share of made rows that lie near a real one. Recall: the share of real rows that a made one lies "
    "near. PRD is their harmonic mean. Density and coverage say the same with less weight on outliers."
)
UTILITY_HELP: Final = (
    "A model learns from the made rows alone and is tested on the real rows set aside. Divided by the same model "
    "learnt from real rows: 1 is as good as real."
)
DCR_HELP: Final = (
    "Of the made rows, the share that lies closer to a row learnt from than to a row set aside. 0.5 is what rows of "
    "nobody's give; 1 is a copy."
)
SPREAD_HELP: Final = (
    "The distance of every made row to its closest real row learnt from, counted in columns that differ. Rows nearer "
    "than the holdout's own rows come are a warning."
)
NNDR_HELP: Final = (
    "The distance to the closest real row divided by that to the next one. Near 0, a made row is bound to one single "
    "real row."
)
ATTACK_HELP: Final = (
    "Somebody who has the made table tries to find out about the rows it was learnt from. The same is tried on rows "
    "that no engine saw. It has succeeded where the difference is greater than chance explains."
)


def closest(methods: Sequence[MethodReport]) -> MethodReport | None:
    """Of the methods that are no anchors, the one that the discriminator tells least; None where there is none."""
    known = [method for method in methods if not method.is_anchor and method.fidelity is not None]
    return min(known, key=_auc, default=None)


def summary(report: Report, method: MethodReport) -> str:
    """What a report says of one method, as a Markdown list."""
    lines = [_likeness(report, method), _use(report, method), _rules(method), _privacy(method)]
    return "\n".join(f"- {line}" for line in lines if line)


def interval_text(interval: Interval) -> str:
    """A figure with its interval."""
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def _auc(method: MethodReport) -> float:
    return method.fidelity.discriminator.auc.value if method.fidelity else 1.0


def _likeness(report: Report, method: MethodReport) -> str:
    if method.fidelity is None:
        return ""
    found = method.fidelity.discriminator
    real = next((one for one in report.anchors if one.name == "real-holdout" and one.fidelity), None)
    beside = f", where real rows reach {_auc(real):.3f}" if real else ""
    top = [giveaway for giveaway in found.giveaways if giveaway.auc_drop > 0][:2]
    gives = f" What gives it away most: {' and '.join(named(one.feature) for one in top)}." if top else ""
    return (
        f"**Likeness.** Boosted trees tell its rows from real ones with AUC {interval_text(found.auc)}{beside}.{gives}"
    )


def _use(report: Report, method: MethodReport) -> str:
    models = method.utility.models if method.utility else ()
    if not models:
        return ""
    if not any(one.roc_auc.low > 0.5 for one in _real_models(report)):
        return (
            "**Usefulness.** Cannot be judged here: models learnt from the real rows themselves predict the target no "
            "better than chance."
        )
    said = ", ".join(f"{plain(one.title)} {one.auc_ratio.value:.1%}" for one in models)
    return f"**Usefulness.** Learnt from it instead of real rows, models keep of their ROC AUC: {said}."


def _real_models(report: Report) -> Sequence[ModelUtility]:
    """The models learnt from the real rows that engines were shown."""
    copy = next((one for one in report.anchors if one.name == COPY), None)
    return copy.utility.models if copy and copy.utility else ()


def _rules(method: MethodReport) -> str:
    if method.fidelity is None:
        return ""
    n = method.fidelity.n_violations
    return f"**Rules.** {f'{n:,} breaches' if n else 'No row breaks a rule of the schema'}."


def _privacy(method: MethodReport) -> str:
    if method.privacy is None:
        return ""
    return f"**Privacy.** {quoted(method.privacy.statement)}"
