"""Strict reading of a reply to a sign question: per number one sign, or the reason why there is none.

Accepted as a sign are the JSON texts "+", "-" and "0", with white space around them or with the minus sign U+2212 for
"-", and the JSON number 0. Accepted as the key of target n are "n" and "[n]". Everything else ("plus", 1, -1, 0.0,
true, null, an unquoted +, "01") is no answer to its number, and the other numbers are not affected.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from core.graph.model import Outcome
from core.llm.json_answers import Members, Unreadable, json_objects

MARK = "batch"  # the key under which a reply repeats the mark of its call
SIGN = "sign"
EVIDENCE = "evidence"

_OUTCOMES: Final = {"+": Outcome.POSITIVE, "-": Outcome.NEGATIVE, "\u2212": Outcome.NEGATIVE, "0": Outcome.NEUTRAL}
_NUMBER = re.compile(r"\s*(?:([1-9][0-9]{0,5})|\[([1-9][0-9]{0,5})\])\s*")
_SHOWN_LENGTH = 40


class SignAnswer(NamedTuple):
    """The answer to one number: its outcome, the existing facts it cites, and what it cites that does not exist."""

    outcome: Outcome
    evidence: tuple[int, ...] = ()
    unknown_evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignReply:
    """What a reply says: `answers` by number (1-based), `faults` for every number without one.

    `extra`: keys that answer nothing that was asked. Every number is in exactly one of `answers` and `faults`.
    """

    answers: dict[int, SignAnswer]
    faults: dict[int, str]
    extra: tuple[str, ...] = ()


def read_signs(text: str, mark: str, n_targets: int, n_facts: int | None = None) -> SignReply:
    """Read a reply to the call with this mark; never raises, whatever the text.

    `n_facts`: how many facts were given, None where no citations were asked for. Objects without the call's mark are
    answers to something else: nothing of them is used.
    """
    found = [(_marks(item.members), item.members) for item in json_objects(text)]
    members = [member for marks, of_object in found if marks == {mark} for member in of_object]
    if not members:
        fault = _no_answer(text, [marks for marks, _ in found])
        return SignReply({}, dict.fromkeys(range(1, n_targets + 1), fault))
    said: dict[int, list[SignAnswer | str]] = {number: [] for number in range(1, n_targets + 1)}
    extra = []
    for key, value in members:
        number = _number(key)
        if number in said:
            said[number].append(_sign_answer(value, n_facts))
        elif key.strip() != MARK:
            extra.append(key)
    settled = {number: _settled(answers) for number, answers in said.items()}
    return SignReply(
        {number: answer for number, answer in settled.items() if isinstance(answer, SignAnswer)},
        {number: fault for number, fault in settled.items() if isinstance(fault, str)},
        tuple(extra),
    )


def sign_schema(n_targets: int, is_grounded: bool = False) -> dict[str, Any]:
    """The JSON schema of an answer for n targets; the mark is free text, so that a model cannot be made to say it."""
    signs = {"type": "string", "enum": ["+", "-", "0"]}
    cited = {"type": "array", "items": {"type": "integer"}}
    grounded = {
        "type": "object",
        "properties": {SIGN: signs, EVIDENCE: cited},
        "required": [SIGN, EVIDENCE],
        "additionalProperties": False,
    }
    names = [str(number) for number in range(1, n_targets + 1)]
    return {
        "type": "object",
        "properties": {MARK: {"type": "string"}, **dict.fromkeys(names, grounded if is_grounded else signs)},
        "required": [MARK, *names],
        "additionalProperties": False,
    }


def _marks(members: Members) -> set[str]:
    """Every mark an object carries, as text; two different ones make it nobody's answer."""
    return {value.strip() if isinstance(value, str) else repr(value) for key, value in members if key.strip() == MARK}


def _no_answer(text: str, marks: Sequence[set[str]]) -> str:
    if not text.strip():
        return "the reply was empty"
    if not marks:
        return "the reply held no JSON object"
    if any(marks):
        return "the reply carried the mark of another call"
    return "the reply did not carry the mark of the call"


def _number(key: str) -> int:
    """The target a key names; 0, which no target has, for any other key."""
    match = _NUMBER.fullmatch(key)
    return int(match[1] or match[2]) if match else 0


def _sign_answer(value: Any, n_facts: int | None) -> SignAnswer | str:
    """The answer a value gives, or why it gives none."""
    if n_facts is not None and isinstance(value, dict):
        outcome = _outcome(value.get(SIGN))
        if outcome is None:
            return f"{_shown(value)} holds no sign"
        cited, unknown = _cited(value.get(EVIDENCE, []), n_facts)
        return SignAnswer(outcome, cited, unknown)
    outcome = _outcome(value)
    return f"{_shown(value)} is no sign" if outcome is None else SignAnswer(outcome)


def _outcome(value: Any) -> Outcome | None:
    if isinstance(value, str):
        return _OUTCOMES.get(value.strip())
    return Outcome.NEUTRAL if type(value) is int and value == 0 else None


def _cited(value: Any, n_facts: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Numbers of facts that exist, each once, and everything else that was cited."""
    items = value if isinstance(value, list) else [value]
    known = [item for item in items if type(item) is int and 1 <= item <= n_facts]
    unknown = [_shown(item) for item in items if not (type(item) is int and 1 <= item <= n_facts)]
    return tuple(dict.fromkeys(known)), tuple(unknown)


def _settled(said: list[SignAnswer | str]) -> SignAnswer | str:
    """The one answer to a number; the same sign twice is one answer, two different ones are none."""
    if not said:
        return "the reply left it out"
    if faults := [answer for answer in said if isinstance(answer, str)]:
        return faults[0]
    answers = [answer for answer in said if isinstance(answer, SignAnswer)]
    if len({answer.outcome for answer in answers}) > 1:
        return "the reply gave it two different signs"
    return SignAnswer(
        answers[0].outcome,
        tuple(dict.fromkeys(_joined(answer.evidence for answer in answers))),
        tuple(dict.fromkeys(_joined(answer.unknown_evidence for answer in answers))),
    )


def _joined(parts: Iterator[tuple[Any, ...]]) -> list[Any]:
    return [item for part in parts for item in part]


def _shown(value: Any) -> str:
    text = value.text if isinstance(value, Unreadable) else repr(value)
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"
