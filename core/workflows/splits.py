"""Splits in a workspace: divide a dataset once, hide the answers, and read back what anybody may know of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.dataset.near_rows import near_duplicate_groups
from core.dataset.rows import LabelledRows
from core.dataset.split_files import (
    ATTRIBUTES_FILE,
    CARD_FILE,
    VECTORS_FILE,
    AttributeColumns,
    attributes_file,
    draw_row_ids,
    labelled_files,
    taken,
    unlabelled_files,
)
from core.dataset.splitting import (
    LEFT_OUT,
    PRIVATE,
    PUBLIC,
    TRAIN,
    Parts,
    SplitSettings,
    parse_split_settings,
    split_rows,
)
from core.errors import InvalidInput, Problem, ValenceError
from core.fingerprint import content_id
from core.graph.attribute_text import catalogue_texts
from core.knowledge.traits import load_trait_table
from core.leaderboard.lines import Lines
from core.leaderboard.solution import Solution, solution_bytes
from core.progress import Progress, Steps
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE
from core.workflows.dataset_rows import release_rows, rows_for_figures, seal_rows
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.graphs import GRAPH, load_graph
from core.workflows.sealed_rows import are_sealed
from core.workflows.split_lines import SplitRows, measure_lines, with_used_labels
from core.workflows.split_reading import (
    SPLIT,
    VECTORS,
    TestRows,
    TrainingRows,
    ids_of_test_rows,
    ids_of_training_rows,
    lines_of,
    split_card,
    test_rows,
    training_rows,
    training_set,
)

__all__ = [
    "SPLIT",
    "VECTORS",
    "TestRows",
    "TrainingRows",
    "delete_split",
    "ids_of_test_rows",
    "ids_of_training_rows",
    "lines_of",
    "readable_twins",
    "solution_name",
    "split_card",
    "split_dataset",
    "split_id_of",
    "splits_of",
    "test_rows",
    "training_rows",
    "training_set",
]

MAX_ROWS: Final = 2_000_000  # rows that are divided at once
SCHEME: Final = 1  # raised whenever the same settings would divide the same rows in another way
_STEPS: Final = 5


def split_dataset(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: `{"dataset": id, "settings": {...}, "vectors"?: id, "title"?: text}` to `{"split": id}`.

    The same dataset and settings are the same split. The dataset's rows are sealed from then on. The answers are
    on the disk before the rows go, and the rows are gone before anybody sees the split.
    """
    dataset = workspace.artefacts.get(DATASET, parameters[DATASET])
    settings = parse_split_settings(parameters.get("settings") or {})
    vectors = parameters.get(VECTORS) or ""
    split_id = split_id_of(dataset.id, settings, vectors)
    if workspace.artefacts.exists(SPLIT, split_id):
        return {SPLIT: split_id}
    _refuse_unfit(workspace, dataset, settings, vectors)
    yield Progress(0, _STEPS, "reading the rows")
    graph = load_graph(workspace, dataset.manifest.parents[GRAPH]).graph
    rows = with_used_labels(rows_for_figures(workspace, dataset, graph.catalogue))
    yield Progress(1, _STEPS, "looking for near-duplicates")
    group = near_duplicate_groups(rows)
    yield Progress(2, _STEPS, "dividing the rows")
    made = _divide(workspace, dataset, split_id, rows, split_rows(rows, group, settings, _secret(workspace, dataset)))
    yield Progress(3, _STEPS, "measuring what a score can be")
    lines = measure_lines(graph, dataset_config(workspace, dataset), SplitRows(_labels(made.train), made.test))
    yield Progress(4, _STEPS, "writing")
    title = parameters.get("title") or f"{dataset.manifest.title} · {_kind_of(settings)} split"
    card = _card(dataset, settings, made, lines)
    files = _files(workspace, graph.catalogue, made, vectors) | {CARD_FILE: _json(card)}
    _publish(workspace, _Ready(split_id, title, dataset, settings, made, files, card, vectors))
    return {SPLIT: split_id}


