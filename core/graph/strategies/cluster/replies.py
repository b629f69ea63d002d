"""Reading what a model answered to the first three stages: strict per item, and nothing made up for what is missing.

A reply is a JSON object that repeats the mark of its call under `batch`; its other keys are the numbers of the items.
An item answered twice with different values, with the wrong type or outside its range counts as not answered; numbers
nobody asked for are passed over.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from core.graph.clusters.model import ClusterCard
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.settings import HIGHEST_SCORE, LOWEST_SCORE
from core.llm.json_answers import json_object

T = TypeVar("T")

BATCH_KEY: Final = "batch"
DESCRIPTION_LENGTH: Final = 1_500
LABEL_LENGTH: Final = 60
LABEL_WORDS: Final = 6  # asked for are 2 to 4; one or two more still make a name
SENTENCE_LENGTH: Final = 300
N_CHARACTERISTICS: Final = 3

_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def read_descriptions(reply: str, mark: str, n_items: int) -> dict[int, str]:
    """Item number (1-based) to its cleaned text, for the items that have one."""
    return _items(reply, mark, n_items, _description)


def read_scores(reply: str, mark: str, n_items: int) -> dict[int, Score]:
    """Item number (1-based) to its score; null is "not viable", while 11, -1, "8", true and NaN are no answer."""
    return _items(reply, mark, n_items, _score)


def read_card(reply: str, mark: str) -> ClusterCard | None:
    """The card of a label reply; None unless label, summary and exactly three characteristics can be used."""
    found = _object(reply, mark)
    label = _line(found.get("label"), LABEL_LENGTH)
    summary = _line(found.get("summary"), SENTENCE_LENGTH)
    listed = found.get("characteristics")
    characteristics = [_line(text, SENTENCE_LENGTH) for text in listed] if isinstance(listed, list) else []
    if label is None or summary is None or len(label.split()) > LABEL_WORDS:
        return None
    if len(characteristics) != N_CHARACTERISTICS or not all(characteristics):
        return None
    return ClusterCard(label, summary, tuple(text for text in characteristics if text))


def clean_text(text: str, limit: int) -> str:
    """One line of visible text of at most `limit` characters; a longer one is cut between words and ends in `…`."""
    visible = "".join(" " if char.isspace() else char for char in text)
    visible = "".join(char for char in visible if unicodedata.category(char) not in _UNSEEN)
    line = " ".join(visible.split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut else cut}…"


def _items(reply: str, mark: str, n_items: int, read: Callable[[Any], T | None]) -> dict[int, T]:
    found = ((_number(key), read(value)) for key, value in _object(reply, mark).items())
    return {number: item for number, item in found if item is not None and 1 <= number <= n_items}


def _object(reply: str, mark: str) -> Mapping[str, Any]:
    """The reply's keys and values without those that contradict themselves; empty when it answers another call."""
    found: dict[str, Any] = {}
    contradicted = set()
    for written, value in json_object(reply):
        key = written.strip().removeprefix("[").removesuffix("]").strip()
        if key in found and not _same(found[key], value):
            contradicted.add(key)
        found[key] = value
    usable = {key: value for key, value in found.items() if key not in contradicted}
    return usable if usable.get(BATCH_KEY) == mark else {}


def _same(first: Any, second: Any) -> bool:
    return type(first) is type(second) and bool(first == second)


def _number(key: str) -> int:
    """The item number a key writes, 0 for a key that writes none."""
    return int(key) if key.isascii() and key.isdigit() and len(key) < 6 else 0


def _description(value: Any) -> str | None:
    return _line(value, DESCRIPTION_LENGTH)


def _line(value: Any, limit: int) -> str | None:
    return clean_text(value, limit) or None if isinstance(value, str) else None


def _score(value: Any) -> Score | None:
    if value is None:
        return Score(None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN is within no range, and a whole number of any length can be compared.
    return Score(float(value)) if LOWEST_SCORE <= value <= HIGHEST_SCORE else None
