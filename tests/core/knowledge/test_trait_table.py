import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.knowledge.names import loose_key
from core.knowledge.traits import Source, Traits, Unknown, load_trait_table


def faults(folder):
    with pytest.raises(InvalidInput) as caught:
        load_trait_table(folder)
    return caught.value.problems


def test_cells_are_read_by_their_type(table):
    ketch = table.find("boat", "Ketch")
    assert ketch.facets == {
        "rigs": ("sail", "deep_keel"),
        "cost": 3.0,
        "use": "leisure",
        "age_min": 40.0,
        "age_max": 70.0,
        "waters": ("salt",),
        "berths": ("Porto", "north"),
    }


def test_an_empty_cell_is_an_unknown_facet(table):
    assert set(table.find("boat", "Trawler").facets) == {"rigs", "use", "waters"}


def test_names_are_stored_as_the_other_table_spells_them(write_folder):
    folder = write_folder({"traits/boats.csv": ("Porto|north", "oporto|NORTH")})
    assert load_trait_table(folder).find("boat", "Ketch").facets["berths"] == ("Porto", "north")


@pytest.mark.parametrize(
    ("value", "source", "entry"),
    [
        ("Ketch", Source.NAME, "Ketch"),
        ("ketch ", Source.NAME, "Ketch"),
        ("two-master", Source.ALIAS, "Ketch"),
        ("Two Masters", Source.SPELLING, "Ketch"),
        ("Kech", Source.SPELLING, "Ketch"),
        ("Dinghy", Source.SPELLING, "Dinghies"),
        ("fishing-boat", Source.SPELLING, "Trawler"),
    ],
)
def test_a_listed_attribute_is_found_by_name_alias_or_spelling(table, attribute, value, source, entry):
    traits = table.resolve(attribute(value, "boat"))
    assert isinstance(traits, Traits)
    assert (traits.sources, traits.entry, traits.name) == ((source,), entry, value)
    assert traits.facets == table.find("boat", entry).facets


@pytest.mark.parametrize("modality", ["boat", "Boats", "vessel", "Water-Craft"])
def test_a_kind_goes_by_its_name_and_aliases(table, attribute, modality):
    assert table.resolve(attribute("Tug", modality)).kind == "boat"


def test_the_attribute_type_names_the_kind_when_the_modality_does_not(table, attribute):
    assert table.resolve(attribute("Tug", "targeting", "vessel")).kind == "boat"
    assert table.resolve(attribute("Tug", "harbour", "vessel")).name == "Tug"
    assert isinstance(table.resolve(attribute("Tug", "harbour", "vessel")), Unknown)


def test_a_modality_of_no_kind_is_unknown_and_says_which_kinds_there_are(table, attribute):
    unknown = table.resolve(attribute("Tug", "creative"))
    assert isinstance(unknown, Unknown)
    assert "'creative'" in unknown.reason and "boat, sailor and harbour" in unknown.reason


def test_an_undescribed_attribute_is_unknown_and_says_what_to_add(table, attribute):
    unknown = table.resolve(attribute("Zorblax", "boat"))
    assert isinstance(unknown, Unknown)
    assert "traits/boats.csv" in unknown.fix and "rigs" in unknown.fix


def test_two_rows_of_one_spelling_are_ambiguous_not_guessed(write_folder, attribute):
    table = load_trait_table(write_folder({"traits/boats.csv": ("Tug,,", "Tugs,,motor,2,work,,,,,\nTug,,")}))
    assert table.resolve(attribute("Tug", "boat")).entry == "Tug"
    unknown = table.resolve(attribute("TUG!", "boat"))
    assert isinstance(unknown, Unknown) and "Tugs and Tug" in unknown.reason


def test_catalogue_columns_describe_what_the_table_does_not_list(table, attribute):
    traits = table.resolve(attribute("Zorblax", "boat", Rigs="oars|sail", **{"Age Min": "20"}, COST="dear"))
    assert traits.facets == {"rigs": ("oars", "sail"), "age_min": 20.0, "cost": 3.0}
    assert traits.sources == (Source.COLUMNS,)


def test_a_catalogue_column_overrides_the_table(table, attribute):
    traits = table.resolve(attribute("Ketch", "boat", cost="1"))
    assert traits.facets["cost"] == 1.0
    assert traits.facets["rigs"] == table.find("boat", "Ketch").facets["rigs"]
    assert traits.sources == (Source.NAME, Source.COLUMNS)


def test_a_column_cell_that_is_no_value_is_read_for_words_or_reported(table, attribute):
    assert table.resolve(attribute("Zorblax", "boat", rigs="an engine")).facets == {"rigs": ("motor",)}
    traits = table.resolve(attribute("Ketch", "boat", use="smuggling"))
    assert traits.facets["use"] == "leisure"
    assert traits.unread == ("use: 'smuggling' is not in the list of use.",)


