"""`valence review` as a script sees it: files out of a workspace and in again."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import BAD_USAGE, FAILED, OK
from app.cli_review import PAIRS
from core.catalogue.reading import catalogue_or_error, read_catalogue
from core.graph.review.queue_settings import ListedPair, QueuePolicy, QueueSettings
from core.graph.review.review_csv import COLUMNS
from core.store.review_log import Decision, NewReview, Review
from core.store.workspace import open_workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.graphs import save_uploaded_graph
from core.workflows.review_files import ExportedPairs
from core.workflows.review_queues import create_queue
from core.workflows.reviews import record_review, reviews_of

CATALOGUE = b"""id,value,modality,attribute_type
b1,Nike,brand,brand
a1,=Runners,audience,audience
b2,Rolex,brand,brand
a2,Golfers,audience,audience
"""
EDGES = b"source,target,rel,sign\nb1,a1,brand_to_audience,+\nb2,a2,brand_to_audience,-\n"
Run = Callable[..., tuple[int, str, str]]


class Place:
    """A workspace named `lab` under VALENCE_HOME, with one uploaded graph."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "lab"
        with open_workspace(self.folder) as workspace:
            self.catalogue = catalogue_or_error(read_catalogue(CATALOGUE, "four.csv"))
            save_catalogue(workspace, self.catalogue, "Four")
            self.graph = save_uploaded_graph(workspace, self.catalogue.id, EDGES, "Edges").id

    def decide(self, source: str, target: str, reviewer: str, decision: Decision) -> None:
        with open_workspace(self.folder) as workspace:
            record_review(workspace, NewReview(self.catalogue.id, source, target, self.graph, reviewer, decision))

    def reviews(self) -> tuple[Review, ...]:
        with open_workspace(self.folder) as workspace:
            return reviews_of(workspace, self.catalogue.id)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("VALENCE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VALENCE_WORKSPACE", raising=False)
    return Place(tmp_path / "home")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill(path: Path, *decisions: str, **more: str) -> None:
    """Fill the decisions of a file in, as an expert does."""
    rows = rows_of(path)
    for row, decision in zip(rows, decisions, strict=True):
        row.update({"decision": decision, **more})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def test_a_round_trip_through_a_spreadsheet(
    place: Place, run_json: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "reviews.csv"
    where = ("--workspace", "lab", "--graph", place.graph)
    report = run_json("review", "export", *where, "--out", out)
    assert report == {
        "ok": True,
        "file": str(out),
        "graph": place.graph,
        "title": "Edges",
        "n_lines": 2,
        "n_decided": 0,
    }
    assert [row["target_value"] for row in rows_of(out)] == ["'=Runners", "Golfers"]
    fill(out, "-", "neutral", note="=why")
    taken = run_json("review", "import", out, *where, "--reviewer", "Ana")
    assert (taken["n_lines"], taken["n_new"], taken["n_undecided"]) == (2, 2, 0)
    assert [(r.source, r.decision, r.reviewer, r.note) for r in place.reviews()] == [
        ("b1", Decision.NEGATIVE, "Ana", "=why"),
        ("b2", Decision.NEUTRAL, "Ana", "=why"),
    ]
    assert [new["decision"] for new in taken["new"]] == ["-", "0"]
    again = run_json("review", "import", out, *where, "--reviewer", "Ana")
    assert (again["n_new"], again["n_unchanged"]) == (0, 2) and len(place.reviews()) == 2
    exported = run_json("review", "export", *where, "--out", tmp_path / "again.csv", "--pairs", "reviewed")
    assert exported["n_decided"] == 2
    assert run_json("review", "import", tmp_path / "again.csv", *where)["n_new"] == 0


def test_the_workspace_may_be_a_folder_and_the_graph_the_beginning_of_its_id(
    place: Place, run: Run, tmp_path: Path
) -> None:
    code, out, _ = run(
        *("review", "export", "--workspace", place.folder, "--graph", place.graph[:8], "--out", tmp_path / "r.csv")
    )
    assert code == OK and out.startswith(f"Edges ({place.graph[:8]}): 2 lines, 0 of them decided")


def test_one_reviewer_one_queue_and_blind_files(
    place: Place, run_json: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    place.decide("b1", "a1", "Ana", Decision.POSITIVE)
    place.decide("b1", "a2", "Bo", Decision.NEUTRAL)
    where = ("review", "export", "--workspace", "lab", "--graph", place.graph)
    run_json(*where, "--out", tmp_path / "ana.csv", "--pairs", "reviewed", "--reviewer", "Ana", "--blind")
    [row] = rows_of(tmp_path / "ana.csv")
    assert (row["reviewer"], row["decision"], row["judge_sign"]) == ("Ana", "positive", "")
    pairs = [ListedPair(source="b1", target="a2"), ListedPair(source="b2", target="a2")]
    settings = QueueSettings(policy=QueuePolicy.LISTED, pairs=tuple(pairs), skip_reviewed=False, audit_share=0)
    with open_workspace(place.folder) as workspace:
        queue = create_queue(workspace, place.graph, settings).id
    run_json(*where, "--out", tmp_path / "queue.csv", "--queue", queue)
    rows = rows_of(tmp_path / "queue.csv")
    assert [(row["source"], row["target"]) for row in rows] == [("b1", "a2"), ("b2", "a2")]
    assert settings.is_blind  # and so is the file: neither the judge's signs nor what others decided
    assert {row[name] for row in rows for name in ("judge_sign", "strength", "reason", "decision", "reviewer")} == {""}


def test_conflicts_are_reported_and_stored(place: Place, run: Run, tmp_path: Path) -> None:
    place.decide("b1", "a1", "Bo", Decision.POSITIVE)
    where = ("--workspace", "lab", "--graph", place.graph)
    run("review", "export", *where, "--out", tmp_path / "r.csv", "--reviewer", "Ana")
    fill(tmp_path / "r.csv", "negative", "")
    code, out, _ = run("review", "import", tmp_path / "r.csv", *where, "--reviewer", "Ana")
    assert code == OK and "1 new reviews of 2 lines" in out
    assert "row 2, decision: 'Ana' says -, but 'Bo' says +. The votes are tied" in out
    assert len(place.reviews()) == 2


def test_every_fault_of_a_file_is_told_and_nothing_is_stored(place: Place, run: Run, tmp_path: Path) -> None:
    where = ("--workspace", "lab", "--graph", place.graph)
    run("review", "export", *where, "--out", tmp_path / "r.csv")
    fill(tmp_path / "r.csv", "maybe", "positive")
    code, _, err = run("review", "import", tmp_path / "r.csv", *where, "--reviewer", "Ana")
    assert code == FAILED and "row 2, decision: 'maybe' is no decision" in err
    fill(tmp_path / "r.csv", "positive", "positive", source="b1", source_value="", target="b2", target_value="")
    code, _, err = run("review", "import", tmp_path / "r.csv", *where, "--reviewer", "Ana")
    assert code == FAILED and "both of modality 'brand'" in err
    assert place.reviews() == ()


def test_no_file_is_overwritten_and_no_workspace_made(place: Place, run: Run, tmp_path: Path) -> None:
    where = ("--workspace", "lab", "--graph", place.graph)
    filled = tmp_path / "r.csv"
    filled.write_text("decisions of three days")
    code, _, err = run("review", "export", *where, "--out", filled)
    assert code == FAILED and "may hold decisions" in err and filled.read_text() == "decisions of three days"
    code, _, err = run("review", "export", "--workspace", "nowhere", "--graph", place.graph, "--out", tmp_path / "x")
    assert code == FAILED and "no workspace 'nowhere'" in err and "lab" in err
    code, _, err = run("review", "export", "--workspace", tmp_path, "--graph", place.graph, "--out", tmp_path / "x")
    assert code == FAILED and not (tmp_path / "x").exists() and not (tmp_path / "workspace.duckdb").exists()
    for name in ("zzz", ""):
        code, _, err = run("review", "export", "--workspace", "lab", "--graph", name, "--out", tmp_path / "x")
        assert code == FAILED and f"{place.graph} (Edges)" in err
    code, _, err = run("review", "import", tmp_path / "gone.csv", *where)
    assert code == FAILED and "There is no file" in err


def test_a_workspace_that_is_open_is_not_touched(place: Place, run: Run, tmp_path: Path) -> None:
    with open_workspace(place.folder):
        code, _, err = run(
            *("review", "export", "--workspace", "lab", "--graph", place.graph, "--out", tmp_path / "x.csv")
        )
    assert code == FAILED and "lab" in err and not (tmp_path / "x.csv").exists()


def test_bad_usage_and_the_programs_own_lists(run: Run) -> None:
    assert run("review", "export", "--graph", "g", "--out", "x")[0] == BAD_USAGE
    assert run("review")[0] == BAD_USAGE
    assert tuple(ExportedPairs) == PAIRS
