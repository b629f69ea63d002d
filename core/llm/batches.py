"""What Valence asks of a provider's batch interface: many requests handed in at once, answered within a day."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from core.llm.protocol import ChatReply, ChatRequest, ProviderError


class BatchState(StrEnum):
    """How far a batch is."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def has_ended(self) -> bool:
        """Whether nothing will change any more, so that answers can be collected."""
        return self not in (BatchState.PENDING, BatchState.RUNNING)


class BatchClient(Protocol):
    """One provider's batches. A name is all that is needed to go on after a restart."""

    @property
    def name(self) -> str:
        """Provider's name, recorded with every answer."""
        ...

    def submit(self, requests: Sequence[ChatRequest], display_name: str) -> str:
        """Hand the requests in, all for one model, and return the batch's name; equal requests are asked once."""
        ...

    def state(self, name: str) -> BatchState:
        """How far the batch is."""
        ...

    def collect(self, name: str) -> Mapping[str, ChatReply | ProviderError]:
        """Answers by request fingerprint, of a batch that has ended; a request without an entry was not answered."""
        ...

    def cancel(self, name: str) -> None:
        """Stop the batch; what was answered before may still be collected and is paid for."""
        ...
