import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput, NotFound
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.scores import Band, ScoreState, bands, inherits, joined, no_scores, score_table
from core.graph.strategies.cluster.settings import DEFAULT, STRICT, ClusterStrategySettings


def band_of(value: float | None, settings: ClusterStrategySettings = DEFAULT) -> Band:
    return Band(int(bands(score_table([0], [1], [Score(value)]), settings)[0]))


def inherits_of(value: float | None, settings: ClusterStrategySettings = DEFAULT) -> bool:
    return bool(inherits(score_table([0], [1], [Score(value)]), settings)[0])


@pytest.mark.parametrize(
    ("value", "band", "does_inherit"),
    [
        (10.0, Band.POSITIVE, True),
        (8.0, Band.POSITIVE, True),
        (np.nextafter(8.0, 0), Band.POSITIVE, False),
        (7.0, Band.POSITIVE, False),
        (np.nextafter(7.0, 0), Band.DISCARDED, False),
        (5.0, Band.DISCARDED, False),
        (np.nextafter(4.0, 9), Band.DISCARDED, False),
        (4.0, Band.NEGATIVE, False),
        (np.nextafter(3.0, 9), Band.NEGATIVE, False),
        (3.0, Band.NEGATIVE, True),
        (0.0, Band.NEGATIVE, True),
        (None, Band.NOT_VIABLE, False),
    ],
)
def test_each_threshold_belongs_to_the_band_it_begins(value: float | None, band: Band, does_inherit: bool) -> None:
    assert band_of(value) is band
    assert inherits_of(value) is does_inherit


def test_the_strict_preset_inherits_at_nine_and_two() -> None:
    assert [inherits_of(value, STRICT) for value in (8.9, 9.0, 2.0, 2.1)] == [False, True, True, False]


def test_not_viable_is_not_zero_and_unscored_is_neither() -> None:
    table = score_table([0, 0, 0], [1, 2, 3], [Score(0.0), Score(None), None])
    assert table.state.tolist() == [ScoreState.SCORED, ScoreState.NOT_VIABLE, ScoreState.UNSCORED]
    assert bands(table, DEFAULT).tolist() == [Band.NEGATIVE, Band.NOT_VIABLE, Band.UNSCORED]
    assert [table.score(row) for row in range(3)] == [Score(0.0), Score(None), None]


def test_nothing_inherits_when_inheriting_is_switched_off() -> None:
    off = DEFAULT.model_copy(update={"auto_inherit": False})
    assert not any(inherits_of(value, off) for value in (0.0, 3.0, 8.0, 10.0))


pair_lists = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda p: p[0] < p[1]), unique=True)


@given(known=pair_lists, wanted=pair_lists)
def test_rows_are_found_from_either_end(known: list[tuple[int, int]], wanted: list[tuple[int, int]]) -> None:
    table = score_table([b for _, b in known], [a for a, _ in known], [Score(float(a)) for a, _ in known])
    row_of = {pair: row for row, pair in enumerate(sorted(known))}
    a, b = (np.array([pair[end] for pair in wanted], dtype=np.int32) for end in (0, 1))
    expected = [row_of.get(pair, -1) for pair in wanted]
    assert table.find(a, b).tolist() == table.find(b, a).tolist() == expected
    assert list(zip(table.a.tolist(), table.b.tolist(), strict=True)) == sorted(known)


@given(first=pair_lists, second=pair_lists)
def test_joining_keeps_every_pair_once_and_prefers_the_second(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    one = score_table([a for a, _ in first], [b for _, b in first], [Score(1.0)] * len(first))
    two = score_table([a for a, _ in second], [b for _, b in second], [Score(2.0)] * len(second))
    both = joined(one, two)
    values = dict(zip(zip(both.a.tolist(), both.b.tolist(), strict=True), both.value.tolist(), strict=True))
    assert len(both) == len(values)
    assert values == {pair: 2.0 if pair in second else 1.0 for pair in {*first, *second}}


def test_a_score_is_edited_by_hand_and_marked() -> None:
    table = score_table([0, 1], [2, 2], [None, Score(6.0)])
    edited = table.edited(2, 0, 9.5).edited(1, 2, None)
    assert [edited.score(0), edited.score(1)] == [Score(9.5), Score(None)]
    assert edited.is_edited.tolist() == [True, True]
    assert table.score(0) is None, "the table itself is not changed"


@pytest.mark.parametrize("value", [-0.1, 10.1, float("nan"), float("inf")])
def test_a_score_outside_the_range_is_refused(value: float) -> None:
    with pytest.raises(InvalidInput):
        score_table([0], [1], [Score(5.0)]).edited(0, 1, value)


def test_an_unknown_cluster_pair_is_named() -> None:
    with pytest.raises(NotFound, match="Clusters 0 and 7"):
        score_table([0], [1], [Score(5.0)]).edited(0, 7, 5.0)
    with pytest.raises(NotFound):
        no_scores().row(0, 1)
