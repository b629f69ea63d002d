"""Vectors from the real clients: of a Gemini server of our own, and of any server of the OpenAI protocol."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from core.errors import InvalidInput
from core.llm.embedding_settings import EmbeddingSettings
from core.llm.gemini_connection import GeminiConnection
from core.llm.gemini_embedder import GeminiEmbedder
from core.llm.keys import keys_from
from core.llm.openai_connection import OpenAiConnection
from core.llm.openai_embedder import OpenAiEmbedder
from core.llm.protocol import Embedder, EmbeddingTask, ErrorKind, ProviderError
from tests.fakes.gemini_server import GeminiServer, text_vector
from tests.fakes.llmock_server import LlmockServer
from tests.fakes.wire_server import Answer, Asked, WireServer

TEXTS = ("Nike: sports brand", "Rolex: luxury watches", "TikTok: short videos")
KEY = "AIzaTestKeyThatMustNeverBeSeen0123456789"


@pytest.fixture(scope="module")
def gemini_process() -> Iterator[GeminiServer]:
    with GeminiServer() as server:
        yield server


@pytest.fixture(scope="module")
def connection(gemini_process: GeminiServer) -> GeminiConnection:
    return GeminiConnection(keys_from({"GEMINI_API_KEY": KEY}), gemini_process.url)


@pytest.fixture
def gemini(gemini_process: GeminiServer) -> GeminiServer:
    gemini_process.asked.clear()
    gemini_process.vector_of = text_vector
    return gemini_process


def gemini_embedder(connection: GeminiConnection, **changes: Any) -> GeminiEmbedder:
    return GeminiEmbedder(connection, EmbeddingSettings(**{"dimensions": 16, **changes}))


def openai_embedder(server: WireServer, **changes: Any) -> OpenAiEmbedder:
    settings = EmbeddingSettings(**{"model": "nomic", "dimensions": 16, **changes})
    return OpenAiEmbedder(OpenAiConnection(keys_from({"OPENAI_API_KEY": KEY}), server.url), settings)


def embeddings_with(vector_of: Callable[[str, int], list[Any]]) -> Callable[[Asked], Answer]:
    """Answers `/embeddings` in reverse order, numbered."""

    def respond(asked: Asked) -> Answer:
        size = asked.json.get("dimensions", 16)
        data = [{"index": n, "embedding": vector_of(text, size)} for n, text in enumerate(asked.json["input"])]
        return Answer.of({"data": data[::-1]})

    return respond


def expected(texts: tuple[str, ...], dimensions: int) -> np.ndarray[Any, Any]:
    raw = np.array([text_vector(text, dimensions) for text in texts])
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def test_gemini_returns_one_unit_vector_per_text(gemini: GeminiServer, connection: GeminiConnection) -> None:
    vectors = gemini_embedder(connection).embed(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected(TEXTS, 16), atol=1e-6)


def test_gemini_gets_task_and_dimensions_with_every_text(gemini: GeminiServer, connection: GeminiConnection) -> None:
    gemini_embedder(connection, task=EmbeddingTask.CLASSIFICATION, dimensions=24).embed(TEXTS)
    (asked,) = gemini.asked
    sent = asked.json["requests"]
    assert [one["content"]["parts"] for one in sent] == [[{"text": text}] for text in TEXTS]
    assert {(one["taskType"], one["outputDimensionality"]) for one in sent} == {("CLASSIFICATION", 24)}


@pytest.mark.parametrize(
    ("n_texts", "batch_size", "n_requests"), [(0, 100, 0), (7, 3, 3), (100, 500, 1), (101, 500, 2)]
)
def test_texts_are_sent_in_batches(
    gemini: GeminiServer, connection: GeminiConnection, n_texts: int, batch_size: int, n_requests: int
) -> None:
    texts = tuple(f"text {number}" for number in range(n_texts))
    vectors = gemini_embedder(connection, batch_size=batch_size).embed(texts)
    assert len(gemini.asked) == n_requests
    assert vectors.shape == (n_texts, 16)
    if texts:
        np.testing.assert_allclose(vectors, expected(texts, 16), atol=1e-6)


def test_openai_vectors_are_put_in_the_order_of_the_texts(wire: WireServer) -> None:
    wire.respond = embeddings_with(text_vector)
    np.testing.assert_allclose(openai_embedder(wire).embed(TEXTS), expected(TEXTS, 16), atol=1e-6)
    (asked,) = wire.asked
    assert asked.json == {"model": "nomic", "input": list(TEXTS), "encoding_format": "float", "dimensions": 16}


def test_openai_dimensions_are_sent_only_where_set(wire: WireServer) -> None:
    wire.respond = embeddings_with(text_vector)
    assert openai_embedder(wire, dimensions=None).embed(TEXTS).shape == (3, 16)
    assert "dimensions" not in wire.asked[0].json


def test_llmock_is_a_server_of_the_protocol_too(fake_providers: LlmockServer) -> None:
    connection = OpenAiConnection(keys_from({}), fake_providers.openai_url)
    settings = EmbeddingSettings(model="text-embedding-3-small", dimensions=1536)
    vectors = OpenAiEmbedder(connection, settings).embed(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


WRONG = [
    (lambda text, size: text_vector(text, size - 1), "15 numbers instead of 16"),
    (lambda text, size: [float("nan"), *text_vector(text, size)[1:]], "not finite"),
    (lambda text, size: [float("inf"), *text_vector(text, size)[1:]], "not finite"),
    (lambda text, size: [0.0] * size, "all zeros"),
    (lambda text, size: [], "empty"),
]


@pytest.mark.parametrize(("spoil", "said"), WRONG)
@pytest.mark.parametrize("provider", ["gemini", "openai"])
def test_a_vector_that_is_none_names_its_text(
    gemini: GeminiServer,
    connection: GeminiConnection,
    wire: WireServer,
    provider: str,
    spoil: Callable[[str, int], list[Any]],
    said: str,
) -> None:
    def vector_of(text: str, size: int) -> list[Any]:
        return spoil(text, size) if text == TEXTS[1] else text_vector(text, size)

    gemini.vector_of = vector_of
    wire.respond = embeddings_with(vector_of)
    embedder: Embedder = gemini_embedder(connection) if provider == "gemini" else openai_embedder(wire)
    with pytest.raises(ProviderError, match=said) as caught:
        embedder.embed(TEXTS)
    assert caught.value.kind is ErrorKind.GARBAGE
    assert TEXTS[1] in caught.value.message


def test_vectors_of_two_lengths_are_told_without_a_set_length(wire: WireServer) -> None:
    wire.respond = embeddings_with(lambda text, size: text_vector(text, 8 if text == TEXTS[2] else 16))
    with pytest.raises(ProviderError, match="8 numbers instead of 16"):
        openai_embedder(wire, dimensions=None).embed(TEXTS)


@pytest.mark.parametrize(
    "data",
    [
        {"data": [{"index": 0, "embedding": [1.0] * 16}]},
        {"data": [{"index": 0, "embedding": [1.0] * 16}] * 3},
        {"data": [{"index": number, "embedding": ["x"] * 16} for number in range(3)]},
        {"data": "none"},
        {},
    ],
    ids=["one for three", "one index thrice", "words", "no list", "nothing"],
)
def test_an_answer_without_one_vector_per_text_is_garbage(wire: WireServer, data: Any) -> None:
    wire.respond = lambda _: Answer.of(data)
    with pytest.raises(ProviderError) as caught:
        openai_embedder(wire).embed(TEXTS)
    assert caught.value.kind is ErrorKind.GARBAGE


def test_one_vector_for_several_texts_is_garbage(gemini_process: GeminiServer, wire: WireServer) -> None:
    wire.respond = lambda _: Answer.of({"embeddings": [{"values": [1.0] * 16}]})
    connection = GeminiConnection(keys_from({"GEMINI_API_KEY": KEY}), wire.url)
    with pytest.raises(ProviderError, match="1 vectors for 3 texts"):
        gemini_embedder(connection).embed(TEXTS)


def test_all_blank_texts_are_listed_and_nothing_is_asked(gemini: GeminiServer, connection: GeminiConnection) -> None:
    with pytest.raises(InvalidInput) as caught:
        gemini_embedder(connection).embed(["", "Nike", "  "])
    assert [problem.message for problem in caught.value.problems] == ["Text 1 is blank.", "Text 3 is blank."]
    assert not gemini.asked


def test_failures_have_their_kind(wire: WireServer) -> None:
    wire.respond = lambda _: Answer.of({"error": {"message": f"slow down, {KEY}"}}, 429, retry_after="4")
    with pytest.raises(ProviderError) as caught:
        openai_embedder(wire).embed(TEXTS)
    assert (caught.value.kind, caught.value.retry_after_s) == (ErrorKind.RATE_LIMIT, 4.0)
    assert KEY not in str(caught.value)
    wire.respond = lambda _: Answer.page()
    with pytest.raises(ProviderError) as caught:
        openai_embedder(wire).embed(TEXTS)
    assert caught.value.kind is ErrorKind.UNREACHABLE


def test_the_fingerprint_follows_what_shapes_the_vectors(connection: GeminiConnection) -> None:
    same = gemini_embedder(connection, batch_size=7, timeout_s=9.0)
    assert same.fingerprint == gemini_embedder(connection).fingerprint
    changes: list[dict[str, Any]] = [{"dimensions": 17}, {"model": "x"}, {"task": EmbeddingTask.CLASSIFICATION}]
    made = {gemini_embedder(connection, **change).fingerprint for change in changes}
    assert len(made | {same.fingerprint}) == 4


def test_settings_refuse_a_misspelt_key() -> None:
    with pytest.raises(ValidationError, match="dimension"):
        EmbeddingSettings.model_validate({"dimension": 3})
