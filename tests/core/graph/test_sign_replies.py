import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.graph.judges.sign_replies import SignAnswer, read_signs, sign_schema
from core.graph.model import Outcome

PLUS, MINUS, ZERO = Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL


def signs(text, n_targets=3, mark="m", n_facts=None):
    reply = read_signs(text, mark, n_targets, n_facts)
    assert set(reply.answers) | set(reply.faults) == set(range(1, n_targets + 1))
    assert not set(reply.answers) & set(reply.faults)
    return {number: answer.outcome for number, answer in reply.answers.items()}


def test_a_plain_answer():
    assert signs('{"batch": "m", "1": "+", "2": "-", "3": "0"}') == {1: PLUS, 2: MINUS, 3: ZERO}


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ('"+"', PLUS),
        ('" + "', PLUS),
        ('"-"', MINUS),
        ('"\u2212"', MINUS),
        ('"0"', ZERO),
        ("0", ZERO),
        ('"\\n-"', MINUS),
    ],
)
def test_accepted_spellings(value, outcome):
    assert signs(f'{{"batch": "m", "1": {value}}}', 1) == {1: outcome}


@pytest.mark.parametrize(
    "value",
    ['"plus"', '"positive"', '"+1"', "1", "-1", "0.0", "-0.0", "true", "false", "null", '""', "+", "[]", '["+"]', "NaN",
     '"+-"', '"–"', '"00"', '{"sign": "+"}', '"＋"', "'+'"],
)  # fmt: skip
def test_any_other_spelling_spoils_its_own_number_only(value):
    reply = read_signs(f'{{"batch": "m", "1": {value}, "2": "-"}}', "m", 2)
    assert reply.answers == {2: SignAnswer(MINUS)}
    assert reply.faults[1].endswith("is no sign")


def test_keys_may_carry_the_brackets_of_the_prompt():
    assert signs('{"batch": "m", "[1]": "+", " 2 ": "-", "03": "0"}') == {1: PLUS, 2: MINUS}
    assert signs('{"batch": "m", "١": "+", "[1": "+", "1.": "+", "-1": "+"}') == {}


def test_missing_extra_and_repeated_numbers():
    reply = read_signs('{"batch": "m", "1": "+", "1": " + ", "2": "+", "2": "-", "9": "+", "why": "x"}', "m", 3)
    assert reply.answers == {1: SignAnswer(PLUS)}
    assert reply.faults == {2: "the reply gave it two different signs", 3: "the reply left it out"}
    assert reply.extra == ("9", "why")


def test_a_number_answered_rightly_and_wrongly_is_not_answered():
    assert signs('{"batch": "m", "1": "+", "1": "plus"}', 1) == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"1": "+"}', "the reply did not carry the mark of the call"),
        ('{"batch": "n", "1": "+"}', "the reply carried the mark of another call"),
        ('{"batch": null, "1": "+"}', "the reply carried the mark of another call"),
        ('{"batch": "m", "batch": "n", "1": "+"}', "the reply carried the mark of another call"),
        ('["+"]', "the reply held no JSON object"),
        ("1: + m", "the reply held no JSON object"),
        ("  ", "the reply was empty"),
    ],
)
def test_nothing_is_used_of_an_answer_to_another_call(text, fault):
    assert read_signs(text, "m", 1).faults == {1: fault}


def test_fences_prose_and_other_objects_around_the_answer():
    text = 'For {"1": "-"} see below.\n```json\n{"batch": " m ", "1": "+"}\n```\n{"batch": "x", "1": "-", "2": "-"}'
    assert signs(text, 2) == {1: PLUS}


def test_an_answer_in_two_objects_with_the_mark_must_not_contradict_itself():
    assert signs('{"batch": "m", "1": "+", "2": "0"}{"batch": "m", "2": "-", "3": "-"}') == {1: PLUS, 3: MINUS}


def test_the_beginning_of_a_cut_off_answer_counts():
    assert signs('{"batch": "m", "1": "+", "2": "-", "3') == {1: PLUS, 2: MINUS}


def test_evidence_that_does_not_exist_does_not_cost_the_sign():
    text = json.dumps(
        {"batch": "m", "1": {"sign": "+", "evidence": [2, 9, 2, True, "1", 1.0]}, "2": {"sign": "-"}, "3": "0"}
    )
    reply = read_signs(text, "m", 3, n_facts=2)
    assert reply.answers == {
        1: SignAnswer(PLUS, (2,), ("9", "True", "'1'", "1.0")),
        2: SignAnswer(MINUS),
        3: SignAnswer(ZERO),
    }


def test_evidence_of_any_shape_and_a_missing_sign():
    first, second, third = '{"sign": "+", "evidence": null}', '{"evidence": [1]}', '{"sign": "0", "evidence": 1}'
    text = f'{{"batch": "m", "1": {first}, "2": {second}, "3": {third}}}'
    reply = read_signs(text, "m", 3, n_facts=1)
    assert reply.answers == {1: SignAnswer(PLUS, (), ("None",)), 3: SignAnswer(ZERO, (1,))}
    assert "holds no sign" in reply.faults[2]
    assert signs(text) == {}, "citations are read only where they were asked for"


@given(st.dictionaries(st.integers(1, 6), st.sampled_from("+-0")), st.integers(1, 6))
def test_what_was_written_is_what_is_read(written, n_targets):
    text = json.dumps({"batch": "m", **{str(number): sign for number, sign in written.items()}})
    read = {number: outcome.symbol for number, outcome in signs(text, n_targets).items()}
    assert read == {number: sign for number, sign in written.items() if number <= n_targets}


PIECES = st.lists(
    st.sampled_from(['"1"', '"2"', '"[1]"', '"batch"', '"m"', '"+"', '"-"', '"0"', "0", "+", ":", ", ", "{", "}",
                     "[", "]", '"sign"', '"evidence"', "null", "1", '"', "\\", "```", "\n", "x"]),
    max_size=40,
).map("".join)  # fmt: skip


@given(PIECES | st.text(max_size=100))
@example('{"batch":"m","1":"+"}')
@example('{"batch":"m","1":{"sign":"-","evidence":[1]}}')
def test_no_reply_breaks_the_reader_or_yields_a_sign_that_is_not_there(text):
    for n_facts in (None, 2):
        for number, outcome in signs(text, 2, n_facts=n_facts).items():
            key = rf'"\s*(?:{number}|\[{number}\])\s*"\s*:'
            value = {PLUS: r'"\s*\+\s*"', MINUS: '"\\s*[-\u2212]\\s*"', ZERO: r'"\s*0\s*"|0'}[outcome]
            wrapped = rf'(?:{value}|\{{[^{{}}]*"sign"\s*:\s*(?:{value}))'
            assert re.search(rf"{key}\s*{wrapped}", text)
            assert re.search(r'"batch"\s*:\s*"\s*m\s*"', text)


def test_the_schema_asks_for_every_number_and_does_not_give_the_mark_away():
    schema = sign_schema(2)
    assert schema["required"] == ["batch", "1", "2"] == list(schema["properties"])
    assert schema["properties"]["2"] == {"type": "string", "enum": ["+", "-", "0"]}
    assert schema["properties"]["batch"] == {"type": "string"}
    assert sign_schema(1, is_grounded=True)["properties"]["1"]["required"] == ["sign", "evidence"]
