"""The pair kernel's operators against the same written out densely, pair by pair."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ValenceError
from core.models.pair_kernel import layout as layouts
from core.models.pair_kernel.contrasts import between, contrast_basis, targets
from core.models.pair_kernel.edge_table import posterior_deviation, prior_scale
from core.models.pair_kernel.kernel import PairKernel, pair_kernel
from core.models.pair_kernel.layout import PairLayout, pair_layout, row_pairs
from core.models.pair_kernel.settings import KernelWeights
from core.models.pair_kernel.solving import conjugate_gradients
from core.models.pair_kernel.system import RowSystem, main_effects_preconditioner
from core.models.tables import AttributeTable, CampaignRows
from core.progress import finish

WEIGHTS = KernelWeights(shared=0.4, modality=0.2, content=0.7, noise=0.05)
MODALITY = (2, 0, 1, 0, 2, 2, 1, 0, 2)  # not in order


def _table(modality: tuple[int, ...] = MODALITY, n_dimensions: int = 3) -> AttributeTable:
    names = tuple(f"a{n}" for n in range(len(modality)))
    kinds = tuple(f"m{n}" for n in range(max(modality) + 1))
    vectors = np.random.default_rng(1).normal(size=(len(modality), n_dimensions))
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    place = np.array(modality, dtype=np.int32)
    return AttributeTable(names, names, names, kinds, kinds, place, place, vectors.astype(np.float32))


def _rows(members: list[list[int]]) -> CampaignRows:
    nodes = np.array([node for row in members for node in row], dtype=np.int32)
    return CampaignRows(nodes, np.concatenate(([0], np.cumsum([len(row) for row in members]))).astype(np.int64))


def _random_rows(n_rows: int, n_attributes: int = len(MODALITY)) -> CampaignRows:
    rng = np.random.default_rng(2)
    return _rows([rng.permutation(n_attributes)[: rng.integers(0, 7)].tolist() for _ in range(n_rows)])


def _all_pairs(layout: PairLayout) -> list[tuple[int, int]]:
    return list(zip(*(ends.tolist() for ends in layout.pair_ends(np.arange(layout.n_pairs))), strict=True))


def _dense_attribute_kernel(table: AttributeTable, weights: KernelWeights) -> np.ndarray:
    vectors = table.vectors.astype(np.float64)
    same = table.modality[:, None] == table.modality
    return weights.shared + same * (weights.modality + weights.content * vectors @ vectors.T) + np.eye(len(table))


def _dense_pair_kernel(out: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """The covariance of pairs from the likeness of attributes, entry by entry."""
    return np.array([[out[i, k] * out[j, m] + out[i, m] * out[j, k] for k, m in pairs] for i, j in pairs])


def _dense_means(rows: CampaignRows, pairs: list[tuple[int, int]]) -> np.ndarray:
    number = {frozenset(pair): n for n, pair in enumerate(pairs)}
    means = np.zeros((len(rows), len(pairs)))
    for row in range(len(rows)):
        nodes = rows.nodes[rows.offsets[row] : rows.offsets[row + 1]].tolist()
        every = list(combinations(nodes, 2))
        for pair in every:
            if frozenset(pair) in number:
                means[row, number[frozenset(pair)]] += 1 / len(every)
    return means


def _kernel(table: AttributeTable, weights: KernelWeights = WEIGHTS) -> PairKernel:
    return pair_kernel(table, pair_layout(table), weights)


def _system(table: AttributeTable, rows: CampaignRows) -> RowSystem:
    kernel = _kernel(table)
    return RowSystem(kernel, row_pairs(kernel.layout, rows))


def test_every_pair_of_two_modalities_has_one_number() -> None:
    table = _table()
    found = {frozenset(pair) for pair in _all_pairs(pair_layout(table))}
    wanted = {frozenset(p) for p in combinations(range(len(table)), 2) if MODALITY[p[0]] != MODALITY[p[1]]}
    assert found == wanted
    assert pair_layout(table).n_pairs == len(wanted)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, len(MODALITY) - 1), max_size=9, unique=True), max_size=6))
def test_a_row_observes_the_mean_over_the_pairs_that_are_present(members: list[list[int]]) -> None:
    table, rows = _table(), _rows(members)
    layout = pair_layout(table)
    found = row_pairs(layout, rows)
    dense = found.weight[:, None] * found.held.toarray()
    np.testing.assert_allclose(dense, _dense_means(rows, _all_pairs(layout)), atol=1e-12)


def test_rows_are_read_the_same_in_one_part_or_many(monkeypatch: pytest.MonkeyPatch) -> None:
    layout, rows = pair_layout(_table()), _random_rows(50)
    whole = row_pairs(layout, rows)
    monkeypatch.setattr(layouts, "_CELLS", 100)
    parts = row_pairs(layout, rows)
    assert (whole.held != parts.held).nnz == 0
    np.testing.assert_array_equal(whole.weight, parts.weight)


@pytest.mark.parametrize("n_dimensions", [0, 3])
def test_spreading_is_the_product_with_the_covariance_of_pairs(n_dimensions: int) -> None:
    table = _table(n_dimensions=n_dimensions)
    kernel = _kernel(table)
    dense = _dense_pair_kernel(_dense_attribute_kernel(table, WEIGHTS), _all_pairs(kernel.layout))
    values = np.random.default_rng(3).normal(size=(kernel.layout.n_pairs, 2)).astype(np.float32)
    np.testing.assert_allclose(kernel.spread(values), dense @ values, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(kernel.prior_variance(), np.diag(dense), rtol=1e-6)


def test_an_unknown_attribute_hears_only_what_others_share_with_it() -> None:
    table = _table()
    kernel = _kernel(table)
    known = np.ones(len(table), dtype=np.bool_)
    known[[3, 4]] = False
    likeness = _dense_attribute_kernel(table, WEIGHTS)
    likeness[~known, ~known] -= 1.0
    pairs = _all_pairs(kernel.layout)
    dense = np.array(
        [[likeness[i, k] * likeness[j, m] + likeness[i, m] * likeness[j, k] for k, m in pairs] for i, j in pairs]
    )
    values = np.random.default_rng(4).normal(size=(len(pairs), 1)).astype(np.float32)
    np.testing.assert_allclose(kernel.spread(values, known), dense @ values, rtol=1e-4, atol=1e-4)


def test_the_system_is_the_covariance_of_the_rows() -> None:
    table, rows = _table(), _random_rows(40)
    system = _system(table, rows)
    values = np.random.default_rng(5).normal(size=(40, 2))
    np.testing.assert_allclose(system.apply(values), _dense_system(system, table, rows) @ values, rtol=1e-4, atol=1e-5)


def test_conjugate_gradients_solve_it_with_and_without_help() -> None:
    table, rows = _table(), _random_rows(60)
    system = _system(table, rows)
    right = np.random.default_rng(6).normal(size=(60, 2))
    wanted = np.linalg.solve(_dense_system(system, table, rows), right)
    near = main_effects_preconditioner(system, rows)
    assert near is not None
    alone = finish(conjugate_gradients(system.apply, right, np.zeros_like(right), 1e-6, 300))
    helped = finish(conjugate_gradients(system.apply, right, np.zeros_like(right), 1e-6, 300, near))
    ahead = finish(conjugate_gradients(system.apply, right, wanted, 1e-3, 300, near))
    for solution in (alone, helped):
        assert solution.residual <= 1e-6
        np.testing.assert_allclose(solution.values, wanted, rtol=1e-3, atol=1e-3)
    assert ahead.n_iterations <= 1 < helped.n_iterations


def test_the_help_is_symmetric_and_positive() -> None:
    table, rows = _table(), _random_rows(30)
    near = main_effects_preconditioner(_system(table, rows), rows)
    assert near is not None
    dense = near(np.eye(30))
    np.testing.assert_allclose(dense, dense.T, atol=1e-8)
    assert np.linalg.eigvalsh((dense + dense.T) / 2).min() > 0


def test_a_right_side_of_zeros_is_solved_by_zeros() -> None:
    system = _system(_table(), _random_rows(10))
    right = np.zeros((10, 1))
    solution = finish(conjugate_gradients(system.apply, right, right, 1e-6, 10))
    assert (solution.n_iterations, solution.residual) == (0, 0.0)


def test_prior_draws_vary_as_the_kernel_says() -> None:
    table = _table((0, 1, 1, 2, 0))
    kernel = _kernel(table)
    dense = _dense_pair_kernel(_dense_attribute_kernel(table, WEIGHTS), _all_pairs(kernel.layout))
    rng = np.random.default_rng(7)
    draws = np.stack([kernel.prior_sample(rng) for _ in range(6_000)])
    np.testing.assert_allclose(draws.T @ draws / len(draws), dense, atol=0.06 * dense.max())


def test_deviations_are_those_of_the_posterior() -> None:
    table, rows = _table((0, 1, 1, 2, 0)), _random_rows(25, 5)
    system = _system(table, rows)
    pairs = _all_pairs(system.kernel.layout)
    prior = _dense_pair_kernel(_dense_attribute_kernel(table, WEIGHTS), pairs)
    means = _dense_means(rows, pairs)
    gain = prior @ means.T @ np.linalg.inv(means @ prior @ means.T + WEIGHTS.noise * np.eye(25))
    wanted = np.sqrt(np.diag(prior - gain @ means @ prior))
    found = finish(posterior_deviation(system, rows, 500, 1e-3, seed=8))
    np.testing.assert_allclose(found, wanted, rtol=0.12)
    assert wanted.min() < 0.5 * np.sqrt(np.diag(prior)).min()  # the rows do tell something


def test_the_scale_is_the_likeliest() -> None:
    table, rows = _table(), _random_rows(30)
    covariance = _dense_system(_system(table, rows), table, rows)
    right = 3.0 * np.linalg.cholesky(covariance) @ np.random.default_rng(9).normal(size=30)
    found = prior_scale(np.linalg.solve(covariance, right), right)

    def unlikeliness(scale: float) -> float:
        scaled = scale**2 * covariance
        return float(right @ np.linalg.solve(scaled, right) + np.linalg.slogdet(scaled)[1])

    assert unlikeliness(found) < min(unlikeliness(0.98 * found), unlikeliness(1.02 * found))


@pytest.mark.parametrize("n_labels", [2, 3, 5])
def test_contrasts_are_orthonormal_and_any_targets_of_labels_are_a_map_of_them(n_labels: int) -> None:
    basis = contrast_basis(n_labels)
    np.testing.assert_allclose(basis.T @ basis, np.eye(n_labels - 1), atol=1e-12)
    rng = np.random.default_rng(10)
    label = rng.integers(0, n_labels, 50).astype(np.int32)
    fractions = rng.random((n_labels, 2))[label]
    made = targets(label, n_labels)
    fitted = made @ np.linalg.lstsq(made, fractions - fractions.mean(axis=0), rcond=None)[0]
    np.testing.assert_allclose(fitted, fractions - fractions.mean(axis=0), atol=1e-12)


def test_two_labels_are_one_apart_from_the_others_on_either_side() -> None:
    of_label = contrast_basis(4) @ between(2, 0, 4)
    np.testing.assert_allclose(of_label, [-1, 0, 1, 0], atol=1e-12)


def test_tables_without_pairs_or_with_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValenceError, match="one modality"):
        pair_layout(_table((0, 0, 0)))
    monkeypatch.setattr(layouts, "MOST_PAIRS", 20)
    with pytest.raises(ValenceError, match=r"26 pairs.*20 at most"):
        pair_layout(_table())


def _dense_system(system: RowSystem, table: AttributeTable, rows: CampaignRows) -> np.ndarray:
    pairs = _all_pairs(system.kernel.layout)
    prior = _dense_pair_kernel(_dense_attribute_kernel(table, WEIGHTS), pairs)
    means = _dense_means(rows, pairs)
    return means @ prior @ means.T + WEIGHTS.noise * np.eye(len(rows))
