"""Distances between rows, and what is counted with them, against dense recounts."""

import numpy as np
import pytest

from core.progress import finish
from core.tabular.report.distances import closeness, dcr_share, row_texts
from core.tabular.report.encoding import EncodedTable, Encoder, encoder_of
from core.tabular.report.linear_features import linear_features
from core.tabular.report.neighbours import neighbours
from core.tabular.report.row_space import RowSpace, balls_holding, nearest_rows, row_space
from core.tabular.report.tree_features import repeats, tree_features
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.table import RawTable

SCHEMA = TableSchema(
    columns=(
        Column(name="n", kind=ColumnKind.NUMBER, decimals=2),
        Column(name="c", kind=ColumnKind.CATEGORY),
        Column(name="d", kind=ColumnKind.CATEGORY),
        Column(name="l", kind=ColumnKind.LIST, separator="^"),
    )
)


def _table(n_rows: int, seed: int) -> RawTable:
    rng = np.random.default_rng(seed)
    lists = ["^".join(f"v{v}" for v in rng.choice(9, size, replace=False)) for size in rng.integers(0, 4, n_rows)]
    return RawTable.of(
        {
            "n": [
                None if empty else f"{v:.2f}"
                for v, empty in zip(rng.normal(size=n_rows), rng.random(n_rows) < 0.2, strict=True)
            ],
            "c": [None if v == 5 else f"c{v}" for v in rng.integers(0, 6, n_rows)],
            "d": [f"d{v}" for v in rng.integers(0, 3, n_rows)],
            "l": lists,
        }
    )


def _distance(first: list[str | None], second: list[str | None], known: np.ndarray) -> float:
    """One pair of rows by the definition in words."""

    def place(text: str) -> float:
        value = float(text)
        return ((known < value).sum() + (known <= value).sum()) / 2 / len(known)

    if first[0] is None or second[0] is None:
        total = float(first[0] is not second[0])
    else:
        total = abs(place(first[0]) - place(second[0]))
    total += sum(a != b for a, b in zip(first[1:3], second[1:3], strict=True))
    sets = [set((row[3] or "").split("^")) - {""} for row in (first, second)]
    either = sets[0] | sets[1]
    return total + (1 - len(sets[0] & sets[1]) / len(either) if either else 0.0)


@pytest.fixture(scope="module")
def spaces() -> tuple[RowSpace, RowSpace, np.ndarray]:
    first, second = _table(40, 1), _table(60, 2)
    encoder = encoder_of(SCHEMA, first.concat(second))
    real = encoder.encode(second)
    made = [row_space(encoder.encode(table), real, encoder) for table in (first, second)]
    known = np.array([float(v) for v in second.column("n") if v is not None])
    rows = [list(zip(*(table.column(name) for name in "ncdl"), strict=True)) for table in (first, second)]
    dense = np.array([[_distance(list(a), list(b), known) for b in rows[1]] for a in rows[0]])
    return made[0], made[1], dense


def test_the_nearest_rows_are_those_of_every_distance_sorted(spaces: tuple[RowSpace, RowSpace, np.ndarray]) -> None:
    first, second, dense = spaces
    found = nearest_rows(first, second, 4)
    assert found.distances == pytest.approx(np.sort(dense, axis=1)[:, :4], abs=1e-5)
    assert dense[np.arange(40)[:, None], found.rows] == pytest.approx(found.distances, abs=1e-5)
    itself = nearest_rows(second, second, 1)
    assert itself.distances.max() == 0.0
    assert (nearest_rows(second, second, 1, leave_self_out=True).rows[:, 0] != np.arange(60)).all()
    assert np.isinf(nearest_rows(first, second.take(np.arange(2)), 3).distances[:, 2]).all()


def test_balls_hold_the_rows_within_their_radius(spaces: tuple[RowSpace, RowSpace, np.ndarray]) -> None:
    first, second, dense = spaces
    radii = np.sort(np.random.default_rng(0).uniform(0.5, 3, (60, 3)), axis=1).astype(np.float32)
    expected = (dense[:, :, None] <= radii[None]).sum(axis=1)
    assert np.array_equal(balls_holding(first, second, radii), expected)


