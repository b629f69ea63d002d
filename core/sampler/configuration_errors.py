"""What is wrong with a configuration, said as `Problem`s: JSON that does not parse, values pydantic refused."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from core.catalogue.nearest import NearestNames
from core.errors import InvalidInput, Problem

WHAT = "The dataset configuration is not valid"


class _Object(dict[str, Any]):
    """A JSON object that remembers the keys it held more than once."""

    repeated: tuple[str, ...] = ()


def nearest(word: str, known: Iterable[str]) -> str:
    """A sentence that names the closest known word, or else all of them."""
    choices = list(known)
    for name in NearestNames(choices).nearest(word, 1):
        return f"Did you mean {name!r}?"
    return f"Known here: {', '.join(choices)}."


def decode_json(data: bytes | str) -> tuple[Mapping[str, Any], tuple[Problem, ...]]:
    """Parse a JSON object and report its repeated keys; `InvalidInput` with the line when it does not parse."""
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
        value = json.loads(text, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _unreadable("The file is not UTF-8 text.", "Save it as UTF-8.", line) from error
    except json.JSONDecodeError as error:
        message = f"Not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        raise _unreadable(message, "Correct that place.", error.lineno) from error
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"Not usable JSON: {error}.", "Shorten the number or the nesting.", None) from error
    if not isinstance(value, dict):
        found = type(value).__name__
        raise _unreadable(f"The JSON is a {found}, not an object.", "Write {...} around named fields.", 1)
    return value, tuple(_repeated(value, ()))


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """One problem per refusal of pydantic, with its dotted path and a fix in this project's words."""
    return [_problem(detail, model) for detail in error.errors(include_url=False)]


def _object(pairs: Sequence[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    keys = [key for key, _ in pairs]
    made.repeated = tuple(key for key in made if keys.count(key) > 1) if len(made) < len(keys) else ()
    return made


def _repeated(value: Any, path: tuple[str, ...]) -> Iterator[Problem]:
    if isinstance(value, _Object):
        for key in value.repeated:
            place = ".".join((*path, key))
            yield Problem(f"The key {key!r} appears more than once.", "Keep one of them.", field=place)
        for key, item in value.items():
            yield from _repeated(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            yield from _repeated(item, path)


def _unreadable(message: str, fix: str, line: int | None) -> InvalidInput:
    return InvalidInput(WHAT, [Problem(message, fix, row=line)])


def _problem(detail: Any, model: type[BaseModel]) -> Problem:
    kind, given, context = detail["type"], detail.get("input"), detail.get("ctx", {})
    path = [part for part in detail["loc"] if part != "[key]"]
    words = [str(part) for part in path if not isinstance(part, int)]
    where = ".".join(words)
    if kind == "refused":
        return Problem(context["message"], context["fix"], field=where)
    if kind == "extra_forbidden":
        return Problem(f"Unknown key {words[-1]!r}.", nearest(words[-1], _keys_at(model, words[:-1])), field=where)
    if kind == "missing" and isinstance(path[-1], int):
        return Problem("A second value is missing.", "Write two values: [first, second].", field=where)
    if kind == "missing":
        return Problem(f"{words[-1]!r} is missing.", "Add it.", field=where)
    item = _item(path)
    message, fix = _refusal(kind, context)
    return Problem(f"{item}{_shown(given)} {message}", fix, field=where)


def _item(path: Sequence[str | int]) -> str:
    """Which item of a list is meant: pair 3, its second value."""
    numbers = [part + 1 for part in path if isinstance(part, int)]
    if not numbers:
        return ""
    if str(path[0]).endswith("_pairs"):
        return f"Pair {numbers[0]}: "
    return "Minimum: " if numbers[0] == 1 else "Maximum: "


def _shown(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _refusal(kind: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """What pydantic's kind of error means here, and what to do."""
    if kind in ("int_type", "int_from_float", "int_parsing_size"):
        return "is not a whole number.", "Write a whole number without quotes or decimals."
    if kind == "float_type":
        return "is not a number.", "Write a number without quotes."
    if kind == "finite_number":
        return "is not a finite number.", "Write an ordinary number."
    if kind in ("greater_than_equal", "greater_than"):
        bound = context.get("ge", context.get("gt"))
        return f"is too small: {'at least' if 'ge' in context else 'more than'} {bound:,} is needed.", "Raise it."
    if kind == "less_than_equal":
        return f"is too large: at most {context['le']:,} is allowed.", "Lower it."
    if kind == "string_type":
        return "is not text.", "Write text in quotes."
    if kind == "too_long":
        return f"has {context.get('actual_length', 'too many')} values.", "Write two values: [first, second]."
    if kind == "too_short":
        return "is empty.", "Add at least one entry."
    if kind in ("tuple_type", "list_type"):
        return "is not a list.", "Write a list: [first, second]."
    if kind in ("dict_type", "model_type", "model_attributes_type", "mapping_type"):
        return "is not an object.", "Write an object: {...} with named fields."
    return f"is not accepted ({kind}).", "Correct it."


def _keys_at(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """The keys known at a path: fields of the model, or of the model behind a dictionary's entries."""
    found: list[str] = list(model.model_fields)
    for part in path:
        if part not in model.model_fields:
            continue  # the name of a dictionary's entry
        inner = _model_in(model.model_fields[part].annotation)
        if inner is not None:
            model, found = inner, list(inner.model_fields)
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        inner = _model_in(argument)
        if inner is not None:
            return inner
    return None
