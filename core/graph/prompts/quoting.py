"""Texts of users on their way into a prompt: quoted as data, and flagged where they read like more than a name."""

import json
import re
import unicodedata
from functools import lru_cache

from core.catalogue.text_checks import JOINERS, shown, text_warnings

QUOTED_LENGTH = 200

_VARIATION_SELECTORS = range(0xE0100, 0xE01F0)  # invisible, and known to carry hidden text

_IMITATIONS = (
    (re.compile(r"\[\s*\d+\s*\]|\(\s*\d+\s*\)\s*[+\-−0]"), "imitates the numbers of a judge call"),
    (re.compile(r"[\"'“”]\s*[:,}\]]|[{[]\s*[\"'“”]|\\\"|\}\s*$"), "reads like pieces of JSON or closes a quotation"),
    (re.compile(r"\{\{|\}\}|\{[a-z_]\w*\}"), "reads like a placeholder of a prompt"),
    (re.compile(r"[\n\r\u2028\u2029]\s*(?:-{3,}|={3,}|\*{3,})"), "draws a line as between the parts of a prompt"),
)


@lru_cache(maxsize=16_384)  # an attribute is a target of hundreds of calls, and an estimate renders them all
def quoted(text: str, limit: int = QUOTED_LENGTH) -> str:
    """The one way a user's text gets into a prompt: a JSON string on one line, of at most `limit` characters of text.

    Line breaks, control, direction and invisible characters are left out (runs of white space become one space) and
    a longer text ends in an ellipsis, so that nothing in it can stand outside the quotation marks.
    """
    visible = " ".join("".join(_visible(char) for char in text[: 8 * limit]).split())
    cut = visible if len(visible) <= limit else visible[: limit - 1].rstrip() + "…"
    return json.dumps(cut, ensure_ascii=False)


def suspicious(text: str, limit: int = QUOTED_LENGTH) -> str | None:
    """Why a text looks like an attempt to steer a judge, as one sentence; None for an ordinary text."""
    for pattern, what in _IMITATIONS:
        if pattern.search(text):
            return f"{shown(text)} {what}; a judge sees it as a quoted value only."
    # A leading formula character matters to a spreadsheet and a lost letter to nobody else: not here.
    warnings = text_warnings(text.lstrip("=@+-").replace("\ufffd", ""))
    if warnings:
        return warnings[0].message
    if len(text) > limit:
        return f"{shown(text)} has {len(text):,} characters; a judge sees the first {limit} only."
    return None


def _visible(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category == "Cs":
        return "\ufffd"
    if (category == "Cf" and char not in JOINERS) or ord(char) in _VARIATION_SELECTORS:
        return ""
    return char
