"""Two edges files held against each other, without a workspace: what `valence graph compare` calls."""

from pathlib import Path
from typing import Any, Final

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, Problem
from core.graph.agreement import PairAgreement, compare_graphs
from core.graph.edges_csv import read_edges
from core.graph.model import SignedGraph
from core.workflows.headless import Report, catalogue_file, read_file

FIGURES: Final = (
    *("n_pairs", "common", "mismatches", "agreement_on_common", "recall_of_a", "only_a", "only_b"),
    *("agreement_all_pairs", "kappa_all_pairs"),
)


def compare_files(a: Path, b: Path, catalogue_path: Path) -> Report:
    """Compare two edges files of one catalogue, over all its pairs and between every two modalities.

    Every figure follows from the edges alone: a pair without an edge counts as none, whether or not it was asked.
    `InvalidInput` lists the problems of both files.
    """
    catalogue = catalogue_file(catalogue_path)
    comparison = compare_graphs(catalogue, *_read_both(a, b, catalogue))
    return {
        **figures(comparison),
        "by_modality_pair": [
            {"modalities": [part.modality_a, part.modality_b], **figures(part)} for part in comparison.by_modality_pair
        ],
    }


def figures(agreement: PairAgreement) -> dict[str, Any]:
    """The figures of a comparison as JSON data; a share without anything to share is None."""
    return {name: getattr(agreement, name) for name in FIGURES}


def _read_both(a: Path, b: Path, catalogue: Catalogue) -> tuple[SignedGraph, SignedGraph]:
    graphs: list[SignedGraph] = []
    problems: list[Problem] = []
    for path in (a, b):
        try:
            graphs.append(read_edges(read_file(path), catalogue, allow_empty=True))
        except InvalidInput as error:
            problems += [Problem(f"{path}: {p.message}", p.fix, p.row, p.field) for p in error.problems]
    if problems:
        raise InvalidInput("The graphs cannot be compared", problems)
    return graphs[0], graphs[1]
