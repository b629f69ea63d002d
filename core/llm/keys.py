"""Where API keys come from: the environment or a mapping handed in. Never stored, never logged, never shown."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from core.llm.protocol import ErrorKind, ProviderError

KEY_VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "openai-compatible": ("VALENCE_OPENAI_API_KEY", "OPENAI_API_KEY"),
}
NEEDS_KEY: Final = frozenset({"gemini"})
VERTEX_SWITCH = "GOOGLE_GENAI_USE_VERTEXAI"
VERTEX_PROJECT = "GOOGLE_CLOUD_PROJECT"
VERTEX_LOCATION = "GOOGLE_CLOUD_LOCATION"

HIDDEN = "[key-hidden]"  # without a blank, so that hiding it once more changes nothing

# Keys of the usual shapes, hidden even where they are none of ours: a proxy may answer with its own.
_KEY_SHAPES = re.compile(
    r"AIza[0-9A-Za-z_\-]{20,}"
    r"|\bsk-[0-9A-Za-z_\-]{16,}"
    r"|(?<=[?&]key=)[^&\s\"']+"
    r"|(?<=api_key=)[^&\s\"']+"
    r"|(?<=access_token=)[^&\s\"']+"
    r"|(?<=Bearer )[0-9A-Za-z._~+/=\-]{8,}"
)
_SHORTEST_HIDDEN = 4  # a shorter "key" is a placeholder, and hiding it would blank out ordinary words


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key and the variable it was found in; the value shows in no repr."""

    variable: str
    value: SecretStr


@dataclass(frozen=True, slots=True)
class VertexPlace:
    """The Google Cloud project and location that Vertex AI is billed to."""

    project: str
    location: str


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """Which of the variables looked for holds a key, never the key. `variable` is empty where none does."""

    provider: str
    variable: str
    looked_for: tuple[str, ...]
    needed: bool
    vertex: VertexPlace | None = None

    @property
    def sentence(self) -> str:
        """The status in one sentence, for a page."""
        if self.vertex:
            return f"Vertex AI is used, project {self.vertex.project} in {self.vertex.location}."
        if self.variable:
            return f"A key was found in {self.variable}."
        if not self.looked_for:
            return "This provider takes no key."
        missing = f"No key was found in {' or '.join(self.looked_for)}"
        return f"{missing}." if self.needed else f"{missing}; a server of your own needs none."


class Keys:
    """Mappings in which keys are looked up when they are used, the first that has one wins; values show in no repr."""

    def __init__(self, *sources: Mapping[str, object]) -> None:
        self._sources = sources

    def __repr__(self) -> str:
        return f"Keys({len(self._sources)} sources)"

    def find(self, variables: tuple[str, ...]) -> FoundKey | None:
        """The first key under any of `variables`; `ProviderError` (AUTH) where it cannot be a key."""
        for source in self._sources:
            for variable in variables:
                value = _text(source, variable)
                if value:
                    return FoundKey(variable, SecretStr(_checked(variable, value)))
        return None

    def vertex(self) -> VertexPlace | None:
        """Project and location when the Vertex switch is on, else None; `ProviderError` without a project."""
        if self._setting(VERTEX_SWITCH).lower() not in ("1", "true"):
            return None
        project = self._setting(VERTEX_PROJECT)
        if not project:
            raise ProviderError(
                ErrorKind.AUTH,
                f"{VERTEX_SWITCH} is on, but {VERTEX_PROJECT} is empty.",
                f"Set {VERTEX_PROJECT}, or unset {VERTEX_SWITCH} to use an API key.",
            )
        return VertexPlace(project, self._setting(VERTEX_LOCATION) or "global")

    def redact(self, text: str) -> str:
        """The text with every key known here, and whatever has the shape of one, replaced by `[key-hidden]`."""
        for value in sorted(set(self._values()), key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return _KEY_SHAPES.sub(HIDDEN, text)

    def _setting(self, variable: str) -> str:
        return next((value for source in self._sources if (value := _text(source, variable))), "")

    def _values(self) -> Iterator[str]:
        for source in self._sources:
            for variables in KEY_VARIABLES.values():
                for variable in variables:
                    value = _text(source, variable)
                    if len(value) >= _SHORTEST_HIDDEN:
                        yield value


def environment_keys() -> Keys:
    """Keys of the environment variables, read anew at each use."""
    return Keys(os.environ)


def keys_from(mapping: Mapping[str, object]) -> Keys:
    """Keys of a mapping (such as an application's secrets), and of the environment where it has none."""
    return Keys(mapping, os.environ)


def key_status(provider: str, keys: Keys | None = None) -> KeyStatus:
    """Which variable holds the provider's key, without its value; `ProviderError` (AUTH) where it cannot be a key."""
    keys = keys or environment_keys()
    variables = KEY_VARIABLES.get(provider, ())
    vertex = keys.vertex() if provider == "gemini" else None
    found = keys.find(variables)
    return KeyStatus(provider, found.variable if found else "", variables, provider in NEEDS_KEY, vertex)


def redact(text: str, keys: Keys | None = None) -> str:
    """Hide every known key in a text that leaves the program; without `keys`, those of the environment."""
    return (keys or environment_keys()).redact(text)


def _text(source: Mapping[str, object], variable: str) -> str:
    value = source.get(variable, "")
    return value.strip() if isinstance(value, str) else ""


def _checked(variable: str, value: str) -> str:
    # An HTTP library would quote the whole value in its complaint about an illegal header.
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ProviderError(
            ErrorKind.AUTH,
            f"{variable} holds blanks or characters that no key has.",
            "Copy the key again, without quotes or line breaks.",
        )
    return value
