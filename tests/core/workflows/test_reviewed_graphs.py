from pathlib import Path

import numpy as np
import pytest

from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.errors import CorruptArtefact, InvalidInput, ValenceError
from core.fingerprint import digest
from core.graph.edges_csv import read_edges, write_edges
from core.graph.model import Basis, Origin, Outcome, SignedGraph, graph_from_verdicts
from core.graph.pair_table import pair_table
from core.graph.review.review_file import read_reviews, write_reviews
from core.graph.statistics import graph_statistics
from core.jobs import JobState
from core.store.review_log import Decision, NewReview, ReviewKind
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import EDGES_FILE, GRAPH, REVIEWS_FILE, VERDICTS_FILE, load_graph, save_uploaded_graph
from core.workflows.reviewed_graphs import apply_reviews, first_graph, newer_versions, reviewed_versions
from core.workflows.reviews import record_review, reviews_of, undo_review

SMALL = Path(__file__).parents[3] / "data" / "catalogues" / "small.csv"
PLUS, MINUS, ZERO, SKIP = Decision


@pytest.fixture(scope="module")
def catalogue():
    return catalogue_or_error(read_catalogue_file(SMALL))


@pytest.fixture
def judged(workspace, jobs, catalogue):
    """A graph of the small catalogue by the offline judge, as it is stored."""
    save_catalogue(workspace, catalogue, "Small")
    settings = GraphSettings().model_dump(mode="json")
    job = jobs.get(jobs.submit("build_graph", {"catalogue": catalogue.id, "settings": settings}))
    assert job.state is JobState.DONE, job.error
    return load_graph(workspace, job.result[GRAPH])


@pytest.fixture
def uploaded(workspace, catalogue, judged):
    """Some edges of it, as an uploaded file."""
    lines = write_edges(judged.graph).splitlines(keepends=True)[:30]
    return load_graph(workspace, save_uploaded_graph(workspace, catalogue.id, b"".join(lines), "Uploaded").id)


def pair_of(stored, outcome, place=0):
    """The ids of a pair of that first answer, in the order of the catalogue."""
    table = stored.judged
    known = table.sign if isinstance(table, SignedGraph) else table.outcome
    row = np.flatnonzero(known == outcome)[place]
    attributes = stored.graph.catalogue.attributes
    return attributes[table.source[row]].id, attributes[table.target[row]].id


def decide(workspace, stored, pair, decision, reviewer="Ana", **more):
    return record_review(
        workspace, NewReview(stored.graph.catalogue.id, *pair, stored.artefact.id, reviewer, decision, **more)
    )


def edges_by_pair(stored):
    graph = stored.graph
    ids = [attribute.id for attribute in graph.catalogue.attributes]
    columns = zip(graph.source.tolist(), graph.target.tolist(), graph.sign.tolist(), strict=True)
    return {(ids[i], ids[j]): sign for i, j, sign in columns}


