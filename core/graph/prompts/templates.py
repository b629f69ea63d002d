"""The grammar of a prompt template, and which placeholders each prompt has.

A template is plain text. `{name}` is replaced by that value, literally and once: a value that itself holds `{other}`
stays as it is. `{{` and `}}` are the braces of a JSON example. The first line that is only `---` divides the file:
above it stands what the model is told once (the system part), below it what it is asked; without such a line the whole
text is asked. Nothing else has a meaning: no attributes, indexes, formats or expressions.
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from core.errors import Problem, ValenceError

MAX_TEMPLATE_LENGTH = 20_000
SEPARATOR = "---"

_SIGN = {
    "primary": "the primary attribute: its value, modality and type, quoted",
    "targets": "the targets, one line each: [1] and the quoted target",
    "nonce": "the mark of this call, which the answer must repeat",
}

# Prompt name or pattern of names -> placeholder -> what it is replaced by. A prompt must use all of its placeholders.
PLACEHOLDERS: Final[Mapping[str, Mapping[str, str]]] = {
    "sign": _SIGN,
    "sign-grounded": {**_SIGN, "evidence": "the facts to go by, one numbered line each"},
    "enrich.*": {"attributes": "the attributes to describe, one numbered line each"},
    "label": {"members": "the members of the cluster, one line each"},
    "score": {
        "clusters": "the clusters with label, summary and characteristics",
        "pairs": "the numbered cluster pairs to score",
    },
}

_TOKEN = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)\}|\{[^{}\n]{0,40}\}|[{}]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")


class PromptParts(NamedTuple):
    """A prompt as it is sent: `system` is what the model is told once (may be empty), `user` what it is asked."""

    system: str
    user: str


def placeholders_of(name: str) -> Mapping[str, str]:
    """The placeholders of a prompt and what each is replaced by; empty for a name that no prompt can have."""
    patterns = [pattern for pattern in PLACEHOLDERS if fnmatchcase(name, pattern)]
    return PLACEHOLDERS[patterns[0]] if patterns else {}


def check_template(name: str, text: str) -> tuple[Problem, ...]:
    """Everything that is wrong with a template, by line; empty when it can be used."""
    if not placeholders_of(name):
        known = ", ".join(PLACEHOLDERS)
        return (Problem(f"There is no prompt {name!r}.", f"Prompts are called {known}.", field=name),)
    return (*_text_problems(name, text), *_token_problems(name, text), *_missing(name, text))


def split_template(text: str) -> PromptParts:
    """The two parts of a template, or of a text made from one, without outer white space."""
    lines = text.splitlines()
    cut = next((number for number, line in enumerate(lines) if line.strip() == SEPARATOR), None)
    if cut is None:
        return PromptParts("", text.strip())
    return PromptParts("\n".join(lines[:cut]).strip(), "\n".join(lines[cut + 1 :]).strip())


def render(text: str, values: Mapping[str, str]) -> str:
    """Replace the placeholders of a checked template; ValenceError names a placeholder that has no value."""

    def put(match: re.Match[str]) -> str:
        token = match.group()
        if token in ("{{", "}}"):
            return token[0]
        if match[1] is None or match[1] not in values:
            raise ValenceError(f"The prompt asks for {token}, which this call has no value for.", "Correct the prompt.")
        return values[match[1]]

    return _TOKEN.sub(put, text)


def _text_problems(name: str, text: str) -> Iterator[Problem]:
    if len(text) > MAX_TEMPLATE_LENGTH:
        message = f"The prompt has {len(text):,} characters; at most {MAX_TEMPLATE_LENGTH:,} are allowed."
        yield Problem(message, "Shorten it.", field=name)
    for match in _CONTROL.finditer(text):
        message = f"The line holds a control character, U+{ord(match.group()):04X}."
        yield Problem(message, "Delete it.", row=_line(text, match), field=name)
    if not split_template(text).user:
        message = "Nothing is asked: there is no text below the line ---."
        yield Problem(message, "Write what the model is asked.", field=name)


def _token_problems(name: str, text: str) -> Iterator[Problem]:
    allowed = placeholders_of(name)
    spoken = ", ".join(f"{{{placeholder}}}" for placeholder in allowed)
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in ("{{", "}}") or match[1] in allowed:
            continue
        message = f"{token!r} is no placeholder of this prompt."
        fix = f"Use {spoken}; write {{{{ and }}}} for braces that are meant, as in a JSON example."
        yield Problem(message, fix, row=_line(text, match), field=name)


def _missing(name: str, text: str) -> Iterator[Problem]:
    used = {match[1] for match in _TOKEN.finditer(text)}
    for placeholder, meaning in placeholders_of(name).items():
        if placeholder not in used:
            message = f"The placeholder {{{placeholder}}} is missing: {meaning}."
            yield Problem(message, "Put it where the model should read it.", field=name)


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1
