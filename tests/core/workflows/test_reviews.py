import csv
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput, NotFound, ValenceError
from core.graph.model import Outcome
from core.graph.review.review_csv import COLUMNS
from core.graph.review.states import ReviewState
from core.store.review_log import Decision, NewReview, PairEnds, ReviewKind
from core.workflows import review_files
from core.workflows.catalogues import save_catalogue
from core.workflows.graphs import load_graph, save_uploaded_graph
from core.workflows.review_files import ExportedPairs, export_reviews, import_reviews
from core.workflows.reviewed_graphs import apply_reviews
from core.workflows.reviews import (
    apply_derived,
    derived_reviews,
    known_reviewer,
    record_review,
    resolution_of,
    revert_derived,
    reviews_of,
    undo_review,
)

CATALOGUE = Catalogue(
    (
        Attribute("b1", "Nike", "brand", "brand"),
        Attribute("a1", "=Runners", "audience", "audience"),
        Attribute("b2", "Rolex", "brand", "brand"),
        Attribute("a2", "Golfers", "audience", "audience"),
    )
)
EDGES = b"source,target,rel,sign\nb1,a1,brand_to_audience,+\nb2,a2,brand_to_audience,-\n"
PLUS, MINUS, ZERO, SKIP = Decision


@pytest.fixture
def graph(workspace):
    """The id of an uploaded graph with two edges: b1 + a1, b2 - a2."""
    save_catalogue(workspace, CATALOGUE, "Four")
    return save_uploaded_graph(workspace, CATALOGUE.id, EDGES, "Edges").id


@pytest.fixture
def decide(workspace, graph):
    def decide_it(source="b1", target="a1", reviewer="Ana", decision=MINUS, key=None, **more):
        new = NewReview(CATALOGUE.id, source, target, more.pop("graph", graph), reviewer, decision, **more)
        return record_review(workspace, new, key)

    return decide_it


def state_of(workspace, graph, source="b1", target="a1"):
    resolution = resolution_of(workspace, load_graph(workspace, graph))
    return resolution.state_of(CATALOGUE.position_of[source], CATALOGUE.position_of[target])


# Record and undo


def test_a_decision_is_recorded_once_under_its_key(workspace, graph, decide):
    first = decide(key="card 1")
    assert decide(key="card 1") == first
    assert reviews_of(workspace, CATALOGUE.id) == (first,)
    assert state_of(workspace, graph) is ReviewState.CHANGED
    assert state_of(workspace, graph, "b2", "a2") is ReviewState.UNREVIEWED


def test_what_is_no_pair_of_the_catalogue_is_refused(workspace, graph, decide):
    for ends, words in {
        ("b9", "a1"): "no attribute 'b9'",
        ("b1", "b2"): "both of modality 'brand'",
        ("a1", "b1"): "comes before",
        ("b1", "b1"): "both of modality",
    }.items():
        with pytest.raises(InvalidInput, match=words):
            decide(*ends)
    with pytest.raises(InvalidInput, match="no name"):
        decide(reviewer=" ")
    with pytest.raises(NotFound, match="no graph 'gone'"):
        decide(graph="gone")
    other = Catalogue((*CATALOGUE.attributes, Attribute("g1", "Rome", "geo", "city")))
    save_catalogue(workspace, other, "Five")
    foreign = save_uploaded_graph(workspace, other.id, EDGES, "Other")
    with pytest.raises(InvalidInput, match="of another catalogue"):
        decide(graph=foreign.id)
    assert reviews_of(workspace, CATALOGUE.id) == ()


def test_undo_takes_back_ones_own_and_tells_who_decided_later(workspace, graph, decide):
    mine = decide()
    earlier = decide("b2", "a2", "Bo", PLUS)
    theirs = decide(reviewer="Bo", decision=ZERO)
    with pytest.raises(ValenceError, match="cannot withdraw what 'Bo' decided"):
        undo_review(workspace, theirs.id, "Ana")
    with pytest.raises(NotFound):
        undo_review(workspace, "gone", "Ana")
    undone = undo_review(workspace, mine.id, "Ana")
    assert undone.stood and not undone.review.stands and undone.later == (theirs,)
    assert [review.stands for review in reviews_of(workspace, CATALOGUE.id)] == [False, True, True]
    again = undo_review(workspace, mine.id, "Ana")
    assert not again.stood and again.later == (theirs,)
    assert undo_review(workspace, earlier.id, "Bo").later == ()


