"""Sampling between plain files: edges, catalogue and configuration in, a folder with a dataset out."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from core.dataset.evaluation import evaluate, evaluation_json
from core.dataset.generation import generate_dataset
from core.dataset.version import FileWriter, dataset_files, dataset_id
from core.errors import ValenceError
from core.fingerprint import digest
from core.progress import Steps
from core.sampler.configuration import parse_config
from core.workflows.datasets import dataset_facts
from core.workflows.headless import Report, graph_and_config

MANIFEST_FILE = "manifest.json"
DEFAULT_WORKERS = 2


def sample_to_folder(
    edges: Path, catalogue: Path, config: Path, out: Path, *, seed: int | None = None, n_workers: int = DEFAULT_WORKERS
) -> Steps[Report]:
    """Draw a dataset and write it into `out`, `manifest.json` last; `seed` replaces the configuration's."""
    graph, settings = graph_and_config(edges, catalogue, config)
    if seed is not None:
        settings = parse_config({**settings.model_dump(mode="json"), "seed": seed})
    generated = yield from generate_dataset(graph, settings, n_workers)
    evaluation = evaluate(generated.rows, graph, settings)
    facts = dataset_facts(generated, graph)
    manifest = {"id": dataset_id(graph, settings), **facts}
    try:
        names = _write_folder(out, dataset_files(generated, graph, evaluation), manifest)
    except OSError as error:
        raise ValenceError(
            f"The dataset cannot be written to {out}: {error.strerror}.", "Choose another folder."
        ) from error
    return {
        "ok": not facts["failed_labels"],
        "folder": str(out),
        "files": names,
        "id": manifest["id"],
        "n_rows": facts["n_rows"],
        "failed_labels": facts["failed_labels"],
        "evaluation": json.loads(evaluation_json(evaluation)),
    }


def _write_folder(out: Path, files: Mapping[str, FileWriter], manifest: Report) -> list[str]:
    """Write beside the target first, so that a full disk leaves what was there."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".writing-") as folder:
        draft = Path(folder)
        for name, write in files.items():
            write(draft / name)
        records = {
            name: {"bytes": (draft / name).stat().st_size, "sha256": digest((draft / name).read_bytes())}
            for name in files
        }
        text = json.dumps({**manifest, "files": records}, indent=2, ensure_ascii=False)
        (draft / MANIFEST_FILE).write_text(text, encoding="utf-8")
        names = [*files, MANIFEST_FILE]
        for name in names:
            (draft / name).replace(out / name)
    return names
