"""Checking what an embedding server returned, before anything is built on it."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.llm.protocol import ErrorKind
from core.llm.wire_errors import Endpoint

_LONGEST_SHOWN = 60

EmbedBatch = Callable[[Sequence[str]], Sequence[Sequence[float | None]]]


def embed_in_batches(
    texts: Sequence[str], batch_size: int, dimensions: int | None, embed: EmbedBatch, endpoint: Endpoint
) -> NDArray[np.float32]:
    """One L2-normalised vector per text, float32 [N, D], asked for in requests of at most `batch_size` texts.

    `InvalidInput` lists the blank texts; `ProviderError` (GARBAGE) names the first text whose vector is missing, of
    another length than `dimensions` (or than the first, where that is None), not finite or all zeros.
    """
    _check_texts(texts)
    rows: list[NDArray[np.float64]] = []
    for batch in _batches(texts, batch_size):
        vectors = embed(batch)
        if len(vectors) != len(batch):
            message = f"{endpoint.label} returned {len(vectors)} vectors for {len(batch)} texts."
            raise endpoint.error(ErrorKind.GARBAGE, message)
        for text, vector in zip(batch, vectors, strict=True):
            rows.append(_unit_vector(text, vector, dimensions or (len(rows[0]) if rows else None), endpoint))
    if not rows:
        return np.zeros((0, dimensions or 0), dtype=np.float32)
    return np.stack(rows).astype(np.float32)


def _unit_vector(
    text: str, vector: Sequence[float | None], dimensions: int | None, endpoint: Endpoint
) -> NDArray[np.float64]:
    values = np.array([np.nan if value is None else value for value in vector], dtype=np.float64)
    length = float(np.linalg.norm(values))
    wrong = (
        "is empty"
        if not len(values)
        else f"has {len(values)} numbers instead of {dimensions}"
        if dimensions is not None and len(values) != dimensions
        else "holds a number that is not finite"
        if not np.isfinite(length)
        else "is all zeros"
        if length == 0
        else ""
    )
    if wrong:
        message = f"The vector that {endpoint.label} returned for {_shown(text)} {wrong}."
        raise endpoint.error(ErrorKind.GARBAGE, message)
    return values / length


def _check_texts(texts: Sequence[str]) -> None:
    problems = [
        Problem(f"Text {number} is blank.", "Give it a value or a description.")
        for number, text in enumerate(texts, start=1)
        if not text.strip()
    ]
    if problems:
        raise InvalidInput("Texts to embed", problems)


def _batches(texts: Sequence[str], batch_size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), batch_size):
        yield texts[start : start + batch_size]


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…")
