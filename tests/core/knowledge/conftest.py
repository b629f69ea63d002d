"""A small knowledge folder about boats, sailors and harbours: nothing in the code may know the shipped kinds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.catalogue.model import Attribute
from core.knowledge.compatibility import CompatibilityRule
from core.knowledge.rules import Rules, load_rules
from core.knowledge.traits import TraitTable, load_trait_table

SCHEMA = """
dated = "2026-01-01"
source = "Made up."

[facets.cost]
type = "ordinal"
levels = { 1 = "cheap", 2 = "fair", 3 = "dear" }
[facets.purse_min]
type = "ordinal"
levels = { 1 = "cheap", 2 = "fair", 3 = "dear" }
[facets.purse_max]
type = "ordinal"
levels = { 1 = "cheap", 2 = "fair", 3 = "dear" }
[facets.age_min]
type = "number"
unit = "years"
[facets.age_max]
type = "number"
unit = "years"
[facets.use]
type = "category"
values = ["work", "leisure", "any"]
[facets.rigs]
type = "set"
values = ["sail", "motor", "oars", "deep_keel"]
[facets.dislikes]
type = "set"
values_of = "rigs"
[facets.waters]
type = "set"
values = ["salt", "fresh"]
[facets.coast]
type = "category"
values = ["north", "south"]
[facets.berths]
type = "names"
kind = "harbour"
or_values_of = "coast"
[facets.banned]
type = "names"
kind = "harbour"

[ranges.purse]
low = "purse_min"
high = "purse_max"
lowest = 1
highest = 3
[ranges.age]
low = "age_min"
high = "age_max"
lowest = 10
highest = 90
read_in_text = ["sailor"]

[kinds.boat]
aliases = ["vessel", "water craft"]
identity = ["rigs"]
file = "traits/boats.csv"
facets = ["rigs", "cost", "use", "age_min", "age_max", "waters", "berths", "banned"]
[kinds.sailor]
aliases = ["crew"]
identity = ["rigs", "age_min", "age_max", "use"]
file = "traits/sailors.csv"
facets = ["rigs", "dislikes", "purse_min", "purse_max", "use", "age_min", "age_max"]
[kinds.harbour]
identity = ["coast", "waters"]
file = "traits/harbours.csv"
facets = ["coast", "waters"]
"""

SYNONYMS = """
own_words = ["rigs"]
text_columns = ["description"]
negations = ["no", "not"]
[phrases]
"yacht" = ["rigs:sail", "cost:3"]
"rower" = ["rigs:oars"]
"old salt" = ["age_min:60"]
"engine" = ["rigs:motor"]
"thrifty" = ["purse_max:1", "cost:1"]
"rich" = ["cost:3"]
"tidal" = ["waters:salt"]
"""

BOATS = """name,aliases,rigs,cost,use,age_min,age_max,waters,berths,banned
Ketch,Two-Master|Kéch,sail|deep_keel,3,leisure,40,70,salt,Porto|north,
Tug,,motor,2,work,,,salt|fresh,,Lakeside
Dinghies,,oars|sail,1,leisure,10,30,,Lakeside,
Trawler,Fishing Boat,motor,,work,,,salt,,
"""

SAILORS = """name,aliases,rigs,dislikes,purse_min,purse_max,use,age_min,age_max
Pilots,Harbour Pilots,motor,,2,3,work,30,60
Purists,,sail,motor,,,leisure,,
Students,,,,,1,leisure,18,25
"""

HARBOURS = """name,aliases,coast,waters
Porto,Oporto,south,salt
Bergen,,north,salt
Lakeside,,south,fresh
"""

RULES = """
dated = "2026-01-01"
common = 0.2
support_at_most = 0.5
[[pairs]]
kinds = ["boat", "sailor"]
for_at_most = 1.5
positive_from = 0.5
negative_from = 0.5
[[pairs.terms]]
name = "rig they sail"
compare = "shares"
left = "a.rigs"
right = "b.rigs"
weight = 1.0
reason = "{a} has {shared}, which {b} sail."
[[pairs.terms]]
name = "rig they loathe"
compare = "shares"
left = "a.rigs"
right = "b.dislikes"
counted = "any"
weight = -0.6
reason = "{a} runs by {shared}, which {b} loathe."
[[pairs.terms]]
name = "too dear"
compare = "above"
value = "a.cost"
range = "b.purse"
full_at = 2
weight = -1.2
reason = "{a} is {a.cost}, beyond {b}."
[[pairs.terms]]
name = "fair price"
compare = "within"
value = "a.cost"
range = "b.purse"
supporting = true
weight = 0.6
reason = "{a} costs what {b} pay."
[[pairs.terms]]
name = "other use"
compare = "equals"
left = "a.use"
right = "b.use"
differ = true
fits_all = ["any"]
weight = -0.4
reason = "{a} is for {a.use}, {b} are at {b.use}."
[[pairs.terms]]
name = "other age"
compare = "apart"
left = "a.age"
right = "b.age"
full_at = 10
weight = -0.3
reason = "{a} and {b} differ in age."
[[pairs.terms]]
name = "same age"
compare = "overlaps"
left = "a.age"
right = "b.age"
weight = 0.2
reason = "{a} and {b} share an age."
[[pairs.terms]]
name = "made for that age"
compare = "overlaps"
left = "a.age"
right = "b.age"
of = "both"
weight = 0.1
reason = "{a} are made for the age of {b}."
[[pairs.terms]]
name = "loathed rigs in all"
compare = "shares"
left = "a.rigs"
right = "b.dislikes"
counted = "part"
places = [1.0, 0.5]
weight = -0.3
reason = "Much of {a} is loathed by {b}."

