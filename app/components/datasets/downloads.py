"""A dataset's files to take away; each is read only when somebody clicks."""

from functools import partial
from typing import NamedTuple

import streamlit as st

from app import queries
from app.components.failure import show_problems
from app.services import current
from app.state import current_selection
from core.dataset.noise_file import NOISE_FILE
from core.dataset.version import CONFIG_FILE, EVALUATION_FILE, PARQUET_FILE, ROWS_FILE
from core.store.artefacts import Artefact
from core.store.manifest import MANIFEST_FILE, manifest_text
from core.workflows.dataset_rows import rows_file


class _Offer(NamedTuple):
    label: str
    mime: str
    help: str


_OFFERS = {
    ROWS_FILE: _Offer("Rows (JSONL)", "application/jsonl", "One row per line: lists of values by type, and the label."),
    PARQUET_FILE: _Offer(
        "Rows (Parquet)", "application/vnd.apache.parquet", "The same rows, for pandas, Spark or DuckDB."
    ),
    NOISE_FILE: _Offer(
        "Noise (Parquet)", "application/vnd.apache.parquet", "Every change made on purpose: row, kind, before, after."
    ),
    EVALUATION_FILE: _Offer("Evaluation", "application/json", "Every figure of this page, as JSON."),
    CONFIG_FILE: _Offer("Configuration", "application/json", "What was asked for. It can be used to draw rows again."),
}


def dataset_downloads(dataset: Artefact) -> None:
    """One button per file with its size; a file that is not as it was saved is named and cannot be downloaded."""
    damage = queries.dataset_damage(current_selection().workspace, dataset.id)
    if damage:
        show_problems("Files of this dataset are not as they were saved", damage)
    damaged = {problem.field for problem in damage}
    with st.container(horizontal=True):
        for name, offer in _OFFERS.items():
            if name not in dataset.manifest.files:
                continue  # nothing was spoilt, or the rows are sealed, which the page says
            st.download_button(
                f"{offer.label} · {_size_text(dataset.manifest.files[name].bytes)}",
                partial(rows_file, current().workspace, dataset.id, name),
                file_name=_file_name(dataset, name),
                mime=offer.mime,
                icon=":material/download:",
                help=offer.help,
                disabled=name in damaged,
                on_click="ignore",
                key=f"download-{name}-{dataset.id[:8]}",
            )
        st.download_button(
            "Manifest",
            manifest_text(dataset.manifest).encode(),
            file_name=_file_name(dataset, MANIFEST_FILE),
            mime="application/json",
            icon=":material/download:",
            help="What this version was made from, with the SHA-256 of every file.",
            on_click="ignore",
            key=f"download-{MANIFEST_FILE}-{dataset.id[:8]}",
        )


def _file_name(dataset: Artefact, name: str) -> str:
    return f"dataset-{dataset.id[:8]}{name.removeprefix('dataset') if name.startswith('dataset') else f'-{name}'}"


def _size_text(n_bytes: int) -> str:
    for size, unit in ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return f"{n_bytes} B"
