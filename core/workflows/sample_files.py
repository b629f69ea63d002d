"""Sampling between plain files: edges, catalogue and configuration in, a folder with a dataset out."""

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from core.dataset.evaluation import evaluation_json
from core.dataset.generation import DEFAULT_WORKERS, generate_dataset
from core.dataset.version import DatasetVersion, dataset_version
from core.errors import ValenceError
from core.fingerprint import digest
from core.graph.model import SignedGraph
from core.progress import Steps
from core.sampler.configuration import DatasetConfig, parse_config
from core.workflows.headless import Report, graph_and_config

MANIFEST_FILE = "manifest.json"


def sample_to_folder(
    edges: Path, catalogue: Path, config: Path, out: Path, *, seed: int | None = None, n_workers: int = DEFAULT_WORKERS
) -> Steps[Report]:
    """Draw a dataset and write it into `out`, `manifest.json` last; `seed` replaces the configuration's."""
    graph, settings = graph_and_config(edges, catalogue, config)
    if seed is not None:
        settings = parse_config({**settings.model_dump(mode="json"), "seed": seed})
    return (yield from sample_graph(graph, settings, out, n_workers))


def sample_graph(
    graph: SignedGraph, config: DatasetConfig, out: Path, n_workers: int = DEFAULT_WORKERS
) -> Steps[Report]:
    """Draw a dataset from a graph at hand and write it into `out`."""
    generated = yield from generate_dataset(graph, config, n_workers)
    version = dataset_version(graph, config, generated)
    manifest = {
        "id": version.id,
        **version.facts,
        "files": {name: {"bytes": len(data), "sha256": digest(data)} for name, data in version.files.items()},
    }
    _write_folder(out, version, manifest)
    return {
        "folder": str(out),
        "files": [*version.files, MANIFEST_FILE],
        "id": version.id,
        "n_rows": version.facts["n_rows"],
        "failed_labels": version.facts["failed_labels"],
        "evaluation": evaluation_json(version.evaluation),
        "ok": not version.facts["failed_labels"],
    }


def _write_folder(out: Path, version: DatasetVersion, manifest: dict[str, Any]) -> None:
    """Write beside the target first, so that a full disk leaves what was there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".writing-") as draft:
            contents = {**version.files, MANIFEST_FILE: json.dumps(manifest, indent=2, ensure_ascii=False).encode()}
            for name, data in contents.items():
                (Path(draft) / name).write_bytes(data)
            for name in contents:
                shutil.move(os.fspath(Path(draft) / name), out / name)
    except OSError as error:
        raise ValenceError(
            f"The dataset cannot be written to {out}: {error.strerror}.", "Choose another folder."
        ) from error
