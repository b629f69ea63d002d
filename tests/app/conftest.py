"""Pages and commands under test: a workbench on a temporary home, jobs inline, caches cleared."""

import json
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import services
from app.cli import OK, main
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.edges_csv import write_edges
from core.graph.model import signed_graph
from core.jobs import InlineJobRunner
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.graphs import save_uploaded_graph

MAIN = Path(__file__).parents[2] / "app" / "main.py"
SMALL = MAIN.parents[1] / "data" / "catalogues" / "small.csv"
Open = Callable[..., AppTest]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, put_demo: Callable[[Path], None]) -> Iterator[Path]:
    """A home with the demo workspace alone; the server's workbench is opened on it and closed afterwards."""
    put_demo(tmp_path)
    monkeypatch.setenv("VALENCE_HOME", str(tmp_path))
    monkeypatch.delenv("VALENCE_WORKSPACE", raising=False)
    monkeypatch.setattr(services, "RUNNER", InlineJobRunner)
    st.cache_data.clear()
    services.workbench.clear()
    yield tmp_path
    services.workbench().close()
    services.workbench.clear()
    st.cache_data.clear()


@pytest.fixture
def open_page(home: Path) -> Open:
    """Open a page by its address, in a workspace, with more ids in the URL as keywords."""

    def open_it(url_path: str, workspace: str = "demo", **ids: str) -> AppTest:
        if workspace not in services.workbench().names():
            services.workbench().create(workspace)
        test = AppTest.from_file(str(MAIN), default_timeout=60)
        test.query_params["workspace"] = workspace
        for name, value in ids.items():
            test.query_params[name] = value
        test.run()
        return test.switch_page(f"pages/{url_path}.py").run()

    return open_it


@pytest.fixture
def work(home: Path) -> Workspace:
    """A workspace `work` with the small catalogue and a graph on it: 40 % of the pairs +, 20 % −."""
    held = services.workbench().create("work").workspace
    catalogue = catalogue_or_error(read_catalogue_file(SMALL))
    save_catalogue(held, catalogue, "Small")
    modality = [a.modality for a in catalogue.attributes]
    pairs = [(i, j) for i, j in combinations(range(len(catalogue)), 2) if modality[i] != modality[j]]
    source, target = np.array(pairs, dtype=np.int32).T
    sign = np.random.default_rng(1).choice([1, -1, 0], p=[0.4, 0.2, 0.4], size=len(pairs)).astype(np.int8)
    graph = signed_graph(catalogue, source[sign != 0], target[sign != 0], sign[sign != 0])
    save_uploaded_graph(held, catalogue.id, write_edges(graph), "Small graph")
    return held


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command; its exit code, standard output and standard error."""

    def run_it(*arguments: str | Path) -> tuple[int, str, str]:
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return run_it


@pytest.fixture
def run_json(run: Run) -> Callable[..., dict[str, Any]]:
    """Run one command that must succeed; its JSON report."""

    def run_it(*arguments: str | Path) -> dict[str, Any]:
        code, out, err = run(*arguments, "--json")
        assert code == OK, err
        report: dict[str, Any] = json.loads(out)
        return report

    return run_it
