import pytest

from core.errors import InvalidInput
from core.knowledge.rules import load_rules, uncovered_kinds


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kinds = ["boat", "harbour"]', 'kinds = ["boat", "planet"]', "no kind 'planet'"),
        ('kinds = ["sailor", "sailor"]', 'kinds = ["sailor", "boat"]', "more than one block"),
        ('name = "rig they loathe"', 'name = "rig they sail"', "called 'rig they sail'"),
        ('left = "a.rigs"', 'left = "a.dislikes"', "boat has no facet 'dislikes'"),
        ('left = "a.rigs"', 'left = "a.cost"', "'cost' is a ordinal facet"),
        ('left = "a.rigs"', 'left = "rigs"', "a.facet"),
        ('range = "b.purse"', 'range = "b.wallet"', "no range 'wallet'"),
        ('range = "b.purse"', 'range = "a.purse"', "boat has no purse"),
        ('when = ["a.cost >= 3"]', 'when = ["a.cost is 3"]', ">= or <="),
        ('when = ["a.cost >= 3"]', 'when = ["a.rigs has wings"]', "'wings' is not in the list of rigs"),
        ('when = ["a.cost >= 3"]', 'when = ["b.coast has north"]', "is or is not"),
        ('when = ["a.cost >= 3"]', 'when = ["cost 3"]', "does not read as a condition"),
        ('when = ["a.cost >= 3"]', 'when = ["a.price >= 3"]', "no facet 'price'"),
        ('reason = "{a} is {a.cost}, beyond {b}."', 'reason = "{a} is {a.price}."', "no facet 'price'"),
        ("weight = -0.1", "weight = 0.1", "only the latter can decide"),
        ('compare = "lacks"', 'compare = "smells"', "smells"),
        ("positive_from = 0.5", "positive_from = 0", "greater than 0"),
    ],
)
def test_a_broken_rule_is_explained_with_its_place(table, write_folder, old, new, message):
    folder = write_folder({"rules.toml": (old, new)})
    with pytest.raises(InvalidInput) as caught:
        load_rules(table.schema, folder)
    assert any(message in p.message and p.field.startswith("rules.toml: pairs.") for p in caught.value.problems)


def test_all_faults_are_reported_at_once(table, write_folder):
    folder = write_folder({"rules.toml": ('left = "a.rigs"', 'left = "a.wings"')})
    text = (folder / "rules.toml").read_text().replace('needs = "a.waters"', 'needs = "a.oceans"')
    (folder / "rules.toml").write_text(text)
    with pytest.raises(InvalidInput) as caught:
        load_rules(table.schema, folder)
    assert [p.field.rsplit(".", 1)[1] for p in caught.value.problems] == ["rig they sail", "water"]


def test_pairs_of_kinds_without_rules_are_listed(table, rules):
    assert set(uncovered_kinds(rules, table.schema)) == {
        ("boat", "boat"),
        ("sailor", "harbour"),
        ("harbour", "harbour"),
    }


def test_the_fingerprint_follows_the_rules(table, rules, write_folder):
    assert load_rules(table.schema, write_folder()).fingerprint == rules.fingerprint
    changed = write_folder({"rules.toml": ("weight = -0.7", "weight = -0.8")})
    assert load_rules(table.schema, changed).fingerprint != rules.fingerprint