def test_precision_and_recall_are_one_for_a_copy_and_nought_for_rows_elsewhere() -> None:
    table = _table(200, 5)
    encoder = encoder_of(SCHEMA, table)
    encoded = encoder.encode(table)
    here = row_space(encoded, encoded, encoder)
    away = RowSpace(here.places + 10, here.codes + 100, ~here.masks)
    same = finish(neighbours(here, here))
    assert (same.precision, same.recall, same.prd, same.coverage) == (1.0, 1.0, 1.0, 1.0)
    far = finish(neighbours(here, away))
    assert (far.precision, far.prd, far.coverage) == (0.0, 0.0, 0.0)
    one_row = finish(neighbours(here, here.take(np.zeros(200, dtype=np.int64))))
    assert one_row.precision == 1.0
    assert one_row.recall < 0.1
    assert [point.precision for point in same.curve] == sorted(point.precision for point in same.curve)


def test_rows_of_nobody_are_as_close_to_either_side_and_copies_to_their_own() -> None:
    encoder = encoder_of(SCHEMA, _table(900, 7))
    table = encoder.encode(_table(900, 7))
    train, holdout, fresh = (table.take(np.arange(*part)) for part in ((0, 500), (500, 700), (700, 900)))
    spaces = [row_space(side, holdout, encoder) for side in (train, holdout, fresh)]
    assert dcr_share(spaces[0], spaces[0], spaces[1]).value > 0.9
    assert dcr_share(spaces[1], spaces[0], spaces[1]).value < 0.1
    found = dcr_share(spaces[2], spaces[0], spaces[1])
    assert found.low < 0.5 < found.high
    own = dcr_share(spaces[1], spaces[0], spaces[1], leave_self_out=True)
    assert own.low < 0.5 < own.high
    assert closeness(spaces[0], spaces[0]).dcr.max() == 0.0
    assert closeness(spaces[2], spaces[0]).nndr.max() <= 1.0


def test_equal_rows_have_equal_texts_however_they_are_written() -> None:
    schema = TableSchema(columns=(Column(name="id", kind=ColumnKind.IDENTIFIER), *SCHEMA.columns))
    table = RawTable.of({"id": ["1", "2"], "n": ["+1.5", "1.50"], "c": ["x", "x"], "d": [None, None], "l": ["a", "a"]})
    texts = row_texts(table, schema).to_pylist()
    assert texts[0] == texts[1]
    other = RawTable.of({"id": ["1"], "n": ["1.5"], "c": [None], "d": ["x"], "l": ["a"]})
    assert row_texts(other, schema).to_pylist()[0] != texts[0]


def _many(n_categories: int) -> tuple[Encoder, EncodedTable]:
    texts = [f"c{i % n_categories}" for i in range(2000)]
    schema = TableSchema(
        columns=(Column(name="c", kind=ColumnKind.CATEGORY), Column(name="l", kind=ColumnKind.LIST, separator="^"))
    )
    table = RawTable.of({"c": texts, "l": [f"{text}^z" for text in texts]})
    encoder = encoder_of(schema, table)
    return encoder, encoder.encode(table)


def test_features_are_as_many_for_two_categories_as_for_two_thousand() -> None:
    widths = []
    for n_categories in (2, 2000):
        encoder, table = _many(n_categories)
        labels = np.arange(2000) % 2 == 0
        linear = linear_features(table, labels, table, encoder, "", 0)
        widths.append((tree_features(table, encoder).values.shape, linear.training.shape))
    assert widths[0] == widths[1]


def test_a_label_is_not_in_the_features_of_its_own_row() -> None:
    encoder, table = _many(2000)
    labels = np.random.default_rng(0).random(2000) < 0.5
    features = linear_features(table, labels, table, encoder, "", 0)
    assert set(features.training[:, 0]) == {0.0}
    lists = features.training[:, features.names.index("l: values")]
    assert abs(np.corrcoef(lists, labels)[0, 1]) < 0.1
    assert np.corrcoef(features.tested[:, 0], labels)[0, 1] > 0.9


def test_lists_know_their_repeats() -> None:
    table = RawTable.of({"n": ["1"] * 3, "c": ["x"] * 3, "d": ["x"] * 3, "l": ["a^b^a^a", None, "b"]})
    encoder = encoder_of(SCHEMA, table)
    lists = encoder.encode(table).lists["l"]
    assert repeats(lists).tolist() == [2, 0, 0]
    assert lists.lengths.tolist() == [4, 0, 1]
    taken = lists.take(np.array([2, 0]))
    assert taken.codes.tolist() == [1, 0, 1, 0, 0]
