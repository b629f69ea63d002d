"""Pairs found by a search as a file that is safe to open in a spreadsheet."""

from collections.abc import Callable

import streamlit as st


def pairs_download(n_pairs: int, written: Callable[[], bytes], file_name: str, key: str, about: str) -> None:
    """Offer the pairs as CSV; they are written only when somebody clicks. `about` begins the help text."""
    st.download_button(
        f"Pairs found ({n_pairs:,})",
        written,
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=key,
        help=f"{about}, for a spreadsheet. Cells that a spreadsheet would run as a formula begin with an apostrophe.",
    )
