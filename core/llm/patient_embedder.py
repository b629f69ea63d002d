"""An embedder that tries again what may pass: a hiccup while vectors are made must not end a run."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.llm.patience import Patience
from core.llm.protocol import Embedder, ErrorKind, ProviderError


class PatientEmbedder:
    """Another embedder, asked again as often as a call of the gateway would be."""

    def __init__(
        self, embedder: Embedder, patience: Patience | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._embedder, self._patience, self._sleep = embedder, patience or Patience(), sleep
        self.name, self.fingerprint = embedder.name, embedder.fingerprint

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors, or the last of too many failures, or the first that cannot pass."""
        n_failures: Counter[ErrorKind] = Counter()
        while True:
            try:
                return self._embedder.embed(texts)
            except ProviderError as error:
                n_failures[error.kind] += 1
                if not error.kind.may_pass or self._patience.wishes_too_much(error):
                    raise
                if self._patience.is_over(n_failures):
                    raise
                wait_s = self._patience.wait_s(n_failures.total(), random.random())
                self._sleep(max(wait_s, error.retry_after_s or 0.0))