def test_undoing_the_latest_brings_the_earlier_decision_back(workspace, graph, decide):
    decide(decision=ZERO)
    latest = decide(decision=PLUS)
    assert state_of(workspace, graph) is ReviewState.CONFIRMED
    undo_review(workspace, latest.id, "Ana")
    resolution = resolution_of(workspace, load_graph(workspace, graph))
    assert resolution.resolved.tolist() == [Outcome.NEUTRAL]


def test_two_reviewers_at_the_same_moment_are_both_kept(workspace, graph, decide):
    start = threading.Barrier(2)

    def work(one):
        start.wait()
        return decide(reviewer=one[0], decision=one[1])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [("Ana", PLUS), ("Bo", MINUS)]))
    assert {review.reviewer for review in reviews_of(workspace, CATALOGUE.id)} == {"Ana", "Bo"}
    assert state_of(workspace, graph) is ReviewState.CONFLICT


def test_a_name_in_another_spelling_is_the_same_person(workspace, decide):
    decide(reviewer="Ana Maria")
    assert known_reviewer(workspace, CATALOGUE.id, "  ana  MARIA ") == "Ana Maria"
    assert known_reviewer(workspace, CATALOGUE.id, " Bo ") == "Bo"


# Look-alikes


def test_a_decision_is_applied_to_look_alikes_and_reverted_in_one_step(workspace, graph, decide):
    first = decide(decision=ZERO, queue="q")
    own = decide("a1", "b2", decision=PLUS)
    pairs = [PairEnds("b1", "a2"), PairEnds("a1", "b2"), PairEnds("b1", "a1"), PairEnds("b1", "a2")]
    with pytest.raises(InvalidInput, match="comes before"):
        apply_derived(workspace, first.id, [PairEnds("b1", "a2"), PairEnds("b2", "a1")], "Ana")
    made = apply_derived(workspace, first.id, pairs, "Ana")
    assert [(r.source, r.target) for r in made] == [("b1", "a2"), ("a1", "b2")]
    assert {(r.kind, r.derived_from, r.decision, r.queue, r.is_blind) for r in made} == {
        (ReviewKind.DERIVED, first.id, ZERO, "q", False)
    }
    assert own.stands
    assert apply_derived(workspace, first.id, pairs, "Ana") == ()
    assert undo_review(workspace, first.id, "Ana").derived == made == derived_reviews(workspace, first.id)
    assert revert_derived(workspace, first.id, "Ana") == 2
    assert revert_derived(workspace, first.id, "Ana") == 0 == len(derived_reviews(workspace, first.id))


def test_only_a_standing_decision_of_ones_own_is_applied(workspace, decide):
    mine, skipped = decide(), decide("b1", "a2", decision=SKIP)
    for review, by, words in ((mine, "Bo", "is by 'Ana'"), (skipped, "Ana", "withdrawn or skipped")):
        with pytest.raises(ValenceError, match=words):
            apply_derived(workspace, review.id, [PairEnds("b1", "a2")], by)
    undo_review(workspace, mine.id, "Ana")
    with pytest.raises(ValenceError, match="withdrawn or skipped"):
        apply_derived(workspace, mine.id, [PairEnds("b1", "a2")], "Ana")
    assert len(reviews_of(workspace, CATALOGUE.id)) == 2


# Out as CSV and in again


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def filled(data, *decisions, **more):
    """The file with the decisions of its lines replaced, in order, and `more` columns set on each decided line."""
    rows = rows_of(data)
    for row, decision in zip(rows, decisions, strict=False):
        row.update({"decision": decision, **(more if decision else {})})
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def take_in(workspace, graph, data, by="", name="reviews.csv"):
    return import_reviews(workspace, graph, data, name, by)


def test_what_is_exported_adds_nothing_when_it_is_imported(workspace, graph, decide):
    decide(note="=1+1")
    decide(reviewer="Bo", decision=PLUS)
    decide("a1", "b2", "Cy", ZERO, kind=ReviewKind.ADJUDICATED)
    decide("b2", "a2", decision=SKIP)
    before = reviews_of(workspace, CATALOGUE.id)
    for which in ExportedPairs:
        report = take_in(workspace, graph, export_reviews(workspace, graph, which))
        assert (report.new, report.outdated, report.n_unchanged) == ((), (), 3)
    assert reviews_of(workspace, CATALOGUE.id) == before


