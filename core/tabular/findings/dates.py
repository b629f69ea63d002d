"""Whether a column's texts are dates, and in which form they are written."""

from datetime import datetime
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from core.tabular.schema import Column, ColumnKind

FORMATS: Final = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
# Digits only are dates where all texts have the format's length and their years are of our time.
DIGIT_FORMATS: Final = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_YEARS: Final = (1950, 2100)
_SAMPLE: Final = 200


class DateFinding(NamedTuple):
    """The column as dates, and the reason."""

    column: Column
    why: str


def date_finding(name: str, texts: pa.Array) -> DateFinding | None:
    """Dates where every distinct text is one; None otherwise. Where two forms read them all, the reason says so."""
    sample = texts.slice(0, _SAMPLE).to_pylist()
    if not any(character.isdigit() for character in sample[0]):
        return None
    likely = [written for written in _candidates(texts) if all(_reads(text, written) for text in sample)]
    if not likely:
        return None
    rest = texts.slice(_SAMPLE).to_pylist()
    found = [written for written in likely if all(_reads(text, written) for text in rest)]
    if not found:
        return None
    column = Column(name=name, kind=ColumnKind.DATE, date_format=found[0])
    others = f" They also read as {' or '.join(found[1:])}: check which it is." if len(found) > 1 else ""
    return DateFinding(column, f"Dates such as {sample[0]!r}, read as {found[0]}.{others}")


def _candidates(texts: pa.Array) -> tuple[str, ...]:
    if pc.all(pc.match_substring_regex(texts, r"^\d+$")).as_py():
        lengths = pc.unique(pc.utf8_length(texts)).to_pylist()
        return (DIGIT_FORMATS[lengths[0]],) if len(lengths) == 1 and lengths[0] in DIGIT_FORMATS else ()
    return FORMATS


def _reads(text: str, written: str) -> bool:
    try:
        moment = datetime.strptime(text, written)
    except ValueError:
        return False
    return written not in DIGIT_FORMATS.values() or _YEARS[0] <= moment.year <= _YEARS[1]
