"""What runs, calls and failures are called on the pages."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from core.jobs import JobState
from core.llm.call_log import FAULT
from core.llm.prices import PRICE_UNKNOWN
from core.llm.protocol import ErrorKind
from core.store.answer_rows import ANSWERED, CACHED, IN_FLIGHT, INTERRUPTED, RunSummary
from core.workflows.graph_settings import Strategy
from core.workflows.runs import Run, RunKind

UNKNOWN: Final = "Unknown"

STATES: Final = {
    JobState.QUEUED: "Waiting",
    JobState.RUNNING: "Running",
    JobState.DONE: "Done",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
    JobState.INTERRUPTED: "Interrupted",
    JobState.PAUSED: "Paused",
}
STATE_ICONS: Final = {
    "Waiting": ":material/schedule:",
    "Running": ":material/progress_activity:",
    "Done": ":material/check_circle:",
    "Failed": ":material/error:",
    "Cancelled": ":material/cancel:",
    "Interrupted": ":material/power_off:",
    "Paused": ":material/pause_circle:",
}
STRATEGIES: Final = {
    Strategy.BRUTE_FORCE.value: "Brute force",
    Strategy.CLUSTER.value: "Cluster pre-filter",
    Strategy.ADAPTIVE.value: "Adaptive",
}
JUDGES: Final = {
    "offline": "Rule-based (offline)",
    "gemini": "Gemini",
    "openai-compatible": "OpenAI-compatible",
}
PURPOSES: Final = {
    "sign": "Judging pairs",
    "describe": "Describing attributes",
    "label": "Naming clusters",
    "score": "Scoring cluster pairs",
}
_OUTCOMES: Final = {
    ANSWERED: "Answered",
    CACHED: "Free, from the log",
    IN_FLIGHT: "On its way",
    INTERRUPTED: "Interrupted",
    FAULT: "Program error",
}


class Advice(NamedTuple):
    """What a kind of failure means, and what to do about it."""

    meaning: str
    action: str


_ADVICE: Final = {
    ErrorKind.RATE_LIMIT: Advice(
        "The provider asked to slow down.",
        "The run slowed down and asked again by itself. If it happens all the time, set fewer calls at once in "
        "Settings, or ask the provider for a higher limit.",
    ),
    ErrorKind.TIMEOUT: Advice(
        "No answer came in time; the provider may still charge for it.",
        "It was asked again. If it happens often, allow more seconds per call in Settings, or ask about fewer targets "
        "per call.",
    ),
    ErrorKind.SERVER: Advice(
        "The provider had a failure of its own; it may still charge for the call.",
        "It was asked again. If it goes on, wait a while and resume the run: answers so far are kept.",
    ),
    ErrorKind.GARBAGE: Advice(
        "Something came back that is no answer, such as a broken or foreign page; it may be charged for.",
        "It was asked again. If every call does this, check the address in Settings: it may not be a model's.",
    ),
    ErrorKind.BAD_REQUEST: Advice(
        "The provider refused the request itself; asking again cannot help, so the run stopped.",
        "Read the message of the call below. Often the longest answer, the temperature or the prompt is more than the "
        "model allows: change it in Settings.",
    ),
    ErrorKind.AUTH: Advice(
        "The key is missing, wrong, expired, or not allowed to use this model; the run stopped.",
        "Put a valid key into the environment, test the connection in Settings, and resume the run.",
    ),
    ErrorKind.UNKNOWN_MODEL: Advice(
        "The provider knows no model of this name; the run stopped.",
        "Correct the model's name in Settings and test the connection.",
    ),
    ErrorKind.UNREACHABLE: Advice(
        "No connection could be made to the address of the model; the run stopped.",
        "Check the address in Settings, that the server runs, and the network; then resume the run.",
    ),
    FAULT: Advice(
        "The program failed in a way it should not; the call may be charged for.",
        "Resume the run. If it happens again, report it with the message of the call below.",
    ),
}
_OTHER: Final = Advice("The call failed.", "Read the message of the call below.")


def advice(kind: str) -> Advice:
    """Plain words on a kind of failure, also on one that this version does not know."""
    return _ADVICE.get(kind, _OTHER)


def state_word(run: Run) -> str:
    """How a run stands; what has no job is over unless a call of it is on its way."""
    if run.state is None:
        return STATES[JobState.RUNNING if run.spent.n_in_flight else JobState.DONE]
    return STATES[run.state]


def strategy_word(run: Run) -> str:
    """What a run did, in a word or two."""
    if run.kind is RunKind.TRIAL:
        return "Prompt trial"
    if run.kind is RunKind.CLUSTERS:
        return "Clusters only"
    return STRATEGIES.get(run.strategy, UNKNOWN)


def judge_word(run: Run) -> str:
    """Who judged, without the model."""
    return JUDGES.get(run.judge, UNKNOWN)


def judge_text(run: Run) -> str:
    """Who judged, with the model where there is one; plain text, for it may be a user's."""
    if run.is_offline or not run.model:
        return judge_word(run)
    return f"{judge_word(run)} · {run.model}" if run.judge else run.model


def purpose_word(purpose: str) -> str:
    """What a call was for."""
    return PURPOSES.get(purpose, purpose)


def outcome_word(outcome: str) -> str:
    """How a call ended; kinds of failure keep their name."""
    return _OUTCOMES.get(outcome, outcome[:1].upper() + outcome[1:])


def outcomes_of(spent: RunSummary) -> Sequence[str]:
    """Every way in which calls of a run may have ended."""
    return (ANSWERED, CACHED, IN_FLIGHT, INTERRUPTED, *spent.n_errors_by_kind)


def money(cost: float | None, currency: str) -> str:
    """An amount with its currency, small ones with as many decimals as they need."""
    if cost is None:
        return PRICE_UNKNOWN
    amount = f"{cost:,.2f}" if cost >= 10 or cost == 0 else f"{cost:.6f}".rstrip("0").rstrip(".")
    return f"{amount or '0'} {currency}".strip()


def count_text(count: int) -> str:
    """A count for a narrow place: from 1,000 on in thousands or millions."""
    if count < 1_000:
        return f"{count}"
    return f"{count / 1_000:,.0f}k" if count < 999_500 else f"{count / 1_000_000:,.1f}M"


def seconds_text(seconds: float | None) -> str:
    """A span in the largest fitting unit; a dash where it is not known."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3_600 else f"{seconds / 3_600:.1f} h"


def short_id(run_id: str) -> str:
    """Enough of a run's id to tell it from others."""
    return run_id.removeprefix("trial-")[:8]


def shown(text: str) -> str:
    """A text that can be sent to a browser: half a surrogate pair, which a model may send, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")
