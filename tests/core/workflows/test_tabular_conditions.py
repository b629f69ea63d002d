"""Conditions as typed."""

import pytest

from core.errors import InvalidInput
from core.tabular.exchange import Use
from core.tabular.where import WhereColumn
from core.workflows.tabular_conditions import read_wanted, read_where


def test_values_and_bounds_are_read_and_bounds_of_one_column_join() -> None:
    where = read_where(["city=Oslo|New York", "age>=18", "age <= 30", "note="])
    assert where.columns == (
        WhereColumn(column="city", values=("Oslo", "New York")),
        WhereColumn(column="age", at_least="18", at_most="30"),
        WhereColumn(column="note", values=("",)),
    )


def test_a_value_may_hold_a_sign() -> None:
    assert read_where(["rule=a<=b"]).columns[0].values == ("a<=b",)
    assert read_where(["rule=a=b"]).columns[0].values == ("a=b",)


def test_everything_that_is_no_condition_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_where(["city", "=Oslo", "age>=", "a>=1", "a>=2"])
    texts = [str(problem) for problem in caught.value.problems]
    assert len(texts) == 4
    for told, text in zip(("'city'", "'=Oslo'", "'age>='", "a >= is given twice"), texts, strict=True):
        assert told in text


@pytest.mark.parametrize(
    ("where", "n_rows", "ratio", "use"),
    [
        ([], None, None, Use.TABLE),
        ([], 5, None, Use.TABLE),
        (["a=1"], 5, None, Use.CONDITIONAL),
        ([], None, 0.5, Use.AUGMENTATION),
    ],
)
def test_what_the_rows_are_for_follows_from_what_is_wanted(
    where: list[str], n_rows: int | None, ratio: float | None, use: Use
) -> None:
    assert read_wanted(where, n_rows=n_rows, ratio=ratio, seed=0).use is use


def test_a_ratio_goes_with_no_number_and_no_condition() -> None:
    for where, n_rows in (([], 5), (["a=1"], None)):
        with pytest.raises(InvalidInput, match="ratio already says"):
            read_wanted(where, n_rows=n_rows, ratio=0.5, seed=0)
    with pytest.raises(InvalidInput, match="n_rows"):
        read_wanted([], n_rows=2_000_000, ratio=None, seed=0)
