"""The embedded judge: answers from the trait table by rule, with a reason, and says so when it does not know."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from core.catalogue.model import Attribute
from core.fingerprint import content_id
from core.graph.model import Outcome, Verdict
from core.knowledge.compatibility import SCHEME, CompatibilityRule, Explanation
from core.knowledge.rules import Rules, load_rules
from core.knowledge.traits import SHIPPED_FOLDER, Traits, TraitTable, Unknown, load_trait_table

DISCLAIMER = "Rule-based estimate (offline). No AI model was asked. Not market data."


class _Key(NamedTuple):
    """What of an attribute decides its traits."""

    value: str
    modality: str
    attribute_type: str
    facts: tuple[tuple[str, str], ...]


class OfflineJudge:
    """A `Judge` over a trait table and a rule book; symmetric in the two ends and the same on every run."""

    name = "offline"

    def __init__(self, table: TraitTable, rules: Rules) -> None:
        self._table = table
        self._rule = CompatibilityRule(table, rules)
        self._known: dict[_Key, Traits | Unknown] = {}
        self.fingerprint = content_id("offline-judge", [table.fingerprint, rules.fingerprint, SCHEME])

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> Sequence[Verdict]:
        """One verdict per target, in their order; a pair with an unknown end is unjudged, never neutral."""
        return [self.verdict(primary, target) for target in targets]

    def verdict(self, first: Attribute, second: Attribute) -> Verdict:
        """The verdict on one pair, whichever end comes first."""
        known = self._both(first, second)
        if isinstance(known, str):
            return Verdict(Outcome.UNJUDGED, 0.0, known)
        sign, strength, reason = self._rule.judge(*known)
        return Verdict(Outcome(sign), strength, reason)

    def explain(self, first: Attribute, second: Attribute) -> Explanation | None:
        """All evidence behind the verdict on a pair; None where the pair is unjudged."""
        known = self._both(first, second)
        return None if isinstance(known, str) else self._rule.explain(*known)

    def resolve(self, attribute: Attribute) -> Traits | Unknown:
        """What the trait table knows of an attribute, looked up once."""
        facts = tuple(sorted(attribute.facts.items()))
        key = _Key(attribute.value, attribute.modality, attribute.attribute_type, facts)
        if key not in self._known:
            self._known[key] = self._table.resolve(attribute)
        return self._known[key]

    def _both(self, first: Attribute, second: Attribute) -> tuple[Traits, Traits] | str:
        """The traits of both ends, or the sentence that says why the pair is not judged."""
        a, b = sorted((self.resolve(first), self.resolve(second)), key=lambda end: end.name)
        unknown = [end for end in (a, b) if isinstance(end, Unknown)]
        if unknown:
            return " ".join(_not_judged(end) for end in unknown)
        assert isinstance(a, Traits) and isinstance(b, Traits)
        if not self._rule.covers(a, b):
            kinds = " with ".join(sorted((a.kind, b.kind)))
            return f"Not judged: the rules do not compare {kinds}. Add a block for these two kinds to rules.toml."
        return a, b


def offline_judge(folder: Path = SHIPPED_FOLDER) -> OfflineJudge:
    """The judge over a knowledge folder's trait table and rules; `InvalidInput` lists every fault of either."""
    table = load_trait_table(folder)
    return OfflineJudge(table, load_rules(table.schema, folder))


def _not_judged(end: Unknown) -> str:
    return f"Not judged: {end.name!r} is unknown; {end.reason}. {end.fix}"
