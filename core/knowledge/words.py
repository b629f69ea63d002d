"""Facts read out of words: descriptions, keywords and the value itself, by a list of phrases that a person can edit."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from core.errors import Problem
from core.knowledge.cells import FacetValue, read_cell
from core.knowledge.files import read_model
from core.knowledge.names import plain_words, singular
from core.knowledge.schema import NamesFacet, Range, Schema, SetFacet, Strict

SYNONYMS_FILE = "synonyms.toml"

_SPAN = re.compile(r"(?<![\d.,$€£])(\d{1,2})\s*(?:-|–|—|to)\s*(\d{1,2})(?![\d.,%])")
_FROM = re.compile(r"(?<![\d.,$€£])(\d{1,2})\s*(?:\+|plus\b|and (?:over|older|above)\b|or older\b)")
_OVER = re.compile(r"\b(?:over|above|older than)\s+(\d{1,2})\b")
_UNDER = re.compile(r"\b(?:under|below|younger than)\s+(\d{1,2})\b")
_CLAUSE_END = re.compile(r"[.;:!?()\n]")
_NEGATION_REACH = 3  # words after "no", "not" ... that it takes back


class Synonyms(Strict):
    """What a person lists in `synonyms.toml`.

    `own_words`: facets whose own values are phrases too; `text_columns`: catalogue columns read as text;
    `negations`: words that take back the words right after them; `phrases`: phrase to `facet:value` entries.
    """

    own_words: tuple[str, ...]
    text_columns: tuple[str, ...]
    negations: tuple[str, ...]
    phrases: dict[str, tuple[str, ...]]


class Fact(NamedTuple):
    """One value of one facet."""

    facet: str
    value: FacetValue


class Reading(NamedTuple):
    """What a text says: values by facet, and the phrases it was read from."""

    facets: Mapping[str, FacetValue]
    phrases: tuple[str, ...]


class Vocabulary:
    """Phrases to facts, matched longest first."""

    def __init__(self, schema: Schema, synonyms: Synonyms, facts: Mapping[str, tuple[Fact, ...]]) -> None:
        self._schema = schema
        self._facts = {tuple(singular(word) for word in plain_words(phrase)): facts[phrase] for phrase in facts}
        self._longest = max((len(key) for key in self._facts), default=0)
        self._negations = frozenset(synonyms.negations)

    def read(self, kind: str, texts: Iterable[str]) -> Reading:
        """Collect the facts that the texts hold for this kind; a single-valued facet said two ways stays unknown."""
        facets = frozenset(self._schema.kinds[kind].facets)
        found: list[Fact] = []
        phrases: list[str] = []
        for text in texts:
            for clause in _CLAUSE_END.split(text):
                self._read_clause(clause, facets, found, phrases)
            for span in self._schema.ranges.values():
                if kind in span.read_in_text:
                    _read_span(text, span, found, phrases)
        return Reading(_merged(found), tuple(dict.fromkeys(phrases)))

    def _read_clause(self, clause: str, facets: frozenset[str], found: list[Fact], phrases: list[str]) -> None:
        shown = plain_words(clause)
        words = [singular(word) for word in shown]
        at = 0
        while at < len(words):
            length = self._match_length(words, at)
            facts = self._facts.get(tuple(words[at : at + length]), ()) if length else ()
            fitting = [fact for fact in facts if fact.facet in facets]
            if fitting and not self._negations.intersection(shown[max(0, at - _NEGATION_REACH) : at]):
                found.extend(fitting)
                phrases.append(" ".join(shown[at : at + length]))
            at += max(length, 1)

    def _match_length(self, words: list[str], at: int) -> int:
        for length in range(min(self._longest, len(words) - at), 0, -1):
            if tuple(words[at : at + length]) in self._facts:
                return length
        return 0


def read_synonyms(folder: Path, schema: Schema, problems: list[Problem]) -> tuple[Synonyms, Vocabulary] | None:
    """Read `synonyms.toml`; entries that name no facet or value of the schema become problems."""
    synonyms = read_model(Synonyms, folder / SYNONYMS_FILE, problems)
    if synonyms is None:
        return None
    facts: dict[str, tuple[Fact, ...]] = {}
    for facet in synonyms.own_words:
        if not schema.values_of(facet) if facet in schema.facets else True:
            problems.append(_problem(f"{facet!r} is not a category or set facet.", "own_words"))
            continue
        for value in schema.values_of(facet):
            several = isinstance(schema.facets[facet], SetFacet)
            phrase = value.replace("_", " ")
            facts[phrase] = (*facts.get(phrase, ()), Fact(facet, (value,) if several else value))
    for phrase, entries in synonyms.phrases.items():
        read = [_read_entry(schema, phrase, entry, problems) for entry in entries]
        facts[phrase] = (*facts.get(phrase, ()), *(fact for fact in read if fact))
    return synonyms, Vocabulary(schema, synonyms, facts)


def _read_entry(schema: Schema, phrase: str, entry: str, problems: list[Problem]) -> Fact | None:
    facet, _, text = entry.partition(":")
    if facet not in schema.facets or isinstance(schema.facets[facet], NamesFacet) or not text:
        message = f"{entry!r} does not read as facet:value, or names a facet that holds names."
        problems.append(_problem(message, f"phrases.{phrase}"))
        return None
    cell = read_cell(schema, facet, text, lambda _kind, _name: None)
    problems.extend(_problem(fault, f"phrases.{phrase}") for fault in cell.faults)
    return None if cell.value is None else Fact(facet, cell.value)


def _read_span(text: str, span: Range, found: list[Fact], phrases: list[str]) -> None:
    """Read the first range of numbers in a text: "25-34", "45+", "over 50" or "under 30"."""
    lower = text.casefold()
    if (match := _SPAN.search(lower)) and int(match[1]) < int(match[2]):
        found += [Fact(span.low, float(match[1])), Fact(span.high, float(match[2]))]
    elif match := _FROM.search(lower) or _OVER.search(lower):
        found.append(Fact(span.low, float(match[1])))
    elif match := _UNDER.search(lower):
        found.append(Fact(span.high, float(match[1]) - 1))
    else:
        return
    phrases.append(match[0])


def _merged(found: list[Fact]) -> dict[str, FacetValue]:
    merged: dict[str, FacetValue] = {}
    contradicted: set[str] = set()
    for facet, value in found:
        known = merged.get(facet)
        if isinstance(value, tuple) and isinstance(known, tuple):
            merged[facet] = tuple(dict.fromkeys((*known, *value)))
        elif known is not None and known != value:
            contradicted.add(facet)
        else:
            merged[facet] = value
    return {facet: value for facet, value in merged.items() if facet not in contradicted}


def _problem(message: str, place: str) -> Problem:
    return Problem(message, "Use the facets and values of schema.toml.", field=f"{SYNONYMS_FILE}: {place}")
