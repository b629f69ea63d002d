import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.errors import ValenceError
from core.graph.intervals import cluster_t, clustered_share, t_quantile, wilson


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.sampled_from([0.8, 0.95]))
def test_wilson_is_the_score_interval_of_scipy(counts, confidence):
    k, n = counts
    oracle = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert wilson(k, n, confidence)[1:] == pytest.approx((oracle.low, oracle.high), abs=1e-12)


def test_no_trials_say_nothing_and_impossible_counts_are_refused():
    assert wilson(0, 0)[1:] == (0.0, 1.0)
    for k, n in ((3, 2), (-1, 2), (0, -1)):
        with pytest.raises(ValenceError):
            wilson(k, n)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=30))
def test_clusters_of_one_give_the_ordinary_t_interval(values):
    interval = cluster_t(values, np.arange(len(values)), 0.9)
    error = float(np.std(values, ddof=1)) / np.sqrt(len(values))
    half = float(stats.t.ppf(0.95, len(values) - 1)) * error
    assert interval == pytest.approx((np.mean(values), np.mean(values) - half, np.mean(values) + half), abs=1e-9)


def test_clusters_of_equal_size_give_the_t_interval_of_their_means():
    values = np.random.default_rng(5).normal(size=(9, 4))
    by_cluster = cluster_t(values.ravel(), np.repeat(np.arange(9), 4))
    assert by_cluster == pytest.approx(cluster_t(values.mean(axis=1), np.arange(9)), abs=1e-12)


def test_a_ratio_does_not_depend_on_the_scale_of_its_weights():
    rng = np.random.default_rng(6)
    values, weights, clusters = rng.random(40), rng.random(40) + 0.5, rng.integers(0, 8, 40)
    plain, scaled = cluster_t(values, clusters, weights=weights), cluster_t(values, clusters, weights=weights * 7)
    assert plain.estimate == pytest.approx(values.sum() / weights.sum())
    assert np.array(scaled) * 7 == pytest.approx(np.array(plain))


def test_one_cluster_says_nothing_of_the_spread():
    assert cluster_t([1.0, 0.0], ["a", "a"])[1:] == (-np.inf, np.inf)
    assert clustered_share([True, False], ["a", "a"])[1:] == (0.0, 1.0)
    assert clustered_share([], [])[1:] == (0.0, 1.0)


def test_hits_that_are_all_alike_count_by_cluster():
    assert clustered_share([True] * 50, [0] * 25 + [1] * 25)[1:] == pytest.approx(wilson(2, 2)[1:])


def test_the_normal_quantile_is_the_limit_of_the_t_quantile():
    assert t_quantile(0.95, np.inf) == pytest.approx(stats.norm.ppf(0.975))
    assert t_quantile(0.95, 23) == pytest.approx(stats.t.ppf(0.975, 23))


def test_errors_that_cluster_are_covered_where_wilson_is_far_too_narrow():
    rng, n_runs, n_clusters, size = np.random.default_rng(7), 600, 24, 25
    held = {"clustered": 0, "wilson": 0}
    for _ in range(n_runs):
        chance = rng.beta(1.5, 6.0, n_clusters)  # each primary has its own error rate, 0.2 on average
        hits = rng.random((n_clusters, size)) < chance[:, None]
        held["clustered"] += clustered_share(hits.ravel(), np.repeat(np.arange(n_clusters), size)).holds(0.2)
        held["wilson"] += wilson(int(hits.sum()), hits.size).holds(0.2)
    assert 0.92 <= held["clustered"] / n_runs <= 0.98
    assert held["wilson"] / n_runs < 0.75
