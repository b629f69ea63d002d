"""The prompts: template files with a version, checked when they are edited and filled with quoted data only."""

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import InvalidInput, NotFound, ValenceError
from core.fingerprint import content_id
from core.graph.prompts.quoting import QUOTED_LENGTH, quoted, suspicious
from core.graph.prompts.templates import (
    PLACEHOLDERS,
    PromptParts,
    check_template,
    placeholders_of,
    render,
    split_template,
)

__all__ = [
    "PLACEHOLDERS",
    "QUOTED_LENGTH",
    "PromptParts",
    "PromptSet",
    "check_template",
    "placeholders_of",
    "quoted",
    "render",
    "shipped_prompts",
    "split_template",
    "suspicious",
]

SHIPPED_FOLDER = Path(__file__).resolve().parent


class PromptSet(BaseModel):
    """One version of all prompts, by name; a set with a faulty template cannot be made (InvalidInput, every fault)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    templates: Mapping[str, str] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [problem for name, text in self.templates.items() for problem in check_template(name, text)]
        if problems:
            raise InvalidInput("The prompts", problems)
        return self

    @cached_property
    def id(self) -> str:
        """Content id of all templates."""
        return content_id("prompts", dict(self.templates))

    def id_of(self, *names: str) -> str:
        """Content id of these templates alone: an edited prompt changes only the stages that use it."""
        return content_id("prompts", {name: self.template(name) for name in names})

    def template(self, name: str) -> str:
        """The template of that name; `NotFound` lists the names there are."""
        if name not in self.templates:
            raise NotFound(f"There is no prompt {name!r}.", f"Prompts are {', '.join(sorted(self.templates))}.")
        return self.templates[name]

    def edited(self, name: str, text: str) -> "PromptSet":
        """The set with one template replaced or added; `InvalidInput` lists every fault of the new text."""
        return PromptSet(templates={**self.templates, name: text})

    def render(self, name: str, **values: str) -> str:
        """The whole prompt as text, its parts divided by `---`; `values` are exactly the prompt's placeholders."""
        return render(self._checked(name, values), values)

    def parts(self, name: str, **values: str) -> PromptParts:
        """The system and the user part with values filled in; a value can never add a part."""
        system, user = split_template(self._checked(name, values))
        return PromptParts(render(system, values), render(user, values))

    def _checked(self, name: str, values: Mapping[str, str]) -> str:
        template, expected = self.template(name), placeholders_of(name)
        if set(values) != set(expected):
            raise ValenceError(
                f"Prompt {name!r} takes {', '.join(sorted(expected))}; it was given {', '.join(sorted(values))}."
            )
        return template


@cache
def shipped_prompts() -> PromptSet:
    """The prompts that come with Valence: every .txt file beside this module, named like the file."""
    return PromptSet(
        templates={path.stem: path.read_text(encoding="utf-8") for path in sorted(SHIPPED_FOLDER.glob("*.txt"))}
    )
