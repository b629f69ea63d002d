"""JSON objects out of the free text of a model: code fences, prose around them, cut-off ends. Nothing is evaluated."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Members = list[tuple[str, Any]]

_SPACE = re.compile(r"[ \t\r\n]*")
_BARE = re.compile(r"[^,{}\[\]\"\r\n]*")
_SHOWN_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for a value that is no JSON, not a finite number, or an inner object that says two things for one key."""

    text: str


class JsonObject(NamedTuple):
    """One object of a reply. `members`: key and value in order, a repeated key several times.

    `is_complete` is False where the object never closes or stops being JSON: members from there on are missing.
    """

    members: Members
    is_complete: bool


class _Step(NamedTuple):
    members: Members
    end: int
    is_complete: bool


def json_object(text: str) -> Members:
    """The members of the fullest object in a reply (of equal ones the last), empty when there is none.

    Values are plain JSON data or `Unreadable`; the members that a cut-off reply still holds whole are kept.
    """
    fullest: Sequence[tuple[str, Any]] = ()
    for found in json_objects(text):
        if len(found.members) >= len(fullest):
            fullest = found.members
    return list(fullest)


def json_objects(text: str) -> list[JsonObject]:
    """Every outermost object of a reply, in order; braces in prose that open no object are passed over."""
    return [JsonObject(step.members, step.is_complete) for step in _objects(text)]


def _objects(text: str) -> Iterator[_Step]:
    start = text.find("{")
    while start >= 0:
        step = _read_object(text, start)
        if step.members or step.is_complete:
            yield step
        start = text.find("{", step.end)


def _read_object(text: str, start: int) -> _Step:
    """Read the object that opens at `start` as far as it is one; `end` is where reading stopped."""
    members: Members = []
    at = _after_space(text, start + 1)
    while True:
        if text.startswith("}", at):  # an empty object, or a comma too many before the end
            return _Step(members, at + 1, True)
        key, at_colon = _read_key(text, at)
        if key is None:
            return _Step(members, max(at, start + 1), False)
        value, at = _read_value(text, _after_space(text, at_colon + 1))
        at = _after_space(text, at)
        is_last = text.startswith("}", at)
        if is_last or text.startswith(",", at) or (at == len(text) and _is_closed(value)):
            members.append((key, value))
        if is_last or not text.startswith(",", at):
            return _Step(members, at + is_last, is_last)
        at = _after_space(text, at + 1)


def _read_key(text: str, at: int) -> tuple[str | None, int]:
    """The quoted key at a position and where its colon stands; None where there is no key with a colon."""
    if not text.startswith('"', at):
        return None, at
    key, end = _decoded(text, at)
    end = _after_space(text, end)
    return (key, end) if isinstance(key, str) and text.startswith(":", end) else (None, end)


def _read_value(text: str, at: int) -> tuple[Any, int]:
    """The value at a position and where it ends; what is no JSON becomes `Unreadable` up to the next delimiter.

    An inner object or list that cannot be read swallows the rest of the text: the end lies behind it.
    """
    value, end = _decoded(text, at)
    if end > at and not _runs_on(text, value, end):
        return value, end
    if text.startswith(("{", "["), at):  # it never closes, or breaks inside: nobody can say what is outside of it
        return Unreadable(text[at : at + _SHOWN_LENGTH]), len(text) + 1
    bare = _BARE.match(text, at)
    assert bare is not None  # the pattern matches the empty text too
    return Unreadable(bare.group().strip()[:_SHOWN_LENGTH]), bare.end()


def _is_closed(value: Any) -> bool:
    """Whether a value shows its own end: a number or a bare word at the end of a cut-off text may have lost some."""
    return isinstance(value, str | list | dict)


def _runs_on(text: str, value: Any, end: int) -> bool:
    """Whether a bare word or number goes on behind its readable beginning, as `0` does in `0.` and `1` in `1st`."""
    if _is_closed(value):
        return False
    following = text[_after_space(text, end) : _after_space(text, end) + 1]
    return following not in ("", ",", "}")


def _decoded(text: str, at: int) -> tuple[Any, int]:
    """The JSON value at a position and its end; the end is `at` itself where there is none."""
    try:
        value, end = _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, or brackets nested too deep
        return None, at
    return value, end


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None  # the pattern matches the empty text too
    return match.end()


def _unique(pairs: Members) -> Any:
    """An inner object as a dict; two different values under one key cannot both be meant."""
    members = dict(pairs)
    if any(_differ(members[key], value) for key, value in pairs):
        return Unreadable("one key with two values")
    return members


def _differ(one: Any, other: Any) -> bool:
    return type(one) is not type(other) or bool(one != other)


def _finite(text: str) -> Any:
    number = float(text)
    return Unreadable(text) if number in (float("inf"), float("-inf")) else number


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=Unreadable, parse_float=_finite)
