"""Configuration drafts: what a person is tuning, kept in the workspace so that a browser refresh loses nothing."""

import secrets

from core.catalogue.model import Catalogue
from core.errors import NotFound
from core.sampler.configuration import LABEL_KEY, DatasetConfig, LabelParams, config_json, parse_config
from core.sampler.density import Density, suggested_label_params
from core.store.clock import utc_now
from core.store.workspace import Workspace

DRAFT = "draft"
ROWS_PER_LABEL = 1_000


def starting_type_ranges(catalogue: Catalogue) -> dict[str, tuple[int, int]]:
    """Quotas to start from: one to two attributes of every type, as far as the catalogue has them.

    A type called `label` is left out: rows keep their label under that key.
    """
    types = catalogue.positions_by_type.items()
    return {name: (1, min(2, len(positions))) for name, positions in types if name != LABEL_KEY}


def starting_config(density: Density) -> DatasetConfig:
    """A first configuration for a graph: the quotas the density was measured under and the ranges it suggests."""
    return DatasetConfig(
        type_ranges=dict(density.type_ranges),
        label_params=suggested_label_params(density, ROWS_PER_LABEL),
        seed=density.seed,
    )


def create_draft(workspace: Workspace, graph_id: str, config: DatasetConfig) -> str:
    """Keep a new draft for a graph and return its id."""
    draft_id = secrets.token_hex(6)
    workspace.database.write(
        "INSERT INTO config_drafts VALUES (?, ?, ?, ?)", [draft_id, graph_id, config_json(config), utc_now()]
    )
    return draft_id


def read_draft(workspace: Workspace, draft_id: str, graph_id: str) -> DatasetConfig:
    """The draft as it stands.

    `NotFound` for an id that is unknown or belongs to another graph; `InvalidInput` for one that an earlier version
    kept and this one refuses.
    """
    rows = workspace.database.read("SELECT config FROM config_drafts WHERE id = ? AND graph = ?", [draft_id, graph_id])
    if not rows:
        raise NotFound(f"There is no configuration draft {draft_id!r} for this graph.", "A new one will be started.")
    return parse_config(rows[0]["config"])


def newest_draft(workspace: Workspace, graph_id: str) -> str:
    """The id of the draft of this graph that was changed last; empty where there is none."""
    sql = "SELECT id FROM config_drafts WHERE graph = ? ORDER BY updated_at DESC, id LIMIT 1"
    rows = workspace.database.read(sql, [graph_id])
    return str(rows[0]["id"]) if rows else ""


def write_draft(workspace: Workspace, draft_id: str, config: DatasetConfig) -> None:
    """Replace the draft's configuration; `NotFound` when the draft does not exist."""
    sql = "UPDATE config_drafts SET config = ?, updated_at = ? WHERE id = ?"
    if workspace.database.write(sql, [config_json(config), utc_now(), draft_id]) == 0:
        raise NotFound(f"There is no configuration draft {draft_id!r}.", "Reload the page to start a new one.")


def with_label(config: DatasetConfig, label: str, params: LabelParams) -> DatasetConfig:
    """The configuration with one label's ranges replaced, in place of its order; a new label comes last."""
    return config.model_copy(update={"label_params": {**config.label_params, label: params}})


def with_new_label(config: DatasetConfig) -> DatasetConfig:
    """One more label at the end, named `label 1` or the next free number, that every row fits until it is narrowed."""
    number = next(n for n in range(1, len(config.label_params) + 2) if f"label {n}" not in config.label_params)
    widest = LabelParams(pos_frac_range=(0.0, 1.0), neg_frac_range=(0.0, 1.0), num_samples=ROWS_PER_LABEL)
    return with_label(config, f"label {number}", widest)


def without_label(config: DatasetConfig, label: str) -> DatasetConfig:
    """The configuration with one label fewer; the last label cannot be taken away (`InvalidInput`)."""
    data = config.model_dump(mode="json")
    del data["label_params"][label]
    return parse_config(data)
