"""What the answer log holds, as values: answers, attempts, runs and batches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ANSWERED = "answered"
CACHED = "cached"
IN_FLIGHT = "in flight"
INTERRUPTED = "interrupted"  # the program ended while the provider was asked: paid for, perhaps


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply a provider was paid for. `again` tells apart the answers to one request that was asked repeatedly."""

    fingerprint: str
    request: Mapping[str, Any]
    provider: str
    reply: str
    finish: str
    input_tokens: int | None
    output_tokens: int | None
    again: int = 0
    answered_at: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call of a run, as it is written. `outcome`: answered, cached, in flight, interrupted or a kind of error.

    Tokens are the provider's own count, None where it gave none; the charged ones are what the budget counts. `cost`
    is that of the charged tokens, None where the price is unknown. An attempt that is not paid charges nothing.
    """

    run: str
    purpose: str
    subject: str
    fingerprint: str
    outcome: str
    again: int = 0
    is_paid: bool = False
    seconds: float = 0.0
    input_tokens: int | None = None
    output_tokens: int | None = None
    charged_input_tokens: int = 0
    charged_output_tokens: int = 0
    cost: float | None = None
    started_at: str = ""
    ended_at: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """An attempt as it was found, with its running number within the run."""

    number: int
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class CallPage:
    """Some of the calls that match a search, newest first; `n_matching` counts them all."""

    n_matching: int
    calls: tuple[LoggedCall, ...]


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call whole: what was sent (None for a call that never got so far) and what came back, if anything did."""

    call: LoggedCall
    request: Mapping[str, Any] | None
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run has spent and met so far.

    `n_calls` are the calls that may be charged for, `n_cached` the answers that were free. Tokens are those charged;
    `n_unmeasured` of the calls were charged by estimate or at their worst case, because the provider gave no count.
    `cost` is None as soon as the price of one call is unknown. `n_last_minute` counts paid calls that ended within
    60 s of now.
    """

    run: str
    n_calls: int
    n_cached: int
    n_in_flight: int
    n_unmeasured: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    n_errors_by_kind: Mapping[str, int]
    n_calls_by_purpose: Mapping[str, int]
    first_at: str
    last_at: str
    n_last_minute: int

    @property
    def n_errors(self) -> int:
        """Attempts that failed, of every kind."""
        return sum(self.n_errors_by_kind.values())


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has been charged, by every program that worked on it; the start of a resumed run's budget.

    `cost` is that of the calls whose price was known; the tokens of the others are the unpriced ones.
    """

    n_calls: int = 0
    n_cached: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced_input_tokens: int = 0
    unpriced_output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Requests handed to a provider's batch service at once, in the order of `fingerprints`."""

    run: str
    name: str
    fingerprints: tuple[str, ...]
    state: str
    submitted_at: str
    collected_at: str | None = None
