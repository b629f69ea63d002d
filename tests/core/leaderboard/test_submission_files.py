"""Every form of a submission reads the same; every way to be wrong is named, by row and field, and scores nothing."""

import csv
import gzip
import io
import json
import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.leaderboard import predictions as board
from core.leaderboard import submission_files, submission_limits
from core.leaderboard.prediction_files import read_stored, stored_bytes, submission_bytes
from core.leaderboard.refusals import RefusalKind, SubmissionRefused
from core.leaderboard.submission_files import CSV, JSON, PARQUET, read_submission

LABELS = ("pos", "neg", "avg")
IDS = ("a1", "b2", "c3", "d4", "e5")
FORM = board.TestForm(IDS, LABELS, frozenset({"t1", "t2"}))
GOOD = dict(zip(IDS, ("pos", "neg", "avg", "neg", "pos"), strict=True))
SURE = {name: {other: float(other == name) for other in LABELS} for name in LABELS}


def as_json(rows):
    return json.dumps(rows).encode()


def as_csv(rows, names=("row_id", "label")):
    held = io.StringIO(newline="")
    writer = csv.writer(held)
    writer.writerows([names, *rows])
    return held.getvalue().encode()


def as_parquet(columns, **options):
    held = io.BytesIO()
    pq.write_table(pa.table(columns), held, **options)
    return held.getvalue()


def listed(answers=GOOD):
    return [{"row_id": row_id, "label": label} for row_id, label in answers.items()]


def problems_of(data, media_type=JSON, form=FORM):
    with pytest.raises(InvalidInput) as caught:
        read_submission(data, media_type, form)
    return caught.value.problems


def told(data, media_type=JSON, form=FORM):
    return [(p.row, p.field, p.message) for p in problems_of(data, media_type, form)]


PROBABLE = {
    JSON: as_json([{**row, "probabilities": SURE[row["label"]]} for row in listed()]),
    CSV: as_csv(
        [(i, name, *SURE[name].values()) for i, name in GOOD.items()], ("row_id", "label", *map("p_".__add__, LABELS))
    ),
    PARQUET: submission_bytes(
        IDS, LABELS, board.Predictions(np.array([0, 1, 2, 1, 0], dtype=np.int8), np.eye(3)[[0, 1, 2, 1, 0]])
    ),
}
PLAIN = {
    "list": (as_json(listed()), JSON),
    "map": (as_json(GOOD), JSON),
    "list with spaces": (json.dumps(listed()[::-1], indent=3).encode(), "Application/JSON; charset=utf-8"),
    "escapes": (json.dumps(listed()).replace("row_id", "row\\u005fid").encode(), JSON),
    "mark of UTF-8": (b"\xef\xbb\xbf" + as_json(GOOD), JSON),
    "csv": (as_csv(GOOD.items()), CSV),
    "csv, other columns first, quotes, LF, a mark and blank end": (
        b"\xef\xbb\xbflabel,row_id\n" + b"\n".join(f'"{v}",{k}'.encode() for k, v in GOOD.items()) + b"\n\n",
        CSV,
    ),
    "parquet": (as_parquet({"row_id": list(GOOD), "label": list(GOOD.values())}), PARQUET),
    "parquet of categories, in groups": (
        as_parquet(
            {
                "label": pa.array(list(GOOD.values())).dictionary_encode(),
                "row_id": pa.array(list(GOOD), pa.large_string()),
            },
            row_group_size=2,
            compression="zstd",
        ),
        PARQUET,
    ),
    "parquet of pandas": (pd.DataFrame(listed()).astype({"label": "category"}).to_parquet(), PARQUET),
}


@pytest.mark.parametrize("name", PLAIN)
def test_every_form_of_labels_reads_the_same(name):
    predictions = read_submission(*PLAIN[name], FORM)
    assert predictions.label.tolist() == [0, 1, 2, 1, 0] and predictions.label.dtype == np.int8
    assert predictions.probabilities is None


