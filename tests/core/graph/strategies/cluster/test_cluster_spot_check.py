from itertools import product

import numpy as np
import pytest

from core.graph.intervals import wilson
from core.graph.model import Outcome, Sign, VerdictTable
from core.graph.strategies.cluster.expansion import Expansion, Fate, expand
from core.graph.strategies.cluster.run import run_cluster
from core.graph.strategies.cluster.settings import DEFAULT, ClusterStrategySettings
from core.graph.strategies.cluster.spot_check import choose_probes, weighted_share
from core.progress import finish
from tests.core.graph.strategies.cluster.planted import RuleJudge, planted_stages

CHECKED = ClusterStrategySettings(spot_check_members=3, spot_check_min_pairs=4, spot_check_max_error=0.4)


def expansion_of(settings: ClusterStrategySettings) -> Expansion:
    stages = planted_stages()
    assert stages.clustering is not None
    return expand(stages.clustering, stages.scores, settings)


def outcome_by_pair(table: VerdictTable) -> dict[tuple[int, int], int]:
    pairs = zip(table.source.tolist(), table.target.tolist(), strict=True)
    return dict(zip(pairs, table.outcome.tolist(), strict=True))


@pytest.mark.parametrize(("k", "least"), [(0, 1), (1, 1), (3, 1), (3, 4), (3, 8), (99, 4), (5, 99)])
def test_each_block_that_is_large_enough_is_probed_k_times(k: int, least: int) -> None:
    settings = DEFAULT.model_copy(update={"spot_check_members": k, "spot_check_min_pairs": least})
    expansion = expansion_of(settings)
    probes = choose_probes(expansion, settings)
    assert (expansion.fate[probes] == Fate.INHERITED).all()
    for row in np.unique(expansion.row):
        block = (expansion.row == row) & (expansion.fate == Fate.INHERITED)
        size = int(block.sum())
        assert int(probes[block].sum()) == (min(k, size) if size >= least else 0)


def test_the_seed_alone_decides_which_pairs_are_probed() -> None:
    expansion = expansion_of(CHECKED)
    other = CHECKED.model_copy(update={"spot_check_seed": 1})
    assert (choose_probes(expansion, CHECKED) == choose_probes(expansion, CHECKED)).all()
    assert (choose_probes(expansion, CHECKED) != choose_probes(expansion, other)).any()


def test_a_planted_wrong_block_is_caught_and_asked_in_full() -> None:
    stages = planted_stages()
    attributes = stages.catalogue.attributes
    assert stages.clustering is not None
    lying = [stages.clustering[0].members, stages.clustering[3].members]  # both of theme 0: scored 10, all +
    pairs = list(product(*lying))
    judge = RuleJudge({frozenset((attributes[a].id, attributes[b].id)): Outcome.NEGATIVE for a, b in pairs})
    run = finish(run_cluster(stages.catalogue, stages, judge, CHECKED))
    assert [(block.a, block.b) for block in run.spot_check.refused] == [(0, 3)]
    refused = run.spot_check.refused[0]
    assert (refused.sign, refused.score, refused.n_pairs) == (Sign.POSITIVE, 10.0, 16)
    assert (refused.n_asked, refused.n_answered, refused.n_wrong, refused.n_opposite) == (3, 3, 3, 3)
    got = outcome_by_pair(run.verdicts)
    assert all(got[pair] == Outcome.NEGATIVE for pair in pairs), "no pair of the wrong block inherits"
    blind = finish(run_cluster(stages.catalogue, stages, judge, DEFAULT.model_copy(update={"spot_check_members": 0})))
    taken = outcome_by_pair(blind.verdicts)
    assert all(taken[pair] == Outcome.POSITIVE for pair in pairs), "without the check they would"


def test_a_block_at_the_limit_still_inherits() -> None:
    stages = planted_stages()
    ids = [attribute.id for attribute in stages.catalogue.attributes]
    expansion = expansion_of(CHECKED)
    place = np.flatnonzero(choose_probes(expansion, CHECKED))[0]
    wrong = {frozenset((ids[expansion.source[place]], ids[expansion.target[place]])): Outcome.NEUTRAL}
    for limit, n_refused in ((1 / 3, 0), (np.nextafter(1 / 3, 0), 1)):
        settings = CHECKED.model_copy(update={"spot_check_max_error": float(limit)})
        report = finish(run_cluster(stages.catalogue, stages, RuleJudge(wrong), settings)).spot_check
        assert len(report.refused) == n_refused
        assert sum(block.n_wrong for block in report.blocks) == 1
        assert sum(block.n_opposite for block in report.blocks) == 0, "no signal is wrong, but not the opposite sign"