def test_a_reviewed_graph_holds_the_reviewed_signs_and_the_judges_verdicts(workspace, judged):
    flipped, dropped, added, kept = (
        pair_of(judged, outcome) for outcome in (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE)
    )
    kept, tied = pair_of(judged, Outcome.POSITIVE, 1), pair_of(judged, Outcome.POSITIVE, 2)
    decide(workspace, judged, flipped, MINUS)
    decide(workspace, judged, dropped, ZERO, "Bo")
    decide(workspace, judged, added, PLUS)
    decide(workspace, judged, kept, PLUS)
    decide(workspace, judged, tied, PLUS)
    decide(workspace, judged, tied, ZERO, "Bo")
    before = {path.name: path.read_bytes() for path in judged.artefact.folder.iterdir()}
    made = load_graph(workspace, apply_reviews(workspace, judged.artefact.id, "  Checked by us ").id)

    expected = {**edges_by_pair(judged), flipped: -1, added: 1}
    del expected[dropped]
    assert edges_by_pair(made) == expected
    assert made.verdicts.outcome.tolist() == judged.verdicts.outcome.tolist()
    assert made.verdicts.reason == judged.verdicts.reason and made.judged is made.verdicts
    assert graph_from_verdicts(made.graph.catalogue, made.answers).id == made.graph.id
    assert {path.name: path.read_bytes() for path in judged.artefact.folder.iterdir()} == before
    table = pair_table(made.graph, made.answers)
    row = next(row for row in range(len(table)) if (table.source[row], table.target[row]) == ends(made, flipped))
    assert (table.pair(row).outcome, table.pair(row).reason) == (Outcome.NEGATIVE, "Reviewed as - by Ana")
    assert np.count_nonzero(made.answers.basis == Basis.REVIEWED) == 4

    manifest = made.artefact.manifest
    assert made.origin is Origin.REVIEWED and manifest.title == "Checked by us"
    assert manifest.parents == {CATALOGUE: made.graph.catalogue.id, GRAPH: judged.artefact.id}
    reviews = manifest.facts["reviews"]
    assert {name: reviews[name] for name in reviews if name.startswith("n_")} == {
        "n_reviews": 6,
        "n_reviewers": 2,
        "n_confirmed": 1,
        "n_changed": 3,
        "n_conflicts": 1,
    }
    total = graph_statistics(made.graph, made.answers).total
    assert (manifest.facts["n_positive"], manifest.facts["n_neutral"]) == (total.n_positive, total.n_neutral)
    assert total.n_pairs == manifest.facts["n_pairs"] == made.graph.catalogue.n_pairs
    with pytest.raises(ValenceError, match="was used to make"):
        workspace.artefacts.delete(GRAPH, judged.artefact.id)


def ends(stored, pair):
    return tuple(stored.graph.catalogue.position_of[end] for end in pair)


def test_the_same_reviews_are_the_same_version_and_others_another(workspace, judged):
    first_review = decide(workspace, judged, pair_of(judged, Outcome.POSITIVE), MINUS)
    first = apply_reviews(workspace, judged.artefact.id)
    assert first.manifest.title.endswith("· reviewed")
    decide(workspace, judged, pair_of(judged, Outcome.POSITIVE, 1), SKIP)  # counts for nothing
    assert apply_reviews(workspace, judged.artefact.id, "Other title") == first
    assert apply_reviews(workspace, first.id) == first  # a reviewed version starts from the same first answers
    latest = decide(workspace, judged, pair_of(judged, Outcome.POSITIVE, 1), ZERO)
    second = apply_reviews(workspace, first.id)
    assert second.id != first.id and second.manifest.parents[GRAPH] == judged.artefact.id == first_graph(second)
    assert load_graph(workspace, first.id).reviews == (first_review,)  # a snapshot: later reviews do not reach it
    assert load_graph(workspace, second.id).reviews == (first_review, latest)
    undo_review(workspace, latest.id, "Ana")
    assert load_graph(workspace, second.id).reviews == (first_review, latest)
    assert apply_reviews(workspace, second.id) == first


def test_newer_versions_are_those_to_go_on_with(workspace, judged, uploaded):
    base = judged.artefact.id

    def newer(graph_id):
        return [artefact.id for artefact in newer_versions(workspace, graph_id)]

    assert newer(base) == []
    decide(workspace, judged, pair_of(judged, Outcome.POSITIVE), MINUS)
    assert newer(base) == []  # reviews alone are no version yet
    first = apply_reviews(workspace, base)
    assert newer(base) == [first.id] and newer(first.id) == []
    latest = decide(workspace, judged, pair_of(judged, Outcome.POSITIVE, 1), ZERO)
    assert newer(base) == [first.id] and newer(first.id) == []
    second = apply_reviews(workspace, base)
    assert newer(base) == [second.id, first.id]
    assert newer(first.id) == [second.id] and newer(second.id) == []
    undo_review(workspace, latest.id, "Ana")  # now the first is what the reviews say again
    assert newer(first.id) == [] and newer(second.id) == [first.id] and newer(base)[0] == first.id
    assert newer(uploaded.artefact.id) == []  # a version of another graph
    assert [a.id for a in reviewed_versions(workspace, second.id)] == [second.id, first.id]


