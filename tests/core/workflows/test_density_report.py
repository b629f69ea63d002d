"""The density report against every subgraph there is: reach, frontier, verdicts, conflicts and repairs."""

import json
from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import SignedGraph, signed_graph
from core.sampler.blame import Bound, BoundValue
from core.sampler.configuration import LabelParams
from core.sampler.density import Density, measure_density, share_in_ranges
from core.sampler.label_verdict import Ease, LabelVerdict
from core.workflows import density_report
from core.workflows.density_report import density_record, report_label, report_reach

Quotas = dict[str, tuple[int, int]]


def label(pos: tuple[float, float] = (0.0, 1.0), neg: tuple[float, float] = (0.0, 1.0)) -> LabelParams:
    return LabelParams(pos_frac_range=pos, neg_frac_range=neg, num_samples=10)


def graph_of(kinds: str, edges: dict[tuple[int, int], int]) -> SignedGraph:
    """A graph whose nodes have these types, a letter each; every type is a modality."""
    catalogue = Catalogue(tuple(Attribute(f"n{i}", f"N {i}", kind, kind) for i, kind in enumerate(kinds)))
    source, target = np.array(list(edges), dtype=np.int32).T
    return signed_graph(catalogue, source, target, np.array(list(edges.values()), dtype=np.int8))


@pytest.fixture(scope="module")
def star() -> SignedGraph:
    """Three `a` and three `b`; only the first `a` has edges: + with every `b`."""
    return graph_of("aaabbb", {(0, b): 1 for b in (3, 4, 5)})


@pytest.fixture(scope="module")
def mixed() -> SignedGraph:
    """Eleven nodes of three types, a third of their pairs +, a third -."""
    kinds = "aaaabbbbccc"
    rng = np.random.default_rng(3)
    pairs = [(i, j) for i, j in combinations(range(len(kinds)), 2) if kinds[i] != kinds[j]]
    signs = dict(zip(pairs, rng.choice([1, -1, 0], size=len(pairs)).tolist(), strict=True))
    return graph_of(kinds, {pair: sign for pair, sign in signs.items() if sign})


def every_row(graph: SignedGraph, quotas: Quotas) -> Iterator[tuple[float, float]]:
    """(pos_frac, neg_frac) of every subgraph that the quotas allow, counted by hand."""
    sign = {(s, t): v for s, t, v in zip(*(c.tolist() for c in (graph.source, graph.target, graph.sign)), strict=True)}
    choices = []
    for kind, (low, high) in quotas.items():
        nodes = graph.catalogue.positions_by_type[kind]
        choices.append([c for n in range(low, high + 1) for c in combinations(nodes, n)])
    for parts in product(*choices):
        found = [sign.get(pair, 0) for pair in combinations(sorted(sum(parts, ())), 2)]
        n_pairs = max(len(found), 1)
        yield found.count(1) / n_pairs, found.count(-1) / n_pairs


def density_of(graph: SignedGraph, quotas: Quotas) -> Density:
    return measure_density(graph, quotas, 2_000, seed=5)


def test_the_reach_and_its_frontier_are_those_of_every_row(mixed: SignedGraph) -> None:
    quotas = {"a": (1, 2), "b": (1, 3), "c": (0, 2)}
    rows = list(every_row(mixed, quotas))
    found = report_reach(mixed, density_of(mixed, quotas))
    pos, neg = zip(*rows, strict=True)
    ends = found.extremes
    assert (ends.pos_min, ends.pos_max, ends.neg_min, ends.neg_max) == (min(pos), max(pos), min(neg), max(neg))
    assert found.frontier[0].neg_frac == ends.neg_min
    assert found.frontier[-1].neg_frac == pytest.approx(ends.neg_max)
    for point in found.frontier:
        assert point.pos_frac == pytest.approx(max(p for p, n in rows if n <= point.neg_frac + 1e-9))


def test_a_label_random_rows_meet_needs_no_explanation(mixed: SignedGraph) -> None:
    density = density_of(mixed, {"a": (1, 2), "b": (1, 2), "c": (1, 1)})
    report = report_label(mixed, density, "any", label())
    assert (report.verdict.ease, report.blame, report.tight) == (Ease.EASY, None, ())


def test_a_quota_that_stands_in_the_way_is_named_with_its_repair(star: SignedGraph) -> None:
    quotas = {"a": (2, 2), "b": (1, 1)}
    report = report_label(star, density_of(star, quotas), "pos", label(pos=(0.5, 1.0)))
    assert max(pos for pos, _ in every_row(star, quotas)) < 0.5
    assert report.verdict.ease is Ease.NOT_FOUND
    assert report.blame is not None
    assert report.blame.conflict == (BoundValue(Bound.POS_LEAST, 0.5),)
    assert report.blame.closest.pos_frac == pytest.approx(1 / 3)
    (repair,) = report.blame.repairs
    assert (repair.attribute_type, repair.before, repair.after) == ("a", (2, 2), (1, 2))
    assert max(pos for pos, _ in every_row(star, {**quotas, "a": (1, 2)})) >= 0.5
    others = ({**quotas, "a": (2, 3)}, {**quotas, "b": (0, 1)}, {**quotas, "b": (1, 2)})
    assert all(max(pos for pos, _ in every_row(star, other)) < 0.5 for other in others)


