"""The report's arithmetic against other implementations of the same formulas."""

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, spearmanr
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, roc_auc_score

from core.tabular.report.bins import coarse_cut
from core.tabular.report.encoding import encoder_of
from core.tabular.report.folds import auc_interval, auc_of, share_interval, stratified_folds
from core.tabular.report.marginals import js_distance, ks_distance, total_variation
from core.tabular.report.missing import missing_fidelity
from core.tabular.report.pairs import associations
from core.tabular.report.resampling import scores_of
from core.tabular.report.verdicts import base_rate_cut, calibration, calibration_error, cut_at
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.table import RawTable

RNG = np.random.default_rng(3)


def test_ks_is_scipys_and_one_where_a_side_is_empty() -> None:
    first, second = RNG.normal(size=300).round(1), RNG.normal(0.3, size=200).round(1)
    assert ks_distance(first, second) == pytest.approx(ks_2samp(first, second).statistic)
    assert ks_distance(first, first) == 0.0
    assert ks_distance(first, first[:0]) == 1.0
    assert ks_distance(first[:0], first[:0]) == 0.0


def test_js_is_scipys() -> None:
    first, second = RNG.dirichlet(np.ones(9)), RNG.dirichlet(np.ones(9))
    first[0] = 0.0
    first /= first.sum()
    assert js_distance(first, second) == pytest.approx(jensenshannon(first, second, base=2))
    assert js_distance(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(1.0)
    assert total_variation(np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.5, 0.25])) == pytest.approx(0.25)


def test_auc_counts_ties_half_and_its_interval_is_delongs_by_definition() -> None:
    labels = RNG.random(120) < 0.3
    scores = (RNG.normal(size=120) + labels).round(1)
    assert auc_of(labels, scores) == pytest.approx(roc_auc_score(labels, scores))
    wins = (scores[labels][:, None] > scores[~labels]) + 0.5 * (scores[labels][:, None] == scores[~labels])
    variance = wins.mean(1).var(ddof=1) / labels.sum() + wins.mean(0).var(ddof=1) / (~labels).sum()
    found = auc_interval(labels, scores)
    assert found.value == pytest.approx(wins.mean())
    assert found.high - found.value == pytest.approx(1.959964 * np.sqrt(variance))
    assert auc_of(np.zeros(4, bool), np.arange(4.0)) == 0.5


def test_a_wilson_interval_holds_the_share_and_stays_within_0_and_1() -> None:
    assert share_interval(0, 40).low == 0.0
    assert share_interval(0, 40).high == pytest.approx(1.959964**2 / (40 + 1.959964**2))
    assert share_interval(40, 40).high == 1.0


def test_folds_have_their_share_of_both_labels() -> None:
    labels = np.arange(100) < 12
    folds = stratified_folds(labels, 3, 0)
    assert [int(labels[folds == fold].sum()) for fold in range(3)] == [4, 4, 4]
    assert np.array_equal(folds, stratified_folds(labels, 3, 0))
    assert not np.array_equal(folds, stratified_folds(labels, 3, 1))


def test_resampled_figures_are_scikit_learns_and_their_spread_is_that_of_auc() -> None:
    labels = RNG.random(600) < 0.2
    chances = (RNG.random(600) + 0.3 * labels).round(2)
    found = scores_of(labels, chances, 0)
    assert found.auc == pytest.approx(roc_auc_score(labels, chances))
    assert found.precision == pytest.approx(average_precision_score(labels, chances))
    wide = auc_interval(labels, chances)
    assert found.drawn_auc.std() == pytest.approx((wide.high - wide.low) / 2 / 1.96, rel=0.2)


def test_a_constant_has_auc_one_half_and_the_base_rate_as_precision() -> None:
    labels = np.arange(50) < 10
    found = scores_of(labels, np.full(50, 0.2), 0)
    assert (found.auc, found.precision) == (0.5, pytest.approx(0.2))
    assert set(found.drawn_auc) == {0.5}


def test_cuts_are_scikit_learns() -> None:
    labels = RNG.random(200) < 0.4
    chances = np.clip(RNG.random(200) * 0.6 + 0.3 * labels, 0, 1)
    cut = cut_at(labels, chances, 0.5)
    assert cut.f1 == pytest.approx(f1_score(labels, chances >= 0.5))
    assert cut.accuracy == pytest.approx(((chances >= 0.5) == labels).mean())
    assert (chances >= base_rate_cut(labels, chances, 0.1).threshold).sum() == 20
    assert cut_at(labels, chances, 2.0).precision == 0.0


def test_calibration_is_exact_where_chances_are_the_shares() -> None:
    labels = np.tile([True, False, False, False], 100)
    bins = calibration(labels, np.full(400, 0.25))
    assert [part.n_rows for part in bins] == [400]
    assert calibration_error(bins) == 0.0
    halves = calibration(labels, np.where(labels, 0.9, 0.1))
    assert calibration_error(halves) == pytest.approx(0.1)
    assert calibration_error(halves) ** 2 == pytest.approx(brier_score_loss(labels, np.where(labels, 0.9, 0.1)))


def _table(**cells: list[str | None]) -> RawTable:
    return RawTable.of(cells)


def test_associations_are_spearmans_between_numbers_and_one_where_a_category_fixes_another() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 1000, 500)
    y = x + rng.integers(0, 600, 500)
    group = rng.integers(0, 4, 500)
    table = _table(
        x=[str(v) for v in x], y=[str(v) for v in y], a=[f"a{g}" for g in group], b=[f"b{g}" for g in group],
        c=[f"c{g}" for g in rng.integers(0, 4, 500)],
    )  # fmt: skip
    kinds = {"x": ColumnKind.INTEGER, "y": ColumnKind.INTEGER}
    schema = TableSchema(columns=tuple(Column(name=n, kind=kinds.get(n, ColumnKind.CATEGORY)) for n in "xyabc"))
    encoder = encoder_of(schema, table)
    encoded = encoder.encode(table)
    found = associations([coarse_cut(name, encoded, encoder, 10) for name in "xyabc"], encoded)
    assert found[0][1] == pytest.approx(spearmanr(x, y).statistic)
    assert found[2][3] == pytest.approx(1.0)
    assert found[2][4] < 0.1
    assert found[4][4] == 1.0


def test_missing_patterns_see_cells_that_are_empty_together() -> None:
    schema = TableSchema(
        columns=(Column(name="a", kind=ColumnKind.CATEGORY), Column(name="b", kind=ColumnKind.INTEGER))
    )
    together = _table(a=[None, None, "x", "x"], b=[None, None, "1", "2"])
    apart = _table(a=[None, None, "x", "x"], b=["1", "2", None, None])
    encoder = encoder_of(schema, together)
    sides = [encoder.encode(side) for side in (together, apart)]
    assert missing_fidelity(("a", "b"), sides[0], sides[0]).distance == 0.0
    found = missing_fidelity(("a", "b"), sides[0], sides[1])
    assert found.distance == 1.0
    assert {pattern.columns for pattern in found.patterns} == {(), ("a",), ("b",), ("a", "b")}
