"""Whether two attributes suit each other: evidence found by the rules, added up, signed and put into one sentence."""

from collections import Counter
from dataclasses import dataclass
from itertools import chain
from math import log
from typing import NamedTuple

from core.knowledge.comparators import Shares, Term
from core.knowledge.pair import Match, Pair
from core.knowledge.rules import PairRules, Rules
from core.knowledge.sentences import Phrasebook
from core.knowledge.traits import Traits, TraitTable

SCHEME = 1  # raise when the same table and rules would give other answers


class Compatibility(NamedTuple):
    """`sign` is 1, 0 or -1; `strength` 0..1 is the size of the balance, 0.5 at the threshold; `reason` one sentence."""

    sign: int
    strength: float
    reason: str


class Evidence(NamedTuple):
    """One term that holds for a pair: what it adds to the score, and its sentence."""

    term: str
    contribution: float
    decides: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a pair came to its sign: the answer, the score, its thresholds, and all evidence, strongest first."""

    compatibility: Compatibility
    score: float
    positive_from: float
    negative_from: float
    evidence: tuple[Evidence, ...]


class _Finding(NamedTuple):
    term: Term
    contribution: float
    match: Match


class _Balance(NamedTuple):
    pair: Pair
    rules: PairRules
    findings: list[_Finding]
    score: float
    sign: int


class CompatibilityRule:
    """The rule book applied to a trait table; answers do not depend on the order of the two ends."""

    def __init__(self, table: TraitTable, rules: Rules) -> None:
        self._ranges = table.schema.ranges
        self._entries = {(kind, row.name): row.facets for kind, rows in table.rows.items() for row in rows}
        self._support = rules.support_at_most
        self._phrases = Phrasebook(table.schema, rules.labels)
        self._rules = {pair.kinds: pair for pair in rules.pairs}
        self._rarity = {
            kinds: {term.name: _rarity(table, rules, kinds, term) for term in pair.terms if isinstance(term, Shares)}
            for kinds, pair in self._rules.items()
        }

    def covers(self, first: Traits, second: Traits) -> bool:
        """Whether the rule book has a block for the kinds of the two."""
        return (first.kind, second.kind) in self._rules or (second.kind, first.kind) in self._rules

    def judge(self, first: Traits, second: Traits) -> Compatibility:
        """Sign, strength and reason of a covered pair (KeyError for a pair that is not)."""
        return self._answer(self._weigh(first, second))

    def explain(self, first: Traits, second: Traits) -> Explanation:
        """The same answer with every piece of evidence behind it (KeyError for a pair that is not covered)."""
        balance = self._weigh(first, second)
        ordered = sorted(balance.findings, key=lambda finding: -abs(finding.contribution))
        evidence = tuple(
            Evidence(f.term.name, f.contribution, f.term.decides, self._sentence(balance, f)) for f in ordered
        )
        rules = balance.rules
        return Explanation(self._answer(balance), balance.score, rules.positive_from, rules.negative_from, evidence)

    def _weigh(self, first: Traits, second: Traits) -> _Balance:
        a, b = self._in_order(first, second)
        rules = self._rules[a.kind, b.kind]
        pair = Pair(a, b, self._ranges, self._rarity[rules.kinds], self._entries)
        findings = []
        for term in rules.terms:
            match = term.find(pair)
            if match is not None:
                findings.append(_Finding(term, term.weight * match.amount, match))
        decided = any(finding.term.decides for finding in findings)
        score = _score(findings, self._support, 0.0 if decided else rules.for_at_most)
        sign = -1 if decided or score <= -rules.negative_from else int(score >= rules.positive_from)
        return _Balance(pair, rules, findings, score, sign)

    def _in_order(self, first: Traits, second: Traits) -> tuple[Traits, Traits]:
        """The two in the order of the rules; two of one kind by name, so that swapping them changes nothing."""
        if first.kind == second.kind:
            return (first, second) if _rank(first) <= _rank(second) else (second, first)
        return (first, second) if (first.kind, second.kind) in self._rules else (second, first)

    def _answer(self, balance: _Balance) -> Compatibility:
        threshold = balance.rules.negative_from if balance.score < 0 else balance.rules.positive_from
        strength = abs(balance.score) / (abs(balance.score) + threshold)
        return Compatibility(balance.sign, strength, self._reason(balance))

    def _reason(self, balance: _Balance) -> str:
        if balance.sign:
            side = [f for f in balance.findings if f.contribution * balance.sign > 0]
            return self._sentence(balance, max(side, key=lambda f: (f.term.decides, abs(f.contribution))))
        return self._neutral_reason(balance)

    def _neutral_reason(self, balance: _Balance) -> str:
        best = max(balance.findings, key=lambda f: f.contribution, default=None)
        worst = min(balance.findings, key=lambda f: f.contribution, default=None)
        if best is None or worst is None:
            pair = self._phrases.fill("{a} with {b}", balance.pair.a, balance.pair.b, ())
            return f"Nothing in the trait table speaks for or against pairing {pair}."
        if best.contribution > 0 > worst.contribution:
            return f"Evidence on both sides: {self._clause(balance, best)}, but {self._clause(balance, worst)}."
        only = best if best.contribution > 0 else worst
        return f"Too little to call: {self._clause(balance, only)}, and little else counts."

    def _clause(self, balance: _Balance, finding: _Finding) -> str:
        """The sentence of a finding as part of a longer one."""
        sentence = self._phrases.fill(finding.term.reason, balance.pair.a, balance.pair.b, finding.match.shared)
        clause = sentence.removesuffix(".")
        return clause if finding.term.reason.startswith("{") else clause[0].lower() + clause[1:]

    def _sentence(self, balance: _Balance, finding: _Finding) -> str:
        sentence = self._phrases.fill(finding.term.reason, balance.pair.a, balance.pair.b, finding.match.shared)
        return f"T{sentence[1:]}" if sentence.startswith("the ") else sentence


def _rank(traits: Traits) -> tuple[str, str]:
    """Any order will do that does not depend on which attribute came first."""
    return traits.name, str(sorted(traits.facets.items()))


def _score(findings: list[_Finding], support_at_most: float, for_at_most: float) -> float:
    """What speaks against the pair plus, up to `for_at_most`, what speaks for it and a share of that as support."""
    against = sum(f.contribution for f in findings if f.contribution < 0)
    support = sum(f.contribution for f in findings if f.contribution > 0 and f.term.supporting)
    substance = sum(f.contribution for f in findings if f.contribution > 0 and not f.term.supporting)
    return against + min(for_at_most, substance + min(support, support_at_most * substance))


def _rarity(table: TraitTable, rules: Rules, kinds: tuple[str, str], term: Shares) -> dict[str, float]:
    """1 for a value that one row has, falling with the logarithm of their number to `common` for one that all have."""
    rows_a, rows_b = (table.rows[kind] for kind in kinds)
    facet_of = {reference.side: reference.facet for reference in term.facet_references}
    sets = chain((row.facets.get(facet_of["a"]) for row in rows_a), (row.facets.get(facet_of["b"]) for row in rows_b))
    counts = Counter(value for values in sets if isinstance(values, tuple) for value in values)
    total = log(max(2, len(rows_a) + len(rows_b)))
    return {value: 1.0 - (1.0 - rules.common) * log(count) / total for value, count in counts.items()}
