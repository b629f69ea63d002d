"""Evaluation logs: what is read, and every way of being refused."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from core.errors import InvalidInput
from core.leaderboard.evaluation_log_files import MAX_FILE_BYTES, LogFile, read_logs
from core.leaderboard.evaluation_logs import EvaluationLog
from tests.fakes.filled_board import jsonl, log_of


def refused(*files: LogFile) -> list[str]:
    with pytest.raises(InvalidInput) as error:
        read_logs(files)
    return [str(problem) for problem in error.value.problems]


def refused_log(**changes: Any) -> str:
    return "\n".join(refused(LogFile("a.jsonl", jsonl(log_of(**changes)))))


def read_one(**changes: Any) -> EvaluationLog:
    [found] = read_logs([LogFile("a.jsonl", jsonl(log_of(**changes)))])
    return found.log


def test_logs_are_read_from_lines_lists_and_single_objects_with_their_places():
    lines = b"\xef\xbb\xbf" + jsonl(log_of(model="a")) + b"\n\r\n" + jsonl(log_of(model="b"))
    many = json.dumps([log_of(model="c"), log_of(model="d")], indent=2).encode()
    one = b"\n\n" + json.dumps(log_of(model="e"), indent=4).encode() + b"\n"
    read = read_logs([LogFile("l.jsonl", lines), LogFile("m.json", many), LogFile("deep/o.JSON", one)])
    assert [(r.log.model, r.file, r.line) for r in read] == [
        ("a", "l.jsonl", 1),
        ("b", "l.jsonl", 4),
        ("c", "m.json", 2),
        ("d", "m.json", many[: many.index(b'"d"')].count(b"\n")),  # the line of its brace, one above
        ("e", "deep/o.JSON", 3),
    ]


def test_the_same_log_has_the_same_id_however_it_is_written():
    log = log_of(date="2026-05-04T12:00:00+02:00")
    turned = dict(reversed(log_of(date="2026-05-04T10:00:00Z").items()))
    first, second = read_logs(
        [LogFile("a.jsonl", jsonl(log)), LogFile("b.json", json.dumps(turned, indent=3).encode())]
    )
    assert first.log.id == second.log.id
    assert read_one(config={"trees": 301}).id != first.log.id


def test_a_log_comes_back_from_its_own_json():
    log = read_one(learning_curve=[{"step": 1, "measures": {"loss": 2.5}}], metrics={"macro_f1": 0.8, "ece": 0.02})
    assert EvaluationLog.model_validate(json.loads(json.dumps(log.as_json()))) == log


def test_all_problems_of_all_files_are_told_with_file_and_line():
    told = refused(
        LogFile("a.jsonl", jsonl(log_of(), log_of(n_rows=99)) + b"{oops\n" + jsonl(log_of(modle="x"))),
        LogFile("b.json", b'[{"model": 1}'),
        LogFile("notes.txt", b"hello"),
        LogFile("c.json", b"  "),
        LogFile("d.json", b"\xff\xfe"),
    )
    assert told[0].startswith("row 2, a.jsonl: The confusion matrix counts 100 rows, n_rows says 99.")
    assert told[1].startswith("row 3, a.jsonl: Not valid JSON")
    assert told[2].startswith("row 4, a.jsonl, modle: Unknown key 'modle'. Did you mean 'model'?")
    assert any(line.startswith("row 1, b.json, model: 1 is no text") for line in told)
    assert any("row 1, b.json: The list of logs is cut off" in line for line in told)
    assert any(line.startswith("notes.txt: .txt is no kind of log") for line in told)
    assert any(line.startswith("row 1, c.json: The file holds no log") for line in told)
    assert any(line.startswith("row 1, d.json: The file is not UTF-8") for line in told)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"metrics": {"macro_f1": 80.0}}, "row 1, a.jsonl, metrics.macro_f1: 80.0 is no share between 0 and 1"),
        ({"metrics": {"macro_f1": 0.79}}, "macro_f1 is 0.79, the confusion matrix makes it 0.8000"),
        ({"metrics": {"macro_f1": 0.8, "accuracy": 0.9}}, "accuracy is 0.9, the confusion matrix makes it 0.8000"),
        (
            {"metrics": {"macro_f1": 0.8, "per_class": {"good": {"f1": 0.7}, "poor": {"f1": 0.9}}}},
            "f1 of 'good' is 0.7, the confusion matrix makes it 0.8000",
        ),
        (
            {"metrics": {"macro_f1": 0.8, "per_class": {"good": {"f1": 0.8, "n_rows": 49}, "poor": {"f1": 0.8}}}},
            "n_rows of 'good' is 49, the confusion matrix makes it 50",
        ),
        (
            {"confusion": None, "metrics": {"macro_f1": 0.9, "per_class": {"a": {"f1": 0.7}, "b": {"f1": 0.8}}}},
            "macro_f1 is 0.9, but the mean of the labels' f1 is 0.7500",
        ),
        (
            {"metrics": {"macro_f1": 0.8, "per_class": {"good": {"f1": 0.8}, "bad": {"f1": 0.8}}}},
            "do not name the same labels: 'bad', 'poor'",
        ),
        ({"confusion": {"labels": ["a", "b"], "counts": [[50, 0], [50]]}}, "2 labels need 2 lists of 2 counts"),
        ({"confusion": {"labels": ["a", "a"], "counts": [[50, 0], [50, 0]]}}, "A label is named twice"),
        ({"confusion": {"labels": ["a", "b"], "counts": [[0, 0], [0, 0]]}}, "counts no row"),
        ({"confusion": {"labels": ["a", "b"], "counts": [[-1, 101], [0, 0]]}}, "confusion.counts.1.1: -1 is too small"),
        ({"confusion": {"labels": ["a", "b"], "counts": [[50.5, 0], [50, 0]]}}, "50.5 is no whole number"),
        ({"confusion": None}, "neither metrics nor a confusion matrix"),
        ({"split_kind": "Random"}, "split_kind: 'Random' is not known. Write 'random' or 'cold'"),
        ({"track": None}, "track: None is not known"),
        ({"date": "2026-05-04T10:00:00"}, "names no time zone"),
        ({"date": 1_777_888_999}, "1777888999 is no time"),
        ({"date": "1777888999"}, "is no time"),
        ({"date": "2999-01-01"}, "has not come yet"),
        ({"date": "0026-05-04"}, "lies before the year 2000"),
        ({"date": "0001-01-01T00:00:00+14:00"}, "outside the years 1 to 9999"),
        ({"date": "9999-12-31T23:59:59-14:00"}, "outside the years 1 to 9999"),
        ({"model": " a"}, "begins or ends with a space"),
        ({"team": "a\u202eb"}, "invisible character"),
        ({"family": "x" * 101}, "is too long: at most 100"),
        ({"n_rows": "100"}, "'100' is no whole number"),
        ({"n_rows": True}, "True is no whole number"),
        ({"config": {"x": "y" * 60_000}}, "at most 50,000"),
        ({"config": [1]}, "is no object"),
        ({"learning_curve": [{"step": 1, "measures": {}}]}, "learning_curve.1.measures: {} is too short"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], told: str):
    assert told in refused_log(**changes)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"a": 1, "a": 2}', "a: This key appears more than once"),
        (b'{"a": NaN}', "NaN is no number of JSON"),
        (b"[" * 100_000, "Not usable JSON"),
        (b"3", "This is no log but a number"),
        (b"null", "This is no log but empty (null)"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "a number of 5,000 digits"),
        (b'{"a": 1} {"b": 2}', "There is text after the log"),
        (b'[{"a": 1}] x', "There is text after the list of logs"),
        (b" " * (MAX_FILE_BYTES + 1), "at most 20,000,000 are read"),
    ],
)
def test_what_is_no_json_of_logs_is_refused(data: bytes, told: str):
    assert any(told in line for line in refused(LogFile("a.json", data)))


def test_no_file_is_a_problem_too():
    assert refused() == ["There is no file of logs. Choose files whose names end in .json, .jsonl, .ndjson."]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=9, max_size=9).filter(any), st.integers(0, 3))
def test_figures_of_scikit_learn_rounded_to_three_decimals_never_contradict_the_matrix(cells: list[int], extra: int):
    counts = np.array(cells).reshape(3, 3)
    true, called = (np.repeat(axis, counts.ravel()) for axis in np.indices((3, 3)).reshape(2, -1))
    figures = f1_score(true, called, average=None, labels=[0, 1, 2], zero_division=0)
    log = read_one(
        n_rows=int(counts.sum()),
        confusion={"labels": ["a", "b", "c"], "counts": counts.tolist()},
        metrics={
            "macro_f1": round(float(figures.mean()), 3 + extra),
            "accuracy": round(float(accuracy_score(true, called)), 3 + extra),
            "per_class": {name: {"f1": round(float(f), 3 + extra)} for name, f in zip("abc", figures, strict=True)},
        },
    )
    assert log.metrics is not None


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["a.json", "a.jsonl"]))
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes, name: str):
    with pytest.raises(InvalidInput):
        read_logs([LogFile(name, data)])


def test_every_log_in_the_documentation_is_one():
    text = (Path(__file__).parents[3] / "docs" / "evaluation-logs.md").read_text(encoding="utf-8")
    examples = re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)
    read = read_logs([LogFile(f"{number}.json", example.encode()) for number, example in enumerate(examples)])
    assert [found.log.model for found in read] == ["forest-300", "m"]
    described = set(re.findall(r"`(\w+)`", "".join(line for line in text.splitlines() if line.startswith("| `"))))
    assert set(EvaluationLog.model_fields) <= described
