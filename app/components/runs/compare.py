"""Two runs side by side: only the settings that differ, what each spent, and what each found."""

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from app.components.moments import parse_utc, reader_zone
from app.components.pair_text import OUTCOME_TITLES
from app.components.runs.setting_words import setting_name, setting_part, setting_value
from app.components.runs.words import judge_text, money, seconds_text, short_id, state_word, strategy_word
from core.workflows.runs import Run, settings_diff

_NAME_PX, _SIDE_PX = 260, 230


def run_compare(run: Run, runs: Sequence[Run], currency: str) -> None:
    """Let the reader choose another run and show both; the latest other one of its kind at first."""
    others = {other.id: other for other in runs if other.id != run.id}
    if not others:
        st.caption("There is no other run yet to compare this one with.")
        return
    other = others[
        st.selectbox(
            "Compare with",
            list(others),
            index=list(others).index(_likeliest(run, list(others.values())).id),
            format_func=lambda id: _name(others[id]),
            key=f"run-compare-{run.id}",
        )
    ]
    left, right = f"This run · {short_id(run.id)}", f"The other · {short_id(other.id)}"
    if run.catalogue != other.catalogue and run.catalogue and other.catalogue:
        st.warning(
            f"They used different catalogues ({run.catalogue[:8]} and {other.catalogue[:8]}), so their counts are of "
            "different pairs.",
            icon=":material/difference:",
        )
    st.markdown("##### Settings that differ")
    _settings(run, other, left, right)
    st.markdown("##### What each took and found")
    _table(_figures(run, other, currency, left, right), "run-compare-figures", "right")


def _likeliest(run: Run, others: Sequence[Run]) -> Run:
    """The run before this one that shares the most with it: catalogue, then kind, then having made a graph."""

    def likeness(other: Run) -> tuple[bool, bool, bool, bool]:
        is_same_catalogue = other.catalogue == run.catalogue
        return is_same_catalogue, other.kind is run.kind, other.graph is not None, other.began_at < run.began_at

    return max(others, key=likeness)  # of equals the first, which is the latest


def _name(run: Run) -> str:
    began = parse_utc(run.began_at).astimezone(reader_zone())
    return (
        f"{began.day} {began:%b %H:%M} · {run.title} · {strategy_word(run)} · {judge_text(run)} · "
        f"{state_word(run)} · {short_id(run.id)}"
    )


def _settings(run: Run, other: Run, left: str, right: str) -> None:
    if not (run.flat and other.flat):
        which = "the other run" if run.flat else "this run"
        st.caption(f"The settings of {which} are not known, so there is nothing to compare.")
        return
    differences = settings_diff(run.flat, other.flat)
    if not differences:
        st.caption("None: both ran with the very same settings.")
        return
    lines = [
        {
            "Setting": f"{setting_part(d.field)}: {setting_name(d.field)}" if "." in d.field else setting_name(d.field),
            left: setting_value(d.field, d.left),
            right: setting_value(d.field, d.right),
        }
        for d in differences
    ]
    _table(pd.DataFrame(lines), "run-compare-settings", "left")


def _figures(run: Run, other: Run, currency: str, left: str, right: str) -> pd.DataFrame:
    columns = [_column(side, currency) for side in (run, other)]
    names = [name for name in columns[0] if any(column[name] != "0" for column in columns) or name == "Calls paid"]
    return pd.DataFrame(
        {"": names, left: [columns[0][name] for name in names], right: [columns[1][name] for name in names]}
    )


def _column(run: Run, currency: str) -> dict[str, str]:
    spent, counts = run.spent, run.graph.counts if run.graph else None
    return {
        "Calls paid": f"{spent.n_calls:,}",
        "Answered by the rule-based judge": f"{run.graph.n_calls:,}" if run.is_offline and run.graph else "0",
        "Answers free": f"{spent.n_cached:,}",
        "Errors": f"{spent.n_errors:,}",
        "Tokens in": f"{spent.input_tokens:,}",
        "Tokens out": f"{spent.output_tokens:,}",
        "Cost": "–" if run.is_offline else money(spent.cost, currency),
        "Time": seconds_text(run.seconds),
        **{
            f"Pairs: {title}": f"{getattr(counts, f'n_{outcome.name.lower()}'):,}" if counts else "–"
            for outcome, title in OUTCOME_TITLES.items()
        },
    }


def _table(frame: pd.DataFrame, key: str, alignment: Literal["left", "right"]) -> None:
    first, *sides = frame.columns
    columns: dict[str, Any] = {first: st.column_config.TextColumn(width=_NAME_PX)}
    columns |= {side: st.column_config.TextColumn(width=_SIDE_PX, alignment=alignment) for side in sides}
    st.dataframe(
        frame, hide_index=True, width="content", height="content", column_config=columns, key=key, alt="Two runs"
    )
