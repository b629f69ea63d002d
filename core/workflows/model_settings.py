"""What this workspace asks a language model with: the model, and the prices that costs are counted by."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import InvalidInput, Problem
from core.llm.embedding_settings import EmbeddingSettings
from core.llm.prices import PriceTable, read_prices, shipped_prices
from core.llm.settings import ModelSettings
from core.store.clock import utc_now
from core.store.workspace import Workspace

_MODEL, _EMBEDDING, _PRICES = "model", "embedding", "prices"

Settings = TypeVar("Settings", bound=BaseModel)


def read_model_settings(workspace: Workspace) -> ModelSettings:
    """The model chosen for this workspace, or the published default."""
    return _read(workspace, _MODEL, ModelSettings)


def write_model_settings(workspace: Workspace, settings: ModelSettings) -> None:
    """Keep the choice of model for this workspace."""
    _write(workspace, _MODEL, settings.model_dump(mode="json"))


def read_embedding_settings(workspace: Workspace) -> EmbeddingSettings:
    """The embedder chosen for this workspace, or the offline one."""
    return _read(workspace, _EMBEDDING, EmbeddingSettings)


def write_embedding_settings(workspace: Workspace, settings: EmbeddingSettings) -> None:
    """Keep the choice of embedder for this workspace."""
    _write(workspace, _EMBEDDING, settings.model_dump(mode="json"))


def read_prices_text(workspace: Workspace) -> str:
    """The price table of this workspace as TOML text; empty while the shipped one is used."""
    text = _stored(workspace, _PRICES)
    return text if isinstance(text, str) else ""


def workspace_prices(workspace: Workspace) -> PriceTable:
    """The price table of this workspace, or the shipped one."""
    text = read_prices_text(workspace)
    return read_prices(text) if text else shipped_prices()


def write_workspace_prices(workspace: Workspace, text: str) -> PriceTable:
    """Keep a price table for this workspace; `InvalidInput` lists every problem of it and keeps the old one.

    An empty text goes back to the shipped table.
    """
    table = read_prices(text) if text.strip() else shipped_prices()
    _write(workspace, _PRICES, text if text.strip() else "")
    return table


def _read(workspace: Workspace, name: str, kind: type[Settings]) -> Settings:
    stored = _stored(workspace, name)
    try:
        return kind.model_validate(stored or {})
    except ValidationError as error:
        problem = Problem(f"The stored {name} settings cannot be used: {error.errors()[0]['msg']}.", "Save them again.")
        raise InvalidInput("settings of this workspace", [problem]) from error


def _stored(workspace: Workspace, name: str) -> Any:
    rows = workspace.database.read("SELECT value FROM settings WHERE name = ?", [name])
    return json.loads(rows[0]["value"]) if rows else None


def _write(workspace: Workspace, name: str, value: Any) -> None:
    sql = "INSERT OR REPLACE INTO settings VALUES (?, ?, ?)"
    workspace.database.write(sql, [name, json.dumps(value), utc_now()])