def split_id_of(dataset_id: str, settings: SplitSettings, vectors_id: str = "") -> str:
    """The id of the split that settings make of a dataset."""
    payload = {"dataset": dataset_id, "settings": settings.model_dump(mode="json"), "scheme": SCHEME}
    return content_id(SPLIT, {**payload, **({VECTORS: vectors_id} if vectors_id else {})})


def splits_of(workspace: Workspace, dataset_id: str) -> tuple[Artefact, ...]:
    """The splits of a dataset, newest first."""
    return tuple(s for s in workspace.artefacts.list(SPLIT) if s.manifest.parents[DATASET] == dataset_id)


def readable_twins(workspace: Workspace, dataset: Artefact) -> tuple[Artefact, ...]:
    """Datasets whose rows can be read and may be those of this one: drawn on the same graph with the same seed.

    A row follows from the graph, its label's settings, the seed and its number, so a longer or a shorter dataset holds
    the same rows with their labels.
    """
    graph, seed = dataset.manifest.parents[GRAPH], dataset.manifest.facts["seed"]
    return tuple(
        other
        for other in workspace.artefacts.list(DATASET)
        if other.id != dataset.id
        and (other.manifest.parents[GRAPH], other.manifest.facts["seed"]) == (graph, seed)
        and not are_sealed(other)
    )


def delete_split(workspace: Workspace, split_id: str) -> None:
    """Remove a split that was never opened, its answers too; the dataset's rows come back where no other holds them."""
    split = workspace.artefacts.get(SPLIT, split_id)
    if workspace.versions.find(split_id):
        raise ValenceError(
            f"“{split.manifest.title}” was opened on the board, whose record is kept for ever.",
            "Close the version: then its dataset's rows can be read again.",
        )
    workspace.artefacts.delete(SPLIT, split_id)
    release_rows(workspace, split.manifest.parents[DATASET], _holder(split_id))
    workspace.hidden.delete(solution_name(split_id))


def solution_name(split_id: str) -> str:
    """The name that a split's solution has in the hidden place."""
    return f"split-{split_id}.parquet"


class _Made(NamedTuple):
    """A divided dataset: both files' rows in the order of their ids, and the answers."""

    parts: Parts
    train_ids: tuple[str, ...]
    train: LabelledRows
    solution: Solution
    test: LabelledRows


class _Ready(NamedTuple):
    """A split about to be stored."""

    id: str
    title: str
    dataset: Artefact
    settings: SplitSettings
    made: _Made
    files: Mapping[str, bytes]
    card: Mapping[str, Any]
    vectors: str


def _divide(workspace: Workspace, dataset: Artefact, split_id: str, rows: LabelledRows, parts: Parts) -> _Made:
    ids = draw_row_ids(_secret(workspace, dataset), split_id, len(rows))
    order = np.argsort(ids, kind="stable")  # by chance, since the ids are
    train = order[parts.part[order] == TRAIN]
    test = order[parts.part[order] > TRAIN]
    test_rows = taken(rows, test)
    test_ids = tuple(ids[test].tolist())
    solution = Solution(test_ids, rows.labels, _labels(test_rows), parts.part[test] == PRIVATE)
    return _Made(parts, tuple(ids[train].tolist()), taken(rows, train), solution, test_rows)


def _publish(workspace: Workspace, ready: _Ready) -> None:
    """The answers first; then the rows go out of reach; only then the split appears. Failing, the rows come back."""
    workspace.hidden.write(solution_name(ready.id), solution_bytes(ready.made.solution))
    with workspace.artefacts.removals_paused():  # one split at a time
        _refuse_unfit(workspace, ready.dataset, ready.settings, ready.vectors)
        try:
            seal_rows(workspace, ready.dataset.id, _holder(ready.id))
            parents = ready.dataset.manifest.parents | {DATASET: ready.dataset.id}
            parents |= {VECTORS: ready.vectors} if ready.vectors else {}
            workspace.artefacts.save(SPLIT, ready.id, ready.title, ready.files, ready.card, parents)
        except BaseException:
            if not workspace.artefacts.exists(SPLIT, ready.id):
                release_rows(workspace, ready.dataset.id, _holder(ready.id))
            raise


