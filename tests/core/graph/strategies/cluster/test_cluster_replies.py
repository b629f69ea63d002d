import json

import pytest

from core.graph.clusters.model import ClusterCard
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.replies import (
    DESCRIPTION_LENGTH,
    clean_text,
    read_card,
    read_descriptions,
    read_scores,
)

MARK = "bcdfghjk"
CARD = {"batch": MARK, "label": "Alpine Gear", "summary": "For snow.", "characteristics": ["a", "b", "c"]}


@pytest.mark.parametrize(
    "written", ["11", "-1", "10.0001", '"8"', "true", "NaN", "Infinity", "1e999", "[8]", '""', "{}"]
)
def test_what_is_no_score_is_no_answer(written: str) -> None:
    reply = f'{{"batch": "{MARK}", "1": {written}, "2": 6}}'
    assert read_scores(reply, MARK, 2) == {2: Score(6.0)}


def test_null_is_not_viable_and_zero_is_a_score() -> None:
    assert read_scores(f'{{"batch": "{MARK}", "1": null, "2": 0, "3": 10}}', MARK, 3) == {
        1: Score(None),
        2: Score(0.0),
        3: Score(10.0),
    }


def test_numbers_are_taken_one_by_one() -> None:
    reply = f"""Here you are:
```json
{{"batch": "{MARK}", "[1]": 7.5, "2": 3, "2": 4, "3": 5, "3": 5, "4": 1, "0": 9, "99": 9, "one": 9}}
```"""
    assert read_scores(reply, MARK, 3) == {1: Score(7.5), 3: Score(5.0)}


@pytest.mark.parametrize("batch", ['"other"', "null", "7"])
def test_a_reply_to_another_call_is_not_read(batch: str) -> None:
    assert read_scores(f'{{"batch": {batch}, "1": 5}}', MARK, 1) == {}


def test_a_reply_without_a_mark_or_with_two_is_not_read() -> None:
    assert read_scores('{"1": 5}', MARK, 1) == {}
    assert read_scores(f'{{"batch": "{MARK}", "batch": "other", "1": 5}}', MARK, 1) == {}
    assert read_scores(f'{{"batch": "other", "batch": "{MARK}", "1": 5}}', MARK, 1) == {}


def test_what_a_cut_off_reply_still_holds_whole_counts() -> None:
    assert read_descriptions(f'{{"batch": "{MARK}", "1": "whole", "2": "cut of', MARK, 2) == {1: "whole"}


def test_descriptions_are_one_clean_line_of_limited_length() -> None:
    text = "First\nline \u202etab\tand\u0000  nul. " + "word " * 1_000
    read = read_descriptions(json.dumps({"batch": MARK, "1": text, "2": " \n ", "3": 8, "4": None}), MARK, 4)
    assert list(read) == [1]
    assert read[1].startswith("First line tab and nul. word")
    assert len(read[1]) <= DESCRIPTION_LENGTH
    assert read[1].endswith("word…")


def test_a_text_within_the_limit_is_kept_whole() -> None:
    assert clean_text("a b", 3) == "a b"
    assert clean_text("a b", 2) == "a…"
    assert clean_text("abcd", 3) == "ab…"


def test_a_card_is_read_whole_or_not_at_all() -> None:
    assert read_card(json.dumps(CARD), MARK) == ClusterCard("Alpine Gear", "For snow.", ("a", "b", "c"))
    for change in (
        {"label": ""},
        {"label": 7},
        {"label": "one two three four five six seven"},
        {"summary": None},
        {"characteristics": ["a", "b"]},
        {"characteristics": ["a", "b", "c", "d"]},
        {"characteristics": ["a", "b", ""]},
        {"characteristics": "a, b, c"},
        {"batch": "other"},
    ):
        assert read_card(json.dumps({**CARD, **change}), MARK) is None
