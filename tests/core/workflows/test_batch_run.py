"""A run through the provider's batch service, over the real client: handed in once, collected after a restart."""

from pathlib import Path

import pytest

from core.progress import finish
from core.workflows.demo import DATA
from core.workflows.headless_graphs import answers_path, build_graph_file, graph_runs, graph_settings
from tests.fakes.knowing_provider import KnowingGemini

SMALL = DATA / "catalogues" / "small.csv"


def test_a_batch_survives_a_restart_and_only_what_failed_is_asked_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "test-key-of-a-loopback-server")
    out = tmp_path / "edges.csv"
    with KnowingGemini() as server:
        model = {"model": "knowing-1", "base_url": server.url}
        batch = graph_settings(judge="gemini", model=model, delivery="batch")
        steps = build_graph_file(SMALL, out, batch)
        while "are with the provider" not in next(steps).note:
            pass
        steps.close()  # the program ends while the provider works
        n_canary = server.n_live
        assert [len(one["input"]["requests"]["requests"]) for one in server.batches.values()] == [17]
        server.finish()

        report = finish(build_graph_file(SMALL, out, batch, resume=True))

        assert len(server.batches) == 1
        assert report["stopped"] == ""
        assert report["n_unjudged"] == report["n_unresolved"] == 0
        n_probes = report["check_calls"] - n_canary
        assert server.n_live == n_canary + n_probes
        (run,) = graph_runs([answers_path(out)])["runs"]
        assert run["n_calls"] == 17 + server.n_live
