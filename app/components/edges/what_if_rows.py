"""The rows that a changed pair affects: by label, and one by one with what takes them out of their ranges."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.components.edges.detail_known import KnownPair
from app.components.plain_text import named
from core.fingerprint import content_id
from core.sampler.configuration import LabelParams
from core.sampler.fractions import Range
from core.sampler.leverage import WhatIf
from core.workflows.leverage import RowSource

PAGE_ROWS: Final = 50
_HEIGHT: Final = 360


def label_line(found: WhatIf) -> None:
    """How many rows of each label would leave, in one line."""
    if not found.leaves.any():
        st.markdown("No row would leave the ranges of its label.")
        return
    counts = found.rows.held[found.leaves].sum(axis=0).tolist()
    totals = found.rows.held.sum(axis=0).tolist()
    parts = [
        f"{named(label)}: **{count:,}** of {total:,}"
        for label, count, total in zip(found.rows.labels, counts, totals, strict=True)
        if count
    ]
    st.markdown(f"Rows with both attributes that would leave, by label: {' · '.join(parts)}")


def affected_rows(pair: KnownPair, found: WhatIf, source: RowSource) -> None:
    """List the rows that would leave or come back, a page at a time."""
    numbers = np.flatnonzero(found.leaves | found.returns)
    if not len(numbers):
        return
    view = content_id("what-if", [pair.graph_id, source, [*pair.positions], int(found.after)])[:12]
    n_pages = -(-len(numbers) // PAGE_ROWS)
    page = int(st.session_state.get(f"edge-panel-affected-{view}") or 1)
    shown = numbers[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    st.dataframe(
        _frame(pair, found, shown),
        hide_index=True,
        height=min(_HEIGHT, 38 + 35 * len(shown)),
        column_config=_columns(is_dataset=bool(source.dataset)),
        placeholder="–",
        alt="Rows that would change sides",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        first = (page - 1) * PAGE_ROWS + 1
        st.caption(f"{first:,} to {first + len(shown) - 1:,} of {len(numbers):,} affected rows.", width="content")
        if n_pages > 1:
            st.pagination(n_pages, key=f"edge-panel-affected-{view}")


def breaches(params: LabelParams, pos: float, neg: float) -> Iterator[str]:
    """Each bound of a label that shares of + and - pairs break, in words."""
    for sign, share, allowed in (("+", pos, params.pos_frac_range), ("−", neg, params.neg_frac_range)):
        yield from _breach(sign, share, allowed)


def _breach(sign: str, share: float, allowed: Range) -> Iterator[str]:
    for is_out, side, bound in ((share < allowed[0], "below", allowed[0]), (share > allowed[1], "above", allowed[1])):
        if is_out:
            yield f"{sign} share {share:.1%} is {side} {bound:.1%}"


def _frame(pair: KnownPair, found: WhatIf, numbers: NDArray[np.int64]) -> pd.DataFrame:
    return pd.DataFrame([_line(pair, found, number) for number in numbers.tolist()])


def _line(pair: KnownPair, found: WhatIf, number: int) -> Mapping[str, Any]:
    attributes = pair.table.catalogue.attributes
    held = [name for name, is_held in zip(found.rows.labels, found.rows.held[number], strict=True) if is_held]
    shares = found.changed if found.leaves[number] else found.found
    why = [
        phrase
        for name in held
        for phrase in breaches(found.rows.labels[name], shares.pos_frac[number], shares.neg_frac[number])
    ]
    return {
        "Row": int(found.row[number]) + 1,
        "Label": ", ".join(held),
        "Change": "leaves" if found.leaves[number] else "comes back",
        "+ share": _change(found.found.pos_frac, found.changed.pos_frac, number),
        "− share": _change(found.found.neg_frac, found.changed.neg_frac, number),
        "Why": "; ".join(dict.fromkeys(why)) + ("" if found.leaves[number] else " now"),
        "Attributes": [attributes[position].value for position in found.rows.of_row(number).tolist()],
    }


def _change(before: NDArray[np.float64], after: NDArray[np.float64], number: int) -> str:
    return f"{before[number]:.1%} → {after[number]:.1%}"


def _columns(*, is_dataset: bool) -> dict[str, Any]:
    number = "Its line in the dataset's files, from 1." if is_dataset else "Its place among the random rows, from 1."
    return {
        "Row": st.column_config.NumberColumn(width=70, format="localized", help=number),
        "Label": st.column_config.TextColumn(width=80),
        "Change": st.column_config.TextColumn(width=95),
        "+ share": st.column_config.TextColumn(width=130, help="Share of + pairs among all pairs, now and then."),
        "− share": st.column_config.TextColumn(width=130, help="Share of − pairs among all pairs, now and then."),
        "Why": st.column_config.TextColumn(width=230),
        "Attributes": st.column_config.ListColumn(width=420),
    }
