"""Pages under test: a workbench on a temporary home, jobs inline, caches cleared."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import services
from core.jobs import InlineJobRunner

MAIN = Path(__file__).parents[2] / "app" / "main.py"
Open = Callable[..., AppTest]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh home for workspaces; the server's workbench is opened on it and closed afterwards."""
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
