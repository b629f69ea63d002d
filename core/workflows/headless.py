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
from core.graph.edges_csv import read_edges, write_edges
from core.graph.model import SignedGraph, VerdictTable
from core.graph.statistics import graph_statistics
from core.graph.verdict_file import read_verdicts, write_verdicts
from core.progress import Steps
from core.sampler.configuration import DatasetConfig, parse_config
from core.sampler.configuration_check import check_config
from core.sampler.density import N_SUBGRAPHS, density_json, measure_density, share_in_ranges
from core.sampler.separability import measure_separability, separability_record
from core.workflows.graphs import GraphSettings, estimate_cost, generate_graph
from core.workflows.out_files import check_out_file, check_replaces_edges, write_files

Report = dict[str, Any]


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


def estimate_graph(catalogue_path: Path, settings: GraphSettings) -> Report:
    """The exact cost of a run, before any call."""
    return asdict(estimate_cost(_catalogue(catalogue_path), settings))


def build_graph_file(catalogue_path: Path, out: Path, settings: GraphSettings) -> Steps[Report]:
    """Judge a catalogue and write the edges CSV, with every verdict in a Parquet file beside it.

    An edges CSV at `out` is replaced; any other file there is kept and refused before the first call.
    """
    catalogue = _catalogue(catalogue_path)
    for path in (out, verdicts_path(out)):
        check_out_file(path, [catalogue_path])
    check_replaces_edges(out)
    run = yield from generate_graph(catalogue, settings)
    edges = write_edges(run.graph)
    verdicts = write_verdicts(run.verdicts, catalogue, digest(edges))
    write_files({out: edges, verdicts_path(out): verdicts})
    return _graph_report(run.graph, run.verdicts, calls=run.plan.n_calls, seconds=run.seconds)


def graph_stats(edges_path: Path, catalogue_path: Path) -> Report:
    """Count a graph's pairs; neutral and unjudged are told apart when the verdict file lies beside the edges."""
    catalogue = _catalogue(catalogue_path)
    data = _read(edges_path)
    graph = read_edges(data, catalogue, allow_empty=True)
    verdicts, note = _verdicts_beside(edges_path, catalogue, digest(data))
    calls = int(verdicts.call.max()) + 1 if verdicts is not None and len(verdicts) else None
    return _graph_report(graph, verdicts, calls=calls, seconds=None, note=note)


def density(
    edges_path: Path, catalogue_path: Path, config_path: Path, n_subgraphs: int | None, seed: int | None
) -> Report:
    """The density diagnostic of a graph under a configuration's type ranges."""
    graph, config = graph_and_config(edges_path, catalogue_path, config_path)
    measured = measure_density(
        graph,
        config.type_ranges,
        n_subgraphs=N_SUBGRAPHS if n_subgraphs is None else n_subgraphs,
        seed=config.seed if seed is None else seed,
    )
    return {
        **json.loads(density_json(measured)),
        "share_in_ranges": share_in_ranges(measured, config.label_params),
        "separability": separability_record(measure_separability(measured, config.label_params)),
    }


def evaluate_file(dataset_path: Path, edges_path: Path, catalogue_path: Path, config_path: Path) -> Report:
    """Recount a dataset file against a graph and a configuration."""
    graph, config = graph_and_config(edges_path, catalogue_path, config_path)
    rows = read_rows(_read(dataset_path), graph.catalogue, config.type_ranges)
    return dict(json.loads(evaluation_json(evaluate(rows, graph, config))))


def read_config_file(path: Path) -> DatasetConfig:
    """Read a configuration file; `InvalidInput` lists every problem."""
    return parse_config(_read(path))


def verdicts_path(edges_path: Path) -> Path:
    """Where the verdicts of an edges CSV lie: `edges.csv` has `edges.verdicts.parquet` beside it."""
    return edges_path.parent / f"{edges_path.stem}.verdicts.parquet"


def _catalogue(path: Path) -> Catalogue:
    return catalogue_or_error(read_catalogue_file(path))


def graph_and_config(edges_path: Path, catalogue_path: Path, config_path: Path) -> tuple[SignedGraph, DatasetConfig]:
    """Read the three inputs of a dataset; `InvalidInput` when the configuration does not fit the catalogue."""
    config = read_config_file(config_path)
    catalogue = _catalogue(catalogue_path)
    if problems := check_config(config, catalogue):
        raise InvalidInput(f"{config_path.name} does not fit the catalogue", problems)
    return read_edges(_read(edges_path), catalogue), config


def _verdicts_beside(edges_path: Path, catalogue: Catalogue, edges_digest: str) -> tuple[VerdictTable | None, str]:
    path = verdicts_path(edges_path)
    if not path.is_file():
        return None, "No verdict file lies beside the edges, so pairs without an edge count as unjudged."
    try:
        return read_verdicts(_read(path), catalogue, edges_digest), ""
    except CorruptArtefact as error:
        return None, f"{path.name} was left aside: {error.message} Pairs without an edge count as unjudged."


def _graph_report(
    graph: SignedGraph, verdicts: VerdictTable | None, *, calls: int | None, seconds: float | None, note: str = ""
) -> Report:
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


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.", "Check the path.") from error
    except OSError as error:
        raise ValenceError(f"{path} cannot be read: {error.strerror}.") from error
