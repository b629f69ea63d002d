"""The child process of the clustering: one task in, one result out, both as files that hold no code."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.child_process import child_main, report
from core.graph.clusters.geometry import Geometry, draw_map, find_clusters
from core.graph.clusters.settings import ClusterSettings
from core.graph.clusters.stability import thinned

TASK = "task.json"
VECTORS = "vectors.npz"
RESULT = "result.json"
ARRAYS = "result.npz"

_ARRAYS = ("labels", "is_noise", "probability", "points")  # fields of a geometry, by the file that they go into
_WORDS = ("method", "n_noise", "note")


class ModalityResult(NamedTuple):
    """One modality: its geometry, its map [n, 2], and the labels of the repeated runs [n_runs, n]."""

    geometry: Geometry
    xy: NDArray[np.float32]
    runs: NDArray[np.int32]


def write_task(folder: Path, vectors: list[NDArray[np.float32]], names: list[str], settings: ClusterSettings) -> None:
    """Put the vectors [n, D] of each modality, and the settings, into the folder."""
    np.savez(folder / VECTORS, allow_pickle=False, **{str(number): array for number, array in enumerate(vectors)})
    task = {"modalities": names, "settings": settings.model_dump(mode="json")}
    (folder / TASK).write_text(json.dumps(task), encoding="utf-8")


def read_result(folder: Path) -> list[ModalityResult]:
    """What the child made of each modality, in the order of the task."""
    words = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        return [_result(number, said, arrays) for number, said in enumerate(words)]


def work(folder: Path) -> None:
    """Cluster each modality, draw its map and repeat it, telling how far it is."""
    warnings.filterwarnings("ignore")  # of the libraries, about seeds and small samples; what matters is in the notes
    task = json.loads((folder / TASK).read_text(encoding="utf-8"))
    settings = ClusterSettings.model_validate(task["settings"])
    arrays: dict[str, NDArray[Any]] = {}
    words = []
    names = task["modalities"]
    with np.load(folder / VECTORS, allow_pickle=False) as vectors:
        for number, name in enumerate(names):
            report(number, len(names), f"Clustering {name}")
            result = _modality_result(vectors[str(number)], settings)
            words.append({key: getattr(result.geometry, key) for key in _WORDS})
            arrays |= {f"{number} {key}": getattr(result.geometry, key) for key in _ARRAYS}
            arrays |= {f"{number} xy": result.xy, f"{number} runs": result.runs}
    np.savez(folder / ARRAYS, allow_pickle=False, **arrays)
    (folder / RESULT).write_text(json.dumps(words), encoding="utf-8")
    report(len(names), len(names), "Clusters found")


def _modality_result(vectors: NDArray[np.float32], settings: ClusterSettings) -> ModalityResult:
    geometry = find_clusters(vectors, settings, settings.umap.seed)
    repeated = settings.stability_runs if len(vectors) >= settings.cluster_from else 0
    runs = [
        find_clusters(thinned(vectors, run), settings, (settings.umap.seed + run) % 2**32).labels
        for run in range(1, repeated + 1)
    ]
    return ModalityResult(
        geometry, draw_map(vectors, settings), np.array(runs, dtype=np.int32).reshape(-1, len(vectors))
    )


def _result(number: int, said: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> ModalityResult:
    fields = said | {key: arrays[f"{number} {key}"] for key in _ARRAYS}
    return ModalityResult(Geometry(**fields), arrays[f"{number} xy"], arrays[f"{number} runs"])


if __name__ == "__main__":
    child_main(work)
