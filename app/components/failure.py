"""Failures as sentences: what is wrong, and what to do now. A traceback never reaches the screen."""

import csv
import io
import logging

import streamlit as st

from app.components.plain_text import plain
from core.catalogue.cells import escaped
from core.errors import InvalidInput, Problem, ValenceError

_SHOWN = 12


def show_failure(error: Exception) -> bool:
    """Show any exception as a message; unknown ones are logged in full. Returns True: nothing more to show."""
    if isinstance(error, InvalidInput):
        show_problems(error.what, error.problems)
    elif isinstance(error, ValenceError):
        st.error(f"**{plain(error.message)}** {plain(error.fix)}", icon=":material/error:")
    else:
        logging.getLogger("valence.app").error("A page failed", exc_info=error)
        st.error(
            "**Something went wrong on this page.** Your work is safe. Reload the page; if it happens again, "
            "the server's log holds the details.",
            icon=":material/error:",
        )
    return True


def show_problems(what: str, problems: tuple[Problem, ...], *, warning: bool = False) -> None:
    """List problems, the first dozen on the page and all of them as a download."""
    show = st.warning if warning else st.error
    lines = [f"- {plain(str(problem))}" for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"- … and {len(problems) - _SHOWN:,} more")
    show(f"**{plain(what)}**\n\n" + "\n".join(lines), icon=":material/warning:" if warning else ":material/error:")
    if len(problems) > 1:
        st.download_button(
            f"All {len(problems):,} as a table",
            problems_csv(problems),
            file_name="problems.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"problems-{what}-{len(problems)}",
            on_click="ignore",
        )


def problems_csv(problems: tuple[Problem, ...]) -> bytes:
    """Problems as CSV: row, field, problem, what to do. Cells that a spreadsheet would run as formulas are quoted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["row", "field", "problem", "what to do"])
    for p in problems:
        writer.writerow([p.row or "", *(escaped(text) for text in (p.field, p.message, p.fix))])
    return buffer.getvalue().encode()
