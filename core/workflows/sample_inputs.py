"""What a dataset is made of, how, and what that allows."""

from dataclasses import dataclass
from pathlib import Path

from core.dataset.files import ROW_FILES
from core.dataset.shards import ShardJob, shard_job
from core.errors import InvalidInput, Problem
from core.sampler.configuration import DatasetConfig, parse_config
from core.workflows.headless import graph_and_config


@dataclass(frozen=True, slots=True)
class SampleInputs:
    """Paths of edges, catalogue and configuration; `seed` replaces the configuration's."""

    edges: Path
    catalogue: Path
    config: Path
    seed: int | None = None

    def job(self) -> ShardJob:
        """Read them; `InvalidInput` for what does not fit."""
        graph, config = graph_and_config(self.edges, self.catalogue, self.config)
        if self.seed is not None:
            config = parse_config({**config.model_dump(mode="json"), "seed": self.seed})
        return shard_job(graph, config)


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """How rows are drawn and which of their files are written; nothing of it shows in the rows.

    `scheduler`: the address of a Dask scheduler whose workers draw, empty for threads here; `merge_only`: join the
    parts that are there and make none.
    """

    n_workers: int = 2
    scheduler: str = ""
    row_files: tuple[str, ...] = ROW_FILES
    merge_only: bool = False


def require_independent_rows(config: DatasetConfig) -> None:
    """`InvalidInput` where a row depends on the other rows of its label, so that no shard can be made on its own."""
    if not config.diversity.is_off:
        problem = Problem(
            "The diversity settings compare all rows of a label with each other, which no shard can see.",
            "Sample without --shard, --merge and --scheduler, or switch diversity off.",
            field="diversity",
        )
        raise InvalidInput("The dataset cannot be made in shards", [problem])
