"""Content vectors of a catalogue's attributes, made in a workspace: from texts, coordinates and uploaded tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, Problem
from core.fingerprint import content_id, digest
from core.graph.attribute_text import catalogue_texts
from core.knowledge.traits import load_trait_table
from core.llm.clients import make_embedder
from core.llm.embedding_settings import EmbeddingSettings
from core.llm.keys import Keys
from core.llm.patient_embedder import PatientEmbedder
from core.models.report import VectorsUsed
from core.models.vector_tables import (
    KnownVectors,
    catalogue_coordinates,
    match_attributes,
    read_vector_table,
    read_vectors_file,
    vector_table_bytes,
    vectors_file,
)
from core.progress import Progress, Steps
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, load_catalogue
from core.workflows.vector_settings import VectorSettings

VECTORS: Final = "vectors"
VECTOR_TABLE: Final = "vector_table"
VECTORS_FILE: Final = "vectors.parquet"

_TABLE_FILE = "table.parquet"
_BATCH = 64  # texts between two reports of progress
_MOST_NAMED = 5


@dataclass(frozen=True, eq=False)
class AttributeVectors:
    """Vectors of length 1 in the order of `ids`, float32 [A, D]; a row of zeros where nothing is known."""

    ids: tuple[str, ...]
    vectors: NDArray[np.float32]
    used: VectorsUsed


class _Source(NamedTuple):
    """Vectors from one place: `by`, for people, and what is to be said of it."""

    by: str
    known: KnownVectors
    notes: tuple[str, ...] = ()


def save_vector_table(workspace: Workspace, title: str, data: bytes) -> Artefact:
    """Store an uploaded table of vectors, or of coordinates, once it is read; `InvalidInput` names what is wrong."""
    table = read_vector_table(data)
    content = vector_table_bytes(table)
    facts = {
        "n_rows": len(table.names),
        "dimensions": table.numbers.shape[1],
        "are_coordinates": table.are_coordinates,
        "key": table.key,
    }
    table_id = content_id(VECTOR_TABLE, digest(content))
    return workspace.artefacts.save(VECTOR_TABLE, table_id, title, {_TABLE_FILE: content}, facts)


def make_vectors(
    workspace: Workspace, parameters: Mapping[str, Any], keys: Keys | None = None
) -> Steps[dict[str, Any]]:
    """Job: `{"catalogue": id, "settings": {...}, "title"?: text}` to `{"vectors": id}`.

    `InvalidInput` where two sources name attributes of one modality; `ProviderError` where an embedder gives up.
    """
    settings = VectorSettings.model_validate(parameters.get("settings", {}))
    catalogue = load_catalogue(workspace, parameters[CATALOGUE])
    sources = list(_brought(workspace, catalogue, settings))
    _check_one_source_each(catalogue, sources)
    if settings.embedding is not None:
        sources.append((yield from _embedded(catalogue, settings.embedding, _modalities(catalogue, sources), keys)))
    artefact = _save(workspace, catalogue, settings, sources, parameters.get("title") or "")
    return {VECTORS: artefact.id}


def load_vectors(workspace: Workspace, vectors_id: str) -> AttributeVectors:
    """Read stored vectors; `NotFound` when there are none, `CorruptArtefact` when their bytes were changed."""
    artefact = workspace.artefacts.get(VECTORS, vectors_id)
    ids, vectors = read_vectors_file(workspace.artefacts.read(artefact, VECTORS_FILE))
    facts = artefact.manifest.facts
    used = VectorsUsed(
        id=artefact.id, made_by=facts["made_by"], dimensions=vectors.shape[1], note=" ".join(facts["notes"])
    )
    return AttributeVectors(ids, vectors, used)


def vectors_of(workspace: Workspace, catalogue_id: str) -> tuple[Artefact, ...]:
    """The vectors of a catalogue, newest first."""
    stored = workspace.artefacts.list(VECTORS)
    return tuple(artefact for artefact in stored if artefact.manifest.parents[CATALOGUE] == catalogue_id)


def _brought(workspace: Workspace, catalogue: Catalogue, settings: VectorSettings) -> Sequence[_Source]:
    """What coordinates and tables say."""
    sources = []
    if settings.coordinates is not None:
        table = catalogue_coordinates(catalogue, settings.coordinates)
        known = match_attributes(catalogue, table, settings.place_dimensions)
        sources.append(_Source("the catalogue's coordinates", known))
    for table_id in settings.tables:
        artefact = workspace.artefacts.get(VECTOR_TABLE, table_id)
        table = read_vector_table(workspace.artefacts.read(artefact, _TABLE_FILE))
        known = match_attributes(catalogue, table, settings.place_dimensions)
        sources.append(_Source(f"the table {artefact.manifest.title!r}", known, _unused_note(known)))
    return sources


def _unused_note(known: KnownVectors) -> tuple[str, ...]:
    n = len(known.unused)
    if not n:
        return ()
    names = ", ".join(known.unused[:_MOST_NAMED])
    return (f"{n:,} names of a table are no attribute here: {names}{' ...' if n > _MOST_NAMED else ''}.",)


def _modalities(catalogue: Catalogue, sources: Sequence[_Source]) -> frozenset[str]:
    """Modalities of which a source names any attribute."""
    return frozenset(catalogue.attributes[place].modality for source in sources for place in source.known.positions)


def _check_one_source_each(catalogue: Catalogue, sources: Sequence[_Source]) -> None:
    """Vectors of two spaces would be averaged in one row."""
    problems = []
    for place, source in enumerate(sources):
        for other in sources[place + 1 :]:
            both = _modalities(catalogue, [source]) & _modalities(catalogue, [other])
            problems += [
                Problem(f"{source.by} and {other.by} both give vectors of {name!r}.", "Leave one of them out.")
                for name in sorted(both)
            ]
    if problems:
        raise InvalidInput("The sources of vectors", problems)


def _embedded(
    catalogue: Catalogue, embedding: EmbeddingSettings, without: frozenset[str], keys: Keys | None
) -> Steps[_Source]:
    """Vectors of the texts of all other modalities' attributes."""
    embedder = PatientEmbedder(make_embedder(embedding, keys))
    texts = catalogue_texts(catalogue, load_trait_table())
    wanted = [place for place, a in enumerate(catalogue.attributes) if a.modality not in without]
    parts = []
    for start in range(0, len(wanted), _BATCH):
        yield Progress(start, len(wanted), f"{start:,} of {len(wanted):,} texts embedded by {embedder.name}")
        parts.append(embedder.embed([texts[place] for place in wanted[start : start + _BATCH]]))
    yield Progress(len(wanted), len(wanted), "Texts embedded")
    vectors = np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)
    known = KnownVectors(np.array(wanted, dtype=np.int64), vectors, ())
    return _Source(f"{embedder.name} from texts", known, _size_note(embedding, vectors))


