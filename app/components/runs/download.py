"""The calls of a run as files: figures for a spreadsheet, and everything, prompts and answers included, as JSONL."""

import json
from collections.abc import Iterator
from typing import Final

import streamlit as st

from app.components.runs.words import short_id, shown
from app.services import current
from core.catalogue.cells import escaped
from core.catalogue.writing import csv_bytes
from core.store.answer_log import AnswerLog
from core.store.answer_rows import LoggedCall
from core.workflows.run_calls import CallSearch, call_data, every_call
from core.workflows.runs import Run

_FIGURES: Final = (
    *("started_at", "ended_at", "purpose", "outcome", "subject", "seconds", "is_paid", "input_tokens"),
    *("output_tokens", "charged_input_tokens", "charged_output_tokens", "cost", "again", "fingerprint", "message"),
)


def run_downloads(run: Run, search: CallSearch, n_matching: int) -> None:
    """Offer the calls found as two files; they are written only when somebody clicks."""
    log = current().workspace.answers
    name = f"calls-{short_id(run.id)}"
    st.download_button(
        "CSV",
        lambda: calls_csv(log, run.id, search),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        disabled=not n_matching,
        key=f"run-csv-{run.id}",
        help="The calls that match, one a line, without prompts and answers, for a spreadsheet. Cells that a "
        "spreadsheet would run as a formula begin with an apostrophe.",
    )
    st.download_button(
        "JSONL",
        lambda: calls_jsonl(log, run.id, search),
        file_name=f"{name}.jsonl",
        mime="application/jsonl",
        icon=":material/download:",
        on_click="ignore",
        disabled=not n_matching,
        key=f"run-jsonl-{run.id}",
        help="The calls that match, whole, one a line: with the exact prompt and the raw answer. It can be large.",
    )


def calls_csv(log: AnswerLog, run: str, search: CallSearch) -> bytes:
    """UTF-8 CSV of the calls found, newest first, safe to open in a spreadsheet."""
    return csv_bytes(("number", *_FIGURES), (_line(call) for call in every_call(log, run, search)))


def calls_jsonl(log: AnswerLog, run: str, search: CallSearch) -> bytes:
    """The calls found, newest first, one JSON object a line, with what was sent and what came back."""

    def lines() -> Iterator[str]:
        for call in every_call(log, run, search):
            yield json.dumps(call_data(log.call(run, call.number))) + "\n"

    return "".join(lines()).encode("ascii")


def _line(call: LoggedCall) -> tuple[str, ...]:
    return (str(call.number), *(_cell(getattr(call.attempt, name)) for name in _FIGURES))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return escaped(shown(value)) if isinstance(value, str) else str(value)
