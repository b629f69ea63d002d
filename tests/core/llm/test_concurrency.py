import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.llm.concurrency import AdaptiveLimit


@given(st.integers(1, 64), st.lists(st.sampled_from(["enter", "leave", "slow", "fast"]), max_size=200))
def test_limit_stays_between_one_and_the_most(n_max, steps):
    limit, rounds = AdaptiveLimit(n_max), []
    for step in steps:
        if step == "enter" and limit.has_room:
            rounds.append(limit.enter())
        elif step == "leave" and rounds:
            rounds.pop()
            limit.leave()
        elif step == "slow" and rounds:
            limit.slow_down(rounds[-1])
        elif step == "fast":
            limit.speed_up()
        assert 1 <= limit.limit <= n_max
        assert limit.n_in_flight == len(rounds)
        assert limit.has_room == (len(rounds) < limit.limit)


def test_refusals_of_one_round_halve_it_once():
    limit = AdaptiveLimit(8)
    rounds = [limit.enter() for _ in range(8)]
    for round_ in rounds:
        limit.slow_down(round_)
    assert (limit.limit, limit.has_room) == (4, False)
    for _ in range(8):
        limit.leave()
    limit.slow_down(limit.enter())
    assert limit.limit == 2
    limit.slow_down(rounds[0])  # news of long ago
    assert limit.limit == 2


def test_it_falls_to_one_and_never_below():
    limit = AdaptiveLimit(7)
    seen = []
    for _ in range(5):
        limit.slow_down(limit.enter())
        limit.leave()
        seen.append(limit.limit)
    assert seen == [3, 1, 1, 1, 1]
    assert limit.has_room


def test_it_grows_by_about_one_in_a_round_of_successes():
    limit = AdaptiveLimit(64)
    for _ in range(6):
        limit.slow_down(limit.enter())
    assert limit.limit == 1
    n_successes_at = {}
    while limit.limit < 10:
        n_successes_at[limit.limit] = n_successes_at.get(limit.limit, 0) + 1
        limit.speed_up()
    assert all(abs(n - size) <= 1 for size, n in n_successes_at.items())


def test_a_limit_of_none_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        AdaptiveLimit(0)
