import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.llm.json_answers import Unreadable, json_object, json_objects

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=6), JSON_VALUES, min_size=1, max_size=6)


@given(OBJECTS, st.sampled_from(["", "```json\n", "Sure! Here it is: ", "a } b { c "]), st.booleans())
def test_any_object_is_read_back_whatever_stands_around_it(value, before, is_indented):
    text = f"{before}{json.dumps(value, indent=2 if is_indented else None)}\n```\nAnything else?"
    assert json_object(text) == list(value.items())


@given(OBJECTS, st.data())
def test_of_a_cut_off_object_the_whole_members_are_kept(value, data):
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    members = json_object(cut)
    assert members == list(value.items())[: len(members)]
    assert all(not found.is_complete for found in json_objects(cut)) or "}" in cut


@given(st.text(alphabet='{}[]":,+-0123 \n\\utrefalsn`', max_size=200) | st.text(max_size=200))
def test_no_reply_breaks_the_reader(text):
    assert all(isinstance(key, str) for key, _ in json_object(text))


def test_repeated_keys_are_kept_in_order():
    assert json_object('{"1": "+", "2": "0", "1": "-"}') == [("1", "+"), ("2", "0"), ("1", "-")]


def test_an_inner_object_that_contradicts_itself_is_unreadable():
    assert json_object('{"1": {"sign": "+", "sign": "-"}}') == [("1", Unreadable("one key with two values"))]
    assert json_object('{"1": {"sign": "+", "sign": "+"}}') == [("1", {"sign": "+"})]
    assert json_object('{"1": {"sign": 1, "sign": true}}') == [("1", Unreadable("one key with two values"))]


@pytest.mark.parametrize(
    ("value", "text"),
    [("+", "+"), ("plus", "plus"),
     ("NaN", "NaN"), ("-Infinity", "-Infinity"), ("1e999", "1e999"), ("+1", "+1"),
     ("'+'", "'+'"), ("", ""),
     ("0.", "0."), ("1st", "1st"), ("True", "True"), ("__import__('os')", "__import__('os')")],
)  # fmt: skip
def test_what_is_no_json_spoils_only_its_own_member(value, text):
    assert json_object(f'{{"1": {value}, "2": "-"}}') == [("1", Unreadable(text)), ("2", "-")]


def test_a_number_at_the_very_end_is_not_trusted():
    assert json_object('{"1": 8, "2": 1') == [("1", 8)]
    assert json_object('{"1": "+", "2": "-"') == [("1", "+"), ("2", "-")]
    assert json_object('{"1": "+", "2": "-') == [("1", "+")]
    assert json_object('{"1": "+", "2": nul') == [("1", "+")]


def test_a_comma_too_many_is_tolerated():
    (found,) = json_objects('{"1": "+",}')
    assert found == ([("1", "+")], True)


def test_the_fullest_object_counts_and_of_equals_the_last():
    assert json_object('Draft {"1": "+"} then {"1": "-", "2": "0"} as in {"1": "0"}') == [("1", "-"), ("2", "0")]
    assert json_object('{"1": "+"} no, {"1": "-"}') == [("1", "-")]
    assert [found.members for found in json_objects('{"1": "+"}\n{"2": "-"}')] == [[("1", "+")], [("2", "-")]]


def test_an_inner_object_that_breaks_takes_the_rest_with_it():
    assert json_object('{"0": "+", "1": {"sign": "+", "evidence": [1') == [("0", "+")]
    assert json_object('{"0": "+", "1": {sign: "+"}, "2": {"a": "-", "b": "-"}}') == [("0", "+")]


def test_hostile_sizes_are_survived():
    assert json_object('{"1": ' + "[" * 100_000) == []
    assert json_object("{" * 100_000) == []
    assert json_object('{"1": ' + "9" * 10_000 + ', "2": "+"}')[-1] == ("2", "+")
    assert json_object('{"a":' * 20_000) == []