def test_without_a_settled_pair_there_is_nothing_to_apply(workspace, judged):
    pair = pair_of(judged, Outcome.POSITIVE)
    with pytest.raises(InvalidInput, match="No pair of this graph has a review that counts"):
        apply_reviews(workspace, judged.artefact.id)
    decide(workspace, judged, pair, PLUS)
    decide(workspace, judged, pair, MINUS, "Bo")
    with pytest.raises(InvalidInput, match="All 1 reviewed pairs are in conflict"):
        apply_reviews(workspace, judged.artefact.id)
    decide(workspace, judged, pair, MINUS, "Cy", kind=ReviewKind.ADJUDICATED)
    made = load_graph(workspace, apply_reviews(workspace, judged.artefact.id).id)
    assert edges_by_pair(made)[pair] == -1
    assert [review.reviewer for review in made.reviews] == ["Ana", "Bo", "Cy"]


def test_an_uploaded_graph_can_be_reviewed(workspace, uploaded, judged):
    dropped = pair_of(uploaded, Outcome.POSITIVE)
    added = next(pair for pair in edges_by_pair(judged) if pair not in edges_by_pair(uploaded))
    decide(workspace, uploaded, dropped, ZERO)
    decide(workspace, uploaded, added, MINUS)
    made = load_graph(workspace, apply_reviews(workspace, uploaded.artefact.id).id)
    assert edges_by_pair(made) == {**{p: s for p, s in edges_by_pair(uploaded).items() if p != dropped}, added: -1}
    assert made.verdicts is None and made.judged.id == uploaded.graph.id
    total = graph_statistics(made.graph, made.answers).total
    assert (total.n_neutral, total.n_positive + total.n_negative) == (1, uploaded.graph.n_edges)
    assert apply_reviews(workspace, made.artefact.id) == made.artefact


def test_reviews_count_for_every_graph_of_the_catalogue(workspace, judged, uploaded):
    pair = pair_of(uploaded, Outcome.POSITIVE)
    decide(workspace, judged, pair, MINUS)
    both = [load_graph(workspace, apply_reviews(workspace, one.artefact.id).id) for one in (judged, uploaded)]
    assert [edges_by_pair(made)[pair] for made in both] == [-1, -1]
    assert both[0].artefact.id != both[1].artefact.id


def test_a_reviewed_graph_is_drawn_from_and_extended_like_any_other(workspace, jobs, judged):
    decide(workspace, judged, pair_of(judged, Outcome.POSITIVE), MINUS)
    reviewed = apply_reviews(workspace, judged.artefact.id)
    settings = GraphSettings.model_validate({"extends": reviewed.id}).model_dump(mode="json")
    job = jobs.get(jobs.submit("build_graph", {"catalogue": judged.graph.catalogue.id, "settings": settings}))
    assert job.state is JobState.DONE, job.error
    again = load_graph(workspace, job.result[GRAPH])
    assert again.graph.id == judged.graph.id  # what is carried over is what the judge said
    assert again.artefact.manifest.parents[GRAPH] == reviewed.id and again.origin is Origin.JUDGED


def test_changed_files_are_noticed(workspace, judged):
    decide(workspace, judged, pair_of(judged, Outcome.POSITIVE), MINUS)
    made = apply_reviews(workspace, judged.artefact.id)
    assert set(made.manifest.files) == {EDGES_FILE, VERDICTS_FILE, REVIEWS_FILE}
    catalogue, reviews = judged.graph.catalogue, reviews_of(workspace, judged.graph.catalogue.id)
    data = write_reviews(reviews, catalogue, "one")
    assert read_reviews(data, catalogue, "one") == reviews
    assert write_reviews(reviews, catalogue, "one") == data
    with pytest.raises(CorruptArtefact, match="another edges file"):
        read_reviews(data, catalogue, "other")
    for broken in (b"", b"PAR1", data[: len(data) // 2]):
        with pytest.raises(CorruptArtefact, match="damaged"):
            read_reviews(broken, catalogue, "one")
    edges = workspace.artefacts.read(made, EDGES_FILE)
    assert read_edges(edges, catalogue).n_edges == judged.graph.n_edges and digest(edges)
    (made.folder / REVIEWS_FILE).write_bytes(data)
    with pytest.raises(CorruptArtefact, match="differs from what was saved"):
        load_graph(workspace, made.id)
