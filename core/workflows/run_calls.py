"""The calls of one run: searched, walked through, and a sign call's answer read again as the judge read it."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict

from core.graph.judges.llm import PURPOSE
from core.graph.judges.sign_replies import MARK, SignReply, read_signs
from core.graph.model import Outcome
from core.store.answer_log import AnswerLog
from core.store.answer_rows import CallPage, CallRecord, LoggedCall

_WALK: Final = 1_000  # calls read at a time

_TEXT = r'"(?:[^"\\]|\\.)*"'  # a JSON string: the one form in which a user's text gets into a prompt
_ATTRIBUTE = re.compile(rf"{_TEXT} \(modality {_TEXT}, type {_TEXT}\)(?:; {_TEXT}: {_TEXT})*")
_FACT = re.compile(rf"^.*\(\d+\) {_TEXT}", re.MULTILINE)
_MARK_WORD = re.compile(r"(?<![A-Za-z0-9])[bcdfghjkmnpqrtvw]{8}(?![A-Za-z0-9])")


class CallSearch(BaseModel):
    """Which calls of a run are wanted; `text` is looked for in subject, message, prompt and answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = ""
    purpose: str | None = None
    outcome: str | None = None


class TargetReading(NamedTuple):
    """What a reply says of one numbered target; without an outcome `fault` says why. `facts`: those it cites."""

    number: int
    target: str
    outcome: Outcome | None
    fault: str
    facts: tuple[str, ...]


def find_calls(log: AnswerLog, run: str, search: CallSearch, offset: int, limit: int) -> CallPage:
    """A page of the calls that a search finds, newest first."""
    return log.calls(run, search.purpose, search.outcome, search.text, offset, limit)


def every_call(log: AnswerLog, run: str, search: CallSearch) -> Iterator[LoggedCall]:
    """All calls that a search finds, newest first, each once, even while the run adds more (which are left out)."""
    offset, last = 0, None
    while page := find_calls(log, run, search, offset, _WALK).calls:
        for call in page:
            if last is None or call.number < last:
                last = call.number
                yield call
        offset += len(page)


def failed_tries(log: AnswerLog, record: CallRecord, kinds: Iterable[str]) -> tuple[LoggedCall, ...]:
    """The attempts of a call's run that ended in one of `kinds` for the very same question, the oldest first."""
    asked = record.call.attempt
    found = [
        call
        for kind in kinds
        for call in every_call(
            log, asked.run, CallSearch(text=asked.subject[:_NEEDLE], purpose=asked.purpose, outcome=kind)
        )
        if (call.attempt.fingerprint, call.attempt.again) == (asked.fingerprint, asked.again)
    ]
    return tuple(sorted(found, key=lambda call: call.number))


_NEEDLE: Final = 500  # characters of a subject that are searched for; SQLite refuses very long patterns


def call_data(record: CallRecord) -> dict[str, Any]:
    """A call whole, as JSON data: the attempt, what was sent and what came back."""
    answer = asdict(record.answer) if record.answer else None
    if answer:
        del answer["request"]
    return {"number": record.call.number, **asdict(record.call.attempt), "request": record.request, "answer": answer}


def read_sign_call(record: CallRecord) -> tuple[TargetReading, ...] | None:
    """The answer to a sign question by target, read from the log as the judge reads it from the model.

    None for any other call, one without an answer, and a prompt in which the targets or the mark cannot be told apart
    from the rest.
    """
    if record.call.attempt.purpose != PURPOSE or record.request is None or record.answer is None:
        return None
    prompt = str(record.request.get("prompt", ""))
    asked = (record.request.get("schema") or {}).get("properties", {})
    numbers = [name for name in asked if name != MARK]
    targets = _numbered(prompt, "[", "]", len(numbers))
    mark = _mark(f"{record.request.get('system', '')}\n{prompt}")
    if not targets or not mark:
        return None
    is_grounded = any("properties" in asked[name] for name in numbers)
    facts = _numbered(prompt, "(", ")") if is_grounded else []
    reply = read_signs(record.answer.reply, mark, len(targets), len(facts) if is_grounded else None)
    return tuple(_reading(number, target, reply, facts) for number, target in enumerate(targets, start=1))


def _reading(number: int, target: str, reply: SignReply, facts: list[str]) -> TargetReading:
    answer = reply.answers.get(number)
    if answer is None:
        return TargetReading(number, target, None, reply.faults[number], ())
    return TargetReading(number, target, answer.outcome, "", tuple(facts[n - 1] for n in answer.evidence))


def _mark(text: str) -> str:
    """The mark of a call: the one word of its form that no quoted attribute or fact brought in; else empty."""
    own_words = _FACT.sub("", _ATTRIBUTE.sub("", text))
    found = set(_MARK_WORD.findall(own_words))
    return found.pop() if len(found) == 1 else ""


def _numbered(prompt: str, left: str, right: str, wanted: int | None = None) -> list[str]:
    """The texts of the last list in a prompt whose lines are numbered from 1; empty unless it has `wanted` lines."""
    starts = [match.start() for match in re.finditer(rf'{re.escape(f"{left}1{right}")} "', prompt)]
    for start in reversed(starts):
        texts = _texts_from(prompt[start:].split("\n"), left, right)
        if wanted is None or len(texts) == wanted:
            return texts
    return []


def _texts_from(lines: list[str], left: str, right: str) -> list[str]:
    texts: list[str] = []
    for line in lines:
        start = f"{left}{len(texts) + 1}{right} "
        if not line.startswith(f'{start}"'):
            break
        texts.append(json.JSONDecoder().raw_decode(line, len(start))[0])
    return texts