@pytest.mark.parametrize("media_type", PROBABLE)
def test_probabilities_come_along_in_the_order_of_the_labels(media_type):
    predictions = read_submission(PROBABLE[media_type], media_type, FORM)
    assert predictions.label.tolist() == [0, 1, 2, 1, 0]
    assert predictions.probabilities.tolist() == np.eye(3)[[0, 1, 2, 1, 0]].tolist()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_any_order_of_rows_in_any_form_gives_the_same_predictions(seed, n):
    rng = np.random.default_rng(seed)
    form = board.TestForm(tuple(f"r{number}:,é" for number in range(n)), LABELS)
    probabilities = rng.dirichlet((0.3, 0.3, 0.3), n)
    wanted = board.Predictions(rng.integers(0, 3, n).astype(np.int8), probabilities)
    order = rng.permutation(n)
    shuffled = board.Predictions(wanted.label[order], probabilities[order])
    ids = [form.row_ids[place] for place in order]
    rows = list(zip(ids, (LABELS[place] for place in shuffled.label), shuffled.probabilities.tolist(), strict=True))
    written = {
        JSON: as_json(
            [{"label": v, "probabilities": dict(zip(LABELS, p, strict=True)), "row_id": i} for i, v, p in rows]
        ),
        CSV: as_csv([(i, v, *map(repr, p)) for i, v, p in rows], ("row_id", "label", *map("p_".__add__, LABELS))),
        PARQUET: submission_bytes(ids, LABELS, shuffled),
    }
    for media_type, data in written.items():
        read = read_submission(data, media_type, form)
        assert (read.label == wanted.label).all() and (read.probabilities == probabilities).all(), media_type
    kept = read_stored(stored_bytes(wanted))
    assert (kept.label == wanted.label).all() and (kept.probabilities == probabilities).all()
    assert read_stored(stored_bytes(board.Predictions(wanted.label))).probabilities is None


def test_one_label_for_all_rows_is_an_answer():
    assert read_submission(as_json(dict.fromkeys(IDS, "avg")), JSON, FORM).label.tolist() == [2] * 5


def test_missing_extra_repeated_and_training_rows_are_all_named():
    rows = [("a1", "pos"), ("b2", "neg"), ("a1", "neg"), ("zz", "pos"), ("t2", "avg"), (" c3", "pos"), ("", "pos")]
    for data, media_type, first in (
        (as_json([{"row_id": i, "label": v} for i, v in rows]), JSON, 1),
        (as_csv(rows), CSV, 2),
        (as_parquet({"row_id": [i for i, _ in rows], "label": [v for _, v in rows]}), PARQUET, 1),
    ):
        found = {row: message for row, field, message in told(data, media_type) if field == "row_id"}
        assert found == {
            first + 2: f"'a1' was answered in row {first} already.",
            first + 3: "'zz' is no row of this version's test file.",
            first + 4: "'t2' is a row of the training part.",
            first + 5: "The row id ' c3' has a space around it.",
            first + 6: "The row id is empty.",
            None: "3 of the 5 test rows have no prediction: 'c3', 'd4', 'e5'.",
        }


def test_a_name_twice_in_an_object_is_an_answer_twice():
    text = '{"a1": "pos", "b2": "neg", "a1": "neg", "c3": "avg", "d4": "neg", "e5": "pos"}'
    assert told(text.encode()) == [(3, "row_id", "'a1' was answered in row 1 already.")]
    twice = as_json(listed()).replace(b'"label": "avg"', b'"label": "avg", "label": "pos"')
    assert told(twice) == [(3, "", "A field stands there twice.")]
    # As many names as a good file has, because another row lacks one.
    balanced = twice.replace(b'"row_id": "e5", ', b"")
    assert (3, "", "A field stands there twice.") in told(balanced)
    assert (5, "row_id", "It is missing.") in told(balanced)
    hidden = twice.replace(b'"label": "pos"}', b'"label": "p\\u003aos"}')  # an escaped colon in a value
    assert (3, "", "A field stands there twice.") in told(hidden)