def _files(workspace: Workspace, catalogue: Catalogue, made: _Made, vectors_id: str) -> dict[str, bytes]:
    files = labelled_files(made.train, made.train_ids, catalogue)
    files |= unlabelled_files(made.test, made.solution.row_ids, catalogue)
    files[ATTRIBUTES_FILE] = attributes_file(_columns(catalogue, made.train.types))
    if vectors_id:
        vectors = workspace.artefacts.get(VECTORS, vectors_id)
        files[VECTORS_FILE] = workspace.artefacts.read(vectors, VECTORS_FILE)
    return files


def _card(dataset: Artefact, settings: SplitSettings, made: _Made, lines: Lines) -> dict[str, Any]:
    parts = made.parts
    return {
        "dataset": dataset.id,
        "dataset_title": dataset.manifest.title,
        "kind": _kind_of(settings),
        "settings": settings.model_dump(mode="json"),
        "types": list(made.train.types),
        "labels": list(made.train.labels),
        "n_train": parts.count(TRAIN),
        "n_test": len(made.solution),
        "n_public": parts.count(PUBLIC),
        "n_private": parts.count(PRIVATE),
        "n_left_out": parts.count(LEFT_OUT),
        "n_held_out": len(parts.held_out),
        "lines": asdict(lines),
    }


def _columns(catalogue: Catalogue, types: tuple[str, ...]) -> AttributeColumns:
    """The attributes that rows of these types may hold, with what the offline knowledge says of them."""
    texts = catalogue_texts(catalogue, load_trait_table())
    own = [(a, text) for a, text in zip(catalogue.attributes, texts, strict=True) if a.attribute_type in types]
    return AttributeColumns(
        ids=tuple(a.id for a, _ in own),
        values=tuple(a.value for a, _ in own),
        modalities=tuple(a.modality for a, _ in own),
        attribute_types=tuple(a.attribute_type for a, _ in own),
        texts=tuple(text for _, text in own),
    )


def _refuse_unfit(workspace: Workspace, dataset: Artefact, settings: SplitSettings, vectors_id: str) -> None:
    """What would let the answers be known from elsewhere, or is too much at once."""
    problems = []
    n_rows, n_labels = dataset.manifest.facts["n_rows"], len(dataset.manifest.facts["labels"])
    if n_rows > MAX_ROWS:
        problems.append(Problem(f"It has {n_rows:,} rows; up to {MAX_ROWS:,} are split.", "Draw fewer rows."))
    if n_labels < 2:
        problems.append(Problem("Its rows have one label only.", "Draw rows of at least two labels."))
    if vectors_id:
        vectors = workspace.artefacts.get(VECTORS, vectors_id).manifest
        if vectors.parents.get(CATALOGUE) != dataset.manifest.parents[CATALOGUE]:
            message = f"The vectors “{vectors.title}” are of another catalogue."
            problems.append(Problem(message, "Choose vectors of the dataset's own catalogue.", field=VECTORS))
    others = splits_of(workspace, dataset.id)
    for version in filter(None, (workspace.versions.find(other.id) for other in others)):
        if not version.is_open:
            message = f"Its labels were given out when “{version.title}” was closed."
            problems.append(Problem(message, "Draw new rows with another seed and split those."))
    if others and SplitSettings.model_validate(others[0].manifest.facts["settings"]).base != settings.base:
        title = others[0].manifest.title
        message = f"It is split otherwise already (“{title}”): training rows there would be test rows here."
        fix = "Take the same shares and seed, or draw new rows with another seed and split those."
        problems.append(Problem(message, fix, field="settings"))
    if problems:
        raise InvalidInput("The dataset cannot be split", problems)


def _secret(workspace: Workspace, dataset: Artefact) -> bytes:
    """What keys everything drawn by chance for the splits of a dataset: drawn once, and kept."""
    return workspace.hidden.secret(f"salt-{dataset.id}")


def _holder(split_id: str) -> str:
    return f"{SPLIT}/{split_id}"


def _kind_of(settings: SplitSettings) -> str:
    return "cold" if settings.is_cold else "random"


def _labels(rows: LabelledRows) -> NDArray[np.int8]:
    return rows.label.astype(np.int8)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2).encode()