def test_each_export_lists_its_pairs(workspace, graph, decide):
    decide(note="why")
    decide(reviewer="Bo", decision=PLUS)
    decide("b1", "a2", "Bo", ZERO)

    def listed(*arguments, **options):
        data = export_reviews(workspace, graph, *arguments, **options)
        return [(r["source"], r["target"], r["judge_sign"], r["decision"], r["reviewer"]) for r in rows_of(data)]

    nike = [("b1", "a1", "positive", "negative", "Ana"), ("b1", "a1", "positive", "positive", "Bo")]
    golf = ("b1", "a2", "unjudged", "neutral", "Bo")
    rolex = ("b2", "a2", "negative", "", "")
    assert listed() == listed(ExportedPairs.JUDGED) == [*nike, golf, rolex]
    assert listed(ExportedPairs.REVIEWED) == [*nike, golf]
    assert listed(ExportedPairs.REVIEWED, reviewer="Ana") == nike[:1]
    assert listed(reviewer="Ana") == [nike[0], rolex]
    assert listed(reviewer="Zoe") == [("b1", "a1", "positive", "", ""), rolex]
    pairs = [PairEnds("b2", "a2"), PairEnds("b1", "a2")]
    assert listed(pairs=pairs) == [rolex, golf]
    assert listed(pairs=[]) == []
    with pytest.raises(InvalidInput, match="no attribute 'gone'"):
        listed(pairs=[PairEnds("gone", "a2")])


def test_decisions_of_a_spreadsheet_are_recorded_once(workspace, graph):
    data = filled(export_reviews(workspace, graph), "negative", "0", note="=odd")
    report = take_in(workspace, graph, data, by="Ana")
    assert (report.n_lines, report.n_undecided, report.n_unchanged) == (2, 0, 0)
    assert [(r.source, r.decision, r.reviewer, r.kind, r.note, r.graph) for r in report.new] == [
        ("b1", MINUS, "Ana", ReviewKind.IMPORTED, "=odd", graph),
        ("b2", ZERO, "Ana", ReviewKind.IMPORTED, "=odd", graph),
    ]
    again = take_in(workspace, graph, data, by="Ana")
    assert (again.new, again.n_unchanged) == ((), 2)
    assert reviews_of(workspace, CATALOGUE.id) == report.new
    assert len(take_in(workspace, graph, filled(export_reviews(workspace, graph), "+", note="")).new) == 1


def test_an_old_file_does_not_overrule_what_its_author_decided_since(workspace, graph, decide):
    data = filled(export_reviews(workspace, graph), "negative", "neutral")
    first = take_in(workspace, graph, data, by="Ana")
    decide(decision=PLUS)
    undo_review(workspace, first.new[1].id, "Ana")
    again = take_in(workspace, graph, data, by="Ana")
    assert again.new == () and [problem.row for problem in again.outdated] == [2, 3]
    assert "says + since" in again.outdated[0].message and "took it back since" in again.outdated[1].message
    assert state_of(workspace, graph) is ReviewState.CONFIRMED


def test_a_changed_note_is_news_and_a_missing_column_of_notes_is_none(workspace, graph, decide):
    decide(note="old")
    noted = filled(export_reviews(workspace, graph, ExportedPairs.REVIEWED), "negative", note="new")
    without = "\n".join(
        ",".join(row[name] for name in ("source", "target", "graph", "decision", "reviewer"))
        for row in [{n: n for n in COLUMNS}, *rows_of(noted)]
    )
    assert take_in(workspace, graph, without.encode()).n_unchanged == 1
    assert [review.note for review in take_in(workspace, graph, noted).new] == ["new"]


def test_conflicts_with_others_are_told_with_what_counts(workspace, graph, decide):
    decide(reviewer="Bo", decision=PLUS)
    decide("b2", "a2", "Bo", PLUS)
    decide("b2", "a2", "Cy", PLUS)
    lines = export_reviews(workspace, graph, ExportedPairs.EDGES, reviewer="Ana")
    report = take_in(workspace, graph, filled(lines, "neutral", "neutral", reviewer="Ana"))
    tied, outvoted = report.conflicts
    assert (tied.row, outvoted.row) == (2, 3)
    assert "'Ana' says 0, but 'Bo' says +. The votes are tied" in tied.message and "Settle" in tied.fix
    assert "'Cy' says +. + counts." in outvoted.message and outvoted.fix == ""
    assert len(report.new) == 2


