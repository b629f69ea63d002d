"""A diff says exactly what turns the old version into the new one."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.diff import AttributeChange, CatalogueDiff, FieldChange, diff_catalogues
from core.catalogue.model import Attribute, Catalogue

short = st.sampled_from(["x", "y", "z"])
attributes = st.builds(
    Attribute,
    id=st.sampled_from([f"a{i}" for i in range(6)]),
    value=short,
    modality=short,
    attribute_type=short,
    facts=st.dictionaries(st.sampled_from(["id", "value", "note"]), short),
)
versions = st.lists(attributes, max_size=6, unique_by=lambda a: a.id).map(lambda found: Catalogue(tuple(found)))


def applied(diff: CatalogueDiff, old: Catalogue) -> dict[str, Attribute]:
    """Apply every entry, refusing one that does not fit the old version."""
    result = {a.id: a for a in old.attributes}
    for attribute in diff.removed:
        assert result.pop(attribute.id) == attribute
    for change in diff.changed:
        result[change.id] = changed(result[change.id], change)
    for attribute in diff.added:
        assert attribute.id not in result
        result[attribute.id] = attribute
    return result


def changed(attribute: Attribute, change: AttributeChange) -> Attribute:
    assert change.fields
    for field, before, after in ((f.field, f.before, f.after) for f in change.fields):
        assert before != after
        if field.startswith("facts."):
            name = field.removeprefix("facts.")
            assert attribute.facts.get(name) == before
            facts = {key: text for key, text in attribute.facts.items() if key != name}
            attribute = replace(attribute, facts=facts if after is None else facts | {name: after})
        else:
            assert getattr(attribute, field) == before
            attribute = replace(attribute, **{field: after})
    return attribute


@given(versions, versions)
def test_the_diff_applied_to_the_old_version_gives_the_new_one(old, new):
    assert applied(diff_catalogues(old, new), old) == {a.id: a for a in new.attributes}


@given(versions, versions)
def test_the_diff_is_empty_only_for_the_same_catalogue(old, new):
    assert diff_catalogues(old, new).is_empty == (old.id == new.id)


@given(versions)
def test_a_version_does_not_differ_from_itself(version):
    assert diff_catalogues(version, version) == CatalogueDiff((), (), (), False)


def test_the_fields_that_changed_are_named():
    old = Catalogue(
        (Attribute("a", "Nike", "brand", "brand", {"price": "3", "note": "x"}), Attribute("b", "B", "m", "t"))
    )
    new = Catalogue(
        (Attribute("c", "C", "m", "t"), Attribute("a", "NIKE", "brand", "brand", {"price": "4", "tier": "1"}))
    )
    diff = diff_catalogues(old, new)
    assert [a.id for a in diff.added] == ["c"] and [a.id for a in diff.removed] == ["b"]
    assert diff.changed == (
        AttributeChange(
            "a",
            (
                FieldChange("value", "Nike", "NIKE"),
                FieldChange("facts.price", "3", "4"),
                FieldChange("facts.note", "x", None),
                FieldChange("facts.tier", None, "1"),
            ),
        ),
    )


def test_another_order_alone_is_a_difference():
    one, two = Attribute("a", "A", "m", "t"), Attribute("b", "B", "n", "u")
    diff = diff_catalogues(Catalogue((one, two)), Catalogue((two, one)))
    assert diff.is_reordered and not diff.is_empty and not (diff.added or diff.removed or diff.changed)
