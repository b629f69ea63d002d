"""Sampling between plain files: edges, catalogue and configuration in, a folder with a dataset out."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from core.dataset.evaluation import evaluate, evaluation_json
from core.dataset.generation import generate_dataset
from core.dataset.version import (
    CONFIG_FILE,
    EVALUATION_FILE,
    PARQUET_FILE,
    ROWS_FILE,
    FileWriter,
    dataset_files,
    dataset_id,
)
from core.errors import ValenceError
from core.fingerprint import digest
from core.progress import Steps
from core.sampler.configuration import parse_config
from core.workflows.datasets import dataset_facts
from core.workflows.headless import Report, graph_and_config
from core.workflows.out_files import MANIFEST_FILE, check_out_folder

DEFAULT_WORKERS = 2


def sample_to_folder(
    edges: Path,
    catalogue: Path,
    config: Path,
    out: Path,
    *,
    seed: int | None = None,
    n_workers: int = DEFAULT_WORKERS,
    copies: Sequence[Path] = (),
) -> Steps[Report]:
    """Draw a dataset and write it into `out` with `copies` of further files, `manifest.json` last.

    `seed` replaces the configuration's. `ValenceError` before the first row where files in `out` would be lost.
    """
    graph, settings = graph_and_config(edges, catalogue, config)
    if seed is not None:
        settings = parse_config({**settings.model_dump(mode="json"), "seed": seed})
    names = [ROWS_FILE, PARQUET_FILE, EVALUATION_FILE, CONFIG_FILE, *(path.name for path in copies)]
    check_out_folder(out, dataset_id(graph, settings), names)
    generated = yield from generate_dataset(graph, settings, n_workers)
    evaluation = evaluate(generated.rows, graph, settings)
    facts = dataset_facts(generated, graph)
    manifest = {"id": dataset_id(graph, settings), **facts}
    try:
        writers = dataset_files(generated, graph, evaluation)
        copied = {path.name: partial(shutil.copyfile, path) for path in copies}
        names = _write_folder(out, {**writers, **copied}, manifest)
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
