"""The main job on plain files, without a workspace: what the command line and scripts call.

Each function returns JSON data, the same that `--json` prints.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.catalogue.model import Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.dataset.evaluation import evaluate, evaluation_json
from core.dataset.reading import read_rows
from core.errors import CorruptArtefact, InvalidInput, NotFound, ValenceError
from core.fingerprint import digest
from core.graph.edges_csv import read_edges
from core.graph.model import SignedGraph, VerdictTable
from core.graph.statistics import graph_statistics
from core.graph.verdict_file import read_verdicts
from core.sampler.configuration import DatasetConfig, parse_config
from core.sampler.configuration_check import check_config
from core.sampler.density import N_SUBGRAPHS, measure_density
from core.workflows.density_report import density_record

Report = dict[str, Any]
_NOISE_NOTE = (
    "The configuration asks for noise, so rows out of range are expected here; the dataset's evaluation.json is of the "
    "rows before the noise."
)


def check_catalogue(path: Path) -> Report:
    """Read a catalogue file and report what it holds and every problem and warning, without failing on them."""
    reading = read_catalogue_file(path)
    catalogue = reading.catalogue
    return {
        "ok": catalogue is not None,
        "n_attributes": len(catalogue) if catalogue else 0,
        "n_pairs": catalogue.n_pairs if catalogue else 0,
        "modalities": {m: len(p) for m, p in catalogue.positions_by_modality.items()} if catalogue else {},
        "problems": [asdict(problem) for problem in reading.problems],
        "warnings": [asdict(warning) for warning in reading.warnings],
    }


def graph_stats(edges_path: Path, catalogue_path: Path) -> Report:
    """Count a graph's pairs; neutral and unjudged are told apart when the verdict file lies beside the edges."""
    catalogue = catalogue_file(catalogue_path)
    data = read_file(edges_path)
    graph = read_edges(data, catalogue, allow_empty=True)
    verdicts, note = verdicts_beside(edges_path, catalogue, digest(data))
    calls = int(verdicts.call.max()) + 1 if verdicts is not None and len(verdicts) else None
    return graph_report(graph, verdicts, calls=calls, seconds=None, note=note)


def density(
    edges_path: Path, catalogue_path: Path, config_path: Path, n_subgraphs: int | None, seed: int | None
) -> Report:
    """The density diagnostic of a graph under a configuration's type ranges, with a verdict on each of its labels."""
    graph, config = graph_and_config(edges_path, catalogue_path, config_path)
    measured = measure_density(
        graph,
        config.type_ranges,
        n_subgraphs=N_SUBGRAPHS if n_subgraphs is None else n_subgraphs,
        seed=config.seed if seed is None else seed,
    )
    return density_record(graph, measured, config.label_params)


def evaluate_file(dataset_path: Path, edges_path: Path, catalogue_path: Path, config_path: Path) -> Report:
    """Recount a dataset file against a graph and a configuration; `note` is there where its rows hold noise."""
    graph, config = graph_and_config(edges_path, catalogue_path, config_path)
    rows = read_rows(read_file(dataset_path), graph.catalogue, config.type_ranges)
    report = dict(json.loads(evaluation_json(evaluate(rows, graph, config))))
    return report if config.noise.is_off else {**report, "note": _NOISE_NOTE}


def read_config_file(path: Path) -> DatasetConfig:
    """Read a configuration file; `InvalidInput` lists every problem."""
    return parse_config(read_file(path))


def verdicts_path(edges_path: Path) -> Path:
    """Where the verdicts of an edges CSV lie: `edges.csv` has `edges.verdicts.parquet` beside it."""
    return edges_path.parent / f"{edges_path.stem}.verdicts.parquet"


def catalogue_file(path: Path) -> Catalogue:
    """Read a catalogue file; `InvalidInput` lists every problem."""
    return catalogue_or_error(read_catalogue_file(path))


def graph_and_config(edges_path: Path, catalogue_path: Path, config_path: Path) -> tuple[SignedGraph, DatasetConfig]:
    """Read the three inputs of a dataset; `InvalidInput` when the configuration does not fit the catalogue."""
    config = read_config_file(config_path)
    catalogue = catalogue_file(catalogue_path)
    if problems := check_config(config, catalogue):
        raise InvalidInput(f"{config_path.name} does not fit the catalogue", problems)
    return read_edges(read_file(edges_path), catalogue), config


def verdicts_beside(edges_path: Path, catalogue: Catalogue, edges_digest: str) -> tuple[VerdictTable | None, str]:
    """The verdicts that lie beside an edges file of that SHA-256, or None and a sentence that says why."""
    path = verdicts_path(edges_path)
    if not path.is_file():
        return None, "No verdict file lies beside the edges, so pairs without an edge count as unjudged."
    try:
        return read_verdicts(read_file(path), catalogue, edges_digest), ""
    except CorruptArtefact as error:
        return None, f"{path.name} was left aside: {error.message} Pairs without an edge count as unjudged."


def graph_report(
    graph: SignedGraph, verdicts: VerdictTable | None, *, calls: int | None, seconds: float | None, note: str = ""
) -> Report:
    """Counts by outcome, overall and by modality pair, as JSON data."""
    statistics = graph_statistics(graph, verdicts)
    return {
        "n_attributes": statistics.n_attributes,
        "n_pairs": statistics.total.n_pairs,
        "calls": calls,
        **asdict(statistics.total),
        "seconds": None if seconds is None else round(seconds, 3),
        "by_modality_pair": [
            {"modalities": [pair.modality_a, pair.modality_b], **asdict(pair.counts)}
            for pair in statistics.by_modality_pair
        ],
        **({"note": note} if note else {}),
    }


def read_file(path: Path) -> bytes:
    """The bytes of a file; `NotFound` or `ValenceError` say why there are none."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.", "Check the path.") from error
    except OSError as error:
        raise ValenceError(f"{path} cannot be read: {error.strerror}.", "Name a file that you may read.") from error
