import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.strategies.adaptive.pairs import list_pairs
from core.graph.strategies.adaptive.routing import chance_of_audit, promising_calls, random_calls


def _pairs(*sizes):
    attributes = (
        Attribute(f"{m}-{i}", f"{m}-{i}", str(m), str(m)) for m, size in enumerate(sizes) for i in range(size)
    )
    return list_pairs(Catalogue(tuple(attributes)))


def _asked(pairs, calls):
    return [int(pairs.number_of[call.primary, target]) for call in calls for target in call.targets]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=2, max_size=4), st.integers(1, 9), st.integers(0, 30), st.integers(0, 99))
def test_calls_ask_open_pairs_only_and_none_twice(sizes, batch_size, n_calls, seed):
    pairs, rng = _pairs(*sizes), np.random.default_rng(seed)
    is_open = rng.random(len(pairs)) < 0.6
    for calls in (
        random_calls(pairs, is_open, n_calls, batch_size, rng),
        promising_calls(pairs, rng.random(len(pairs)) + 0.01, is_open, n_calls, batch_size),
    ):
        asked = _asked(pairs, calls)
        assert len(asked) == len(set(asked)) and min(asked, default=0) >= 0
        assert is_open[asked].all()
        assert len(calls) <= n_calls and all(1 <= len(call.targets) <= batch_size for call in calls)


def test_promising_calls_take_everything_in_the_end():
    pairs = _pairs(7, 5, 2)
    calls = promising_calls(pairs, np.ones(len(pairs)), np.ones(len(pairs), dtype=bool), 1_000, 4)
    assert sorted(_asked(pairs, calls)) == list(range(len(pairs)))


def test_the_first_call_is_the_best_there_is():
    pairs, rng = _pairs(9, 8, 4), np.random.default_rng(2)
    gain = rng.random(len(pairs)) + 0.01
    (call,) = promising_calls(pairs, gain, np.ones(len(pairs), dtype=bool), 1, 3)
    best = max(np.sort(gain[row[row >= 0]])[-3:].sum() for row in pairs.number_of)
    assert np.isclose(gain[_asked(pairs, [call])].sum(), best, rtol=1e-5)


def test_random_calls_draw_pairs_as_often_as_stated():
    pairs, rng = _pairs(12, 3, 1), np.random.default_rng(3)  # some attributes have fewer pairs than a call holds
    is_open = rng.random(len(pairs)) < 0.7
    counts = np.zeros(len(pairs))
    for _ in range(12_000):  # one call at a time: without replacement the chances are exact
        counts[_asked(pairs, random_calls(pairs, is_open, 1, 5, rng))] += 1
    expected = chance_of_audit(pairs, is_open, 5)
    ratio = counts[is_open] / expected[is_open]
    assert (counts[~is_open] == 0).all() and (expected[~is_open] == 0).all()
    assert np.ptp(expected[is_open]) > 2
    assert np.allclose(ratio / ratio.mean(), 1, atol=0.1)