[[pairs]]
kinds = ["boat", "harbour"]
for_at_most = 1.5
positive_from = 0.5
negative_from = 0.5
[[pairs.terms]]
name = "berth"
compare = "lists"
list = "a.berths"
weight = 1.0
reason = "{a} has a berth in {b}."
[[pairs.terms]]
name = "no berth"
compare = "lists none"
lists = ["a.berths"]
when = ["a.cost >= 3"]
weight = -0.6
reason = "{a} has no berth in {b}."
[[pairs.terms]]
name = "no berth on that coast"
compare = "lists none"
lists = ["a.banned"]
alike = "b.coast"
when = ["a.rigs leads with oars"]
weight = -0.2
reason = "{a} is unheard of around {b}."
[[pairs.terms]]
name = "banned"
compare = "lists"
list = "a.banned"
weight = -0.1
decides = true
reason = "{b} keeps {a} out."
[[pairs.terms]]
name = "water"
compare = "lacks"
needs = "a.waters"
has = "b.waters"
weight = -0.7
reason = "{a} needs {a.waters} water."
[[pairs.terms]]
name = "motors welcome"
compare = "holds"
when = ["a.rigs has motor", "b.coast is south"]
weight = 2.0
reason = "{b} likes engines such as {a}."

[[pairs]]
kinds = ["sailor", "sailor"]
for_at_most = 1.5
positive_from = 0.5
negative_from = 0.5
[[pairs.terms]]
name = "same rig"
compare = "shares"
left = "a.rigs"
right = "b.rigs"
weight = 1.0
reason = "{a} and {b} share {shared}."
[[pairs.terms]]
name = "price"
compare = "apart"
left = "a.purse"
right = "b.purse"
full_at = 2
weight = -1.2
reason = "The purses of {a} and {b} differ."
[[pairs.terms]]
name = "use"
compare = "equals"
left = "a.use"
right = "b.use"
differ = true
weight = -0.1
reason = "{a} are at {a.use}, {b} at {b.use}."

[labels]
deep_keel = "a deep keel"
Lakeside = "the Lakeside"
sail = "sails"
"""

FILES = {
    "schema.toml": SCHEMA,
    "synonyms.toml": SYNONYMS,
    "rules.toml": RULES,
    "traits/boats.csv": BOATS,
    "traits/sailors.csv": SAILORS,
    "traits/harbours.csv": HARBOURS,
}

WriteFolder = Callable[..., Path]
MakeAttribute = Callable[..., Attribute]


@pytest.fixture
def write_folder(tmp_path: Path) -> WriteFolder:
    """Writes the folder; keyword `edits` maps a file name to (old, new) text, which must be found."""

    def write(edits: dict[str, tuple[str, str]] | None = None) -> Path:
        (tmp_path / "traits").mkdir(exist_ok=True)
        for name, text in FILES.items():
            old, new = (edits or {}).get(name, ("", ""))
            assert old in text
            (tmp_path / name).write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def table(write_folder: WriteFolder) -> TraitTable:
    return load_trait_table(write_folder())


@pytest.fixture
def rules(table: TraitTable, write_folder: WriteFolder) -> Rules:
    return load_rules(table.schema, write_folder())


@pytest.fixture
def rule(table: TraitTable, rules: Rules) -> CompatibilityRule:
    return CompatibilityRule(table, rules)


@pytest.fixture
def attribute() -> MakeAttribute:
    def make(value: str, modality: str, attribute_type: str = "thing", **facts: str) -> Attribute:
        return Attribute(f"{modality}-{value}", value, modality, attribute_type, facts)

    return make
