"""Files of evaluation logs to checked logs: JSON or JSONL, every problem of every file with its line, or all logs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from types import NoneType
from typing import Any, Final, NamedTuple, NoReturn

from pydantic import BaseModel, ValidationError

from core.catalogue.nearest import NearestNames
from core.errors import InvalidInput, Problem
from core.leaderboard.evaluation_logs import EvaluationLog, is_share_field

MAX_FILE_BYTES: Final = 20_000_000
MAX_LOGS: Final = 10_000
MAX_PROBLEMS: Final = 1_000
SUFFIXES: Final = (".json", ".jsonl", ".ndjson")
WHAT: Final = "The evaluation logs were not taken in"
_SHOWN: Final = 60
_MOST_DIGITS: Final = 1_000  # of a whole number; Python reads no more than 4,300


class LogFile(NamedTuple):
    """A file by the name that messages use, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ReadLog:
    """A log and where it was found: the file, and the line it begins at."""

    log: EvaluationLog
    file: str
    line: int


def read_logs(files: Sequence[LogFile]) -> tuple[ReadLog, ...]:
    """Read every log of every file; `InvalidInput` with all their problems, and then no log.

    A `.jsonl` or `.ndjson` file holds one log per line, a `.json` file one log or a list of logs.
    """
    read: list[ReadLog] = []
    problems: list[Problem] = []
    for file in files:
        n_before = len(problems) + len(read)
        for line, value in _values(file, problems):
            log = _log(file.name, line, value, problems)
            read += [ReadLog(log, file.name, line)] if log is not None else []
        if len(problems) + len(read) == n_before:
            problems.append(_problem(file.name, 1, "", "The file holds no log.", "Leave it out, or choose another."))
    if not files:
        problems.append(Problem("There is no file of logs.", f"Choose files whose names end in {', '.join(SUFFIXES)}."))
    if len(read) > MAX_LOGS:
        problems.append(Problem(f"These are {len(read):,} logs; at most {MAX_LOGS:,} at once.", "Take in fewer."))
    if problems:
        raise InvalidInput(WHAT, problems[:MAX_PROBLEMS])
    return tuple(read)


def _log(name: str, line: int, value: Any, problems: list[Problem]) -> EvaluationLog | None:
    if not isinstance(value, dict):
        message = f"This is no log but {_KINDS[type(value)]}."
        problems.append(_problem(name, line, "", message, "Write one object {...} per log."))
        return None
    repeated = list(_repeated(value, ()))
    problems += [_problem(name, line, path, "This key appears more than once.", "Keep one.") for path in repeated]
    try:
        log = EvaluationLog.model_validate(value)
    except ValidationError as error:
        problems += [_told(name, line, detail) for detail in error.errors(include_url=False)]
        return None
    return None if repeated else log


_KINDS: Final[Mapping[type, str]] = {
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "a truth value",
    NoneType: "empty (null)",
}

# JSON with the lines its logs begin at


class _Object(dict[str, Any]):
    """A JSON object that remembers the keys it held more than once."""

    repeated: tuple[str, ...] = ()


def _object(pairs: Sequence[tuple[str, Any]]) -> _Object:
    made, seen = _Object(pairs), set[str]()
    made.repeated = tuple(dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return made


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number, parse_int=_whole)
_SPACE: Final = " \t\r\n"


def _values(file: LogFile, problems: list[Problem]) -> Iterator[tuple[int, Any]]:
    """Each log's first line and its value, as far as the file can be read; what cannot be read joins the problems."""
    suffix = PurePath(file.name).suffix.lower()
    try:
        if suffix not in SUFFIXES:
            kind = suffix or "A name without an ending"
            _refuse(file.name, None, f"{kind} is no kind of log.", f"Choose a file in {' or '.join(SUFFIXES)}.")
        text = _text(file)
        if suffix == ".json":
            yield from _values_of_json(file.name, text)
        else:
            yield from _values_of_lines(file.name, text, problems)
    except InvalidInput as error:
        problems += error.problems


def _text(file: LogFile) -> str:
    if len(file.data) > MAX_FILE_BYTES:
        message = f"The file takes {len(file.data):,} bytes; at most {MAX_FILE_BYTES:,} are read."
        _refuse(file.name, None, message, "Split it into several files.")
    try:
        return file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        _refuse(file.name, line, "The file is not UTF-8 text.", "Save it as UTF-8.")


def _values_of_lines(name: str, text: str, problems: list[Problem]) -> Iterator[tuple[int, Any]]:
    for line, written in enumerate(text.split("\n"), 1):
        if written.strip():
            try:
                yield line, _decoded(name, written.strip(), 0, line, is_alone=True)[0]
            except InvalidInput as error:
                problems += error.problems


