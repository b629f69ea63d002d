"""The page's part on utility."""

from collections.abc import Iterator

from core.tabular.report.drawn.methods import Shown, shown_methods
from core.tabular.report.drawn.svg import Bar, Line, bars, lines, text
from core.tabular.report.drawn.tables import table
from core.tabular.report.model import Report
from core.tabular.report.utility_model import ModelUtility, Utility


def utility_part(report: Report) -> str:
    """Every kind of model, then synthetic positives as an addition; a sentence where there is no target."""
    head = "<h2>Utility: what is a model worth that was trained on it?</h2>"
    found = [(shown, shown.method.utility) for shown in shown_methods(report)]
    judged = [(shown, utility) for shown, utility in found if utility is not None]
    if not judged:
        return f"{head}<p>The schema has no target: nothing is predicted.</p>"
    about = (
        f"<p>Positive is the rarest class of {text(report.target)}: {text(report.positive)}. "
        "All tests are on real rows that no method saw.</p>"
    )
    parts = [head, about]
    for first in judged[0][1].models:
        models = [(s, m) for s, utility in judged if (m := utility.model(first.model)) is not None]
        parts += _model(first.title, models)
    parts += _augmentation(judged)
    return "".join(parts)


def _model(title: str, models: list[tuple[Shown, ModelUtility]]) -> Iterator[str]:
    yield f"<h3>{text(title)}</h3>"
    yield bars([Bar(s.title, s.colour, m.roc_auc.value, m.roc_auc) for s, m in models], 0.4, 1.0, 0.5, "chance")
    ranked = ("method", "ROC AUC", "average precision", "AUC, of real", "average precision, of real")
    yield table(ranked, [(s.title, m.roc_auc, m.average_precision, m.auc_ratio, m.precision_ratio) for s, m in models])
    head = ("method", "F1 at .5", "F1 at base rate", "precision at base rate", "recall at base rate", "accuracy at .5",
            "MAE", "calibration error")  # fmt: skip
    rows = [
        (s.title, m.at_half.f1, m.at_base_rate.f1, m.at_base_rate.precision, m.at_base_rate.recall, m.at_half.accuracy,
         m.mae, m.calibration_error)
        for s, m in models
    ]  # fmt: skip
    yield table(head, rows)
    highest = max(max(b.predicted, b.observed) for _, m in models for b in m.calibration)
    curves = [Line("as predicted", "#dc2626", [(0, 0), (highest, highest)], True)]
    curves += [
        Line(s.title, s.colour, [(b.predicted, b.observed) for b in m.calibration], s.method.is_anchor)
        for s, m in models
    ]
    yield lines(curves, (0, highest), (0, highest), f"predicted to the right, observed upwards, to {highest:.3f}")


def _augmentation(judged: list[tuple[Shown, Utility]]) -> Iterator[str]:
    tried = [(s, utility.augmentation) for s, utility in judged if utility.augmentation is not None]
    if not tried:
        return
    yield "<h3>Synthetic positives beside the training rows, against class weights (boosted trees)</h3>"
    head = ("method", "rows added", "AUC as it is", "AUC with weights", "AUC with rows added", "gained over weights")
    rows = [
        (s.title, float(a.n_added), a.plain_auc, a.weighted_auc, a.augmented_auc, a.gain_over_weights) for s, a in tried
    ]
    yield table(head, rows)
