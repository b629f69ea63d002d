from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.expansion import Expansion, Fate, expand
from core.graph.strategies.cluster.settings import DEFAULT, ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages
from tests.core.graph.strategies.cluster.planted import catalogue_of, clustering_of, scored_stages

SCORES = [None, Score(None), *(Score(value) for value in (0.0, 3.0, 3.1, 4.0, 4.1, 6.9, 7.0, 7.9, 8.0, 10.0))]


def pairs_of(expansion: Expansion) -> list[tuple[int, int]]:
    return list(zip(expansion.source.tolist(), expansion.target.tolist(), strict=True))


def cross_pairs(catalogue: Catalogue) -> list[tuple[int, int]]:
    attributes = catalogue.attributes
    return [
        (a, b) for a, b in combinations(range(len(catalogue)), 2) if attributes[a].modality != attributes[b].modality
    ]


def fate_by_hand(score: Score | None, noisy: bool, rules: ClusterStrategySettings) -> Fate:
    """The rules of the specification, written down once more for one pair."""
    if score is None:
        return Fate.ASKED
    left_out = Fate.ASKED if noisy and rules.ask_noise_everywhere else Fate.DISCARDED
    if score.value is None or rules.negative_to < score.value < rules.positive_from:
        return left_out
    extreme = score.value >= rules.inherit_positive_from or score.value <= rules.inherit_negative_to
    return Fate.INHERITED if rules.auto_inherit and extreme and not noisy else Fate.ASKED


@st.composite
def worlds(draw: st.DrawFn) -> Stages:
    catalogue = catalogue_of(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    modalities = list(catalogue.modalities)
    numbers = [3 * modalities.index(a.modality) + draw(st.integers(0, 2)) for a in catalogue.attributes]
    noise = draw(st.sets(st.integers(0, len(catalogue) - 1)))
    chosen = draw(st.lists(st.sampled_from(SCORES), min_size=144, max_size=144))
    return scored_stages(clustering_of(catalogue, numbers, sorted(noise)), lambda a, b: chosen[12 * a + b])


@settings(max_examples=60, deadline=None)
@given(stages=worlds(), everywhere=st.booleans(), auto_inherit=st.booleans())
def test_every_pair_has_the_one_fate_the_rules_give_it(stages: Stages, everywhere: bool, auto_inherit: bool) -> None:
    rules = DEFAULT.model_copy(update={"ask_noise_everywhere": everywhere, "auto_inherit": auto_inherit})
    clustering = stages.clustering
    assert clustering is not None
    expansion = expand(clustering, stages.scores, rules)
    assert pairs_of(expansion) == cross_pairs(stages.catalogue)
    for place, (a, b) in enumerate(pairs_of(expansion)):
        row = stages.scores.row(int(clustering.cluster[a]), int(clustering.cluster[b]))
        score = stages.scores.score(row)
        noisy = bool(clustering.is_noise[a] or clustering.is_noise[b])
        assert expansion.row[place] == row
        assert expansion.fate[place] == fate_by_hand(score, noisy, rules)
        survives = score is not None and score.value is not None and not 4.0 < score.value < 7.0
        assert expansion.sign[place] == (0 if not survives else 1 if score.value >= 7.0 else -1)
    assert sum(expansion.n(fate) for fate in Fate) == stages.catalogue.n_pairs


def fates(score: Score | None, noise: Sequence[int] = (), rules: ClusterStrategySettings = DEFAULT) -> list[int]:
    stages = scored_stages(clustering_of(catalogue_of([2, 2]), [0, 0, 1, 1], noise), lambda a, b: score)
    assert stages.clustering is not None
    return expand(stages.clustering, stages.scores, rules).fate.tolist()


def test_noise_goes_to_the_judge_where_the_rest_of_its_block_inherits() -> None:
    assert fates(Score(10.0), noise=[0]) == [Fate.ASKED, Fate.ASKED, Fate.INHERITED, Fate.INHERITED]
    assert fates(Score(0.0), noise=[0, 1]) == [Fate.ASKED] * 4, "a modality of noise alone inherits nothing"


def test_noise_in_a_discarded_block_is_asked_only_where_the_settings_say_so() -> None:
    everywhere = ClusterStrategySettings(ask_noise_everywhere=True)
    for left_out in (Score(5.0), Score(None)):
        assert fates(left_out, noise=[3]) == [Fate.DISCARDED] * 4
        assert fates(left_out, [3], everywhere) == [Fate.DISCARDED, Fate.ASKED, Fate.DISCARDED, Fate.ASKED]


def test_pairs_of_an_unscored_cluster_pair_are_asked_and_of_a_not_viable_one_are_not() -> None:
    assert fates(None) == [Fate.ASKED] * 4
    assert fates(Score(None)) == [Fate.DISCARDED] * 4
    assert fates(Score(0.0)) == [Fate.INHERITED] * 4


def test_a_missing_score_is_told_and_not_taken_for_anything() -> None:
    stages = scored_stages(clustering_of(catalogue_of([2, 2]), [0, 1, 2, 3]), lambda a, b: Score(5.0))
    assert stages.clustering is not None
    with pytest.raises(ValenceError, match="2 cluster pairs have no score yet"):
        expand(stages.clustering, stages.scores.only(np.array([True, False, False, True])), DEFAULT)


def test_one_modality_alone_has_no_pairs() -> None:
    stages = scored_stages(clustering_of(catalogue_of([4]), [0, 0, 1, 1]), lambda a, b: Score(5.0))
    assert stages.clustering is not None
    assert len(expand(stages.clustering, stages.scores, DEFAULT)) == 0