def _values_of_json(name: str, text: str) -> Iterator[tuple[int, Any]]:
    start = _after_space(text, 0)
    if start == len(text):
        return
    if text[start] != "[":
        value, _ = _decoded(name, text[start:].rstrip(), 0, _line(text, start), is_alone=True)
        yield _line(text, start), value
        return
    at = _after_space(text, start + 1)
    line, counted = _line(text, at), at
    if at < len(text) and text[at] == "]":
        at += 1
    else:
        while True:
            line, counted = line + text.count("\n", counted, at), at
            value, at = _decoded(name, text, at, line)
            yield line, value
            at = _after_space(text, at)
            if at < len(text) and text[at] == ",":
                at = _after_space(text, at + 1)
                continue
            if at == len(text) or text[at] != "]":
                _refuse(name, _line(text, at), "The list of logs is cut off here.", "Write ',' or ']' after a log.")
            at += 1
            break
    if _after_space(text, at) < len(text):
        _refuse(name, _line(text, at), "There is text after the list of logs.", "Take it away.")


def _decoded(name: str, text: str, at: int, line: int, *, is_alone: bool = False) -> tuple[Any, int]:
    """The value at a place of the text, which is on this line of the file, and where it ends."""
    try:
        value, end = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        place = line + text.count("\n", at, error.pos)
        _refuse(name, place, f"Not valid JSON: {error.msg}, at column {error.colno}.", "Correct that place.")
    except (ValueError, RecursionError) as error:
        _refuse(name, line, f"Not usable JSON: {error}.", "Use ordinary numbers and flat objects.")
    if is_alone and end < len(text):
        place = line + text.count("\n", at, end)
        _refuse(name, place, "There is text after the log.", "Write one log per line, and name the file .jsonl.")
    return value, end


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _repeated(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, _Object):
        yield from (".".join((*path, key)) for key in value.repeated)
        for key, item in value.items():
            yield from _repeated(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            yield from _repeated(item, path)


# What pydantic refuses, in this project's words


def _told(name: str, line: int, detail: Mapping[str, Any]) -> Problem:
    path = [part for part in detail["loc"] if part != "[key]"]
    where = ".".join(f"{part + 1}" if isinstance(part, int) else str(part) for part in path)
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "refused":
        return _problem(name, line, where, context["message"], context["fix"])
    if kind == "extra_forbidden":
        return _problem(name, line, where, f"Unknown key {str(path[-1])!r}.", _nearest(str(path[-1]), path[:-1]))
    if kind == "missing":
        return _problem(name, line, where, "This is missing.", "Add it.")
    message, fix = _refusal(kind, context, where)
    return _problem(name, line, where, f"{_short(detail.get('input'))} {message}", fix)


def _refusal(kind: str, context: Mapping[str, Any], where: str) -> tuple[str, str]:
    if kind in ("less_than_equal", "greater_than_equal") and is_share_field(where):
        return "is no share between 0 and 1.", "Write 0.851 for 85.1 %."
    if kind == "greater_than_equal":
        return f"is too small: at least {context['ge']:,} is needed.", "Correct it."
    if kind == "less_than_equal":
        return f"is too large: at most {context['le']:,} is allowed.", "Correct it."
    if kind in ("string_too_long", "too_long"):
        return f"is too long: at most {context['max_length']:,} are kept.", "Shorten it."
    if kind in ("string_too_short", "too_short"):
        return f"is too short: at least {context['min_length']:,} are needed.", "Add what is missing."
    if kind == "literal_error":
        return "is not known.", f"Write {context['expected']}."
    wanted, fix = _WANTED.get(kind, (f"is not accepted ({kind.replace('_', ' ')})", "Correct it"))
    return f"{wanted}.", f"{fix}."


_DATE: Final = "Write it as 2026-07-27T10:11:12Z"
_WANTED: Final = {
    "string_type": ("is no text", "Write text in quotes"),
    "int_type": ("is no whole number", "Write a whole number without quotes"),
    "int_from_float": ("is no whole number", "Write a whole number without decimals"),
    "float_type": ("is no number", "Write a number without quotes"),
    "finite_number": ("is no finite number", "Write an ordinary number"),
    "dict_type": ("is no object", "Write {...} with named fields"),
    "model_type": ("is no object", "Write {...} with named fields"),
    "model_attributes_type": ("is no object", "Write {...} with named fields"),
    "list_type": ("is no list", "Write [...]"),
    "timezone_aware": ("names no time zone", _DATE),
    "datetime_type": ("is no time", _DATE),
    "datetime_parsing": ("is no time", _DATE),
    "datetime_from_date_parsing": ("is no time", _DATE),
}


def _nearest(word: str, path: Sequence[str | int]) -> str:
    known = _keys_at(path)
    for name in NearestNames(known).nearest(word, 1):
        return f"Did you mean {name!r}? Known here: {', '.join(known)}."
    return f"Known here: {', '.join(known)}."


def _keys_at(path: Sequence[str | int]) -> list[str]:
    """The keys of the innermost object on a path; names of labels and places in lists lead no further."""
    model: type[BaseModel] = EvaluationLog
    for part in path:
        field = model.model_fields.get(str(part))
        inner = _model_in(field.annotation) if field is not None else None
        model = inner or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model is not None), None)


def _short(value: Any) -> str:
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _problem(name: str, line: int | None, where: str, message: str, fix: str) -> Problem:
    return Problem(message, fix, row=line, field=f"{name}, {where}" if where else name)


def _refuse(name: str, line: int | None, message: str, fix: str) -> NoReturn:
    raise InvalidInput(WHAT, [_problem(name, line, "", message, fix)])
