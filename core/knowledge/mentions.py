"""Whether a text speaks of an attribute: its name found among the words of the text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from core.knowledge.names import plain_words, singular

_RAW_WORD = re.compile(r"[^\W_]+")
_SHORT = 3  # names up to this length are often ordinary words ("On", "Gap", "US"): they must be spelt exactly


class Words(NamedTuple):
    """A text as words: `keys` without case, accents and plural endings, `exact` as it spells them."""

    keys: tuple[str, ...]
    exact: frozenset[str]


class MentionIndex:
    """Texts by the names they mention; a query touches only texts that share the name's first word."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words = [words_of(text) for text in texts]
        by_word: dict[str, list[int]] = defaultdict(list)
        for number, words in enumerate(self._words):
            for key in set(words.keys):
                by_word[key].append(number)
        self._by_word: Mapping[str, Sequence[int]] = dict(by_word)

    def that_mention(self, name: str) -> list[int]:
        """Positions of the texts that mention a name, rising."""
        keys = _name_keys(name)
        if not keys:
            return []
        return [number for number in self._by_word.get(keys[0], ()) if mentions(self._words[number], name)]


@lru_cache(maxsize=20_000)
def words_of(text: str) -> Words:
    """Take a text apart once."""
    return Words(tuple(singular(word) for word in plain_words(text)), frozenset(_RAW_WORD.findall(text)))


def mentions(words: Words, name: str) -> bool:
    """Whether the words of a name follow each other in a text; a name of up to 3 letters must be spelt exactly."""
    keys = _name_keys(name)
    if not keys:
        return False
    if len(keys) == 1 and len(keys[0]) <= _SHORT:
        return name.strip() in words.exact
    n_words = len(keys)
    return any(words.keys[start : start + n_words] == keys for start, key in enumerate(words.keys) if key == keys[0])


@lru_cache(maxsize=20_000)
def _name_keys(name: str) -> tuple[str, ...]:
    return tuple(singular(word) for word in plain_words(name))
