"""The analyst that needs no model: it writes from the trait table and scores by an embedded judge."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Final

from core.catalogue.model import Attribute
from core.fingerprint import content_id
from core.graph.attribute_text import offline_description
from core.graph.clusters.model import ClusterCard
from core.graph.judges.offline import OfflineJudge
from core.graph.judges.protocol import Judge
from core.graph.model import Outcome
from core.graph.strategies.cluster.analyst import Analysis, Member, ProfilePair, Score
from core.graph.strategies.cluster.shared_facts import TellingFacts, offline_card
from core.knowledge.rules import load_rules
from core.knowledge.traits import SHIPPED_FOLDER, TraitTable, load_trait_table

SCHEME = 1  # raise when the same table and judge would give other answers
EXEMPLARS: Final = 3  # of either cluster: up to nine pairs behind one score
_MIDDLE, _REACH = 5.0, 5.0


class OfflineAnalyst:
    """An `Analyst` over a trait table and any judge; counts the calls that a model would have taken.

    A description holds what the table knows, or says that it knows nothing. The score of two clusters is
    5 + 5 * the mean sign (+1, 0, -1) that the judge gives their exemplars; where it knows none of them the pair counts
    as not viable, as there is nothing to build a campaign on.
    """

    name = "offline"

    def __init__(self, table: TraitTable, judge: Judge) -> None:
        self._table, self._judge = table, judge
        self._facts = TellingFacts(table)
        self.fingerprint = content_id("offline-analyst", [table.fingerprint, judge.fingerprint, SCHEME])

    def describe(self, attributes: Sequence[Attribute]) -> Analysis[str]:
        """One description per attribute; counts as one call."""
        return Analysis(tuple(self._described(attribute) for attribute in attributes), n_calls=1)

    def label(self, modality: str, members: Sequence[Member]) -> Analysis[ClusterCard]:
        """A card from what most members share and others of their kind do not; counts as one call."""
        return Analysis((offline_card(modality, [member.attribute for member in members], self._facts),), n_calls=1)

    def score(self, pairs: Sequence[ProfilePair]) -> Analysis[Score]:
        """One score per pair; counts as one call."""
        return Analysis(tuple(self._score(pair) for pair in pairs), n_calls=1)

    def _described(self, attribute: Attribute) -> str:
        known = offline_description(attribute, self._table)
        return known or f"{attribute.attribute_type}; nothing more is known of it offline."

    def _score(self, pair: ProfilePair) -> Score:
        signs = [sign for sign in map(self._sign, *zip(*_exemplar_pairs(pair), strict=True)) if sign is not None]
        return Score(_MIDDLE + _REACH * sum(signs) / len(signs) if signs else None)

    def _sign(self, first: Attribute, second: Attribute) -> int | None:
        outcome = self._judge.verdicts(first, [second])[0].outcome
        return int(outcome) if outcome in (Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE) else None


def offline_analyst(folder: Path = SHIPPED_FOLDER) -> OfflineAnalyst:
    """The analyst over a knowledge folder and its own judge; `InvalidInput` lists every fault of the folder."""
    table = load_trait_table(folder)
    return OfflineAnalyst(table, OfflineJudge(table, load_rules(table.schema, folder)))


def _exemplar_pairs(pair: ProfilePair) -> list[tuple[Attribute, Attribute]]:
    return list(product(pair.a.exemplars[:EXEMPLARS], pair.b.exemplars[:EXEMPLARS]))
