"""Settings of a workspace: what was written is read, the defaults are the published ones, faults keep the old."""

import pytest

from core.errors import InvalidInput
from core.llm.embedding_settings import EmbeddingSettings
from core.llm.prices import price_of, shipped_prices
from core.llm.protocol import EmbeddingTask
from core.llm.settings import ModelSettings
from core.store.workspace import Workspace, open_workspace
from core.workflows.model_settings import (
    read_embedding_settings,
    read_model_settings,
    read_prices_text,
    workspace_prices,
    write_embedding_settings,
    write_model_settings,
    write_workspace_prices,
)

OWN = """currency = "EUR"
[[price]]
model = "mine"
input_per_million = 1.0
output_per_million = 2.0
date = 2026-01-01
"""


def test_a_fresh_workspace_has_the_published_settings(workspace: Workspace) -> None:
    model = read_model_settings(workspace)
    assert (model.provider, model.model) == ("gemini", "gemini-3.1-flash-lite-preview")
    assert (model.temperature, model.n_workers) == (0.15, 7)
    assert read_embedding_settings(workspace).provider == "offline"
    assert workspace_prices(workspace) == shipped_prices()
    assert read_prices_text(workspace) == ""


def test_what_was_written_survives_reopening(workspace: Workspace) -> None:
    model = ModelSettings(provider="openai-compatible", model="llama", base_url="http://h/v1", temperature=1.5)
    embedding = EmbeddingSettings(provider="gemini", dimensions=None, task=EmbeddingTask.CLASSIFICATION)
    write_model_settings(workspace, ModelSettings())
    write_model_settings(workspace, model)
    write_embedding_settings(workspace, embedding)
    write_workspace_prices(workspace, OWN)
    workspace.close()
    with open_workspace(workspace.root) as opened:
        assert read_model_settings(opened) == model
        assert read_embedding_settings(opened) == embedding
        assert read_prices_text(opened) == OWN


def test_prices_of_a_workspace_replace_the_shipped_ones_until_they_are_taken_back(workspace: Workspace) -> None:
    table = write_workspace_prices(workspace, OWN)
    assert workspace_prices(workspace) == table
    assert price_of("mine", table) is not None
    assert price_of(shipped_prices().prices[0].model, table) is None
    assert write_workspace_prices(workspace, "  \n") == shipped_prices()
    assert workspace_prices(workspace) == shipped_prices()


@pytest.mark.parametrize(
    ("text", "n_problems"),
    [("price = [", 1), (OWN.replace("1.0", "-1.0").replace('"EUR"', '"euro"'), 2), (OWN + OWN.split("\n", 1)[1], 1)],
)
def test_faulty_prices_are_listed_and_the_old_ones_stay(workspace: Workspace, text: str, n_problems: int) -> None:
    write_workspace_prices(workspace, OWN)
    with pytest.raises(InvalidInput) as caught:
        write_workspace_prices(workspace, text)
    assert len(caught.value.problems) == n_problems
    assert read_prices_text(workspace) == OWN


def test_stored_settings_that_cannot_be_used_say_so(workspace: Workspace) -> None:
    sql = "INSERT INTO settings VALUES ('model', ?, ?)"
    workspace.database.write(sql, ['{"provider": "gemini", "api_key": "x"}', "2026-01-01T00:00:00Z"])
    with pytest.raises(InvalidInput, match="Save them again"):
        read_model_settings(workspace)
    write_model_settings(workspace, ModelSettings())
    assert read_model_settings(workspace) == ModelSettings()


def test_workspaces_do_not_share_settings(workspace: Workspace) -> None:
    write_model_settings(workspace, ModelSettings(model="other"))
    with open_workspace(workspace.root.parent / "second") as second:
        assert read_model_settings(second) == ModelSettings()
