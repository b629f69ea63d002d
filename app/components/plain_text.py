"""Text from users, files and judges, shown as the text it is."""

import re
from html import escape
from typing import Final

_SPECIAL = "\\`*_[]<>#$|~:"
# Markdown makes links of addresses even where their characters are escaped.
_STARTS_ADDRESS = re.compile(r"(?i)(https?:|ftp:)(?=//)|(www)(?=\.)|(?<=[-.\w+])(?=@)")
_JOINER = "\u2060"  # takes no room and allows no line break; inside an address it keeps it from being one
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SHORT: Final = 60
_LONG: Final = 600
_ISOLATE, _END = "\u2068", "\u2069"  # keeps right-to-left text from turning the rest of the line around


def plain(text: str) -> str:
    """Escape Markdown's own characters, and break every web and mail address invisibly."""
    broken = _STARTS_ADDRESS.sub(lambda match: f"{match[0]}{_JOINER}", undirected(text))
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in broken)


def undirected(text: str) -> str:
    """The text without the marks that turn the direction of what follows, or end such a turn before its time."""
    return _TURNS.sub("", text)


def in_chart(text: str) -> str:
    """The text for a plotly chart, which reads a little HTML (no entity of a quotation mark) and fills in %{...}."""
    return escape(undirected(text), quote=False).replace("%{", f"%{_JOINER}{{")


def named(text: str) -> str:
    """A name inside a sentence, as Markdown."""
    return _inline(text, _SHORT)


def quoted(text: str) -> str:
    """A longer text such as a reason or a note, as Markdown."""
    return _inline(text, _LONG)


def pair_words(first: str, second: str) -> str:
    """Two names in bold, as Markdown."""
    return f"**{named(first)}** × **{named(second)}**"


def shortened(text: str, most: int = _SHORT) -> str:
    """The text on one line, cut where it is longer than `most` characters; plain text."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _inline(text: str, most: int) -> str:
    return f"{_ISOLATE}{plain(shortened(text, most))}{_END}"
