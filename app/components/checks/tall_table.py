"""A table whose texts are read in full: rows of several lines, one page at a time."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

PAGE_ROWS = 25
_LINE_PX, _AROUND_PX = 19, 16
_HEADER_PX = 37
_TALLEST_PX = 640


def tall_table(
    frame: Callable[[slice], pd.DataFrame],
    n_rows: int,
    key: str,
    noun: str,
    columns: Mapping[str, Any],
    *,
    n_lines: int = 4,
) -> None:
    """Show one page of `n_rows` rows (`noun`, plural), which `frame` makes for the rows asked of it.

    `key` must change when the rows do, so that another list starts at its first page; `n_lines`: of text in a row.
    """
    n_pages = max(1, -(-n_rows // PAGE_ROWS))
    count, table = st.container(), st.container()
    page = st.pagination(n_pages, key=key) if n_pages > 1 else 1
    start = (page - 1) * PAGE_ROWS
    shown = frame(slice(start, start + PAGE_ROWS))
    count.caption(f"{start + 1:,}–{start + len(shown):,} of {n_rows:,} {noun}")
    row_px = _AROUND_PX + _LINE_PX * n_lines
    table.dataframe(
        shown,
        height=min(_TALLEST_PX, _HEADER_PX + row_px * max(len(shown), 1)),
        row_height=row_px,
        hide_index=True,
        column_config=columns,
        placeholder="",
        alt=f"One page of {n_rows:,} {noun}",
    )
