"""Values of a form as checked settings, or everything that is wrong with them in plain words."""

from collections.abc import Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from app.components.llm.api_keys import key_leaks
from core.errors import InvalidInput, Problem, ValenceError
from core.llm.clients import make_client
from core.llm.keys import Keys
from core.llm.settings import ModelSettings

Settings = TypeVar("Settings", bound=BaseModel)

URL: Final = "base_url"


class Checked(NamedTuple, Generic[Settings]):
    """The settings, None where there are problems."""

    settings: Settings | None
    problems: tuple[Problem, ...]

    def at(self, field: str) -> tuple[Problem, ...]:
        """The problems of one field."""
        return tuple(problem for problem in self.problems if problem.field == field)


def checked(kind: type[Settings], values: Mapping[str, Any]) -> Checked[Settings]:
    """Check the values of a form against its class, its address and the rule that no key is ever stored."""
    texts = {field: text for field, text in values.items() if isinstance(text, str)}
    problems = [*_url_problems(values["provider"], texts.get(URL, "")), *key_leaks(texts)]
    try:
        settings = kind.model_validate(dict(values))
    except ValidationError as error:
        problems += [_problem(kind, fault) for fault in error.errors()]
        return Checked(None, tuple(problems))
    return Checked(None if problems else settings, tuple(problems))


def _url_problems(provider: str, url: str) -> tuple[Problem, ...]:
    if provider == "offline":
        return ()
    try:
        make_client(
            ModelSettings.model_validate({"provider": provider, "base_url": url}), Keys({})
        )  # makes a client, calls nobody
    except InvalidInput as error:
        return error.problems
    except ValidationError:
        return ()  # too long, which the settings themselves say
    except ValenceError:
        return ()  # the key is missing, as it should be here
    return ()


def _problem(kind: type[BaseModel], fault: Mapping[str, Any]) -> Problem:
    field = str(fault["loc"][0])
    if fault["type"] in ("string_too_short", "missing"):
        return Problem("It is empty.", "Write it as the provider does.", field=field)
    if fault["type"] == "string_too_long":
        return Problem(f"It is longer than {fault['ctx']['max_length']} characters.", "Shorten it.", field=field)
    if bounds := _bounds(kind, field):
        return Problem(f"It must be {bounds}.", field=field)
    return Problem(f"{fault['msg']}.", field=field)


def _bounds(kind: type[BaseModel], field: str) -> str:
    """The limits of a number as words; empty where it has none."""
    limits: dict[str, float] = {}
    for rule in kind.model_fields[field].metadata:
        limits |= {name: getattr(rule, name) for name in ("ge", "gt", "le") if hasattr(rule, name)}
    low = f"at least {limits['ge']:,}" if "ge" in limits else f"above {limits['gt']:,}" if "gt" in limits else ""
    high = f"at most {limits['le']:,}" if "le" in limits else ""
    return " and ".join(part for part in (low, high) if part)
