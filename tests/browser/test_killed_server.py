"""Pull the plug during a sampling job: nothing is corrupt, the job says interrupted, Resume gives the same bytes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.dataset.streaming import stream_dataset
from core.fingerprint import digest
from core.progress import finish
from core.store.workspace import open_workspace
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.graphs import GRAPH, load_graph
from tests.browser.conftest import Server
from tests.browser.workbench import open_workbench, selected, set_rows

pytestmark = pytest.mark.browser


def test_a_killed_server_resumes_to_the_same_bytes(
    new_server: Callable[[], Server], page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = new_server().start()
    open_workbench(page, f"{server.url}/sampling?workspace=demo")
    for label in ("pos", "neg", "avg"):
        set_rows(page, label, 400_000)
    page.get_by_role("button", name="Draw all rows").click()
    page.wait_for_url(re.compile("job="))
    address = page.url.removeprefix(server.url)
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    server.kill()

    server.start()
    open_workbench(page, server.url + address)
    expect(page.get_by_text("Interrupted")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    page.wait_for_url(re.compile("dataset="), timeout=180_000)
    dataset_id = selected(page, "dataset")
    server.stop()

    folder = tmp_path_factory.mktemp("uninterrupted")
    with open_workspace(server.home / "demo") as workspace:
        artefact = workspace.artefacts.get(DATASET, dataset_id)
        assert workspace.artefacts.verify(DATASET, dataset_id) == ()
        stored = load_graph(workspace, artefact.manifest.parents[GRAPH])
        config = dataset_config(workspace, artefact)
        made = finish(stream_dataset(stored.graph, config, folder))
        for name in made.files:
            assert digest((folder / name).read_bytes()) == artefact.manifest.files[name].sha256
        assert artefact.manifest.facts["n_rows"] == 1_200_000


def test_a_second_server_on_the_same_workspace_is_refused(new_server: Callable[[], Server]) -> None:
    first = new_server().start()
    second = new_server()
    with pytest.raises(pytest.fail.Exception, match=r"in use by the process with id \d+"):
        second.start()
    first.stop()
