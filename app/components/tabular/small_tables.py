"""Figures of a report that are read one by one: per column, per list, per pattern of empty cells, per rule."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from app.components.tabular.report_words import NEIGHBOUR_HELP
from core.tabular.report.fidelity_model import Fidelity
from core.tabular.report.model import MethodReport

_ROW_PX, _HEADER_PX, _TALLEST_PX = 35, 38, 560
_REAL: Final = "Real rows set aside"


def figures_table(
    rows: Sequence[dict[str, Any]], alt: str, number: str = "%.3f", *, help_text: str | None = None
) -> None:
    """Rows of the same keys; every number in one format, texts as they are."""
    if not rows:
        st.caption("There is no such figure.")
        return
    config = {
        name: st.column_config.NumberColumn(format=kind, help=help_text)
        for name in rows[0]
        if (kind := _format([row[name] for row in rows], number))
    }
    st.dataframe(
        {name: [row[name] for row in rows] for name in rows[0]},
        hide_index=True,
        height=min(_TALLEST_PX, _HEADER_PX + _ROW_PX * len(rows)),
        column_config=config,
        placeholder="–",
        alt=alt,
    )


def _format(cells: Sequence[Any], number: str) -> str:
    """How a column's numbers are written; empty for texts."""
    known = [cell for cell in cells if cell is not None]
    if not known or not all(isinstance(cell, float | int) for cell in known):
        return ""
    return "localized" if all(isinstance(cell, int) for cell in known) else number


def neighbours_table(methods: Sequence[MethodReport]) -> None:
    """Precision, recall and what follows from them, by method."""
    rows = [
        {
            "Table": title,
            "Precision": one.neighbours.precision,
            "Recall": one.neighbours.recall,
            "PRD": one.neighbours.prd,
            "Density": one.neighbours.density,
            "Coverage": one.neighbours.coverage,
        }
        for title, one in _judged(methods)
    ]
    figures_table(rows, "Precision and recall of likeness, by table", help_text=NEIGHBOUR_HELP)


def columns_table(methods: Sequence[MethodReport]) -> None:
    """How alike every column is, by method: 1 is alike."""
    judged = _judged(methods)
    if not judged:
        return
    st.markdown("##### Shape of every column", help="1 is alike. The shuffle scores nearly 1 everywhere: see above.")
    names = [column.column for column in judged[0][1].columns]
    rows = [
        {"Column": name, **{title: _shape(one, name) for title, one in judged}, "Kind": judged[0][1].columns[i].kind}
        for i, name in enumerate(names)
    ]
    figures_table(rows, "How alike every column is, by table")


def lists_table(methods: Sequence[MethodReport]) -> None:
    """List columns by method; nothing where the table has none."""
    rows = [
        {
            "Table": title,
            "List": found.column,
            "Lengths apart (KS)": found.length_ks,
            "Values apart (JS)": found.value_js,
            "Pairs in one list apart": found.pair_distance,
            "Lists with a value twice": found.repeated_share,
            "The same, real": found.holdout_repeated_share,
        }
        for title, one in _judged(methods)
        for found in one.lists
    ]
    st.markdown(
        "##### Lists", help="Distances from the real rows: 0 is alike. Pairs: which values stand in one list together."
    )
    if rows:
        figures_table(rows, "Lists, by table")
    else:
        st.caption("The table has no list column.")


def missing_table(methods: Sequence[MethodReport]) -> None:
    """Which cells are empty together, by method."""
    judged = _judged(methods)
    st.markdown("##### Empty cells", help="Which columns are empty in one row together, and in what share of the rows.")
    patterns = {p.columns: p.holdout_share for _, one in judged for p in one.missing.patterns}
    if not any(patterns):
        st.caption("No cell of the real rows is empty.")
        return
    shares = {title: {p.columns: p.synthetic_share for p in one.missing.patterns} for title, one in judged}
    rows: list[dict[str, Any]] = [
        {
            "Empty together": ", ".join(columns) or "none",
            _REAL: 100 * real,
            **{title: None if columns not in of else 100 * of[columns] for title, of in shares.items()},
        }
        for columns, real in sorted(patterns.items(), key=lambda item: -item[1])
    ]
    figures_table(rows, "Which cells are empty together, by table", "%.1f%%")
    apart = [{"Table": title, "Distance of all patterns": one.missing.distance} for title, one in judged]
    figures_table(apart, "How far the patterns of empty cells are apart, by table")


def rules_table(methods: Sequence[MethodReport]) -> None:
    """Rules that rows break, by method."""
    judged = _judged(methods)
    st.markdown(
        "##### Rules", help="Rules of the schema, categories that no real row holds, cells that cannot be read."
    )
    broken = {title: {rule.rule: rule.n_rows for rule in one.violations if rule.n_rows} for title, one in judged}
    names = list(dict.fromkeys(rule for found in broken.values() for rule in found))
    if not names:
        st.markdown(":green[:material/check_circle:] No row of any table breaks a rule.")
        return
    rows = [{"Rule": name, **{title: found.get(name, 0) for title, found in broken.items()}} for name in names]
    figures_table(rows, "Rows that break each rule, by table", "localized")


def _judged(methods: Sequence[MethodReport]) -> list[tuple[str, Fidelity]]:
    return [(method.title, method.fidelity) for method in methods if method.fidelity is not None]


def _shape(found: Fidelity, name: str) -> float | None:
    return next((column.shape for column in found.columns if column.column == name), None)