@pytest.mark.parametrize("silence", [Outcome.UNJUDGED, Outcome.UNRESOLVED])
def test_a_block_without_a_usable_answer_does_not_inherit(silence: Outcome) -> None:
    stages = planted_stages()
    ids = [attribute.id for attribute in stages.catalogue.attributes]
    assert stages.clustering is not None
    pairs = product(stages.clustering[0].members, stages.clustering[3].members)
    judge = RuleJudge({frozenset((ids[a], ids[b])): silence for a, b in pairs})
    report = finish(run_cluster(stages.catalogue, stages, judge, CHECKED)).spot_check
    assert [(block.a, block.b, block.n_answered) for block in report.refused] == [(0, 3, 0)]
    assert report.error.estimate == 0.0


def test_unchecked_blocks_are_counted() -> None:
    stages = planted_stages()
    report = finish(run_cluster(stages.catalogue, stages, RuleJudge(), CHECKED)).spot_check
    expansion = expansion_of(CHECKED)
    small = [int((expansion.row[expansion.fate == Fate.INHERITED] == row).sum()) for row in np.unique(expansion.row)]
    assert report.n_unchecked_blocks == sum(1 for size in small if 0 < size < 4)
    assert report.n_unchecked_pairs == sum(size for size in small if size < 4)


def test_the_estimate_is_right_on_average_over_seeds() -> None:
    stages = planted_stages()
    ids = [attribute.id for attribute in stages.catalogue.attributes]
    expansion = expansion_of(CHECKED)
    inherited = np.flatnonzero(expansion.fate == Fate.INHERITED)
    size = np.bincount(expansion.row[inherited])[expansion.row[inherited]]
    lies = (np.random.default_rng(3).random(len(inherited)) < 0.4) & (size > 4)  # large blocks are worse
    judge = RuleJudge(
        {
            frozenset((ids[expansion.source[p]], ids[expansion.target[p]])): Outcome.NEUTRAL
            for p in inherited[lies].tolist()
        }
    )
    truth = float(lies[size >= 4].mean())
    settings = [CHECKED.model_copy(update={"spot_check_seed": seed}) for seed in range(60)]
    errors = [finish(run_cluster(stages.catalogue, stages, judge, one)).spot_check.error for one in settings]
    estimates = [error.estimate for error in errors]
    assert abs(np.mean(estimates) - truth) < 3 * np.std(estimates) / np.sqrt(len(estimates)) + 1e-9
    assert np.mean([error.holds(truth) for error in errors]) >= 0.9


def test_the_interval_widens_when_errors_share_a_cluster() -> None:
    ends = np.repeat(np.arange(10), 6)
    other = np.tile(np.arange(6), 10)
    together = ends < 3
    apart = np.random.default_rng(0).permutation(together)
    weight = np.ones(60)
    wide, narrow = (weighted_share(hits, weight, (ends, other)) for hits in (together, apart))
    assert wide.estimate == narrow.estimate == pytest.approx(0.3)
    assert wide.high - wide.low > 1.25 * (narrow.high - narrow.low)
    assert narrow.low <= wilson(18, 60).low
    assert narrow.high >= wilson(18, 60).high


def test_weights_count_and_nothing_known_is_said() -> None:
    hits = np.array([True, False])
    assert weighted_share(hits, np.array([3.0, 1.0]), (np.array([0, 1]),)).estimate == pytest.approx(0.75)
    nothing = weighted_share(np.zeros(0, dtype=bool), np.zeros(0), (np.zeros(0),))
    assert np.isnan(nothing.estimate)
    assert (nothing.low, nothing.high) == (0.0, 1.0)
    clean = weighted_share(np.zeros(40, dtype=bool), np.ones(40), (np.arange(40) // 10, np.arange(40)))
    assert clean == wilson(0, 4), "forty right answers in four clusters are four trials"
