"""The reference lines, against enumeration of every rule and against arithmetic on areas."""

from itertools import product

import numpy as np
import pytest
from sklearn.metrics import f1_score

from core.errors import CorruptArtefact
from core.leaderboard.lines import (
    ceiling_by_law,
    ceiling_on_rows,
    macro_f1,
    majority_score,
    oracle_rule,
    region_law,
)
from core.leaderboard.solution import Solution, read_solution, solution_bytes
from core.sampler.configuration import LabelParams
from core.sampler.density import measure_density
from core.sampler.example_graphs import example_named, make_example
from core.sampler.fractions import Fractions, inside
from core.sampler.published import published_config
from core.workflows.split_lines import law_of


def params(pos, neg, n=100):
    return LabelParams(pos_frac_range=pos, neg_frac_range=neg, num_samples=n)


LABELS = {
    "pos": params((0.3, 1.0), (0.0, 0.4), 300),
    "neg": params((0.0, 0.4), (0.3, 1.0), 200),
    "avg": params((0.2, 0.6), (0.1, 0.5), 500),
}
N_ROWS = np.array([300, 200, 500])


def even_rows(labels, n=4_000, seed=0):
    """Rows spread evenly over what shares can be: both at least 0, together at most 1."""
    rng = np.random.default_rng(seed)
    made = {}
    for name, own in labels.items():
        pos, neg = (rng.uniform(*r, 4 * n) for r in (own.pos_frac_range, own.neg_frac_range))
        kept = np.flatnonzero(pos + neg <= 1)[:n]
        made[name] = Fractions(pos[kept], neg[kept], 1 - pos[kept] - neg[kept])
    return made


def drawn(samples):
    """The samples as one set of rows with their labels, as many of each as N_ROWS says."""
    takes = [np.arange(n) for n in N_ROWS]
    columns = [
        np.concatenate([getattr(s, f)[t] for s, t in zip(samples.values(), takes, strict=True)])
        for f in Fractions._fields
    ]
    return Fractions(*columns), np.repeat(np.arange(3), N_ROWS).astype(np.int8)


def test_the_oracle_is_the_best_of_all_rules_that_call_whole_regions():
    law = region_law(even_rows(LABELS), LABELS)
    rule = oracle_rule(law, N_ROWS)
    mass = law.shares * (N_ROWS / N_ROWS.sum())[:, None]

    def expected(calls):
        calls = np.array(calls)
        right = np.array([mass[k, calls == k].sum() for k in range(3)])
        called = np.array([mass[:, calls == k].sum() for k in range(3)])
        return float(np.mean(2 * right / (mass.sum(axis=1) + called)))

    best = max(expected(calls) for calls in product(range(3), repeat=mass.shape[1]))
    assert expected(rule.label) == pytest.approx(best)
    assert best <= ceiling_by_law(law, N_ROWS) + 1e-12
    found, label = drawn(even_rows(LABELS, seed=1))
    scored = macro_f1(label, rule.predict(found, LABELS), 3)
    assert scored == pytest.approx(f1_score(label, rule.predict(found, LABELS), average="macro"))
    assert scored == pytest.approx(best, abs=0.03)
    assert scored <= ceiling_on_rows(found, label, LABELS) + 1e-12


def test_boxes_that_do_not_meet_cap_nothing_and_noise_lowers_the_ceiling_on_rows_alone():
    apart = {
        "pos": params((0.5, 1.0), (0.0, 0.2)),
        "neg": params((0.0, 0.2), (0.5, 1.0)),
        "avg": params((0.25, 0.4), (0.25, 0.4)),
    }
    law = region_law(even_rows(apart), apart)
    rule, (found, label) = oracle_rule(law, N_ROWS), drawn(even_rows(apart, seed=1))
    assert ceiling_by_law(law, N_ROWS) == macro_f1(label, rule.predict(found, apart), 3) == 1.0
    wrong = label.copy()
    wrong[::10] = (wrong[::10] + 1) % 3
    assert ceiling_on_rows(found, label, apart) == pytest.approx(1.0)
    assert 0.85 < ceiling_on_rows(found, wrong, apart) < 0.93
    assert 0.85 < macro_f1(wrong, rule.predict(found, apart), 3) < 0.93


def test_rows_outside_every_box_go_to_the_nearest():
    apart = {
        "pos": params((0.5, 1.0), (0.0, 0.2)),
        "neg": params((0.0, 0.2), (0.5, 1.0)),
        "avg": params((0.3, 0.4), (0.3, 0.4)),
    }
    rule = oracle_rule(region_law(even_rows(apart), apart), N_ROWS)
    outside = Fractions(np.array([0.45, 0.1, 0.29, 0.9]), np.array([0.1, 0.45, 0.3, 0.25]), np.zeros(4))
    assert not any(inside(outside, p.pos_frac_range, p.neg_frac_range).any() for p in apart.values())
    assert rule.predict(outside, apart).tolist() == [0, 1, 2, 0]


def test_the_floor_is_that_of_scikit_learn():
    train = np.array([2] * 50 + [0] * 30 + [1] * 20, dtype=np.int8)
    test = np.array([2] * 11 + [0] * 9 + [1] * 10, dtype=np.int8)
    expected = f1_score(test, np.full(30, 2), average="macro", zero_division=0)
    assert majority_score(train, test, 3) == pytest.approx(expected)


def test_published_ranges_filled_evenly_cap_v26_at_about_88_percent():
    labels = published_config("V26").config.label_params
    n_rows = np.array([p.num_samples for p in labels.values()])
    assert ceiling_by_law(region_law(even_rows(labels, 40_000), labels), n_rows) == pytest.approx(0.88, abs=0.025)


def test_published_ranges_of_the_exact_law_cap_v27_at_about_73_percent():
    """On the made-up graph of the published size; the published graph itself is not known, so the cap is only near."""
    graph = make_example(example_named("746"))
    config = published_config("V27").config
    law = law_of(graph, config, config.label_params)
    n_rows = np.array([p.num_samples for p in config.label_params.values()])
    assert ceiling_by_law(law, n_rows) == pytest.approx(0.73, abs=0.06)
    random = measure_density(graph, config.type_ranges, 20_000, 5).fractions
    samples = {}
    for name, own in config.label_params.items():
        hits = inside(random, own.pos_frac_range, own.neg_frac_range)
        samples[name] = Fractions(*(values[hits] for values in random))
    assert ceiling_by_law(law, n_rows) == pytest.approx(
        ceiling_by_law(region_law(samples, config.label_params), n_rows), abs=0.01
    )


SOLUTION = Solution(
    ("a", "b", "c"), ("CANARY-POS", "neg"), np.array([1, 0, 1], dtype=np.int8), np.array([True, False, True])
)


def test_a_solution_comes_back_and_never_prints_what_it_knows():
    again = read_solution(solution_bytes(SOLUTION))
    assert (again.row_ids, again.labels) == (SOLUTION.row_ids, SOLUTION.labels)
    np.testing.assert_array_equal(again.label, SOLUTION.label)
    np.testing.assert_array_equal(again.is_private, SOLUTION.is_private)
    assert repr(again) == str(again) == "<solution of 3 rows>"


@pytest.mark.parametrize("damage", [b"", b"PAR1", solution_bytes(SOLUTION)[:-9]])
def test_a_damaged_solution_is_refused_without_a_word_of_it(damage):
    with pytest.raises(CorruptArtefact) as caught:
        read_solution(damage)
    assert caught.value.__cause__ is None and "CANARY" not in str(caught.value)
