"""Conditional rows by drawing and keeping: the right rows, enough of them, and a clear end where there are too few."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest

from core.errors import InvalidInput, ValenceError
from core.progress import finish
from core.tabular.engines.rejection import LEAST_DRAWS, check_where, sample_by_rejection
from core.tabular.engines.rows import on_grid, stacked
from core.tabular.plain import Condition, PlainColumn, PlainTable

COLUMNS = (PlainColumn("price", 0, 0.0, 1.0), PlainColumn("hour", 0, 0.0, 23.0, 1.0), PlainColumn("y", 4))
RARE = Condition("y", frozenset({3}))


def draw(n: int, rng: np.random.Generator) -> PlainTable:
    """One row in ten has y 1, one in a thousand y 2, none y 3."""
    y = np.searchsorted([0.899, 0.999, 1.0], rng.random(n), side="right").astype(np.int32)
    values = {"price": rng.random(n), "hour": rng.integers(0, 24, n).astype(np.float64), "y": y}
    return PlainTable(COLUMNS, values, "y")


def test_kept_rows_are_the_first_that_meet_of_what_is_drawn() -> None:
    where = (Condition("y", frozenset({1})), Condition("price", low=0.5))
    made = finish(sample_by_rejection(draw, COLUMNS, "y", 300, 7, where, batch_rows=512))
    assert len(made) == 300
    assert (made.codes("y") == 1).all() and (made.numbers("price") >= 0.5).all()
    # By the law of what was drawn, prices of kept rows are even over the upper half.
    assert made.numbers("price").mean() == pytest.approx(0.75, abs=0.03)
    whole = finish(sample_by_rejection(draw, COLUMNS, "y", 40, 7))
    rng = np.random.default_rng(7)
    assert whole.numbers("price").tobytes() == draw(40, rng).numbers("price").tobytes()


def test_too_rare_a_condition_ends_and_says_how_often_each_part_was_met() -> None:
    where = (Condition("y", frozenset({2})), Condition("price", low=0.5, high=0.6))
    steps = sample_by_rejection(draw, COLUMNS, "y", 50, 7, where)
    with pytest.raises(ValenceError, match=r"y in 1 chosen value by \d+, price from 0.5 to 0.6"):
        finish(steps)
    drawn = list(islice(_progress_until_error(where), 50))
    assert LEAST_DRAWS <= drawn[-1] < 3 * LEAST_DRAWS


def _progress_until_error(where: tuple[Condition, ...]) -> Iterator[int]:
    steps = sample_by_rejection(draw, COLUMNS, "y", 50, 7, where)
    try:
        for progress in steps:
            yield int(progress.note.split(" of ")[1].split(" ")[0].replace(",", ""))
    except ValenceError:
        return


def test_an_engine_that_returns_no_rows_ends_too() -> None:
    def nothing(n: int, rng: np.random.Generator) -> PlainTable:
        return stacked(COLUMNS, "y", [])

    with pytest.raises(ValenceError, match="0 meet"):
        finish(sample_by_rejection(nothing, COLUMNS, "y", 5, 1))


def test_no_rows_are_a_table_of_no_rows() -> None:
    made = finish(sample_by_rejection(draw, COLUMNS, "y", 0, 1))
    assert (len(made), made.columns, made.target) == (0, COLUMNS, "y")
    assert made.values["y"].dtype == np.int32


def test_every_condition_that_cannot_be_met_is_reported_at_once() -> None:
    where = (
        Condition("colour", frozenset({1})),
        Condition("y", frozenset({4, -1})),
        Condition("price", low=1.5, high=2.0),
        Condition("hour", low=3.1, high=3.9),
    )
    with pytest.raises(InvalidInput) as raised:
        check_where(COLUMNS, where)
    assert [problem.field for problem in raised.value.problems] == ["colour", "y", "price", "hour"]
    assert "in steps of 1" in raised.value.problems[-1].fix
    check_where(COLUMNS, (Condition("hour", low=3.0, high=3.0), Condition("price", high=0.0), RARE))


def test_numbers_go_to_the_nearest_multiple_within_bounds() -> None:
    cents = PlainColumn("a", 0, 0.05, 1.13, 0.01)
    given = np.array([0.0, 0.0749, 0.286, 0.574, 5.0])
    assert on_grid(given, cents).tolist() == [0.05, 0.07, 0.29, 0.57, 1.13]
    tens = PlainColumn("a", 0, -20.0, 40.0, 10.0)
    assert on_grid(np.array([-26.0, 3.0, 17.0]), tens).tolist() == [-20.0, 0.0, 20.0]
    free = PlainColumn("a", 0, 0.0, 1.0)
    assert on_grid(np.array([0.12345, 2.0]), free).tolist() == [0.12345, 1.0]
