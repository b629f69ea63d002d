"""The estimated pairs found as a file that is safe to open in a spreadsheet."""

import numpy as np
from numpy.typing import NDArray

from app.components.pairs_download import pairs_download
from core.catalogue.cells import escaped
from core.catalogue.writing import csv_bytes
from core.graph.pair_table import PairTable
from core.store.artefacts import Artefact
from core.workflows.model_pairs import ComparedPairs, ToldPair, told_pair

_HEADER = (
    *("source", "target", "source_value", "target_value", "source_modality", "target_modality"),
    *("labels_speak", "estimate", "deviation", "sureness", "graph", "graph_strength", "graph_reason"),
)


def pair_download(run: Artefact, pairs: ComparedPairs, table: PairTable, numbers: NDArray[np.int32]) -> None:
    """Offer the pairs found; they are written only when somebody clicks."""
    pairs_download(
        len(numbers),
        lambda: pairs_csv([told_pair(pairs, table, number) for number in numbers.tolist()]),
        f"pairs-{run.id[:8]}.csv",
        f"models-pairs-download-{run.id[:8]}",
        "The pairs found, with what the graph says of each",
    )


def pairs_csv(told: list[ToldPair]) -> bytes:
    """UTF-8 CSV, one line per pair; directions and outcomes as words, since a lone sign reads as a formula."""
    return csv_bytes(_HEADER, map(_line, told))


def _line(pair: ToldPair) -> tuple[str, ...]:
    ends = (pair.source, pair.target)
    return (
        *(escaped(end.id) for end in ends),
        *(escaped(end.value) for end in ends),
        *(escaped(end.modality) for end in ends),
        "for" if pair.mean > 0 else "against",
        f"{pair.mean:.6g}",
        f"{pair.deviation:.6g}",
        f"{pair.chance:.6f}",
        pair.outcome.name.lower(),
        "" if pair.strength is None else f"{pair.strength:.3f}",
        escaped(pair.reason),
    )
