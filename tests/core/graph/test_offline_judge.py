import csv
from collections import Counter
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.checks.answers import verdicts_by_judge
from core.graph.checks.report import run_checks
from core.graph.checks.resolve import read_check_set
from core.graph.judges.offline import DISCLAIMER, OfflineJudge, offline_judge
from core.graph.model import Outcome
from core.knowledge.rules import load_rules
from core.knowledge.traits import load_trait_table

DATA = Path(__file__).resolve().parents[3] / "data"

EXAMPLES = {
    "+": "Athletes/Nike, Winter Sports Enthusiasts/The North Face, Entrepreneurs/Salesforce, K-Pop Fans/TikTok, "
    "C-Suite Executives/LinkedIn, Itau/Brazil",
    "-": "Budget Shoppers/Rolex, Salesforce/K-Pop Fans, Winter Sports Enthusiasts/Brazil, Rolex/Wish, "
    "Salesforce/TikTok",
    "0": "Fitness Enthusiasts/Dior, Beauty Enthusiasts/Red Bull, Dior/TikTok",
}


@cache
def catalogue(name):
    with (DATA / "catalogues" / name).open(encoding="utf-8", newline="") as file:
        columns = ("id", "value", "modality", "attribute_type")
        return Catalogue(tuple(Attribute(*(row[column] for column in columns)) for row in csv.DictReader(file)))


@cache
def judge():
    return offline_judge()


def known(value):
    large = catalogue("large.csv")
    return large.attributes[large.positions_by_value[value][0]]


@pytest.mark.parametrize(
    ("pair", "sign"), [(pair, sign) for sign, pairs in EXAMPLES.items() for pair in pairs.split(", ")]
)
def test_the_examples_come_out(pair, sign):
    first, second = map(known, pair.split("/"))
    assert judge().verdict(first, second).outcome.symbol == sign
    assert judge().verdict(second, first).outcome.symbol == sign


def test_an_age_group_is_neutral_everywhere():
    large = catalogue("large.csv")
    geos = [large.attributes[i] for i in large.positions_by_modality["geo"]]
    assert {v.outcome for v in judge().verdicts(known("Women 18-34"), geos)} == {Outcome.NEUTRAL}


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_swapping_the_ends_changes_nothing(data):
    attributes = catalogue("large.csv").attributes
    first, second = (data.draw(st.sampled_from(attributes)) for _ in range(2))
    assert judge().verdict(first, second) == judge().verdict(second, first)
    assert judge().explain(first, second) == judge().explain(second, first)


def test_every_pair_of_the_shipped_catalogues_is_judged_with_a_sentence():
    for name in ("small.csv", "large.csv"):
        attributes = catalogue(name).attributes
        pairs = [(a, b) for i, a in enumerate(attributes) for b in attributes[i + 1 :] if a.modality != b.modality]
        for a, b in pairs:
            verdict = judge().verdict(a, b)
            assert verdict.outcome in (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)
            assert 0 <= verdict.strength < 1
            assert (verdict.strength >= 0.5) == (verdict.outcome != Outcome.NEUTRAL)
            assert a.value in verdict.reason or b.value in verdict.reason
            assert verdict.reason[0].isalnum() and verdict.reason.endswith(".") and not set("{}_") & set(verdict.reason)


def test_the_large_catalogue_holds_all_three_signs_in_a_plausible_mix():
    large = catalogue("large.csv")
    counts = Counter()
    for primary in large.attributes:
        targets = [a for a in large.attributes if a.modality > primary.modality]
        counts.update(v.outcome for v in judge().verdicts(primary, targets))
    assert sum(counts.values()) == large.n_pairs == 8700
    assert 0.2 < counts[Outcome.POSITIVE] / 8700 < 0.5
    assert 0.05 < counts[Outcome.NEGATIVE] / 8700 < 0.2


def test_the_verdicts_keep_the_order_of_the_targets():
    targets = [known(value) for value in ("Brazil", "LinkedIn", "Athletes", "Japan")]
    verdicts = judge().verdicts(known("Itau"), targets)
    assert list(verdicts) == [judge().verdict(known("Itau"), target) for target in targets]


def test_an_unknown_end_is_unjudged_and_named():
    stranger = Attribute("x", "Zorblax", "brand", "brand")
    verdict = judge().verdict(known("Athletes"), stranger)
    assert verdict.outcome is Outcome.UNJUDGED and verdict.strength == 0
    assert "'Zorblax' is unknown" in verdict.reason and "traits/brands.csv" in verdict.reason
    assert judge().explain(known("Athletes"), stranger) is None
    other = Attribute("y", "Quux", "creative", "creative")
    both = judge().verdict(other, stranger)
    assert "'Zorblax'" in both.reason and "'Quux'" in both.reason
    assert judge().verdict(stranger, other) == both


def test_kinds_that_the_rules_do_not_compare_are_unjudged():
    verdict = judge().verdict(known("Brazil"), Attribute("g", "Kenya", "city", "city"))
    assert verdict.outcome is Outcome.UNJUDGED and "geo with geo" in verdict.reason


def test_the_catalogues_own_words_describe_an_attribute_outside_the_table():
    brewery = Attribute("b", "Zorblax", "brand", "brand", {"description": "Craft brewery from Zorbia"})
    assert judge().verdict(brewery, known("Saudi Arabia")).outcome is Outcome.NEGATIVE
    assert judge().verdict(brewery, known("Football Fans")).outcome is Outcome.POSITIVE
    plain = Attribute("b", "Zorblax", "brand", "brand")
    assert judge().verdict(plain, known("Saudi Arabia")).outcome is Outcome.UNJUDGED


def test_two_attributes_of_one_name_and_other_facts_are_kept_apart():
    cheap, dear = (
        Attribute("z", "Zorblax", "brand", "brand", {"categories": "jewellery_watches", "price_tier": tier})
        for tier in ("1", "5")
    )
    reasons = {judge().verdict(known("Budget Shoppers"), brand).reason for brand in (cheap, dear)}
    assert len(reasons) == 2


def test_the_explanation_agrees_with_the_verdict():
    for first, second in product(map(known, ("Nike", "Rolex", "SAP")), map(known, ("Athletes", "Wish", "Gen Z"))):
        verdict, explanation = judge().verdict(first, second), judge().explain(first, second)
        assert explanation.compatibility == (int(verdict.outcome), verdict.strength, verdict.reason)


def test_the_same_folder_gives_the_same_judge():
    again = offline_judge()
    assert again.fingerprint == judge().fingerprint and again.name == "offline"
    first, second = known("Nike"), known("Gen Z")
    assert again.verdict(first, second) == judge().verdict(first, second)


def test_the_fingerprint_follows_the_rules():
    table = load_trait_table()
    rules = load_rules(table.schema)
    stricter = rules.model_copy(update={"common": 0.5})
    assert OfflineJudge(table, stricter).fingerprint != OfflineJudge(table, rules).fingerprint


def test_the_judge_is_called_what_it_is():
    assert DISCLAIMER == "Rule-based estimate (offline). No AI model was asked. Not market data."


def test_the_obvious_pairs_used_for_tuning_come_out():
    large = catalogue("large.csv")
    checks = read_check_set(DATA / "checks" / "obvious_pairs.csv", large).only("tune")
    report = run_checks(checks, verdicts_by_judge(judge(), large))
    assert not report.flips
    assert report.accuracy("tune", Outcome.POSITIVE, Outcome.NEGATIVE) >= 0.98
    assert report.accuracy("tune", Outcome.NEUTRAL) >= 0.9
