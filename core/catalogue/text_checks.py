"""What is wrong or odd about one piece of text; the text itself is never changed."""

import re
import unicodedata
from collections.abc import Callable

from core.errors import Problem

SHOWN_LENGTH = 60

# Characters that draw nothing. Joiners and variation selectors belong to emoji and to some scripts, so they are
# reported only beside a Latin letter or digit; all of them are left out when two texts are compared.
INVISIBLE = frozenset(
    "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
LINE_BREAKS = frozenset("\t\n\r\u2028\u2029")

_STRAY_JOINER = re.compile("[\u200c\u200d](?=[0-9A-Za-z])|(?<=[0-9A-Za-z])[\u200c\u200d]")
_FORMULA = re.compile(r"[=@]|[+-](?!\d+(?:[.,]\d+)?$)")
_MARKUP = re.compile(
    r"</?[a-zA-Z][^<>]*>|<!--|<!\w|<(?:script|img|iframe|svg)\b|&(?:[a-zA-Z]{2,8}|#\d{1,7}|#x[0-9a-fA-F]{1,6});|\bjavascript:",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:previous|prior|above|earlier|instructions?|rules?|prompts?)\b"
    r"|^[ \t]*(?:system|assistant|user|human)\s*:"
    r"|\byou are (?:now|an? (?:ai|assistant|model))\b"
    r"|\b(?:answer|respond|reply|output|return)\b.{0,30}\b(?:only|always|with|exactly)\b"
    r"|\balways (?:answer|say|reply|respond|return)\b"
    r"|<\|\w+\|>|\[/?INST\]|```|^#{2,}\s",
    re.IGNORECASE | re.MULTILINE,
)


def shown(text: str) -> str:
    """Quote a text for a message: shortened to 60 characters, invisible and broken characters written as escapes."""
    return repr(text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…")


def text_errors(text: str, max_length: int, multiline: bool = False) -> tuple[Problem, ...]:
    """Everything that refuses a non-empty text, without row or field; `multiline` allows tabs, line breaks and outer
    white space, as a description needs them.
    """
    problems = []
    if len(text) > max_length:
        problems.append(
            Problem(f"{shown(text)} has {len(text):,} characters; at most {max_length:,} are allowed.", "Shorten it.")
        )
    if not multiline:
        problems += _white_space_errors(text)
    # Outer white space is reported above; line breaks inside a one-line text are control characters.
    body, allowed = (text, LINE_BREAKS) if multiline else (text.strip(), frozenset[str]())
    if not body.isprintable():
        found = [char for char in dict.fromkeys(body) if char not in allowed and _breaks_text(char)]
        problems += [_control_error(text, char) for char in found]
    return tuple(problems)


def text_warnings(text: str) -> tuple[Problem, ...]:
    """Everything odd but allowed about a text, without row or field: the text is kept exactly as it is."""
    return tuple(warning for check in _ODDITIES if (warning := check(text)) is not None)


def comparison_key(text: str) -> str:
    """What two near-duplicates share: NFKC, case folded, invisible characters left out, runs of white space as one."""
    if not text.isascii():
        visible = "".join(char for char in text if char not in INVISIBLE and char not in JOINERS)
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return " ".join(text.casefold().split())


def difference(text: str, other: str) -> str:
    """Name what tells two near-duplicates apart, for the end of a sentence ("... differs only in letter case")."""
    for name, step in _DIFFERENCES:
        if step(text) == step(other):
            return name
    return "letter case, spacing or look-alike characters"


def _white_space_errors(text: str) -> list[Problem]:
    if all(char.isspace() or char in INVISIBLE or char in JOINERS for char in text):
        return [Problem(f"{shown(text)} shows nothing: white space or invisible characters.", "Type the text.")]
    sides = [side for side, cut in (("starts", text.lstrip()), ("ends", text.rstrip())) if cut != text]
    if not sides:
        return []
    fix = f"Delete the white space around it: {shown(text.strip())}."
    return [Problem(f"{shown(text)} {' and '.join(sides)} with white space, which makes a look-alike twin.", fix)]


def _breaks_text(char: str) -> bool:
    """Control characters, line separators and halves of surrogate pairs."""
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")


def _control_error(text: str, char: str) -> Problem:
    kind = "half of a broken character" if unicodedata.category(char) == "Cs" else "a control character"
    name = {"\0": " (NUL)", "\t": " (tab)", "\n": " (line break)", "\r": " (carriage return)"}.get(char, "")
    where = text.index(char) + 1
    return Problem(f"{shown(text)} holds {kind}, U+{ord(char):04X}{name}, as character {where}.", "Delete it.")


def _formula_warning(text: str) -> Problem | None:
    if not _FORMULA.match(text):
        return None
    return Problem(
        f"{shown(text)} starts like a spreadsheet formula; it is kept as text.",
        "Check that it is meant; a spreadsheet that opens an export would calculate it.",
    )


def _markup_warning(text: str) -> Problem | None:
    if not _MARKUP.search(text):
        return None
    return Problem(f"{shown(text)} reads like markup; it is kept as text.", "Check that it is meant.")


def _instruction_warning(text: str) -> Problem | None:
    if not _INSTRUCTION.search(text):
        return None
    return Problem(
        f"{shown(text)} reads like an instruction to a language model; it is kept as text and quoted as data.",
        "Check that it is meant.",
    )


def _invisible_warning(text: str) -> Problem | None:
    if text.isascii():
        return None
    found = [char for char in dict.fromkeys(text) if char in INVISIBLE]
    found += [match.group() for match in [_STRAY_JOINER.search(text)] if match]
    if not found:
        return None
    names = ", ".join(f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip() for char in found)
    return Problem(f"{shown(text)} holds invisible characters ({names}).", "Retype it if they are not meant.")


def _damage_warning(text: str) -> Problem | None:
    if "\ufffd" not in text:
        return None
    return Problem(
        f"{shown(text)} holds the replacement character U+FFFD: a letter was lost before this file was saved.",
        "Retype the text from its source.",
    )


_ODDITIES: tuple[Callable[[str], Problem | None], ...] = (
    _formula_warning,
    _markup_warning,
    _instruction_warning,
    _invisible_warning,
    _damage_warning,
)

_DIFFERENCES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("letter case", str.lower),
    ("white space", lambda text: " ".join(text.split())),
    ("Unicode form (composed or decomposed accents)", lambda text: unicodedata.normalize("NFC", text)),
    ("invisible characters", lambda text: "".join(c for c in text if c not in INVISIBLE and c not in JOINERS)),
    ("compatibility characters (look-alike forms of the same letters)", lambda t: unicodedata.normalize("NFKC", t)),
)
