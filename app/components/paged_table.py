"""A table of any length, one page at a time: what a page does not show is not sent to the browser."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from app.catalogue_tables import PAGE_ROWS, TablePage

_TABLE_PX = 560
_ROW_PX = 35
_HEADER_PX = 37


def paged_table(read: Callable[[int], TablePage], key: str, noun: str, columns: Mapping[str, Any]) -> None:
    """Show page `read(n)`, n from 1, with the count of all rows (`noun`, plural) and the pages to choose from.

    `key` must change when the rows do, so that another search starts at its first page.
    """
    first = read(1)
    n_pages = max(1, -(-first.n_rows // PAGE_ROWS))
    count, table = st.container(), st.container()
    page = st.pagination(n_pages, key=key) if n_pages > 1 else 1
    shown = read(page).rows
    start = (page - 1) * PAGE_ROWS
    count.caption(f"{start + 1:,}–{start + len(shown):,} of {first.n_rows:,} {noun}")
    table.dataframe(
        shown,
        height=min(_TABLE_PX, _HEADER_PX + _ROW_PX * max(len(shown), 1)),
        hide_index=True,
        column_config=columns,
        placeholder="",
        alt=f"One page of {first.n_rows:,} {noun}",
    )