@pytest.mark.parametrize(
    ("label", "message", "fix"),
    [
        ("Pos", "The label 'Pos' is not written exactly so.", "Write 'pos'."),
        ("pos ", "The label 'pos ' is not written exactly so.", "Write 'pos'."),
        (1, "The label is the number 1.", "Labels are names: write one of 'pos', 'neg', 'avg'."),
        (0, "The label is the number 0.", "Labels are names"),
        ("2", "The label is the number '2'.", "Labels are names"),
        (True, "The label is the truth value true.", "Labels are names"),
        (float("nan"), "nan stands for a missing label.", "Every row needs one of"),
        ("NaN", "'NaN' stands for a missing label.", "Every row needs one of"),
        ("", "The label is empty.", "Write one of 'pos', 'neg', 'avg'."),
        (None, "The label is empty.", "Write one of"),
        ("maybe", "There is no label 'maybe'.", "Write one of"),
        (["pos"], "The label is a list or an object.", "Labels are names"),
        ({"pos": 1}, "The label is a list or an object.", "Labels are names"),
        ("x" * 10_000 + "\n\x1b[31m", "There is no label 'xxxx", "Write one of"),
    ],
)
def test_a_wrong_label_is_named_with_what_to_write(label, message, fix):
    [problem] = problems_of(as_json(listed({**GOOD, "c3": label})))
    assert (problem.row, problem.field) == (3, "label")
    assert problem.message.startswith(message) and problem.fix.startswith(fix)
    assert len(problem.message) < 120 and problem.message.isprintable()
    [same] = problems_of(as_json({**GOOD, "c3": label}))
    assert same.message == problem.message
    if isinstance(label, str) and "\n" not in label:
        [in_csv] = problems_of(as_csv({**GOOD, "c3": label}.items()), CSV)
        assert (in_csv.row, in_csv.message) == (4, problem.message)


@pytest.mark.parametrize("label", [[0, 1, 2, 1, 0], [0.0, 1.0, float("nan"), 1.0, 0.0], [True] * 5, [None] * 5])
def test_a_parquet_column_of_numbers_is_no_column_of_labels(label):
    found = told(as_parquet({"row_id": list(IDS), "label": label}), PARQUET)
    assert [row for row, _, _ in found] == [1, 2, 3, 4, 5]
    assert {field for _, field, _ in found} == {"label"}


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ((0.5, 0.2, 0.2), "probabilities", "The probabilities sum to 0.9."),
        ((0.5, 0.3, 0.202), "probabilities", "The probabilities sum to 1.002."),
        ((-0.1, 0.6, 0.5), "p_pos", "-0.1 is no probability."),
        ((0.0, 1.5, -0.5), "p_neg", "1.5 is no probability."),
        ((0.0, float("nan"), 1.0), "p_neg", "nan is no probability."),
        ((0.0, 1.0, float("inf")), "p_avg", "inf is no probability."),
    ],
)
@pytest.mark.parametrize("media_type", [JSON, CSV, PARQUET])
def test_impossible_probabilities_are_named(values, field, message, media_type):
    rows = [(i, name, *SURE[name].values()) for i, name in GOOD.items()]
    rows[1] = ("b2", "neg", *values)
    names = ("row_id", "label", "p_pos", "p_neg", "p_avg")
    data = {
        JSON: as_json(
            [{"row_id": i, "label": v, "probabilities": dict(zip(LABELS, p, strict=True))} for i, v, *p in rows]
        ),
        CSV: as_csv(rows, names),
        PARQUET: as_parquet(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))),
    }[media_type]
    assert told(data, media_type) == [(3 if media_type == CSV else 2, field, message)]


def test_four_decimals_are_enough_for_a_sum_of_one():
    rows = [{**row, "probabilities": {"pos": 0.3333, "neg": 0.3333, "avg": 0.3333}} for row in listed()]
    assert read_submission(as_json(rows), JSON, FORM).probabilities.sum() == pytest.approx(5 * 0.9999)


