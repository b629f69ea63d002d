from itertools import product
from math import log

import pytest

from core.knowledge.compatibility import CompatibilityRule
from core.knowledge.rules import load_rules
from core.knowledge.traits import Traits

N_ROWS = 7  # boats and sailors of the small folder
COMMON = 0.2
PLACES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)


def rarity(n_rows_with_value):
    return 1 - (1 - COMMON) * log(n_rows_with_value) / log(N_ROWS)


@pytest.fixture
def resolve(table, attribute):
    def look_up(value, modality, **facts):
        traits = table.resolve(attribute(value, modality, **facts))
        assert isinstance(traits, Traits)
        return traits

    return look_up


def contributions(explanation):
    return {evidence.term: evidence.contribution for evidence in explanation.evidence}


def test_a_shared_value_counts_by_rarity_and_by_its_place_in_both_sets(rule, resolve):
    # three rows of the table have sail; it stands second here and third there, or first and third
    sailor = resolve("Drifters", "sailor", rigs="oars|motor|sail")
    second = rule.explain(resolve("Raft", "boat", rigs="deep_keel|sail"), sailor)
    assert contributions(second) == pytest.approx({"rig they sail": rarity(3) * PLACES[1] * PLACES[2]})
    first = rule.explain(resolve("Raft", "boat", rigs="sail|deep_keel"), sailor)
    assert contributions(first) == pytest.approx({"rig they sail": rarity(3) * PLACES[2]})
    both = rule.explain(resolve("Raft", "boat", rigs="deep_keel|sail|motor"), sailor)
    expected = rarity(3) * (PLACES[1] * PLACES[2] + PLACES[2] * PLACES[1])  # motor: three rows too
    assert contributions(both) == pytest.approx({"rig they sail": expected})


def test_shared_values_never_count_beyond_the_weight(rule, resolve):
    boat = resolve("Raft", "boat", rigs="oars|deep_keel|motor|sail")
    sailor = resolve("Drifters", "sailor", rigs="oars|deep_keel|motor|sail")
    assert contributions(rule.explain(boat, sailor)) == pytest.approx({"rig they sail": 1.0})


def test_the_part_of_a_set_that_is_shared_weighs_each_value_by_its_place(rule, resolve):
    purists = resolve("Purists", "sailor")  # they loathe motors
    for rigs, part in (
        ("motor", 1),
        ("motor|oars", 1 / 1.5),
        ("oars|motor", 0.5 / 1.5),
        ("oars|deep_keel|motor", 0.25),
    ):
        found = contributions(rule.explain(resolve("Raft", "boat", rigs=rigs), purists))
        assert found["loathed rigs in all"] == pytest.approx(-0.3 * part)
        assert found["rig they loathe"] == pytest.approx(-0.6)


def test_steps_above_a_range_count_in_proportion(rule, resolve):
    students = resolve("Students", "sailor")
    for cost, share in ((1, 0), (2, 0.5), (3, 1)):
        found = contributions(rule.explain(resolve("Raft", "boat", rigs="oars", cost=str(cost)), students))
        assert found.get("too dear", 0) == pytest.approx(-1.2 * share)
        assert ("fair price" in found) == (cost == 1)


def test_an_open_end_of_a_range_stands_at_its_limit(rule, resolve):
    pilots = resolve("Pilots", "sailor")  # age 30 to 60
    young = rule.explain(resolve("Raft", "boat", rigs="oars", age_max="25"), pilots)
    assert contributions(young) == pytest.approx({"other age": -0.3 * 5 / 10})
    open_end = rule.explain(resolve("Raft", "boat", rigs="oars", age_min="50"), pilots)
    assert contributions(open_end) == {}  # they share ten of thirty years
    middle = rule.explain(resolve("Raft", "boat", rigs="oars", age_min="40"), pilots)
    assert contributions(middle) == pytest.approx({"same age": 0.2 * 20 / 30})
    close = rule.explain(resolve("Raft", "boat", rigs="oars", age_min="35", age_max="70"), pilots)
    assert contributions(close) == pytest.approx({"same age": 0.2 * 25 / 30, "made for that age": 0.1 * 25 / 40})


def test_a_value_that_fits_all_never_differs(rule, resolve):
    purists = resolve("Purists", "sailor")
    assert "other use" in contributions(rule.explain(resolve("Tug", "boat"), purists))
    any_use = resolve("Raft", "boat", rigs="oars", use="any")
    assert "other use" not in contributions(rule.explain(any_use, purists))


def test_support_adds_at_most_a_share_of_what_it_supports_and_nothing_alone(rule, resolve):
    pilots = resolve("Pilots", "sailor")
    fair = resolve("Raft", "boat", rigs="oars", cost="2")
    alone = rule.explain(fair, pilots)
    assert contributions(alone) == {"fair price": 0.6}
    assert (alone.score, alone.compatibility.sign) == (0, 0)
    backed = rule.explain(resolve("Launch", "boat", rigs="oars|motor", cost="2"), pilots)
    substance = rarity(3) * PLACES[1]
    assert contributions(backed) == pytest.approx({"rig they sail": substance, "fair price": 0.6})
    assert backed.score == pytest.approx(substance * 1.5)


def test_all_that_speaks_for_a_pair_is_capped(table, resolve, write_folder):
    boat = resolve("Raft", "boat", rigs="oars|motor|sail|deep_keel", cost="2", age_min="30", age_max="60")
    sailor = resolve("All-rounders", "sailor", rigs="oars|motor|sail|deep_keel", age_min="30", age_max="60")
    folder = write_folder({"rules.toml": ("for_at_most = 1.5", "for_at_most = 0.7")})
    capped = CompatibilityRule(table, load_rules(table.schema, folder)).explain(boat, sailor)
    assert sum(contributions(capped).values()) > 1.2
    assert capped.score == pytest.approx(0.7)


