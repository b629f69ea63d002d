"""Usefulness: models learnt from made rows and tested on real ones, and what made rows add to real ones."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.components.plain_text import plain
from app.components.tabular.curve_charts import calibration_curves
from app.components.tabular.dot_charts import Ideal, Series, dot_chart
from app.components.tabular.method_styles import MethodStyle
from app.components.tabular.report_words import UTILITY_HELP
from app.components.tabular.small_tables import figures_table
from app.theme import CHART_CONFIG
from core.tabular.report.frozen import Interval
from core.tabular.report.model import MethodReport, Report
from core.tabular.report.utility_model import Augmentation, Cut, ModelUtility

Styles = dict[str, MethodStyle]


def utility_view(report: Report, methods: list[MethodReport], styles: Styles) -> None:
    """Whole figures first, then the yes-or-no ones, calibration, and what made rows add to real ones."""
    kinds = {model.model: model.title for m in methods if m.utility for model in m.utility.models}
    if not kinds:
        st.info("The schema names no target, so there is nothing to predict.", icon=":material/info:")
        return
    _whole(report, methods, styles, kinds)
    model = str(
        st.segmented_control(
            "Model",
            list(kinds),
            format_func=kinds.__getitem__,
            default=next(iter(kinds)),
            required=True,
            key="tabular-utility-model",
        )
    )
    st.markdown(
        "##### Called yes or no",
        help="At one half, hardly any row of a rare class is called; at the base rate, as many rows are called as "
        "there are positives among the rows learnt from.",
    )
    figures_table(_cuts(methods, model), f"Yes-or-no figures of {kinds[model]}, by table")
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Chances stated and come true", help="On the line, of rows called with 10%, 10% came true.")
        _show(calibration_curves(methods, styles, model), f"calibration-{model}")
    with right:
        _augmentation(methods, styles)


def _whole(report: Report, methods: list[MethodReport], styles: Styles, kinds: dict[str, str]) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### ROC AUC on real rows", help=UTILITY_HELP)
        auc = [Series(title, _reader(kind, "roc_auc")) for kind, title in kinds.items()]
        _show(dot_chart(methods, styles, auc, "ROC AUC, learnt from each table", [Ideal(0.5, "knows nothing")]), "auc")
        st.markdown("##### As a share of real", help=UTILITY_HELP)
        ratio = [Series(title, _reader(kind, "auc_ratio")) for kind, title in kinds.items()]
        chart = dot_chart(methods, styles, ratio, "ROC AUC, divided by that of real rows", [Ideal(1.0, "as real")])
        _show(chart, "auc-ratio")
    with right:
        st.markdown(
            "##### Average precision on real rows",
            help=f"The figure for rare positives. A model that knows nothing scores their share. {UTILITY_HELP}",
        )
        base = report.reference.positive_share
        nothing = [] if base is None else [Ideal(base, "knows nothing")]
        precision = [Series(title, _reader(kind, "average_precision")) for kind, title in kinds.items()]
        _show(dot_chart(methods, styles, precision, "Average precision", nothing), "precision")
        st.markdown("##### As a share of real", help=UTILITY_HELP)
        ratio = [Series(title, _reader(kind, "precision_ratio")) for kind, title in kinds.items()]
        chart = dot_chart(methods, styles, ratio, "Average precision, divided by that of real", [Ideal(1.0, "as real")])
        _show(chart, "precision-ratio")


def _reader(kind: str, name: str) -> Any:
    def read(method: MethodReport) -> Interval | None:
        found = method.utility.model(kind) if method.utility else None
        value: Interval | None = None if found is None else getattr(found, name)
        return value

    return read


def _cuts(methods: Sequence[MethodReport], kind: str) -> list[dict[str, Any]]:
    found = [(method.title, method.utility.model(kind)) for method in methods if method.utility]
    return [_cut_row(title, model) for title, model in found if model is not None]


def _cut_row(title: str, model: ModelUtility) -> dict[str, Any]:
    return {
        "Table": title,
        **_cut("at .5", model.at_half),
        **_cut("at base rate", model.at_base_rate),
        "Accuracy at .5": model.at_half.accuracy,
        "MAE": model.mae,
        "Off in its chances": model.calibration_error,
    }


def _cut(when: str, cut: Cut) -> dict[str, float]:
    return {f"F1 {when}": cut.f1, f"Precision {when}": cut.precision, f"Recall {when}": cut.recall}


def _augmentation(methods: list[MethodReport], styles: Styles) -> None:
    st.markdown(
        "##### Made rows added to real ones, against class weights",
        help="A model learns from the real rows three ways: as they are, with the rare class weighted up, and with "
        "made rows of the rare class added. Rows are added to what is learnt from, never to what is tested.",
    )
    known = [(m, m.utility.augmentation) for m in methods if m.utility and m.utility.augmentation]
    if not known:
        st.caption("Not measured: no table holds enough rows of the rarest class.")
        return
    series = [
        Series("Made rows added", _augmented("augmented_auc")),
        Series("Class weights", _augmented("weighted_auc")),
        Series("As they are", _augmented("plain_auc")),
    ]
    _show(dot_chart(methods, styles, series, "ROC AUC on real rows"), "augmentation")
    rows = [
        {
            "Table": method.title,
            "Rows added": found.n_added,
            "Gain over weights": found.gain_over_weights.value,
            "from": found.gain_over_weights.low,
            "to": found.gain_over_weights.high,
        }
        for method, found in known
    ]
    figures_table(rows, "What made rows gain over class weights, by table")
    st.markdown(_verdict([(method.title, found) for method, found in known if not method.is_anchor]))


def _verdict(known: Sequence[tuple[str, Augmentation]]) -> str:
    """Whether adding rows is worth it, in a sentence."""
    better = [plain(title) for title, found in known if found.gain_over_weights.low > 0]
    if better:
        return f"Rows of {', '.join(better)} help more than class weights do."
    return "No table helps more than class weights do, beyond what chance explains."


def _augmented(name: str) -> Any:
    def read(method: MethodReport) -> Interval | None:
        found = method.utility.augmentation if method.utility else None
        value: Interval | None = None if found is None else getattr(found, name)
        return value

    return read


def _show(figure: Any, name: str) -> None:
    st.plotly_chart(figure, config=CHART_CONFIG, key=f"tabular-utility-{name}", alt=f"Chart of the report: {name}")