def _size_note(embedding: EmbeddingSettings, vectors: NDArray[np.float32]) -> tuple[str, ...]:
    """That the embedder has another length than was asked for, where it has."""
    made = vectors.shape[1]
    if not len(vectors) or embedding.dimensions in (None, made):
        return ()
    asked = f"{embedding.dimensions} for {embedding.task.value} were asked for"
    return (f"The {embedding.provider} embedder has {made} dimensions; {asked}.",)


def _save(
    workspace: Workspace, catalogue: Catalogue, settings: VectorSettings, sources: Sequence[_Source], title: str
) -> Artefact:
    width = max(source.known.vectors.shape[1] for source in sources)
    vectors = np.zeros((len(catalogue), width), dtype=np.float32)
    for source in sources:
        vectors[source.known.positions, : source.known.vectors.shape[1]] = source.known.vectors
    content = vectors_file([attribute.id for attribute in catalogue.attributes], vectors)
    made_by = ", ".join(source.by for source in sources)
    n_unknown = int((~vectors.any(axis=1)).sum())
    unknown = (f"Nothing is known of {n_unknown:,} of {len(catalogue):,} attributes.",) if n_unknown else ()
    facts = {
        "settings": settings.model_dump(mode="json"),
        "made_by": made_by,
        "dimensions": width,
        "n_known": len(catalogue) - n_unknown,
        "notes": [*(note for source in sources for note in source.notes), *unknown],
    }
    vectors_id = content_id(VECTORS, {"catalogue": catalogue.id, "made_by": made_by, "content": digest(content)})
    name = workspace.artefacts.get(CATALOGUE, catalogue.id).manifest.title
    return workspace.artefacts.save(
        VECTORS,
        vectors_id,
        title or f"{name} · {made_by}",
        {VECTORS_FILE: content},
        facts,
        {CATALOGUE: catalogue.id, **{f"{VECTOR_TABLE} {n}": table for n, table in enumerate(settings.tables, start=1)}},
    )