def test_a_column_named_like_the_kind_hands_on_the_facts_of_the_row_it_names(table, attribute):
    traits = table.resolve(attribute("Ribeira pier", "harbour", Harbours="Oporto"))
    assert (traits.entry, traits.name) == ("Porto", "Ribeira pier (Porto)")
    assert traits.sources == (Source.PARENT,)
    assert traits.facets == table.find("harbour", "Porto").facets


def test_one_identity_facet_is_needed_to_count_as_known(table, attribute):
    assert isinstance(table.resolve(attribute("Zorblax", "boat", cost="3")), Unknown)
    assert isinstance(table.resolve(attribute("Zorblax", "boat", cost="3", rigs="oars")), Traits)


def test_every_fault_of_every_file_is_reported_at_once(write_folder):
    folder = write_folder(
        {
            "traits/boats.csv": (
                "Tug,,motor,2,work,,,salt|fresh,,Lakeside",
                "Tug,Ketch,steam|motor|motor,9,both,old,,salt,,Atlantis\n,,sail,,,,,,,\nRaft,,oars",
            ),
            "traits/sailors.csv": ("60", "6"),
            "synonyms.toml": ("rigs:sail", "rigs:wings"),
        }
    )
    (folder / "traits/harbours.csv").write_text("name,coast,depth\n")
    found = {(p.field, p.row): p.message for p in faults(folder)}
    boats = "traits/boats.csv: "
    assert "'steam' is not in the list of rigs" in found[boats + "rigs", 3]
    assert found[boats + "cost", 3].startswith("'9' is not a level")
    assert "'both'" in found[boats + "use", 3]
    assert "'old' is not a number of years" in found[boats + "age_min", 3]
    assert "'Atlantis' is not a name in traits/harbours.csv" in found[boats + "banned", 3]
    assert "already names 'Ketch' in row 2" in found[boats + "name", 3]
    assert (boats + "name", 4) in found
    assert found["traits/boats.csv", 5] == "The row has 3 cells, the header 10."
    assert "age_min 30 is above age_max 6" in found["traits/sailors.csv: age_min", 2]
    assert "'wings' is not in the list of rigs" in found["synonyms.toml: phrases.yacht", None]
    messages = [p.message for p in faults(folder)]
    assert "'motor' is listed twice." in messages
    assert "The column 'aliases' is missing." in messages and "The column 'depth' is not known." in messages


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kind = "harbour"', 'kind = "planet"', "no kind 'planet'"),
        ('values_of = "rigs"', 'values_of = "wings"', "no facet 'wings'"),
        ('low = "purse_min"', 'low = "purse_low"', "no facet 'purse_low'"),
        ('aliases = ["crew"]', 'aliases = ["vessels"]', "already names the kind 'boat'"),
        ('type = "number"', 'type = "amount"', "amount"),
        ('identity = ["rigs"]', "identity = []", "at least 1"),
        ('source = "Made up."', 'sauce = "Made up."', "Extra inputs"),
    ],
)
def test_a_broken_schema_is_explained(write_folder, old, new, message):
    problems = faults(write_folder({"schema.toml": (old, new)}))
    assert any(message in p.message and p.field.startswith("schema.toml: ") for p in problems)


def test_missing_files_and_bad_text_are_faults(write_folder):
    folder = write_folder()
    (folder / "traits/boats.csv").unlink()
    (folder / "traits/sailors.csv").write_bytes(b"name,\xff\n")
    (folder / "synonyms.toml").write_text("own_words = [")
    messages = [p.message for p in faults(folder)]
    assert any("boats.csv does not exist" in m for m in messages)
    assert "The file is not UTF-8 text." in messages
    assert any("not valid TOML" in m for m in messages)


def test_the_fingerprint_follows_content_not_row_order(write_folder):
    original = load_trait_table(write_folder()).fingerprint
    lines = (write_folder() / "traits/harbours.csv").read_text().splitlines()
    reordered = "\r\n".join([lines[0], *reversed(lines[1:])])
    folder = write_folder()
    (folder / "traits/harbours.csv").write_text(reordered)
    assert load_trait_table(folder).fingerprint == original
    assert load_trait_table(write_folder({"traits/harbours.csv": ("north,salt", "north,")})).fingerprint != original
    assert load_trait_table(write_folder({"synonyms.toml": ("rigs:oars", "rigs:sail")})).fingerprint != original


@given(st.text(max_size=30))
def test_a_loose_key_is_its_own_loose_key(text):
    assert loose_key(loose_key(text)) == loose_key(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("L'Oréal Paris", "LOREAL paris"),
        ("Coffee Lovers", "coffee-lover"),
        ("Tiffany & Co.", "Tiffany and Co"),
        ("Seniors 65+", "senior 65 plus"),
        ("Nannies", "nanny"),
        ("Watches", "watch"),
    ],
)
def test_spellings_of_one_name_share_a_key(one, other):
    assert loose_key(one) == loose_key(other)