@pytest.mark.parametrize(
    "given_",
    [
        [0.2, 0.3, 0.5],
        {"pos": 1},
        {"pos": "0.2", "neg": 0.3, "avg": 0.5},
        {"pos": True, "neg": 0, "avg": 0},
        1,
        {"pos": 10**400, "neg": 0, "avg": 0},
        {"pos": 1, "neg": 0, "other": 0},
    ],
)
def test_json_probabilities_are_numbers_by_label(given_):
    rows = [{**row, "probabilities": SURE[row["label"]]} for row in listed()]
    rows[3]["probabilities"] = given_
    [problem] = problems_of(as_json(rows))
    assert (problem.row, problem.field, problem.message) == (4, "probabilities", "These are no numbers by label.")


def test_probabilities_are_for_all_rows_or_none():
    rows = listed()
    rows[0]["probabilities"] = SURE["pos"]
    found = problems_of(as_json(rows))
    assert [p.row for p in found] == [2, 3, 4, 5]
    assert {p.fix for p in found} == {"Give probabilities for every row, or for none."}
    names = ("row_id", "label", "p_pos", "p_avg")
    assert told(as_csv([(i, v, 1, 0) for i, v in GOOD.items()], names), CSV) == [
        (None, "p_neg", "The column is missing.")
    ]
    empty = as_csv([(i, v, *SURE[v].values()) for i, v in GOOD.items()], (*names[:3], "p_neg", "p_avg")).replace(
        b"0.0", b"", 1
    )
    assert told(empty, CSV)[0] == (2, "p_neg", "The probability is empty.")
    columns = {"row_id": list(IDS), "label": list(GOOD.values()), "p_pos": [1.0, None] + [1.0] * 3, "p_neg": [0.0] * 5}
    assert told(as_parquet({**columns, "p_avg": [0] * 5}), PARQUET)[0] == (2, "p_pos", "The probability is empty.")
    assert told(as_parquet({**columns, "p_avg": ["0"] * 5}), PARQUET)[0][1] == "p_avg"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"[]", JSON),
        (b"{}", JSON),
        (b"row_id,label\n", CSV),
        (b"row_id,label", CSV),
        (as_parquet({"row_id": pa.array([], pa.string()), "label": pa.array([], pa.string())}), PARQUET),
    ],
)
def test_no_rows_are_no_answer(data, media_type):
    assert told(data, media_type) == [(None, "", "The file holds no rows.")]


@pytest.mark.parametrize("media_type", [JSON, CSV, PARQUET])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"null",
        b"\x00\x01",
        b"PAR1",
        b"PAR1" * 9,
        b"[" * 100_000,
        b"[1, 2]",
        b'["a"]',
        b'{"a":',
        b"\xff\xfe{\x00}\x00",
        b"\xff",
        b"1" * 6_000,
        b'"text"',
        b'{"predictions": []}',
        b"row_id;label\na1;pos",
        b"a1,pos\nb2,neg",
        b"row_id,label\na1",
        b'row_id,label\n"a1,pos',
        b"row_id,label,label\n",
        b"NaN",
    ],
)
def test_whatever_is_no_submission_is_refused_in_words(data, media_type):
    for problem in problems_of(data, media_type):
        assert problem.message and len(str(problem)) < 600


def test_packed_and_executable_files_are_refused_unread():
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("a pickle was loaded",)

    held = io.BytesIO()
    np.savez(held, label=np.zeros(3))
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    packed = {
        "gzip": gzip.compress(as_json(GOOD)),
        "zip": held.getvalue(),
        "NumPy": array.getvalue(),
        **{f"a pickle{' ' * n}": pickle.dumps(Bomb(), protocol=n) for n in range(2, 6)},
    }
    for name, data in packed.items():
        for media_type in (JSON, CSV, PARQUET):
            [(_, _, message)] = told(data, media_type)
            assert name.strip() in message
    for media_type in (JSON, CSV):
        assert problems_of(pickle.dumps(Bomb(), protocol=0), media_type)


