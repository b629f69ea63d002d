"""Estimated pairs beside a graph, against a look-up pair by pair."""

from itertools import combinations
from statistics import NormalDist

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import Outcome, signed_graph
from core.graph.pair_table import PairTable, folded_text, pair_table
from core.models.pair_files import StoredPairs
from core.sampler.configuration import DatasetConfig, parse_config
from core.workflows.model_pairs import (
    ComparedPairs,
    PairOrder,
    RunPairSearch,
    Verdict,
    compare_pairs,
    search_pairs,
    told_pair,
)

TYPES = ("brand", "geo", "device")
CATALOGUE = Catalogue(tuple(Attribute(f"{t}-{i}", f"{t.title()} {i}", t, t) for t in TYPES for i in range(5)))


def table(seed: int = 1) -> PairTable:
    rng = np.random.default_rng(seed)
    pairs = [(i, j) for i, j in combinations(range(15), 2) if i // 5 != j // 5]
    source, target = np.array(pairs, dtype=np.int32).T
    sign = rng.choice([1, -1, 0], size=len(pairs)).astype(np.int8)
    return pair_table(signed_graph(CATALOGUE, source[sign != 0], target[sign != 0], sign[sign != 0]), None)


def stored(seed: int = 2, n: int = 60) -> StoredPairs:
    """Pairs in any order of their ends, some of attributes that the catalogue does not have."""
    rng = np.random.default_rng(seed)
    pairs = [(a.id, b.id) for a, b in combinations(CATALOGUE.attributes, 2) if a.modality != b.modality]
    chosen = [pairs[i] for i in rng.permutation(len(pairs))[:n]]
    chosen = [pair if rng.random() < 0.5 else pair[::-1] for pair in chosen]
    chosen[3], chosen[7] = ("gone", chosen[3][1]), (chosen[7][0], "gone too")
    mean, deviation = rng.normal(size=n), rng.uniform(0.2, 2, size=n)
    order = np.argsort(-np.abs(mean / deviation))
    ends = [tuple(chosen[i][side] for i in order) for side in (0, 1)]
    return StoredPairs(*ends, mean[order].astype(np.float32), deviation[order].astype(np.float32), "good", "bad")


def config(good: float = 0.4, bad: float = 0.1) -> DatasetConfig:
    def label(low: float) -> dict[str, object]:
        return {"pos_frac_range": [low, low + 0.2], "neg_frac_range": [0, 1], "num_samples": 5}

    return parse_config(
        {"type_ranges": {t: [1, 2] for t in TYPES}, "label_params": {"bad": label(bad), "good": label(good)}}
    )


@pytest.fixture
def compared() -> ComparedPairs:
    return compare_pairs(stored(), config(), table())


def naive(pairs: StoredPairs, known: PairTable) -> list[tuple[frozenset[str], float, Outcome]]:
    outcome = {
        frozenset((known.pair(row).source.id, known.pair(row).target.id)): known.pair(row).outcome
        for row in range(len(known))
    }
    ids = {a.id for a in CATALOGUE.attributes}
    both = zip(pairs.source, pairs.target, pairs.mean.tolist(), strict=True)
    kept = [(frozenset((a, b)), mean) for a, b, mean in both if {a, b} <= ids]
    return [(pair, mean, outcome.get(pair, Outcome.UNJUDGED)) for pair, mean in kept]


def test_every_pair_stands_beside_what_the_graph_says_of_it(compared: ComparedPairs) -> None:
    known = table()
    expected = naive(stored(), known)
    told = [told_pair(compared, known, number) for number in range(len(compared))]
    assert [(frozenset((t.source.id, t.target.id)), t.mean, t.outcome) for t in told] == expected
    assert compared.n_unknown == 2
    for verdict, says in (
        (Verdict.AGREES, lambda mean, sign: sign != 0 and (mean > 0) == (sign > 0)),
        (Verdict.CONTRADICTS, lambda mean, sign: sign != 0 and (mean > 0) != (sign > 0)),
        (Verdict.SILENT, lambda mean, sign: sign == 0),
    ):
        signs = [{Outcome.POSITIVE: 1, Outcome.NEGATIVE: -1}.get(outcome, 0) for _, _, outcome in expected]
        wanted = [says(mean, sign) for (_, mean, _), sign in zip(expected, signs, strict=True)]
        assert compared.of_verdict(verdict).tolist() == wanted and any(wanted)


def test_the_chance_is_that_of_the_normal_law(compared: ComparedPairs) -> None:
    for number in range(len(compared)):
        told = told_pair(compared, table(), number)
        expected = NormalDist(abs(told.mean), told.deviation).cdf(0)
        assert told.chance == pytest.approx(1 - expected, abs=1e-9)
        assert compared.chance[number] == pytest.approx(told.chance, abs=1e-9)


def test_the_label_of_more_plus_pairs_is_spoken_for(compared: ComparedPairs) -> None:
    assert (compared.label_for, compared.label_against) == ("good", "bad")
    turned = compare_pairs(stored(), config(good=0.1, bad=0.4), table())
    assert (turned.label_for, turned.label_against) == ("bad", "good")
    np.testing.assert_array_equal(turned.mean, -compared.mean)
    swapped = stored()
    named_otherwise = StoredPairs(
        swapped.source, swapped.target, -swapped.mean, swapped.deviation, swapped.spoken_against, swapped.spoken_for
    )
    np.testing.assert_array_equal(compare_pairs(named_otherwise, config(), table()).mean, compared.mean)


@pytest.mark.parametrize(
    "search",
    [
        RunPairSearch(),
        RunPairSearch(verdict=Verdict.CONTRADICTS, order=PairOrder.STRONGEST),
        RunPairSearch(speaks=-1, least_chance=0.9),
        RunPairSearch(modalities=("device", "brand"), speaks=1),
        RunPairSearch(text="BRÁND 1", verdict=Verdict.AGREES),
        RunPairSearch(text="geo nobody"),
        RunPairSearch(modalities=("device", "unknown")),
    ],
)
def test_a_search_finds_what_a_look_at_every_pair_finds(compared: ComparedPairs, search: RunPairSearch) -> None:
    known = table()
    told = [told_pair(compared, known, number) for number in range(len(compared))]

    def is_wanted(number: int) -> bool:
        pair = told[number]
        values = folded_text(f"{pair.source.value} {pair.target.value}")
        return (
            (search.verdict is None or bool(compared.of_verdict(search.verdict)[number]))
            and (not search.speaks or (pair.mean > 0) == (search.speaks > 0))
            and pair.chance >= search.least_chance
            and (search.modalities is None or {pair.source.modality, pair.target.modality} == set(search.modalities))
            and all(word in values for word in folded_text(search.text).split())
        )

    wanted = [number for number in range(len(told)) if is_wanted(number)]
    if search.order is PairOrder.STRONGEST:
        wanted.sort(key=lambda number: -abs(told[number].mean))
    assert search_pairs(compared, known, search).tolist() == wanted


def test_a_graph_without_edges_is_silent_of_everything() -> None:
    nothing = np.zeros(0, dtype=np.int32)
    empty = pair_table(signed_graph(CATALOGUE, nothing, nothing, nothing.astype(np.int8)), None)
    compared = compare_pairs(stored(), config(), empty)
    assert compared.of_verdict(Verdict.SILENT).all() and len(compared) == 58
    assert told_pair(compared, empty, 0).reason == ""
