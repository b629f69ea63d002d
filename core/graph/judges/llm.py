"""The judge that asks a language model, reads its answers strictly, and asks again only for what is missing."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from core.catalogue.model import Attribute
from core.fingerprint import content_id
from core.graph.judges.bias import BiasWatch
from core.graph.judges.sign_prompt import EvidenceFinder, SignCall, SignPromptSettings, SignQuestion
from core.graph.judges.sign_replies import SignAnswer, read_signs
from core.graph.model import Outcome, Verdict
from core.graph.prompts import PromptSet
from core.llm.protocol import ChatReply, ChatRequest, Finish, ProviderError
from core.llm.settings import ModelSettings

PURPOSE = "sign"
RULES = 1  # counts up when the same replies would be read in another way

_ENDED_EARLY: Mapping[Finish, str] = {
    Finish.TRUNCATED: "the reply was cut off at the output limit",
    Finish.REFUSED: "the provider refused to answer",
}


class Asker(Protocol):
    """Answers a request, from the log or a provider; the gateway is one."""

    def ask(self, request: ChatRequest, purpose: str, subject: str, again: int = 0) -> ChatReply:
        """The reply; `again` counts up to get another one to the same request. Safe to call from several threads."""
        ...


class AskingSettings(BaseModel):
    """How a planned call is put to the model.

    `max_attempts`: askings of a number that complete replies leave out or answer unusably; `max_calls`: requests for
    one planned call in all, which bounds the splitting of replies that are cut off or refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: SignPromptSettings = SignPromptSettings()
    max_attempts: int = Field(default=3, ge=1, le=10)
    max_calls: int = Field(default=24, ge=1, le=200)


class LlmJudge:
    """A `Judge` over a language model; safe to ask from several threads.

    Strength is 1.0 where the model answered, since it is asked for a sign and not for how sure it is, and 0.0 where it
    did not. A pair it did not answer is unresolved with the reason, never neutral. With `again` above 0 logged replies
    are left aside and new ones asked for: the way to ask once more for unresolved pairs.
    """

    def __init__(
        self,
        asker: Asker,
        model: ModelSettings,
        prompts: PromptSet,
        evidence: EvidenceFinder | None = None,
        settings: AskingSettings | None = None,
        again: int = 0,
    ) -> None:
        self._asker = asker
        self._settings = settings or AskingSettings()
        self._question = SignQuestion(model, prompts, evidence, self._settings.prompt)
        self._model = model.model
        self._again = again
        self.name = f"{model.model} with evidence" if evidence else model.model
        self.watch = BiasWatch()
        # How often it asks is no part of the fingerprint: that decides how much is answered, not what the answer is.
        self.fingerprint = content_id("llm-judge", [self._question.fingerprint, RULES])

    def request(self, primary: Attribute, targets: Sequence[Attribute]) -> ChatRequest:
        """The first request of a call, for estimates, previews and batches sent ahead; nothing is asked."""
        return self._question.call(primary, targets).request

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> Sequence[Verdict]:
        """One verdict per target, in their order; raises what no further asking can mend (budget, key, model).

        A provider's error that may pass, but outlasted the gateway's patience, leaves its pairs unresolved, unless it
        ends the run.
        """
        settled: dict[int, Verdict] = {}
        waiting = deque([_Part(tuple(range(len(targets))), 0)] if targets else [])
        n_calls = 0
        while waiting:
            part = waiting.popleft()
            heard = self._hear(primary, targets, part)
            n_calls += 1
            following = self._following(part, heard)
            if n_calls + len(waiting) + len(following) > self._settings.max_calls:
                following = []
            waiting.extend(following)
            asked_again = {position for later in following for position in later.positions}
            settled |= heard.verdicts
            settled |= {at: self._unresolved(heard, at) for at in heard.faults if at not in asked_again}
        verdicts = [settled[position] for position in range(len(targets))]
        self.watch.observe(verdicts)
        return verdicts

    def _hear(self, primary: Attribute, targets: Sequence[Attribute], part: "_Part") -> "_Heard":
        """Ask once about a part of the targets and read what comes back, by position among all targets."""
        call = self._question.call(primary, [targets[position] for position in part.positions], part.attempt)
        try:
            reply = self._asker.ask(call.request, PURPOSE, primary.value, again=self._again)
        except ProviderError as error:
            if error.ends_run:
                raise
            return _Heard({}, dict.fromkeys(part.positions, f"{error.kind}: {error.message}"), None, "")
        read = read_signs(reply.text, call.mark, len(part.positions), len(call.facts) if call.facts else None)
        early = _ENDED_EARLY.get(reply.finish)
        return _Heard(
            {part.positions[n - 1]: self._verdict(answer, call) for n, answer in read.answers.items()},
            {part.positions[n - 1]: early or fault for n, fault in read.faults.items()},
            reply.finish,
            call.request.fingerprint,
        )

    def _following(self, part: "_Part", heard: "_Heard") -> list["_Part"]:
        """What to ask next about the positions without an answer; nothing where asking again is of no use.

        A complete reply with gaps: the gaps once more, as another attempt. A reply that was cut off or refused would
        end the same way, so its rest is asked in two halves, down to single pairs.
        """
        left = tuple(sorted(heard.faults))
        if not left or heard.finish is None:
            return []
        if heard.finish is Finish.COMPLETE:
            return [_Part(left, part.attempt + 1)] if part.attempt + 1 < self._settings.max_attempts else []
        if len(part.positions) == 1:
            return []
        half = (len(left) + 1) // 2
        return [_Part(positions, part.attempt) for positions in (left[:half], left[half:]) if positions]

    def _verdict(self, answer: SignAnswer, call: SignCall) -> Verdict:
        cited = tuple(call.facts[number - 1].citation for number in answer.evidence)
        basis = f"it cites {_counted(len(cited), 'fact')}" if cited else "it gives no reason"
        if answer.unknown_evidence:
            basis += f" and cited what does not exist: {', '.join(answer.unknown_evidence)}"
        said = f"{self._model} answered {answer.outcome.symbol} in the call marked {call.mark}"
        return Verdict(answer.outcome, 1.0, f"{said}; {basis}.", cited, call.request.fingerprint)

    def _unresolved(self, heard: "_Heard", position: int) -> Verdict:
        reason = f"{self._model} gave no usable answer: {heard.faults[position].rstrip('.')}."
        return Verdict(Outcome.UNRESOLVED, 0.0, reason, (), heard.reply)


class _Part(NamedTuple):
    """Positions among a call's targets that are asked together, and how many complete replies failed them before."""

    positions: tuple[int, ...]
    attempt: int


class _Heard(NamedTuple):
    """What one request brought, by position; `finish` is None, and `reply` empty, where no reply came."""

    verdicts: dict[int, Verdict]
    faults: dict[int, str]
    finish: Finish | None
    reply: str


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
