"""Check sets in a workspace: kept, edited as versions, and held against graphs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.errors import InvalidInput, NotFound
from core.graph.checks.check_file import DATA, SHIPPED_CHECKS, read_written_file, read_written_set
from core.graph.checks.written import Line, WrittenPair, WrittenSet
from core.graph.model import Outcome
from core.store.review_log import Decision, NewReview
from core.store.workspace import Workspace, open_workspace
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.checks import (
    CHECKS,
    check_stored_graph,
    checks_csv,
    checks_line,
    edit_checks,
    import_shipped_checks,
    line_of_pair,
    lines_of,
    load_checks,
    read_upload,
    save_checks,
)
from core.workflows.graphs import load_graph, save_uploaded_graph
from core.workflows.reviewed_graphs import apply_reviews
from core.workflows.reviews import record_review

P, N, Z = Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL
NAMES = [
    ("Nib", "pen"),
    ("=1+1", "pen"),
    ("Poets", "writer"),
    ("@Clerks", "writer"),
    ("Twin", "pen"),
    ("Twin", "writer"),
]
CATALOGUE_ = Catalogue(tuple(Attribute(f"{kind}-{value}", value, kind, kind) for value, kind in NAMES))
SET = WrittenSet((WrittenPair("Nib", "Poets", P, "", "a"), WrittenPair("=1+1", "@Clerks", N, "tune", "-b")))


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path / "work") as held:
        yield held


def edited(lines: list[Line], **cells: str) -> list[Line]:
    """The last line with some cells replaced."""
    return [*lines[:-1], Line(lines[-1].row, {**lines[-1].cells, **cells})]


def test_a_set_comes_back_as_it_was_kept_and_the_same_pairs_are_one_version(workspace: Workspace) -> None:
    kept = save_checks(workspace, SET, "Mine")
    assert load_checks(workspace, kept.id) == SET
    assert kept.manifest.facts == {"n_pairs": 2, "expected": {"+": 1, "-": 1, "0": 0}, "splits": ["tune"]}
    assert save_checks(workspace, SET, "Other").manifest.title == "Mine"
    assert len(workspace.artefacts.list(CHECKS)) == 1
    assert read_written_set(checks_csv(workspace, kept.id), "x.csv") == SET
    with pytest.raises(NotFound):
        load_checks(workspace, "0" * 24)


def test_an_edit_is_a_new_version_and_the_old_one_stays(workspace: Workspace) -> None:
    first = save_checks(workspace, SET, "Mine")
    lines = lines_of(load_checks(workspace, first.id))
    second = edit_checks(workspace, first.id, edited(lines, expected="ambiguous"), CATALOGUE_)
    third = edit_checks(workspace, second.id, lines[:1], CATALOGUE_)
    assert load_checks(workspace, first.id) == SET
    assert load_checks(workspace, second.id).pairs[1] == WrittenPair("=1+1", "@Clerks", Z, "tune", "-b")
    assert load_checks(workspace, third.id).pairs == SET.pairs[:1]
    assert [a.id for a in checks_line(workspace, third.id)] == [third.id, second.id, first.id]
    assert {a.manifest.title for a in checks_line(workspace, third.id)} == {"Mine"}


def test_an_edit_that_changes_nothing_or_is_faulty_keeps_nothing(workspace: Workspace) -> None:
    first = save_checks(workspace, SET, "Mine")
    lines = lines_of(load_checks(workspace, first.id))
    with pytest.raises(InvalidInput, match="Change it first"):
        edit_checks(workspace, first.id, lines, CATALOGUE_)
    with pytest.raises(InvalidInput) as caught:
        bad = Line(4, {"source": "Nib", "target": "Nobody", "expected": "+"})
        edit_checks(workspace, first.id, [*lines, bad, Line(5, {"source": "Nib"})], CATALOGUE_)
    assert {(p.row, p.field) for p in caught.value.problems} == {(4, "target"), (5, "target"), (5, "expected")}
    with pytest.raises(InvalidInput, match="Nobody"):
        edit_checks(workspace, first.id, [*lines, bad], CATALOGUE_)
    assert [a.id for a in workspace.artefacts.list(CHECKS)] == [first.id]


def test_pairs_another_catalogue_lacks_may_stay_but_new_ones_must_be_there(workspace: Workspace) -> None:
    first = save_checks(workspace, WrittenSet((WrittenPair("Elsewhere", "Poets", P),)), "Foreign")
    lines = lines_of(load_checks(workspace, first.id))
    new = line_of_pair(CATALOGUE_, 4, 5, N, "=because", 3)
    assert dict(new.cells) == {"source": "pen-Twin", "target": "writer-Twin", "expected": "negative", "why": "=because"}
    second = edit_checks(workspace, first.id, [*lines, new], CATALOGUE_)
    assert load_checks(workspace, second.id).pairs[1] == WrittenPair("pen-Twin", "writer-Twin", N, "", "=because")


def test_an_upload_is_refused_for_faults_and_asks_about_what_the_catalogue_lacks() -> None:
    head = "source,target,expected\n"
    written, absent = read_upload(f"{head}Nib,Poets,+\nNib,Nobody,-\n".encode(), "x.csv", CATALOGUE_)
    assert len(written.pairs) == 2
    assert [(p.row, p.field) for p in absent] == [(3, "target")]
    with pytest.raises(InvalidInput) as caught:
        read_upload(f"{head}Nib,Poets,+\nPoets,Nib,-\n".encode(), "x.csv", CATALOGUE_)
    assert [(p.row, p.field) for p in caught.value.problems] == [(3, "target")]
    with pytest.raises(InvalidInput) as caught:
        read_upload(f"{head}Nib,Twin,+\nNib,Nobody,-\nNib,'=1+1,0\nNib,,maybe\n".encode(), "x.csv", CATALOGUE_)
    assert [(p.row, p.field) for p in caught.value.problems] == [
        *((row, "target") for row in (2, 3, 4, 5)),
        (5, "expected"),
    ]


@pytest.mark.parametrize("name", ["small", "large"])
def test_the_shipped_set_is_kept_whole_and_a_catalogues_share_of_it_is_told_apart(
    workspace: Workspace, name: str
) -> None:
    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / f"{name}.csv"))
    save_catalogue(workspace, catalogue, name)
    kept = import_shipped_checks(workspace)
    shipped = read_written_file(SHIPPED_CHECKS)
    assert load_checks(workspace, kept.id) == shipped
    attributes = catalogue.attributes
    graph_file = f"source,target,rel,sign\n{_any_edge(catalogue)}".encode()
    graph = save_uploaded_graph(workspace, catalogue.id, graph_file, "one edge")
    report = check_stored_graph(load_graph(workspace, graph.id), load_checks(workspace, kept.id))
    held = {a.value for a in attributes}
    here = [pair.row for pair in shipped.pairs if pair.names <= held]
    assert [result.pair.row for result in report.results] == here
    assert [item.pair.row for item in report.left_out] == [p.row for p in shipped.pairs if not p.names <= held]
    assert all(item.is_absent for item in report.left_out)


def _any_edge(catalogue: Catalogue) -> str:
    first = catalogue.attributes[0]
    other = next(a for a in catalogue.attributes if a.modality != first.modality)
    return f"{first.id},{other.id},{first.modality}_to_{other.modality},+\n"


def test_a_stored_graph_of_bare_edges_leaves_other_pairs_open_unless_told(workspace: Workspace) -> None:
    save_catalogue(workspace, CATALOGUE_, "c")
    data = b"source,target,rel,sign\npen-Nib,writer-Poets,pen_to_writer,-\n"
    stored = load_graph(workspace, save_uploaded_graph(workspace, CATALOGUE_.id, data, "g").id)
    assert stored.graph.n_edges == 1 and stored.artefact.manifest.parents[CATALOGUE] == CATALOGUE_.id
    assert check_stored_graph(stored, SET).tally() == (2, 0, 1, 0, 1)
    assert check_stored_graph(stored, SET, absent_is_neutral=True).tally() == (2, 0, 1, 1, 0)


def test_checks_of_a_reviewed_graph_count_its_reviews_and_leave_the_rest_as_it_was(workspace: Workspace) -> None:
    save_catalogue(workspace, CATALOGUE_, "c")
    data = b"source,target,rel,sign\npen-Nib,writer-Poets,pen_to_writer,-\n"
    graph = save_uploaded_graph(workspace, CATALOGUE_.id, data, "g")
    ends = ("pen-Nib", "writer-Poets")
    record_review(workspace, NewReview(CATALOGUE_.id, *ends, graph.id, "Ana", Decision.POSITIVE))
    stored = load_graph(workspace, apply_reviews(workspace, graph.id).id)
    report = check_stored_graph(stored, SET)
    assert [result.is_right for result in report.results] == [True, False]
    assert "Ana" in report.results[0].verdict.reason
    assert report.tally() == (2, 1, 0, 0, 1)
    assert check_stored_graph(stored, SET, absent_is_neutral=True).tally() == (2, 1, 0, 1, 0)
    assert check_stored_graph(load_graph(workspace, graph.id), SET).tally() == (2, 0, 1, 0, 1)
