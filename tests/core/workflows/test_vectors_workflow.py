"""Content vectors made in a workspace: of texts, coordinates and tables, one source per modality."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput, NotFound
from core.jobs import InlineJobRunner, JobState
from core.llm.embedding_settings import EmbeddingSettings
from core.llm.protocol import EmbeddingTask
from core.models.place_vectors import place_vectors
from core.progress import finish
from core.store.workspace import Workspace
from core.workflows import vectors as workflow
from core.workflows.catalogues import save_catalogue
from core.workflows.vector_settings import VectorSettings, published_embedding
from core.workflows.vectors import load_vectors, make_vectors, save_vector_table, vectors_of

CATALOGUE = Catalogue(
    (
        Attribute("brand-1", "Acme", "brand", "brand"),
        Attribute("brand-2", "Initech", "brand", "brand"),
        Attribute("geo-1", "Santiago", "geo", "city", {"lat": "-33.45", "lon": "-70.66"}),
        Attribute("geo-2", "Lima", "geo", "city"),
        Attribute("audience-1", "Hikers", "audience", "interest"),
    )
)


class Embedder:
    """Length and first letter of a text, in as many dimensions as it was made with."""

    name, fingerprint = "letters", "letters"

    def __init__(self, dimensions: int = 4) -> None:
        self.dimensions = dimensions
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += texts
        vectors = np.ones((len(texts), self.dimensions), dtype=np.float32)
        vectors[:, 0] = [ord(text[0]) for text in texts]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> Embedder:
    made = Embedder()
    monkeypatch.setattr(workflow, "make_embedder", lambda settings, keys: made)
    return made


@pytest.fixture
def catalogue_id(workspace: Workspace) -> str:
    return save_catalogue(workspace, CATALOGUE, "Five").id


def made(workspace: Workspace, catalogue_id: str, **settings: Any) -> Any:
    parameters = {"catalogue": catalogue_id, "settings": VectorSettings(**settings).model_dump(mode="json")}
    return load_vectors(workspace, finish(make_vectors(workspace, parameters))["vectors"])


def test_texts_are_embedded_attribute_by_attribute(workspace: Workspace, catalogue_id: str, embedder: Embedder) -> None:
    found = made(workspace, catalogue_id)
    assert found.ids == tuple(a.id for a in CATALOGUE.attributes)
    assert [text[: len(a.value)] for text, a in zip(embedder.asked, CATALOGUE.attributes, strict=True)] == [
        a.value for a in CATALOGUE.attributes
    ]
    np.testing.assert_array_equal(found.vectors, Embedder().embed(embedder.asked))
    assert found.used.made_by == "letters from texts"
    assert found.used.note == ("The offline embedder has 4 dimensions; 512 for SEMANTIC_SIMILARITY were asked for.")
    assert [artefact.id for artefact in vectors_of(workspace, catalogue_id)] == [found.used.id]


def test_the_same_vectors_are_one_artefact(workspace: Workspace, catalogue_id: str, embedder: Embedder) -> None:
    assert made(workspace, catalogue_id).used == made(workspace, catalogue_id).used


def test_a_modality_with_coordinates_gets_nothing_from_its_texts(
    workspace: Workspace, catalogue_id: str, embedder: Embedder
) -> None:
    found = made(workspace, catalogue_id, coordinates=("lat", "lon"))
    assert not any(text.startswith(("Santiago", "Lima")) for text in embedder.asked)
    np.testing.assert_allclose(found.vectors[2], place_vectors(np.array([-33.45]), np.array([-70.66]))[0], atol=1e-5)
    assert not found.vectors[3].any()  # Lima has no coordinates: unknown, not a text among places
    assert found.vectors[[0, 1, 4], :4].all(axis=1).all()
    assert not found.vectors[[0, 1, 4], 4:].any()
    assert "Nothing is known of 1 of 5 attributes." in found.used.note


def test_a_table_gives_vectors_to_the_modality_that_it_names(
    workspace: Workspace, catalogue_id: str, embedder: Embedder
) -> None:
    table = save_vector_table(workspace, "Places", b"value,a,b\nLima,3,4\nSantiago,0,2\nRome,1,1\n")
    found = made(workspace, catalogue_id, tables=(table.id,))
    np.testing.assert_allclose(found.vectors[[3, 2], :2], [[0.6, 0.8], [0, 1]], atol=1e-6)
    assert "1 names of a table are no attribute here: Rome." in found.used.note
    assert "the table 'Places'" in found.used.made_by
    artefact = workspace.artefacts.get("vectors", found.used.id)
    assert table.id in artefact.manifest.parents.values()


def test_tables_alone_need_no_embedder(workspace: Workspace, catalogue_id: str, embedder: Embedder) -> None:
    table = save_vector_table(workspace, "All", b"id,a\nbrand-1,1\n")
    found = made(workspace, catalogue_id, embedding=None, tables=(table.id,))
    assert embedder.asked == []
    assert found.vectors.tolist() == [[1.0], [0.0], [0.0], [0.0], [0.0]]


def test_two_sources_of_one_modality_are_refused(workspace: Workspace, catalogue_id: str, embedder: Embedder) -> None:
    table = save_vector_table(workspace, "Places", b"value,a\nLima,1\n")
    with pytest.raises(InvalidInput, match="coordinates and the table 'Places' both give vectors of 'geo'"):
        made(workspace, catalogue_id, coordinates=("lat", "lon"), tables=(table.id,))
    assert vectors_of(workspace, catalogue_id) == ()


def test_a_wrong_table_is_not_stored(workspace: Workspace) -> None:
    with pytest.raises(InvalidInput):
        save_vector_table(workspace, "Places", b"value,a\nLima,north\n")
    assert workspace.artefacts.list("vector_table") == ()


def test_a_table_that_is_gone_is_said(workspace: Workspace, catalogue_id: str) -> None:
    with pytest.raises(NotFound):
        made(workspace, catalogue_id, embedding=None, tables=("nothing",))


def test_it_is_a_job_and_the_real_embedder_has_384_dimensions(
    workspace: Workspace, catalogue_id: str, jobs: InlineJobRunner
) -> None:
    job = jobs.get(jobs.submit("make_vectors", {"catalogue": catalogue_id}))
    assert job.state is JobState.DONE, job.error
    assert job.result is not None
    found = load_vectors(workspace, job.result["vectors"])
    assert found.vectors.shape == (5, 384)
    assert "The offline embedder has 384 dimensions; 512 for SEMANTIC_SIMILARITY were asked for." in found.used.note


def test_each_family_has_its_published_embedding() -> None:
    latent = published_embedding("shared-latent", "gemini")
    assert (latent.provider, latent.dimensions, latent.task) == ("gemini", 768, EmbeddingTask.CLASSIFICATION)
    for family in ("hierarchical-lightgbm", "robust-modality"):
        other = published_embedding(family)
        assert (other.provider, other.dimensions, other.task) == ("offline", 512, EmbeddingTask.SEMANTIC_SIMILARITY)


@pytest.mark.parametrize(
    "wrong",
    [{"embedding": None}, {"place_dimensions": 60}, {"coordinates": ("lat",)}, {"tables": ("",)}, {"other": 1}],
)
def test_settings_that_make_no_sense_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"nothing to make|place_dimensions|coordinates|tables|other"):
        VectorSettings(**wrong)


def test_a_model_of_its_own_length_is_no_surprise(workspace: Workspace, catalogue_id: str, embedder: Embedder) -> None:
    found = made(workspace, catalogue_id, embedding=EmbeddingSettings(dimensions=None))
    assert found.used.note == ""