def test_another_spelling_of_a_name_in_a_file_is_the_same_person(workspace, graph, decide):
    decide(reviewer="Ana Maria", decision=PLUS)
    file = filled(export_reviews(workspace, graph, reviewer="Bo"), "negative", "positive", reviewer="ana  MARIA")
    report = take_in(workspace, graph, file)
    assert {review.reviewer for review in reviews_of(workspace, CATALOGUE.id)} == {"Ana Maria"}
    assert report.conflicts == () and state_of(workspace, graph) is ReviewState.CHANGED
    assert take_in(workspace, graph, file).new == ()
    assert {r.reviewer for r in take_in(workspace, graph, filled(file, "0", reviewer=""), by="ANA Maria").new} == {
        "Ana Maria"
    }

    rows = filled(file, "positive", "negative", source="a1", source_value="", target="b1", target_value="")
    with pytest.raises(InvalidInput, match="Row 2 already decides this pair"):
        take_in(workspace, graph, rows.replace(b"ana  MARIA", b"Cy", 1).replace(b"ana  MARIA", b"cy"))
    assert state_of(workspace, graph) is ReviewState.CHANGED


def test_two_known_people_whose_names_differ_in_case_stay_two(workspace, graph, decide):
    decide(reviewer="ana", decision=PLUS)
    decide(reviewer="Ana", decision=MINUS)
    report = take_in(workspace, graph, export_reviews(workspace, graph))
    assert (report.new, report.n_unchanged) == ((), 2)


def test_nothing_is_recorded_where_anything_is_wrong(workspace, graph):
    good = filled(export_reviews(workspace, graph), "negative", "positive")
    with pytest.raises(InvalidInput) as failure:
        take_in(workspace, graph, good)
    assert [(p.row, p.field) for p in failure.value.problems] == [(2, "reviewer"), (3, "reviewer")]
    with pytest.raises(InvalidInput, match="begins or ends with a space"):
        take_in(workspace, graph, good, by="Ana ")
    with pytest.raises(InvalidInput, match="'maybe' is no decision"):
        take_in(workspace, graph, filled(good, "negative", "maybe"), by="Ana")
    twice = filled(good, "negative", "positive", source="b1", source_value="", target="a1", target_value="")
    with pytest.raises(InvalidInput, match="Row 2 already decides this pair, as negative"):
        take_in(workspace, graph, twice, by="Ana")
    rows = rows_of(twice)
    rows[0]["reviewer"] = "Ana"  # the same person, once named and once not
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    with pytest.raises(InvalidInput, match="Row 2 already decides this pair by 'Ana'"):
        take_in(workspace, graph, text.getvalue().encode(), by="Ana")
    assert reviews_of(workspace, CATALOGUE.id) == ()


def test_a_second_column_of_decisions_is_refused_since_it_may_contradict_the_first(workspace, graph):
    text = f"source,target,graph,decision,Decision,reviewer\nb1,a1,{graph},+,-,Ana\n"
    with pytest.raises(InvalidInput, match="'Decision' is there again, after column 4") as failure:
        take_in(workspace, graph, text.encode())
    assert [(p.row, p.field) for p in failure.value.problems] == [(1, "Decision")]
    assert reviews_of(workspace, CATALOGUE.id) == ()


def test_reviews_of_another_version_of_the_graph_are_refused(workspace, graph, decide):
    decide()
    reviewed = apply_reviews(workspace, graph, "Reviewed")
    data = filled(export_reviews(workspace, graph), "positive")
    with pytest.raises(InvalidInput, match="is of the graph"):
        take_in(workspace, reviewed.id, data, by="Ana")
    own = export_reviews(workspace, reviewed.id)
    assert [row["judge_sign"] for row in rows_of(own)] == ["positive", "negative"]  # what was said before any review
    assert take_in(workspace, reviewed.id, own).n_unchanged == 1


def test_one_file_imported_twice_at_the_same_moment_is_recorded_once(workspace, graph, monkeypatch):
    data = filled(export_reviews(workspace, graph), "negative", "neutral")
    start = threading.Barrier(3)

    def read_together(*arguments):
        found = reviews_of(*arguments)
        start.wait()
        return found

    monkeypatch.setattr(review_files, "reviews_of", read_together)
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda _: take_in(workspace, graph, data, by="Ana"), range(3)))
    assert len({report.new for report in reports}) == 1
    assert reviews_of(workspace, CATALOGUE.id) == reports[0].new
