from collections.abc import Sequence

import pytest

from core.catalogue.model import Attribute
from core.graph.clusters.model import ClusterCard
from core.graph.judges.offline import offline_judge
from core.graph.model import Outcome, Verdict
from core.graph.strategies.cluster.analyst import ClusterProfile, Member, ProfilePair, Score
from core.graph.strategies.cluster.offline_analyst import OfflineAnalyst, offline_analyst
from core.graph.strategies.cluster.shared_facts import LABEL_WORDS, TellingFacts
from core.knowledge.traits import load_trait_table


def brands(*names: str) -> list[Attribute]:
    return [Attribute(name, name, "brand", "brand") for name in names]


def geos(*names: str) -> list[Attribute]:
    return [Attribute(name, name, "geo", "country") for name in names]


def members(attributes: Sequence[Attribute]) -> list[Member]:
    return [Member(attribute, "") for attribute in attributes]


def pair(a: Sequence[Attribute], b: Sequence[Attribute]) -> ProfilePair:
    return ProfilePair(
        ClusterProfile(0, "a", ClusterCard("A"), tuple(a)), ClusterProfile(1, "b", ClusterCard("B"), tuple(b))
    )


class FixedJudge:
    name = "fixed"
    fingerprint = "fixed-1"

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes = list(outcomes)

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> list[Verdict]:
        return [Verdict(self.outcomes.pop(0), 1.0, "") for _ in targets]


@pytest.fixture(scope="module")
def analyst() -> OfflineAnalyst:
    return offline_analyst()


def test_everything_known_is_described_and_counted_as_one_call(analyst: OfflineAnalyst) -> None:
    described = analyst.describe([*brands("Nike", "Nobody knows this")])
    assert described.n_calls == 1
    nike, unknown = described.answers
    assert nike is not None
    assert "sportswear" in nike.casefold()
    assert unknown == "brand; nothing more is known of it offline."


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (("Rolex", "Gucci", "Chanel", "Hermès"), "luxury"),
        (("Nike", "Adidas", "Puma", "Under Armour"), "sportswear"),
        (("Salesforce", "SAP", "HubSpot"), "software"),
    ],
)
def test_a_cluster_is_named_by_what_its_members_share(
    analyst: OfflineAnalyst, names: tuple[str, ...], word: str
) -> None:
    labelled = analyst.label("brand", members(brands(*names)))
    card = labelled.answers[0]
    assert labelled.n_calls == 1
    assert card is not None
    assert 2 <= len(card.label.split()) <= LABEL_WORDS
    assert word in card.label.casefold()
    assert len(card.characteristics) == 3
    assert all(name in card.summary for name in names)


def test_a_cluster_of_strangers_is_named_without_inventing_anything(analyst: OfflineAnalyst) -> None:
    card = analyst.label("brand", members(brands("Qqq Zzz Www", "Xxx"))).answers[0]
    assert card == ClusterCard("Qqq Zzz and others", "Qqq Zzz Www and Xxx: nothing known is shared.")


def test_a_shared_fact_is_one_of_more_than_half_the_members_and_rare_ones_count_more() -> None:
    table = load_trait_table()
    shared = TellingFacts(table).shared(brands("Rolex", "Gucci", "Nike"))
    assert all(fact.share > 0.5 for fact in shared)
    weights = [fact.weight for fact in shared]
    assert weights == sorted(weights, reverse=True)
    assert len({fact.words for fact in shared}) == len(shared), "no word twice"
    assert "luxury" in [fact.words for fact in shared]


P, N, Z, U, R = (
    Outcome.POSITIVE,
    Outcome.NEGATIVE,
    Outcome.NEUTRAL,
    Outcome.UNJUDGED,
    Outcome.UNRESOLVED,
)


@pytest.mark.parametrize(
    ("outcomes", "score"),
    [
        ([P, P, P, P], 10.0),
        ([N, N, N, N], 0.0),
        ([Z, Z, Z, Z], 5.0),
        ([P, N, P, Z], 6.25),
        ([P, U, R, N], 5.0),
        ([U, U, U, N], 0.0),
        ([U, R, U, U], None),
    ],
)
def test_the_score_is_the_mean_sign_of_the_exemplars(outcomes: list[Outcome], score: float | None) -> None:
    judge = FixedJudge(outcomes)
    scored = OfflineAnalyst(load_trait_table(), judge).score([pair(brands("a", "b"), geos("c", "d"))])
    assert scored.answers == (Score(score),)
    assert judge.outcomes == [], "every pair of exemplars is asked once"


def test_at_most_nine_pairs_stand_for_two_clusters() -> None:
    judge = FixedJudge([P] * 20)
    OfflineAnalyst(load_trait_table(), judge).score([pair(brands("a", "b", "c", "d"), geos("e", "f", "g", "h"))])
    assert len(judge.outcomes) == 20 - 9


def test_published_examples_come_out_at_the_ends_of_the_scale(analyst: OfflineAnalyst) -> None:
    rolex, wish = brands("Rolex"), [Attribute("Wish", "Wish", "platform", "platform")]
    salesforce, linkedin = brands("Salesforce"), [Attribute("LinkedIn", "LinkedIn", "platform", "platform")]
    scored = analyst.score([pair(rolex, wish), pair(salesforce, linkedin)])
    assert scored.answers == (Score(0.0), Score(10.0))
    assert scored.n_calls == 1


def test_the_fingerprint_follows_table_and_judge(analyst: OfflineAnalyst) -> None:
    table = load_trait_table()
    assert analyst.fingerprint == OfflineAnalyst(table, offline_judge()).fingerprint
    assert analyst.fingerprint != OfflineAnalyst(table, FixedJudge([])).fingerprint
