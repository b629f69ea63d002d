"""The rate limit against a plain recount of the admitted requests."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from core.leaderboard.rate_limit import RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ab")), max_size=60))
def test_no_window_holds_more_than_the_limit_and_nothing_is_refused_without_need(
    limit: int, requests: list[tuple[int, str]]
) -> None:
    clock = Clock()
    limiter = RateLimiter(limit, 7.0, clock)
    admitted: dict[str, list[float]] = {"a": [], "b": []}
    for pause, key in requests:
        clock.now += pause
        inside = [at for at in admitted[key] if at > clock.now - 7.0]
        admission = limiter.admit(key)
        assert admission.is_admitted == (len(inside) < limit)
        if admission.is_admitted:
            admitted[key].append(clock.now)
            inside.append(clock.now)
        assert admission.remaining == limit - len(inside)
        assert admission.reset_s == inside[0] + 7.0 - clock.now


def test_who_waits_as_long_as_told_is_admitted() -> None:
    clock = Clock()
    limiter = RateLimiter(60, 60.0, clock)
    assert [limiter.admit("t").remaining for _ in range(60)] == list(range(59, -1, -1))
    refused = limiter.admit("t")
    assert (refused.is_admitted, refused.remaining, refused.reset_s) == (False, 0, 60.0)
    clock.now += refused.reset_s
    assert limiter.admit("t").is_admitted


def test_a_key_that_was_quiet_is_forgotten() -> None:
    clock = Clock()
    limiter = RateLimiter(2, 10.0, clock)
    for number in range(1_000):
        limiter.admit(f"token {number}")
    clock.now += 10.0
    limiter.admit("another")
    assert len(limiter._admitted) == 1


def test_threads_together_get_no_more_than_one_would() -> None:
    limiter = RateLimiter(100, 60.0, Clock())
    admitted: list[bool] = []
    threads = [
        threading.Thread(target=lambda: admitted.extend(limiter.admit("t").is_admitted for _ in range(50)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(admitted) == 100
