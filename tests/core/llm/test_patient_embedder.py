"""What may pass is tried again, what cannot is not."""

import numpy as np
import pytest

from core.llm.patience import Patience
from core.llm.patient_embedder import PatientEmbedder
from core.llm.protocol import ErrorKind, ProviderError


class Scripted:
    name, fingerprint = "scripted", "f"

    def __init__(self, *failures: ProviderError) -> None:
        self.failures, self.n_calls = list(failures), 0

    def embed(self, texts):
        self.n_calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return np.ones((len(texts), 3), dtype=np.float32)


def failure(kind: ErrorKind, retry_after_s: float | None = None) -> ProviderError:
    return ProviderError(kind, "It failed.", retry_after_s=retry_after_s)


def test_a_rate_limit_is_waited_for_as_long_as_the_provider_asks() -> None:
    waits: list[float] = []
    embedder = Scripted(failure(ErrorKind.RATE_LIMIT, 7.0), failure(ErrorKind.SERVER))
    assert PatientEmbedder(embedder, sleep=waits.append).embed(["a", "b"]).shape == (2, 3)
    assert embedder.n_calls == 3
    assert waits[0] >= 7.0
    assert waits[1] <= 2.0


@pytest.mark.parametrize("error", [failure(ErrorKind.AUTH), failure(ErrorKind.RATE_LIMIT, 86_400.0)])
def test_what_no_waiting_can_mend_is_raised_at_once(error: ProviderError) -> None:
    embedder = Scripted(error)
    with pytest.raises(ProviderError):
        PatientEmbedder(embedder, sleep=lambda _: None).embed(["a"])
    assert embedder.n_calls == 1


def test_patience_ends() -> None:
    embedder = Scripted(*(failure(ErrorKind.TIMEOUT) for _ in range(20)))
    with pytest.raises(ProviderError):
        PatientEmbedder(embedder, Patience(n_tries=5), sleep=lambda _: None).embed(["a"])
    assert embedder.n_calls == 5
