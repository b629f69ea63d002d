"""What graphs say of a pair, looked up in their files, against the graphs loaded whole."""

from itertools import combinations

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.errors import CorruptArtefact, NotFound
from core.fingerprint import digest
from core.graph.edges_csv import write_edges
from core.graph.model import Outcome, Verdict, graph_from_verdicts, signed_graph, verdict_table
from core.graph.pair_answer import answer_in
from core.graph.verdict_file import write_verdicts
from core.store.artefacts import Artefact
from core.store.review_log import Decision, NewReview
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.graphs import EDGES_FILE, GRAPH, VERDICTS_FILE, load_graph, save_uploaded_graph
from core.workflows.pair_history import graphs_of, past_answer
from core.workflows.reviewed_graphs import apply_reviews
from core.workflows.reviews import record_review

KNOWN = Catalogue(tuple(Attribute(f"{m}-{i}", f"{m} {i}", m, m) for m in ("brand", "geo") for i in range(5)))
PAIRS = [(i, j) for i, j in combinations(range(10), 2) if i < 5 <= j]


def judged(workspace: Workspace) -> Artefact:
    rng = np.random.default_rng(3)
    verdicts = verdict_table(
        np.array([i for i, _ in PAIRS[:20]], np.int32),
        np.array([j for _, j in PAIRS[:20]], np.int32),
        [Verdict(Outcome(int(o)), 0.5, f"Because {n}.") for n, o in enumerate(rng.integers(-1, 4, 20))],
        np.arange(20, dtype=np.int32) // 4,
        "someone",
    )
    edges = write_edges(graph_from_verdicts(KNOWN, verdicts))
    files = {EDGES_FILE: edges, VERDICTS_FILE: write_verdicts(verdicts, KNOWN, digest(edges))}
    facts = {"origin": "judged", "judge_name": "someone"}
    return workspace.artefacts.save(GRAPH, "a" * 24, "Judged", files, facts, {CATALOGUE: KNOWN.id})


def uploaded(workspace: Workspace) -> Artefact:
    ends = np.array(PAIRS[::2], dtype=np.int32)
    sign = np.where(np.arange(len(ends)) % 3, 1, -1).astype(np.int8)
    return save_uploaded_graph(
        workspace, KNOWN.id, write_edges(signed_graph(KNOWN, ends[:, 0], ends[:, 1], sign)), "Up"
    )


def review(workspace: Workspace, graph: Artefact, pair: tuple[int, int], by: str, decision: Decision) -> None:
    source, target = (KNOWN.attributes[end].id for end in pair)
    record_review(workspace, NewReview(KNOWN.id, source, target, graph.id, by, decision))


def assert_as_loaded(workspace: Workspace, graph: Artefact) -> None:
    stored = load_graph(workspace, graph.id)
    for source, target in PAIRS:
        found = past_answer(workspace, graph.id, KNOWN.attributes[target].id, KNOWN.attributes[source].id)
        now, first = answer_in(stored.answers, source, target), answer_in(stored.judged, source, target)
        assert found.first == first
        assert found.outcome == (now.outcome if now else Outcome.UNJUDGED)
        for name in ("outcome", "basis", "strength", "reason"):
            assert getattr(found.now, name, None) == getattr(now, name, None)


@pytest.mark.parametrize("make", [judged, uploaded])
def test_every_pair_is_as_in_the_whole_graph_with_and_without_reviews(workspace: Workspace, make: object) -> None:
    save_catalogue(workspace, KNOWN, "Attributes")
    graph = make(workspace)  # type: ignore[operator]
    assert_as_loaded(workspace, graph)
    for pair, votes in {(0, 5): "+-", (0, 6): "--+", (1, 7): "0", (2, 8): "+", (4, 9): "-"}.items():
        for by, decision in zip("abc", votes, strict=False):
            review(workspace, graph, pair, by, Decision(decision))
    reviewed = apply_reviews(workspace, graph.id, "Reviewed")
    review(workspace, graph, (3, 5), "late", Decision.NEGATIVE)
    assert_as_loaded(workspace, reviewed)
    assert_as_loaded(workspace, graph)
    assert [g.id for g in graphs_of(workspace, KNOWN.id)] == [reviewed.id, graph.id]
    assert graphs_of(workspace, "other") == ()


def test_a_graph_that_is_gone_or_damaged_is_named(workspace: Workspace) -> None:
    save_catalogue(workspace, KNOWN, "Attributes")
    with pytest.raises(NotFound):
        past_answer(workspace, "0" * 24, "brand-0", "geo-0")
    graph = uploaded(workspace)
    path = workspace.artefacts.path(graph, EDGES_FILE)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(CorruptArtefact):
        past_answer(workspace, graph.id, "brand-0", "geo-0")
