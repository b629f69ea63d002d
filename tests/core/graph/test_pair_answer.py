"""One pair out of a graph's files is what the whole files say of it."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.errors import CorruptArtefact
from core.graph.edges_csv import write_edges
from core.graph.model import Basis, Outcome, Verdict, VerdictTable, graph_from_verdicts, verdict_table
from core.graph.pair_answer import PairAnswer, answer_in, answer_in_edges, answer_in_verdicts
from core.graph.verdict_file import read_verdicts, write_verdicts

HOSTILE = ('=HYPERLINK("x")', "<script>alert(1)</script>", "a,b\nc", "\u202egnp.exe", '"quoted"', "ü" * 300)
CATALOGUE = Catalogue(
    tuple(Attribute(f"{m}{i} {HOSTILE[i]}", HOSTILE[i], m, m) for m in ("brand", "geo", "audience") for i in range(6))
)


@pytest.fixture(scope="module")
def verdicts() -> VerdictTable:
    pairs = [(i, j) for i, j in combinations(range(18), 2) if i // 6 != j // 6][::2]
    rng = np.random.default_rng(4)
    said = [
        Verdict(Outcome(int(o)), float(s), HOSTILE[n % 6], HOSTILE[: n % 3], f"reply {n}" if n % 2 else "")
        for n, (o, s) in enumerate(zip(rng.integers(-1, 4, len(pairs)), rng.random(len(pairs)), strict=True))
    ]
    return verdict_table(
        np.array([i for i, _ in pairs], np.int32),
        np.array([j for _, j in pairs], np.int32),
        said,
        rng.integers(-1, 9, len(pairs)).astype(np.int32),
        "the judge",
        basis=rng.integers(0, 3, len(pairs)).astype(np.int8),
        probability=np.where(rng.random(len(pairs)) < 0.5, np.nan, 0.75).astype(np.float32),
        stability=np.where(rng.random(len(pairs)) < 0.5, np.nan, 0.5).astype(np.float32),
    )


def ids(source: int, target: int) -> tuple[str, str]:
    return CATALOGUE.attributes[source].id, CATALOGUE.attributes[target].id


def test_a_pair_in_the_file_is_the_pair_in_memory(verdicts: VerdictTable) -> None:
    data = write_verdicts(verdicts, CATALOGUE, "edges")
    whole = read_verdicts(data, CATALOGUE, "edges")
    listed = set(zip(whole.source.tolist(), whole.target.tolist(), strict=True))
    for source, target in combinations(range(18), 2):
        first, second = ids(source, target)
        found = answer_in_verdicts(data, second, first)
        assert found == answer_in_verdicts(data, first, second) == answer_in(whole, target, source)
        assert (found is None) == ((source, target) not in listed)
    row = 5
    expected = PairAnswer(
        Outcome(whole.outcome[row]),
        Basis(whole.basis[row]),
        float(whole.strength[row]),
        whole.reason[row],
        int(whole.call[row]) + 1,
        "the judge",
        *(None if np.isnan(c[row]) else float(c[row]) for c in (whole.probability, whole.stability)),
        whole.evidence[row],
        whole.reply[row],
    )
    assert answer_in(whole, int(whole.source[row]), int(whole.target[row])) == expected


def test_an_edge_in_the_csv_is_the_edge_in_memory(verdicts: VerdictTable) -> None:
    graph = graph_from_verdicts(CATALOGUE, verdicts)
    data = write_edges(graph)
    for source, target in combinations(range(18), 2):
        found = answer_in_edges(data, *ids(source, target))
        assert found == answer_in_edges(data, *ids(target, source)) == answer_in(graph, target, source)
    assert answer_in(graph, int(graph.source[0]), int(graph.target[0])) == PairAnswer(
        Outcome(graph.sign[0]), Basis.UPLOADED
    )


def test_a_pair_without_call_or_strength_has_none(verdicts: VerdictTable) -> None:
    blank = replace(verdicts, call=np.full_like(verdicts.call, -1), strength=np.full_like(verdicts.strength, np.nan))
    found = answer_in_verdicts(write_verdicts(blank, CATALOGUE, "e"), *ids(int(blank.source[0]), int(blank.target[0])))
    assert found is not None
    assert (found.call, found.strength) == (None, None)


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"source,target\n"])
def test_a_damaged_file_is_named(damage: bytes, verdicts: VerdictTable) -> None:
    with pytest.raises(CorruptArtefact, match="damaged"):
        answer_in_verdicts(damage, "a", "b")
    whole = write_verdicts(verdicts, CATALOGUE, "e")
    with pytest.raises(CorruptArtefact, match="damaged"):
        answer_in_verdicts(whole[: len(whole) // 2] + damage, "a", "b")
