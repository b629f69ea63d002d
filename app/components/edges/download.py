"""Edges as files: what was found, safe to open in a spreadsheet, and the graph's own file, byte for byte."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.services import current
from core.catalogue.cells import escaped
from core.catalogue.writing import csv_bytes
from core.graph.edges_csv import edge_rel
from core.graph.pair_table import Pair, PairTable
from core.store.artefacts import Artefact
from core.workflows.graphs import EDGES_FILE

_HEADER = (
    *("source", "target", "rel", "sign", "outcome"),
    *("source_value", "target_value", "strength", "reason", "call", "judge"),
)


def edge_downloads(graph: Artefact, table: PairTable, rows: NDArray[np.int32]) -> None:
    """Offer both files; the found pairs are written only when somebody clicks."""
    st.download_button(
        f"Pairs found ({len(rows):,})",
        lambda: pairs_csv(table, rows),
        file_name=f"pairs-{graph.id[:8]}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        disabled=not len(rows),
        key=f"download-found-{graph.id}",
        help="The pairs that match, with reasons, for a spreadsheet. Cells that a spreadsheet would run as a formula "
        "begin with an apostrophe.",
    )
    workspace = current().workspace
    st.download_button(
        "All edges, exact file",
        lambda: workspace.artefacts.read(graph, EDGES_FILE),
        file_name=f"edges-{graph.id[:8]}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"download-edges-{graph.id}",
        help="The graph's + and − edges exactly as stored: source, target, rel, sign. It can be uploaded again.",
    )


def pairs_csv(table: PairTable, rows: NDArray[np.int32]) -> bytes:
    """UTF-8 CSV of the given pairs, ends by attribute id, safe to open in a spreadsheet.

    A cell that begins like a formula gets an apostrophe in front; a lone sign in its column is no formula and stays.
    """
    return csv_bytes(_HEADER, (_line(table.pair(row), table.judge) for row in rows.tolist()))


def _line(pair: Pair, judge: str) -> tuple[str, ...]:
    """The source is the end whose modality comes first in the alphabet, as in the graph's own file."""
    source, target = sorted((pair.source, pair.target), key=lambda end: end.modality)
    rel = edge_rel(source.modality, target.modality)
    strength = "" if pair.strength is None else f"{pair.strength:.3f}"
    call = "" if pair.call is None else str(pair.call)
    return (
        *map(escaped, (source.id, target.id, rel)),
        *(pair.outcome.symbol, pair.outcome.name.lower()),
        *map(escaped, (source.value, target.value, strength, pair.reason, call, judge)),
    )
