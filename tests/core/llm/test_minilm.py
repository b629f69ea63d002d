"""The embedded sentence model, against what is published of its vocabulary and of human similarity judgements."""

import threading
from pathlib import Path

import numpy as np
import pytest

from core.errors import InvalidInput, ValenceError
from core.llm.minilm import BATCH_TOKENS, DIMENSIONS, MAX_TOKENS, VOCABULARY, MiniLmEmbedder, batches_by_length

# From the STS benchmark: two sentences and how alike people found them, 0 to 5.
JUDGED = [
    ("A plane is taking off.", "An air plane is taking off.", 5.0),
    ("The polar bear is sliding on the snow.", "A polar bear is sliding across the snow.", 5.0),
    ("A person is folding a piece of paper.", "Someone is folding a piece of paper.", 4.75),
    ("A woman picks up and holds a baby kangaroo.", "A woman picks up and holds a baby kangaroo in her arms.", 4.6),
    ("A man is playing the cello.", "A man seated is playing the cello.", 4.25),
    ("Some men are fighting.", "Two men are fighting.", 4.25),
    ("A dog is trying to get bacon off his back.", "A dog is trying to eat the bacon on its back.", 3.75),
    ("Three men are playing chess.", "Two men are playing chess.", 2.6),
    ("A man is running on the road.", "A panda dog is running on the road.", 1.667),
    ("The man is playing the piano.", "The man is playing the guitar.", 1.6),
    ("A man is smoking.", "A man is skating.", 0.5),
    ("A woman is writing.", "A woman is swimming.", 0.5),
]


@pytest.fixture(scope="module")
def embedder() -> MiniLmEmbedder:
    return MiniLmEmbedder()


def ranks(values: list[float]) -> np.ndarray:
    """Average ranks, so that equal values share theirs."""
    array = np.array(values)
    return np.array([((array < v).sum() + (array <= v).sum() - 1) / 2 for v in array])


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("hello world", [101, 7592, 2088, 102]),
        ("Hello, WORLD!", [101, 7592, 1010, 2088, 999, 102]),
        ("I want embeddings", [101, 1045, 2215, 7861, 8270, 4667, 2015, 102]),
        ("the quick brown fox", [101, 1996, 4248, 2829, 4419, 102]),
        ("Café", [101, 7668, 102]),
    ],
)
def test_texts_become_the_published_ids(embedder: MiniLmEmbedder, text: str, ids: list[int]) -> None:
    assert embedder.token_ids(text) == ids


def test_a_text_that_spells_a_marker_out_does_not_become_one(embedder: MiniLmEmbedder) -> None:
    ids = embedder.token_ids("one [SEP] two [CLS] [PAD]")
    assert (ids[0], ids[-1]) == (101, 102)
    assert not {0, 101, 102} & set(ids[1:-1])


def test_long_texts_are_cut_at_the_limit(embedder: MiniLmEmbedder) -> None:
    ids = embedder.token_ids("word " * 1_000)
    assert len(ids) == MAX_TOKENS
    assert ids[-1] == 102
    long, longer = embedder.embed(["word " * 300, "word " * 1_000])
    assert np.allclose(long, longer, atol=1e-6)


def test_vectors_are_unit_length_and_equal_texts_have_cosine_one(embedder: MiniLmEmbedder) -> None:
    vectors = embedder.embed(["Rolex", "a luxury watch maker", "Rolex"])
    assert vectors.shape == (3, DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert float(vectors[0] @ vectors[2]) == pytest.approx(1, abs=1e-6)


def test_similarities_follow_human_judgement(embedder: MiniLmEmbedder) -> None:
    first = embedder.embed([a for a, _, _ in JUDGED])
    second = embedder.embed([b for _, b, _ in JUDGED])
    found = ranks((first * second).sum(axis=1).tolist())
    spearman = np.corrcoef(found, ranks([score for _, _, score in JUDGED]))[0, 1]
    assert spearman > 0.85


def test_a_batch_gives_what_single_texts_give_in_any_order(embedder: MiniLmEmbedder) -> None:
    texts = [f"{'very ' * (number % 17)}different text number {number}" for number in range(60)]
    batch = embedder.embed(texts)
    single = np.vstack([embedder.embed([text]) for text in texts])
    assert np.abs(batch - single).max() < 1e-5
    assert np.abs(embedder.embed(texts[::-1])[::-1] - batch).max() < 1e-5


def test_the_same_texts_give_the_same_bytes(embedder: MiniLmEmbedder) -> None:
    texts = ["Budget Shoppers", "C-Suite Executives: senior leaders", "北京", "🙂"]
    assert embedder.embed(texts).tobytes() == MiniLmEmbedder().embed(texts).tobytes()


def test_threads_share_one_model() -> None:
    embedder = MiniLmEmbedder()
    texts = [f"text {number}" for number in range(8)]
    results: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        results[number] = embedder.embed(texts)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = MiniLmEmbedder().embed(texts)
    assert all(np.array_equal(results[number], expected) for number in range(4))


def test_no_texts_make_no_vectors(embedder: MiniLmEmbedder) -> None:
    assert embedder.embed([]).shape == (0, DIMENSIONS)


def test_every_blank_text_is_named(embedder: MiniLmEmbedder) -> None:
    with pytest.raises(InvalidInput) as caught:
        embedder.embed(["Nike", "  ", "Rolex", ""])
    assert [problem.field for problem in caught.value.problems] == ["texts[1]", "texts[3]"]


def test_batches_hold_every_text_once_and_stay_within_their_tokens() -> None:
    lengths = [3, 256, 9, 9, 40, 3, 255, 8, 1] * 7
    batches = list(batches_by_length(lengths))
    assert sorted(position for batch in batches for position in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[position] for position in batch) <= BATCH_TOKENS for batch in batches)


def test_another_vocabulary_or_model_is_refused(tmp_path: Path) -> None:
    changed = tmp_path / "vocab.txt"
    changed.write_bytes(VOCABULARY.read_bytes().replace(b"\nwatch\n", b"\nwotch\n"))
    with pytest.raises(ValenceError, match="vocabulary is not the one expected"):
        MiniLmEmbedder(vocabulary=changed).embed(["Rolex"])
    with pytest.raises(ValenceError, match="vocabulary cannot be read"):
        MiniLmEmbedder(vocabulary=tmp_path / "missing.txt").embed(["Rolex"])
    other = tmp_path / "model.onnx"
    other.write_bytes(b"not a model")
    with pytest.raises(ValenceError, match="model is not the one expected"):
        MiniLmEmbedder(model=other).embed(["Rolex"])
