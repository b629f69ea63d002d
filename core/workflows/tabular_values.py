"""Values that people or pages write for the tabular lab, read by their pydantic class or refused in sentences."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import InvalidInput, Problem
from core.sampler.configuration_errors import nearest

M = TypeVar("M", bound=BaseModel)

_SHOWN = 60


def read_values(model: type[M], values: Mapping[str, Any], what: str) -> M:
    """An instance of these values; `InvalidInput` with everything that is wrong, `what` before it."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise InvalidInput(what, [_problem(detail, model) for detail in error.errors(include_url=False)]) from error


def _problem(detail: Any, model: type[BaseModel]) -> Problem:
    place = ", ".join(f"entry {part + 1}" if isinstance(part, int) else str(part) for part in detail["loc"])
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    if detail["type"] == "missing":
        return Problem(f"{last!r} is missing.", "Add it.", field=place)
    if detail["type"] == "extra_forbidden":
        fix = nearest(last, model.model_fields) if len(detail["loc"]) == 1 else "Leave it out."
        return Problem(f"Unknown key {last!r}.", fix, field=place)
    given = repr(detail.get("input"))
    shown = given if len(given) <= _SHOWN else f"{given[: _SHOWN - 3]}..."
    wish = str(detail["msg"]).removeprefix("Input ").removeprefix("Value error, ")
    return Problem(f"{shown} is not accepted.", f"It {wish}." if wish.startswith("should") else f"{wish}.", field=place)
