"""Taking in evaluation logs: choose files, read what is wrong with them, or keep all of them."""

from typing import Final

import streamlit as st

from app.components.failure import show_failure
from app.components.plain_text import named
from app.services import current
from core.errors import ValenceError
from core.leaderboard.evaluation_log_files import MAX_FILE_BYTES, SUFFIXES, LogFile
from core.workflows.evaluation_logs import Ingested, ingest_logs

_ROUND: Final = "board-log-round"
_DONE: Final = "board-logs-taken"
EXAMPLE: Final = """{
  "model": "forest-300", "family": "random forest", "team": "Aurora",
  "dataset_version": "V25", "split_kind": "random", "track": "blind",
  "n_rows": 100, "date": "2026-05-04T10:00:00Z",
  "confusion": {"labels": ["pos", "neg"], "counts": [[41, 9], [7, 43]]},
  "code_ref": "git:0a1b2c3", "config": {"trees": 300}
}"""


def log_upload() -> None:
    """Ask for logs; they are kept all or none, when the button is pressed."""
    round_now: int = st.session_state.get(_ROUND, 0)
    files = st.file_uploader(
        "Evaluation logs",
        [suffix.removeprefix(".") for suffix in SUFFIXES],
        accept_multiple_files=True,
        key=f"board-logs-{round_now}",
        max_upload_size=MAX_FILE_BYTES // 1_000_000,
        help="One log per .json file, or a list of them; one log per line of a .jsonl file. Any number of files.",
    )
    if st.button("Take them in", type="primary", icon=":material/check:", disabled=not files, key="board-logs-take"):
        try:
            logs = [LogFile(file.name, file.getvalue()) for file in files or ()]
            st.session_state[_DONE] = _told(ingest_logs(current().workspace, logs, "upload"))
        except ValenceError as error:
            show_failure(error)
            st.caption("Nothing was taken in. Correct the files and choose them again.")
        else:
            st.session_state[_ROUND] = round_now + 1
            st.rerun()
    with st.expander("What a log looks like", icon=":material/help:"):
        st.markdown(
            "Give a confusion matrix, or `metrics` with a `macro_f1`, or both; figures that contradict the matrix are "
            "refused. Self-reported scores never rank beside verified ones. A whole folder is taken in by "
            "`valence leaderboard ingest FOLDER --workspace NAME`."
        )
        st.code(EXAMPLE, language="json")


def say_what_was_taken() -> None:
    """One message after logs were taken in."""
    told = st.session_state.pop(_DONE, "")
    if told:
        st.success(told, icon=":material/check_circle:")


def _told(taken: Ingested) -> str:
    n_new = len(taken.new)
    parts = [f"{n_new:,} log{'s' * (n_new != 1)} taken in."]
    if n_new:
        parts.append(f"{'It stands' if n_new == 1 else 'They stand'} under “Self-reported”.")
    if taken.n_known:
        parts.append(f"{taken.n_known:,} {'was' if taken.n_known == 1 else 'were'} here already.")
    if taken.unknown_versions:
        names = ", ".join(named(name) for name in taken.unknown_versions[:5])
        parts.append(f"This workspace holds no dataset called {names}: look under that name.")
    return " ".join(parts)
