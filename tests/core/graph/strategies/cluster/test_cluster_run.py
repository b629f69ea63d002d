from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from core.errors import ValenceError
from core.graph.model import Basis, Outcome
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.estimate import estimate_cluster
from core.graph.strategies.cluster.expansion import Fate
from core.graph.strategies.cluster.run import NOT_ASKED, run_cluster
from core.graph.strategies.cluster.scores import no_scores
from core.graph.strategies.cluster.settings import DEFAULT, ClusterStrategySettings
from core.graph.strategies.cluster.stages import empty_stages, with_clustering, with_score
from core.progress import finish
from tests.core.graph.strategies.cluster.planted import (
    RuleJudge,
    catalogue_of,
    clustering_of,
    planted_sign,
    planted_stages,
    scored_stages,
)

UNCHECKED = DEFAULT.model_copy(update={"spot_check_members": 0})
CHECKED = DEFAULT.model_copy(update={"spot_check_min_pairs": 4})


@pytest.mark.parametrize("settings", [UNCHECKED, CHECKED], ids=["unchecked", "checked"])
def test_on_planted_clusters_every_edge_is_found_and_none_is_made_up(settings: ClusterStrategySettings) -> None:
    stages, judge = planted_stages(), RuleJudge()
    run = finish(run_cluster(stages.catalogue, stages, judge, settings, n_workers=3))
    attributes = stages.catalogue.attributes
    signs = {
        (a, b): planted_sign(attributes[a], attributes[b])
        for a, b in combinations(range(len(attributes)), 2)
        if attributes[a].modality != attributes[b].modality
    }
    table = run.verdicts
    got = dict(zip(zip(table.source.tolist(), table.target.tolist(), strict=True), table.outcome.tolist(), strict=True))
    assert len(got) == len(table), "no pair twice"
    assert got == {pair: sign for pair, sign in signs.items() if sign != 0}
    assert run.calls.expand == len(judge.calls) == len({int(c) for c in table.call} - {NOT_ASKED})
    n_probes = run.spot_check.n_asked
    assert run.n_inherited == run.expansion.n(Fate.INHERITED) - n_probes
    assert Counter(table.basis.tolist())[Basis.ASKED] == n_probes
    assert (n_probes == 0) == (settings is UNCHECKED)
    assert run.saved_calls > 0
    assert run.stopped == ""


def test_an_inherited_verdict_says_from_where_and_an_asked_one_is_the_judges() -> None:
    stages = planted_stages()
    stages = with_score(with_score(stages, 0, 3, 7.5), 1, 4, 8.4)
    table = finish(run_cluster(stages.catalogue, stages, RuleJudge(), UNCHECKED)).verdicts
    assert stages.clustering is not None
    for row in range(len(table)):
        ends = {int(stages.clustering.cluster[end]) for end in (table.source[row], table.target[row])}
        if ends == {0, 3}:
            assert table.basis[row] == Basis.ASKED
            assert table.call[row] >= 0
            assert table.reason[row].startswith("rule on")
        elif ends == {1, 4}:
            assert table.basis[row] == Basis.INHERITED
            assert table.call[row] == NOT_ASKED
            assert (
                table.reason[row] == "Inherited from its cluster pair: “cluster 1” with “cluster 4” scored 8.4 of 10."
            )
            assert table.strength[row] == pytest.approx(0.68)