def test_negative_evidence_makes_a_negative_pair_with_its_strongest_reason(rule, resolve):
    answer = rule.judge(resolve("Tug", "boat"), resolve("Purists", "sailor"))
    assert answer.sign == -1
    assert answer.reason == "Tug runs by motor, which Purists loathe."
    assert answer.strength == pytest.approx(1.3 / (1.3 + 0.5))  # -0.6, -0.4 and -0.3 against a threshold of 0.5


def test_evidence_on_both_sides_is_told_for_both(rule, resolve):
    answer = rule.judge(resolve("Raft", "boat", rigs="sail|motor"), resolve("Purists", "sailor"))
    assert answer.sign == 0
    assert answer.reason == (
        "Evidence on both sides: Raft has sails, which Purists sail, but Raft runs by motor, which Purists loathe."
    )


def test_a_sentence_that_becomes_a_clause_starts_small(rule, resolve):
    rowers = resolve("Rowers", "sailor", purse_max="1")
    answer = rule.judge(rowers, resolve("Scullers", "sailor", rigs="oars", purse_min="2"))
    assert answer.reason == (
        "Evidence on both sides: Rowers and Scullers share oars, but the purses of Rowers and Scullers differ."
    )
    only = rule.judge(resolve("Raft", "boat", rigs="oars", cost="2"), resolve("Pilots", "sailor"))
    assert only.reason == "Too little to call: Raft costs what Pilots pay, and little else counts."


def test_nothing_known_either_way_is_said_so(rule, resolve):
    answer = rule.judge(resolve("Raft", "boat", rigs="oars"), resolve("Purists", "sailor"))
    assert (answer.sign, answer.strength) == (0, 0)
    assert answer.reason == "Nothing in the trait table speaks for or against pairing Raft with Purists."


def test_a_list_holds_a_name_or_a_category_value_of_the_other(rule, resolve):
    ketch = resolve("Ketch", "boat")  # berths in Porto and anywhere in the north
    signs = {harbour: rule.judge(ketch, resolve(harbour, "harbour")).sign for harbour in ("Porto", "Bergen")}
    assert signs == {"Porto": 1, "Bergen": 1}
    lakeside = contributions(rule.explain(ketch, resolve("Lakeside", "harbour")))
    assert lakeside == {"no berth": -0.6, "water": -0.7}


def test_a_listed_name_of_the_same_value_is_as_good_as_the_other_itself(rule, resolve):
    skiff = resolve("Skiff", "boat", rigs="oars", banned="Lakeside")
    found = {name: contributions(rule.explain(skiff, resolve(name, "harbour"))) for name in ("Porto", "Bergen")}
    assert found == {"Porto": {}, "Bergen": {"no berth on that coast": -0.2}}


def test_leading_with_a_value_is_having_it_first(rule, resolve):
    skiff = resolve("Skiff", "boat", rigs="sail|oars", banned="Lakeside")
    assert contributions(rule.explain(skiff, resolve("Bergen", "harbour"))) == {}


def test_no_known_list_is_no_evidence_of_absence(rule, resolve):
    yacht = resolve("Cutter", "boat", rigs="sail", cost="3")
    assert contributions(rule.explain(yacht, resolve("Porto", "harbour"))) == {}


def test_a_deciding_term_outweighs_everything_that_speaks_for_the_pair(rule, resolve):
    explanation = rule.explain(resolve("Tug", "boat"), resolve("Lakeside", "harbour"))
    assert contributions(explanation) == {"motors welcome": 2.0, "banned": -0.1}
    assert (explanation.score, explanation.compatibility.sign) == (-0.1, -1)
    assert explanation.compatibility.reason == "The Lakeside keeps Tug out."


def test_the_score_is_the_sum_of_the_evidence_but_for_support_and_cap(rule, resolve, table, rules):
    supporting = {term.name for pair in rules.pairs for term in pair.terms if term.supporting}
    boats, sailors = ([resolve(row.name, kind) for row in table.rows[kind]] for kind in ("boat", "sailor"))
    for boat, sailor in product(boats, sailors):
        explanation = rule.explain(boat, sailor)
        found = contributions(explanation)
        substance = sum(c for name, c in found.items() if c > 0 and name not in supporting)
        support = sum(c for name, c in found.items() if name in supporting)
        against = sum(c for c in found.values() if c < 0)
        total = min(1.5, substance + min(support, substance / 2)) + against
        assert explanation.score == pytest.approx(total)
        answer = explanation.compatibility
        assert answer.sign == (total >= explanation.positive_from) - (total <= -explanation.negative_from)
        assert (answer.strength >= 0.5) == (answer.sign != 0)


def test_the_order_of_the_ends_changes_nothing(rule, resolve, table):
    everything = [resolve(row.name, kind) for kind, rows in table.rows.items() for row in rows]
    for first, second in product(everything, everything):
        if rule.covers(first, second):
            assert rule.covers(second, first)
            assert rule.explain(first, second) == rule.explain(second, first)


def test_two_of_one_name_and_kind_are_ordered_by_their_facts(rule, resolve):
    one, other = (resolve("Crew", "sailor", use=use) for use in ("work", "leisure"))
    assert rule.explain(one, other).evidence
    assert rule.explain(one, other) == rule.explain(other, one)


def test_kinds_without_rules_are_not_covered(rule, resolve):
    assert not rule.covers(resolve("Purists", "sailor"), resolve("Porto", "harbour"))