def test_a_proven_label_is_called_impossible_and_says_why(star: SignedGraph) -> None:
    report = report_label(star, density_of(star, {"a": (2, 2), "b": (1, 1)}), "pos", label(pos=(0.9, 1.0)))
    assert report.verdict.ease is Ease.IMPOSSIBLE
    assert "at most 0.6667 of the pairs" in report.verdict.proof
    assert report.blame is not None


def test_a_conflict_is_met_without_any_one_of_its_bounds(mixed: SignedGraph) -> None:
    quotas = {"a": (2, 2), "b": (2, 2), "c": (1, 1)}
    rows = list(every_row(mixed, quotas))
    pos_high, neg_high = max(p for p, _ in rows), max(n for _, n in rows)
    params = label(pos=(pos_high, 1.0), neg=(neg_high, 1.0))
    assert not any(p >= pos_high and n >= neg_high for p, n in rows)
    report = report_label(mixed, density_of(mixed, quotas), "both", params)
    assert report.blame is not None
    assert {bound.bound for bound in report.blame.conflict} == {Bound.POS_LEAST, Bound.NEG_LEAST}


def test_a_row_found_while_explaining_turns_not_found_around(
    mixed: SignedGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searches are chance: what twelve of them missed, the explanation may meet. Then a row exists."""
    missed = LabelVerdict("any", Ease.NOT_FOUND, 0.0, 0.0, missed=("pos_frac 0.1 is below 0.2",))
    monkeypatch.setattr(density_report, "judge_label", lambda *_: missed)
    report = report_label(mixed, density_of(mixed, {"a": (1, 2), "b": (1, 2)}), "any", label())
    assert report.verdict.ease is Ease.NEARLY_INFEASIBLE
    assert (report.verdict.closest, report.verdict.missed, report.blame) == (None, (), None)


def test_the_bounds_that_make_a_label_nearly_infeasible_are_named(
    mixed: SignedGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(encoding: object, density: object, name: str, params: LabelParams, seed: int) -> LabelVerdict:
        is_hard = params.pos_frac_range[0] == 0.6
        return LabelVerdict(name, Ease.NEARLY_INFEASIBLE if is_hard else Ease.RARE, 0.0, 0.25 if is_hard else 1.0)

    monkeypatch.setattr(density_report, "judge_label", judge)
    params = label(pos=(0.6, 0.8), neg=(0.1, 0.3))
    report = report_label(mixed, density_of(mixed, {"a": (1, 2), "b": (1, 2)}), "tight", params)
    assert report.tight == (BoundValue(Bound.POS_LEAST, 0.6),)


def test_the_record_is_json_and_the_same_at_every_call(star: SignedGraph) -> None:
    density = density_of(star, {"a": (2, 2), "b": (1, 1)})
    labels = {"pos": label(pos=(0.5, 1.0)), "any": label()}
    record = density_record(star, density, labels)
    read = json.loads(json.dumps(record, allow_nan=False))
    assert read == json.loads(json.dumps(density_record(star, density, labels)))
    assert read["share_in_ranges"] == share_in_ranges(density, labels)
    assert [found["ease"] for found in read["labels"].values()] == ["not found", "easy"]
    blame = read["labels"]["pos"]["blame"]
    assert blame["conflict"] == [{"bound": "pos_frac at least", "value": 0.5}]
    assert blame["repairs"] == [{"attribute_type": "a", "before": [2, 2], "after": [1, 2]}]
    assert read["reach"]["pos_frac"] == [0.0, pytest.approx(1 / 3)]
    shares = {tuple(pair["modalities"]): pair for pair in read["by_modality_pair"]}
    assert shares["a", "b"]["share_of_row"] == pytest.approx(2 / 3)
    assert shares["a", "b"]["positive"] == pytest.approx(3 / 9)


def test_rows_that_may_hold_nothing_have_no_signs_to_reach(star: SignedGraph) -> None:
    labels = {"pos": label(pos=(0.5, 1.0)), "any": label()}
    record = density_record(star, density_of(star, {"a": (0, 2)}), labels)
    assert record["reach"]["pos_frac"] == [0.0, 0.0]
    assert [found["ease"] for found in record["labels"].values()] == ["impossible", "easy"]
