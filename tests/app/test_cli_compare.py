"""`valence graph compare`: exactly the promised keys, the published figures, and refusals that name the row."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from app.cli import BAD_USAGE, FAILED, OK
from core.catalogue.model import Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.candidate_pairs import all_pairs
from core.graph.edges_csv import write_edges
from core.graph.model import SignedGraph, signed_graph

LARGE = Path(__file__).parents[2] / "data" / "catalogues" / "large.csv"
FIGURES = [
    *("n_pairs", "common", "mismatches", "agreement_on_common", "recall_of_a", "only_a", "only_b"),
    *("agreement_all_pairs", "kappa_all_pairs"),
]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(run: Run) -> Run:
    return partial(run, "graph", "compare")


def compared(run: Run, *arguments: str | Path) -> dict[str, Any]:
    code, out, err = run(*arguments, "--catalogue", LARGE, "--json")
    assert code == OK, err
    report: dict[str, Any] = json.loads(out)
    return report


def large() -> Catalogue:
    return catalogue_or_error(read_catalogue_file(LARGE))


@pytest.fixture
def published(tmp_path: Path) -> tuple[Path, Path, SignedGraph, SignedGraph]:
    """Edges files with the published counts: 5,131 and 4,649 edges, 3,476 in common, 70 of opposite signs."""
    catalogue = large()
    pairs = all_pairs(catalogue)
    order = np.random.default_rng(1).permutation(len(pairs.source))
    in_a, in_b = order[:5131], np.concatenate([order[:3476], order[5131 : 5131 + 1173]])
    sign_a, sign_b = np.ones(len(order), dtype=np.int8), np.ones(len(order), dtype=np.int8)
    sign_b[order[:70]] = -1
    graphs = [
        signed_graph(catalogue, pairs.source[chosen], pairs.target[chosen], sign[chosen])
        for chosen, sign in ((in_a, sign_a), (in_b, sign_b))
    ]
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path, graph in zip(paths, graphs, strict=True):
        path.write_bytes(write_edges(graph))
    return paths[0], paths[1], graphs[0], graphs[1]


def test_the_published_counts_give_the_published_figures(
    run: Run, published: tuple[Path, Path, SignedGraph, SignedGraph]
) -> None:
    a, b, *_ = published
    report = compared(run, a, b)
    assert list(report) == [*FIGURES, "by_modality_pair"]
    counts = [report[name] for name in ("n_pairs", "common", "mismatches", "only_a", "only_b")]
    assert counts == [8700, 3476, 70, 1655, 1173]
    assert report["agreement_on_common"] == pytest.approx(0.980, abs=5e-4)
    assert report["recall_of_a"] == pytest.approx(0.677, abs=5e-4)
    assert report["agreement_all_pairs"] == pytest.approx(0.675, abs=5e-4)
    assert report["kappa_all_pairs"] == pytest.approx(0.34, abs=5e-3)


def test_modality_pairs_hold_the_same_figures_of_their_own_pairs(
    run: Run, published: tuple[Path, Path, SignedGraph, SignedGraph]
) -> None:
    a, b, graph_a, graph_b = published
    catalogue, parts = graph_a.catalogue, compared(run, a, b)["by_modality_pair"]
    modality = np.array([attribute.modality for attribute in catalogue.attributes])
    assert len(parts) == 6
    for part in parts:
        assert list(part) == ["modalities", *FIGURES]
        one, other = part["modalities"]
        cells = np.ix_(modality == one, modality == other)
        in_a, in_b = graph_a.sign_matrix()[cells].ravel(), graph_b.sign_matrix()[cells].ravel()
        assert part["n_pairs"] == len(in_a)
        assert part["common"] == np.count_nonzero(in_a * in_b)
        assert part["mismatches"] == np.count_nonzero(in_a * in_b == -1)
        assert part["only_a"] == np.count_nonzero((in_a != 0) & (in_b == 0))
        assert part["only_b"] == np.count_nonzero((in_b != 0) & (in_a == 0))
        assert part["agreement_all_pairs"] == pytest.approx(np.mean((in_a != 0) == (in_b != 0)))
        assert part["kappa_all_pairs"] == pytest.approx(cohen_kappa_score(in_a != 0, in_b != 0))
    assert sum(part["mismatches"] for part in parts) == 70


def test_people_read_a_table(run: Run, published: tuple[Path, Path, SignedGraph, SignedGraph]) -> None:
    a, b, *_ = published
    code, out, _ = run(a, b, "--catalogue", LARGE)
    assert code == OK
    line = next(line for line in out.splitlines() if line.startswith("all "))
    assert line.split()[1:] == ["8,700", "3,476", "70", "1,655", "1,173", "98.0%", "67.7%", "67.5%", "0.34"]
    assert sum(" x " in line for line in out.splitlines()) == 6


def test_nothing_in_common_has_no_share_and_no_edges_no_kappa(run: Run, tmp_path: Path) -> None:
    header = "source,target,rel,sign\n"
    (tmp_path / "none.csv").write_text(header, encoding="utf-8")
    (tmp_path / "one.csv").write_text(f"{header}Nike,Brazil,brand_to_geo,+\n", encoding="utf-8")
    report = compared(run, tmp_path / "none.csv", tmp_path / "one.csv")
    assert (report["common"], report["only_a"], report["only_b"]) == (0, 0, 1)
    assert report["agreement_on_common"] is None and report["recall_of_a"] is None
    assert report["agreement_all_pairs"] == pytest.approx(8699 / 8700)
    alone = compared(run, tmp_path / "none.csv", tmp_path / "none.csv")
    assert (alone["agreement_all_pairs"], alone["kappa_all_pairs"]) == (1.0, None)
    assert "-" in run(tmp_path / "none.csv", tmp_path / "none.csv", "--catalogue", LARGE)[1]


def test_problems_of_both_files_are_listed_at_once(run: Run, tmp_path: Path) -> None:
    header = "source,target,rel,sign\n"
    (tmp_path / "a.csv").write_text(f"{header}Nike,Brasil,brand_to_geo,+\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text(f"{header}Nike,Brazil,brand_to_geo,maybe\n", encoding="utf-8")
    code, out, err = run(tmp_path / "a.csv", tmp_path / "b.csv", "--catalogue", LARGE, "--json")
    assert code == FAILED and not out
    assert "a.csv: " in err and "'Brasil'" in err
    assert "b.csv: " in err and "'maybe' is no sign" in err
    assert err.count("row 2") == 2


def test_a_missing_file_and_a_missing_argument_are_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("source,target,rel,sign\n", encoding="utf-8")
    code, _, err = run(tmp_path / "a.csv", tmp_path / "gone.csv", "--catalogue", LARGE)
    assert code == FAILED and "gone.csv" in err
    assert run(tmp_path / "a.csv", "--catalogue", LARGE)[0] == BAD_USAGE
    assert run(tmp_path / "a.csv", tmp_path / "a.csv")[0] == BAD_USAGE
