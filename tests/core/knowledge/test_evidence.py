import pytest

from core.catalogue.model import Attribute
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.checks.check_file import DATA
from core.knowledge.evidence import EvidenceSettings, Fact, Retriever
from core.knowledge.fact_files import facts_or_error, read_facts
from core.knowledge.mentions import MentionIndex, mentions, words_of
from core.knowledge.trait_facts import TraitFacts
from core.knowledge.traits import load_trait_table


def attribute(value, modality="pen"):
    return Attribute(f"{modality}-{value}", value, modality, "t")


class Source:
    def __init__(self, facts, fingerprint="s"):
        self._facts, self.fingerprint = facts, fingerprint

    def facts_about(self, about):
        return [Fact(text, self.fingerprint) for text in self._facts.get(about.value, ())]


NIB, QUILL, POETS, CLERKS = (attribute(value) for value in ("Nib", "Quill", "Poets", "Clerks"))


def texts(found):
    return [item.text for item in found]


def test_facts_are_numbered_from_one_about_the_primary_first():
    source = Source({"Nib": ["n1", "n2"], "Clerks": ["c1"], "Poets": ["p1"]})
    found = Retriever([source]).evidence(NIB, [POETS, CLERKS, QUILL])
    assert [(item.number, item.text) for item in found] == [(1, "n1"), (2, "n2"), (3, "p1"), (4, "c1")]
    assert found[0].citation == "n1 [s]"


def test_a_fact_about_both_ends_comes_before_the_limit_cuts():
    source = Source({"Nib": ["a", "b", "Poets like a Nib"], "Poets": ["c", "d", "a Nib suits poets"]})
    found = Retriever([source], EvidenceSettings(per_attribute=2)).evidence(NIB, [POETS])
    assert texts(found) == ["Poets like a Nib", "a", "a Nib suits poets", "c"]


def test_a_crowded_call_gives_every_attribute_its_first_fact_before_any_its_second():
    source = Source({name: [f"{name}{i}" for i in range(4)] for name in ("Nib", "Poets", "Clerks")})
    found = Retriever([source], EvidenceSettings(per_call=4)).evidence(NIB, [POETS, CLERKS])
    assert texts(found) == ["Nib0", "Nib1", "Poets0", "Clerks0"]


def test_a_shared_fact_is_given_once_and_sources_keep_their_order():
    first, second = Source({"Nib": ["x"], "Poets": ["x"]}, "one"), Source({"Nib": ["y"]}, "two")
    assert texts(Retriever([first, second]).evidence(NIB, [POETS])) == ["x", "y"]
    assert texts(Retriever([second, first]).evidence(NIB, [POETS])) == ["y", "x"]
    assert Retriever([]).evidence(NIB, [POETS]) == ()


def test_the_fingerprint_follows_sources_order_and_settings():
    one, two = Source({}, "one"), Source({}, "two")
    retrievers = [
        Retriever([one]),
        Retriever([one, two]),
        Retriever([two, one]),
        Retriever([one], EvidenceSettings(per_call=9)),
    ]
    assert len({retriever.fingerprint for retriever in retrievers}) == 4
    assert Retriever([Source({}, "one")]).fingerprint == retrievers[0].fingerprint


@pytest.mark.parametrize(
    ("text", "name", "is_mentioned"),
    [
        ("Never pair Rolex with deal hunters.", "Rolex", True),
        ("Never pair ROLEX' watches.", "rolex", True),
        ("Luxury shoppers and a bargain hunter", "Bargain Hunters", True),
        ("Hunters of bargains", "Bargain Hunters", False),
        ("Nestle is Swiss", "Nestlé", True),
        ("The women 18–34 group", "Women 18-34", True),
        ("running on asphalt", "On", False),
        ("The brand On makes shoes", "On", True),
        ("the us market", "US", False),
        ("Rolexes sell", "Role", False),
        ("anything", "++", False),
        ("Tiffany and Co. rings", "Tiffany & Co.", True),
    ],
)
def test_mentions(text, name, is_mentioned):
    assert mentions(words_of(text), name) is is_mentioned
    assert MentionIndex(["other words", text]).that_mention(name) == ([1] if is_mentioned else [])


def test_the_trait_table_speaks_in_sentences_of_the_schema():
    facts = TraitFacts(load_trait_table())
    said = texts(facts.facts_about(Attribute("1", "Rolex", "brand", "brand")))
    assert said[0].startswith("Rolex: categories jewellery watches")
    assert "Rolex: price tier luxury." in said
    assert any(text.startswith("Rolex: age ") and " to " in text and text.endswith(" years.") for text in said)
    assert len({text.split(":")[1].split()[0] for text in said}) > 4
    assert facts.facts_about(Attribute("1", "No Such Thing", "brand", "brand")) == ()


def test_every_attribute_of_the_shipped_catalogue_can_be_grounded_in_readable_sentences():
    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "large.csv"))
    facts = TraitFacts(load_trait_table())
    for item in catalogue.attributes:
        said = facts.facts_about(item)
        assert said and all("_" not in fact.text and "None" not in fact.text for fact in said), item.value
    retriever = Retriever([facts])
    found = retriever.evidence(catalogue.attributes[0], catalogue.attributes[100:125])
    assert 26 < len(found) <= 100


def test_a_change_of_the_catalogue_changes_the_facts():
    facts = TraitFacts(load_trait_table())
    plain = Attribute("1", "Rolex", "brand", "brand")
    cheap = Attribute("1", "Rolex", "brand", "brand", {"price_tier": "budget"})
    assert "Rolex: price tier budget." in texts(facts.facts_about(cheap))
    assert "Rolex: price tier luxury." in texts(facts.facts_about(plain))


def test_expert_rules_come_before_the_table_when_listed_first():
    rules = facts_or_error(read_facts(b"- Rolex never runs on Wish.\n", "rules.md"))
    found = Retriever([rules, TraitFacts(load_trait_table())]).evidence(
        Attribute("1", "Rolex", "brand", "brand"), [Attribute("2", "Wish", "platform", "platform")]
    )
    assert found[0].text == "Rolex never runs on Wish." and found[0].source == "rules.md, row 1"
    assert len(texts(found)) == len(set(texts(found)))