def test_asked_inherited_and_discarded_pairs_are_all_pairs_once() -> None:
    catalogue = catalogue_of([7, 6, 4])
    rng = np.random.default_rng(5)
    clustering = clustering_of(catalogue, [0] * 3 + [1] * 4 + [2] * 6 + [3, 3, 4, 4], noise=[0, 8])
    scores = {pair: Score(float(rng.integers(0, 21) / 2)) for pair in combinations(range(5), 2)}
    stages = scored_stages(clustering, lambda a, b: scores[a, b])
    for settings in (UNCHECKED, CHECKED, CHECKED.model_copy(update={"ask_noise_everywhere": True})):
        judge = RuleJudge()
        run = finish(run_cluster(catalogue, stages, judge, settings))
        asked = [frozenset((primary, target)) for primary, targets in judge.calls for target in targets]
        assert len(asked) == len(set(asked)), "no pair is paid for twice"
        ids = [attribute.id for attribute in catalogue.attributes]
        table = run.verdicts
        pairs = [frozenset((ids[a], ids[b])) for a, b in zip(table.source, table.target, strict=True)]
        is_asked = table.basis == Basis.ASKED
        assert {pair for pair, was in zip(pairs, is_asked, strict=True) if was} == set(asked)
        assert len(pairs) + run.expansion.n(Fate.DISCARDED) == catalogue.n_pairs
        noisy = {ids[0], ids[8]}
        assert all(was for pair, was in zip(pairs, is_asked, strict=True) if pair & noisy)


@pytest.mark.parametrize("budget", [0, 1, 3, 7])
def test_a_reached_budget_keeps_what_was_answered_and_takes_nothing_over_unchecked(budget: int) -> None:
    stages = planted_stages()
    run = finish(run_cluster(stages.catalogue, stages, RuleJudge(budget=budget), CHECKED))
    assert run.stopped
    assert run.calls.expand == budget
    asked = run.verdicts.basis == Basis.ASKED
    assert len(set(run.verdicts.call[asked].tolist())) == budget
    accepted = {(block.a, block.b) for block in run.spot_check.blocks if block.is_accepted}
    assert stages.clustering is not None
    cluster = stages.clustering.cluster
    source, target = run.verdicts.source[~asked], run.verdicts.target[~asked]
    inheriting = {(int(min(a, b)), int(max(a, b))) for a, b in zip(cluster[source], cluster[target], strict=True)}
    assert inheriting <= accepted


def test_a_budget_reached_in_the_second_round_keeps_the_first() -> None:
    stages = planted_stages()
    ids = [attribute.id for attribute in stages.catalogue.attributes]
    everything = {frozenset((a, b)): Outcome.NEUTRAL for a, b in combinations(ids, 2)}
    full = RuleJudge(everything)
    complete = finish(run_cluster(stages.catalogue, stages, full, CHECKED))
    numbers = set(complete.verdicts.call.tolist()) - {NOT_ASKED}
    assert numbers == set(range(len(full.calls))), "the calls of both rounds are numbered through"
    estimate = estimate_cluster(stages.catalogue, CHECKED, stages).stages[-1]
    assert estimate.low < len(full.calls) <= estimate.high
    stopped = finish(run_cluster(stages.catalogue, stages, RuleJudge(everything, estimate.low + 1), CHECKED))
    assert stopped.stopped
    assert stopped.calls.expand == estimate.low + 1
    assert stopped.n_inherited == 0, "every block failed its check"


def test_incomplete_stages_are_refused_with_what_to_do() -> None:
    stages = planted_stages()
    assert stages.clustering is not None
    with pytest.raises(ValenceError, match="not clustered yet"):
        finish(run_cluster(stages.catalogue, empty_stages(stages.catalogue), RuleJudge(), DEFAULT))
    unscored = with_clustering(empty_stages(stages.catalogue), stages.clustering)
    assert len(unscored.scores) == len(no_scores())
    with pytest.raises(ValenceError, match="no score yet"):
        finish(run_cluster(stages.catalogue, unscored, RuleJudge(), DEFAULT))
    with pytest.raises(ValenceError, match="another catalogue"):
        finish(run_cluster(catalogue_of([2, 2]), stages, RuleJudge(), DEFAULT))


def test_one_block_of_everything_inherits_without_a_call() -> None:
    catalogue = catalogue_of([3, 3])
    stages = scored_stages(clustering_of(catalogue, [0] * 3 + [1] * 3), lambda a, b: Score(10.0))
    judge = RuleJudge()
    run = finish(run_cluster(catalogue, stages, judge, UNCHECKED))
    assert (len(judge.calls), run.n_calls, run.n_inherited) == (0, 0, 9)
    assert (run.verdicts.outcome == Outcome.POSITIVE).all()
