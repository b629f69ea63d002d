"""How good a dataset is: each label against what was asked for."""

from typing import Any

import pandas as pd
import streamlit as st

from app import queries
from app.components.datasets.charts import class_balance, fraction_histograms
from app.components.plain_text import plain
from app.components.stored_chart import stored_chart
from app.state import current_selection
from app.theme import label_colours
from core.dataset.evaluation import Evaluation
from core.sampler.configuration import DatasetConfig, SearchMethod
from core.sampler.fractions import Range
from core.store.artefacts import Artefact

_METHODS = {
    SearchMethod.REJECTION: "Drawn at random",
    SearchMethod.ANNEALING: "Searched",
    SearchMethod.FULL_ANNEALING: "Annealed to the end",
}
_NOT_MET = "Not met"
_CHART_PX = 380


def dataset_evaluation(dataset: Artefact) -> None:
    """The table of labels, the histograms over the asked ranges, and the balance of the labels."""
    workspace = current_selection().workspace
    evaluation = queries.dataset_evaluation(workspace, dataset.id)
    config = queries.dataset_configuration(workspace, dataset.id)
    _label_table(evaluation, config, dataset.manifest.facts["sampling"])
    for label, n_without in labels_without_conflict(dataset, evaluation, config).items():
        _warn_of_missing_conflicts(label, n_without, evaluation.labels[label].n)
    grid = st.grid(2, min_column_width=_CHART_PX, gap="medium")
    with grid.cell():
        st.markdown("##### Where the rows lie in their ranges")
        shown = (workspace, dataset.id)
        stored_chart("dataset-fractions", shown, lambda: fraction_histograms(evaluation, config.label_params))
        st.caption("Grey: the range asked for. Dotted: the mean. Height: share of the label's rows.")
    with grid.cell():
        st.markdown("##### Rows of each label")
        stored_chart("dataset-balance", shown, lambda: class_balance(evaluation))
        st.caption(_rows_caption(evaluation))


def labels_without_conflict(dataset: Artefact, evaluation: Evaluation, config: DatasetConfig) -> dict[str, int]:
    """How many rows hold no − pair, for the labels that promise conflicts and have such rows.

    A label promises conflicts where its share of − pairs may go higher than its share of + pairs.
    """
    promising = [
        label
        for label, params in config.label_params.items()
        if params.neg_frac_range[0] == 0.0
        and params.neg_frac_range[1] > params.pos_frac_range[1]
        and label in evaluation.labels
        and evaluation.labels[label].neg_frac_histogram[0]
    ]
    if not promising:
        return {}
    counts = queries.rows_without_conflict(current_selection().workspace, dataset.id)
    return {label: counts[label] for label in promising if counts[label]}


def _warn_of_missing_conflicts(label: str, n_without: int, n_rows: int) -> None:
    st.warning(
        f"**{n_without:,} of the {n_rows:,} rows of “{plain(label)}” hold no conflict at all.** The label "
        "lets the share of − pairs be 0. To ask for conflicts, raise the lower end of that range and draw again.",
        icon=":material/warning:",
    )


def _label_table(evaluation: Evaluation, config: DatasetConfig, sampling: dict[str, Any]) -> None:
    lines = []
    for label, params in config.label_params.items():
        measured, found = evaluation.labels.get(label), sampling[label]
        lines.append(
            {
                "Label": [label],
                "Rows": measured.n if measured else 0,
                "+ mean": measured and measured.mean_pos_frac,
                "+ asked": _range_text(params.pos_frac_range),
                "− mean": measured and measured.mean_neg_frac,
                "− asked": _range_text(params.neg_frac_range),
                "Deviation": measured and measured.mean_deviation,
                "In range": measured and 100 * measured.in_range_rate,
                "Duplicates": measured.n_duplicates if measured else 0,
                "How found": _METHODS[SearchMethod(found["method"])] if found["method"] else _NOT_MET,
                "Fit at random": None if found["random_share"] is None else 100 * found["random_share"],
            }
        )
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        column_config=_columns(list(config.label_params)),
        placeholder="–",
        alt="One line per label: its rows against what was asked for",
    )


def _columns(labels: list[str]) -> dict[str, Any]:
    colours = label_colours(labels)
    number = st.column_config.NumberColumn
    share = "Share of {} pairs among all pairs of a row, mean over the label's rows."
    asked = "The share of {} pairs that every row of the label must have."
    return {
        "Label": st.column_config.MultiselectColumn(options=labels, color=[colours[label] for label in labels]),
        "Rows": number(format="localized"),
        "+ mean": number(format="%.3f", help=share.format("+")),
        "+ asked": st.column_config.TextColumn(help=asked.format("+")),
        "− mean": number(format="%.3f", help=share.format("−")),
        "− asked": st.column_config.TextColumn(help=asked.format("−")),
        "Deviation": number(
            format="%.3f", help="How far the shares lie outside the ranges, mean over the rows; 0 when all are inside."
        ),
        "In range": number(
            format="%.2f %%", help="Rows with both shares and every number of attributes as asked. 100 % is expected."
        ),
        "Duplicates": number(format="localized", help="Rows that repeat an earlier row of the same label exactly."),
        "How found": st.column_config.TextColumn(
            help="Drawn at random: random rows were drawn until one fitted. Searched: such rows are rare, so each was "
            "looked for step by step and then changed further inside the ranges."
        ),
        "Fit at random": number(
            format="%.2f %%", help="Share of random rows that fit the label, measured before drawing. Rare is harder."
        ),
    }


def _range_text(asked: Range) -> str:
    return f"{asked[0]:.3f} – {asked[1]:.3f}"


def _rows_caption(evaluation: Evaluation) -> str:
    sentences = [
        f"A row holds {evaluation.mean_size:.1f} attributes on average.",
        f"{evaluation.n_distinct_rows:,} of {evaluation.n_rows:,} rows are distinct.",
    ]
    if evaluation.n_shared_rows:
        sentences.append(
            f"{evaluation.n_shared_rows:,} distinct rows occur under more than one label: the labels' ranges overlap."
        )
    return " ".join(sentences)
