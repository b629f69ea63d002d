"""`valence graph check`: what a script gets of a graph and a check set."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import FAILED, OK
from core.catalogue.model import Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.checks.check_file import SHIPPED_CHECKS, read_written_file
from core.graph.checks.resolve import resolve
from core.graph.judges.offline import offline_judge
from core.graph.model import Outcome

SMALL = Path(__file__).parents[2] / "data" / "catalogues" / "small.csv"
EDGES = """source,target,rel,sign
audience-athletes,brand-nike,audience_to_brand,+
audience-budget-shoppers,brand-rolex,audience_to_brand,+
audience-gamers,platform-tiktok,audience_to_platform,-
"""
CHECKS = """source,target,expected,why
Athletes,Nike,+,fit
Budget Shoppers,Rolex,-,clash
TikTok,Gamers,0,no signal
Dior,TikTok,0,never asked
Nobody,Nike,+,not there
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    edges, checks = tmp_path / "edges.csv", tmp_path / "checks.csv"
    edges.write_text(EDGES, encoding="utf-8")
    checks.write_text(CHECKS, encoding="utf-8")
    return edges, checks


def check(run: Run, edges: Path, checks: Path, *more: str) -> dict[str, Any]:
    code, out, err = run("graph", "check", edges, "--catalogue", SMALL, "--checks", checks, "--json", *more)
    assert code == OK, err
    report: dict[str, Any] = json.loads(out)
    return report


def test_bare_edges_are_checked_and_what_they_do_not_say_is_apart(run: Run, files: tuple[Path, Path]) -> None:
    report = check(run, *files)
    counts = ("n_pairs", "n_right", "n_flipped", "n_missed", "n_unanswered", "n_answered", "n_left_out")
    assert [report[name] for name in counts] == [4, 1, 1, 1, 1, 3, 1]
    assert report["accuracy"] == pytest.approx(1 / 3)
    assert [(r["row"], r["source"], r["expected"], r["answer"]) for r in report["flips"]] == [
        (3, "audience-budget-shoppers", "-", "+")
    ]
    assert [(r["row"], r["answer"], r["strength"]) for r in report["misses"]] == [(4, "-", None)]
    assert [(r["row"], r["answer"], r["why"]) for r in report["unanswered"]] == [(5, "?", "never asked")]
    assert [(item["row"], item["source"]) for item in report["left_out"]] == [(6, "Nobody")]
    assert {symbol: part["n_pairs"] for symbol, part in report["by_expected"].items()} == {"+": 1, "-": 1, "0": 2}
    assert "count as unjudged" in report["note"]


def test_a_pair_without_an_edge_is_neutral_only_where_somebody_says_so(run: Run, files: tuple[Path, Path]) -> None:
    report = check(run, *files, "--absent-is-neutral")
    assert (report["n_right"], report["n_unanswered"], report["accuracy"]) == (2, 0, 0.5)
    assert "note" not in report


def test_the_verdicts_beside_the_edges_are_what_the_judge_says(run: Run, tmp_path: Path) -> None:
    run("graph", "build", SMALL, "--out", tmp_path / "edges.csv", "--json")
    report = check(run, tmp_path / "edges.csv", SHIPPED_CHECKS)
    catalogue: Catalogue = catalogue_or_error(read_catalogue_file(SMALL))
    shipped = read_written_file(SHIPPED_CHECKS)
    found, judge = resolve(shipped, catalogue), offline_judge()
    ends = [(catalogue.attributes[p.source], catalogue.attributes[p.target], p.expected) for p in found.pairs]
    n_right = sum(judge.verdicts(a, [b])[0].outcome == expected for a, b, expected in ends)
    assert (report["n_pairs"], report["n_right"], report["n_unanswered"]) == (len(ends), n_right, 0)
    assert report["by_expected"]["0"]["n_pairs"] == sum(sign is Outcome.NEUTRAL for *_, sign in ends) > 0
    assert report["n_left_out"] == len(shipped.pairs) - len(ends)


def test_people_read_the_flip_before_the_miss_and_what_was_left_out(run: Run, files: tuple[Path, Path]) -> None:
    code, out, _ = run("graph", "check", files[0], "--catalogue", SMALL, "--checks", files[1])
    assert code == OK
    order = ["33.3%", "FLIP: row 3, Budget Shoppers / Rolex: + instead of -", "miss: row 4", "no answer: row 5"]
    order += ["left out: row 6, Nobody / Nike", "4 pairs of the set were checked; 1 cannot be asked"]
    places = [out.index(text) for text in order]
    assert places == sorted(places)


def test_nothing_in_a_file_steers_the_terminal(run: Run, tmp_path: Path) -> None:
    catalogue, edges, checks = (tmp_path / name for name in ("catalogue.csv", "edges.csv", "checks.csv"))
    hostile = "<script>alert(1)</script>\u202e abc"
    rows = [f'a1,"{hostile}",brand,brand', "a2,Plain,audience,interest"]
    catalogue.write_text("\n".join(["id,value,modality,attribute_type", *rows]) + "\n", encoding="utf-8")
    edges.write_text("source,target,rel,sign\na1,a2,brand_to_audience,+\n", encoding="utf-8")
    checks.write_text(f'source,target,expected\n"{hostile}",Plain,-\n', encoding="utf-8")
    code, out, err = run("graph", "check", edges, "--catalogue", catalogue, "--checks", checks)
    assert code == OK, err
    assert "\u202e" not in out and "\\u202e" in out


@pytest.mark.parametrize(
    ("checks", "reasons"),
    [
        ("source,target,expected\nNike,Athletes,maybe\n,Nike,+\n", ["row 2, expected: 'maybe'", "row 3, source:"]),
        ("source,target\nNike,Athletes\n", ["There is no column 'expected'"]),
        ("source,target,expected\nNobody,Nothing,+\n", ["no pair that this catalogue can be asked", "row 2, source:"]),
    ],
)
def test_a_check_set_that_cannot_be_used_is_refused_row_by_row(
    run: Run, files: tuple[Path, Path], checks: str, reasons: list[str]
) -> None:
    files[1].write_text(checks, encoding="utf-8")
    code, out, err = run("graph", "check", files[0], "--catalogue", SMALL, "--checks", files[1])
    assert (code, out) == (FAILED, "")
    assert all(reason in err for reason in reasons)


def test_a_missing_file_is_named(run: Run, files: tuple[Path, Path]) -> None:
    code, _, err = run("graph", "check", files[0], "--catalogue", SMALL, "--checks", files[1].parent / "none.csv")
    assert code == FAILED and "none.csv" in err