def test_the_form_must_be_the_one_that_is_named():
    parquet = as_parquet({"row_id": list(GOOD), "label": list(GOOD.values())})
    assert "Send it as application/vnd.apache.parquet" in problems_of(parquet, JSON)[0].fix
    assert "no Parquet" in problems_of(as_json(GOOD), PARQUET)[0].message
    for other in ("", "text/html", "application/octet-stream", "application/x-pickle", "x" * 5_000):
        with pytest.raises(SubmissionRefused) as caught:
            read_submission(as_json(GOOD), other, FORM)
        assert caught.value.kind is RefusalKind.MEDIA_TYPE and len(str(caught.value)) < 300


def test_columns_are_named_exactly_and_no_other_is_read():
    assert told(as_csv([("a1", "pos", 3)], ("row_id", "label", "age")), CSV)[0][2].startswith(
        "There is no column 'age'"
    )
    assert told(as_csv([("a1", "pos")], ("id", "label")), CSV)[0] == (None, "row_id", "The column is missing.")
    assert "commas" in problems_of(b"row_id;label\na1;pos\n", CSV)[0].fix
    strange = as_parquet({"row_id": list(GOOD), "label": list(GOOD.values()), "index": [1] * 5})
    assert "There is no column 'index'" in told(strange, PARQUET)[0][2]
    nested = as_parquet({"row_id": list(GOOD), "label": [["pos"]] * 5})
    assert "type list" in told(nested, PARQUET)[0][2]
    rows = [{**row, "fold": 1} for row in listed()]
    assert told(as_json(rows))[0] == (1, "", "There is no field 'fold'.")


def test_rows_of_another_width_are_named_by_their_line():
    data = as_csv([("a1", "pos"), ("b2",), ("c3", "avg", "x"), ("d4", "neg"), ("e5", "pos")])
    found = told(data, CSV)
    assert (3, "", "It has 1 cells where the header has 2.") in found
    assert (4, "", "It has 3 cells where the header has 2.") in found
    empty_line = b"row_id,label\na1,pos\n\nb2,neg\nc3,avg\nd4,neg\ne5,pos\n"
    assert (3, "row_id", "The row id is empty.") in told(empty_line, CSV)


def test_a_thousand_faults_are_counted_and_some_told():
    form = board.TestForm(tuple(f"r{n}" for n in range(1_000)), LABELS)
    found = problems_of(as_json([{"row_id": f"x{n}", "label": "Pos"} for n in range(1_000)]), form=form)
    assert len(found) == 2 * (submission_limits.MAX_TOLD + 1) + 1
    assert "980 more unknown row ids are not listed." in {p.message for p in found}
    assert "980 more wrong labels are not listed." in {p.message for p in found}
    [missing] = [p for p in found if "have no prediction" in p.message]
    assert missing.message.startswith("1,000 of the 1,000 test rows") and missing.message.endswith("and 980 more.")


def test_too_many_bytes_rows_or_values_are_refused_before_they_are_taken_apart(monkeypatch):
    monkeypatch.setattr(submission_files, "MAX_SUBMISSION_BYTES", 1_000)
    with pytest.raises(SubmissionRefused) as caught:
        read_submission(b" " * 1_001, JSON, FORM)
    assert caught.value.kind is RefusalKind.TOO_LARGE
    monkeypatch.undo()
    many = 60_000
    for data in (
        b"[" + b"[]," * many + b"[]]",
        b"[" + b"{}," * many + b"{}]",
        as_json({str(n): "pos" for n in range(many)}),
    ):
        assert "values; the form has 5 rows" in problems_of(data)[0].message
    assert "60,000 rows; the form has 5" in told(b"row_id,label" + b"\na,b" * many, CSV)[0][2]
    assert (
        "60,000 rows; the form has 5"
        in told(as_parquet({"row_id": ["a"] * many, "label": ["b"] * many}), PARQUET)[0][2]
    )


def test_deep_texts_are_refused():
    for data in (b"[" * 500 + b"]" * 500, b'{"a":' * 500 + b"1" + b"}" * 500):
        assert problems_of(data)
