"""A dataset version: its id, its files, what it was made from, and whether it can be made again byte for byte."""

import platform
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from core.dataset.executors import ThreadExecutor
from core.dataset.files import CONFIG_FILE, EVALUATION_FILE, PARQUET_FILE, ROW_FILES, ROWS_FILE
from core.dataset.noise_file import NOISE_FILE
from core.dataset.shard_files import LIBRARIES
from core.dataset.streaming import Making, stream_dataset
from core.errors import InvalidInput, Problem
from core.fingerprint import content_id
from core.graph.model import SignedGraph
from core.progress import Progress, Steps
from core.sampler.configuration import DatasetConfig, config_id
from core.sampler.sampling import SCHEME
from core.store.files import file_record

__all__ = [
    "CONFIG_FILE",
    "EVALUATION_FILE",
    "PARQUET_FILE",
    "ROWS_FILE",
    "Lineage",
    "dataset_id",
    "lineage_of",
    "reproduce",
]


class Lineage(BaseModel):
    """What a dataset version was made from; `versions` is what the bytes may further depend on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    catalogue_id: str
    graph_id: str
    config_id: str
    sampler_scheme: int
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class FileComparison:
    """SHA-256 of one file as recorded and as made again."""

    name: str
    recorded: str
    regenerated: str

    @property
    def same(self) -> bool:
        """Whether the bytes are the same."""
        return self.recorded == self.regenerated


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Every recorded file compared, and what has changed since that may explain a difference."""

    files: tuple[FileComparison, ...]
    changed_versions: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every file came out the same."""
        return all(file.same for file in self.files)


def dataset_id(graph: SignedGraph, config: DatasetConfig) -> str:
    """Content id of the rows: graph (with its catalogue), configuration (with its seed), the sampler's scheme."""
    return content_id("dataset", {"graph": graph.id, "config": config_id(config), "sampler": SCHEME})


def lineage_of(graph: SignedGraph, config: DatasetConfig) -> Lineage:
    """What would be recorded for a dataset made here and now."""
    versions = {name: version(name) for name in LIBRARIES}
    return Lineage(
        catalogue_id=graph.catalogue.id,
        graph_id=graph.id,
        config_id=config_id(config),
        sampler_scheme=SCHEME,
        versions={"python": platform.python_version(), **versions},
    )


def reproduce(
    graph: SignedGraph, config: DatasetConfig, lineage: Lineage, recorded: Mapping[str, str], n_workers: int = 2
) -> Steps[Reproduction]:
    """Make a recorded dataset again and compare SHA-256 digests file by file (`recorded`: file name to digest).

    Raises `InvalidInput` when the graph or the configuration is not the recorded one, or a file is not a dataset's.
    """
    now = lineage_of(graph, config)
    problems = [*_input_problems(lineage, now), *_file_problems(recorded)]
    if problems:
        raise InvalidInput("The dataset cannot be reproduced", problems)
    row_files = tuple(name for name in ROW_FILES if name in recorded)
    compared = []
    with tempfile.TemporaryDirectory(prefix="reproduce-") as folder:
        making = Making(ThreadExecutor(n_workers), row_files=row_files, n_workers=n_workers)
        yield from stream_dataset(graph, config, Path(folder), making)
        for done, (name, expected) in enumerate(recorded.items()):
            yield Progress(done, len(recorded), f"comparing {name}")
            compared.append(FileComparison(name, expected, file_record(Path(folder) / name).sha256))
    return Reproduction(tuple(compared), _changes(lineage, now))


def _input_problems(recorded: Lineage, now: Lineage) -> list[Problem]:
    problems = []
    for field, what in (("catalogue_id", "catalogue"), ("graph_id", "graph"), ("config_id", "configuration")):
        was, is_now = getattr(recorded, field), getattr(now, field)
        if was != is_now:
            message = f"The {what} given is {is_now}, the recorded one {was}."
            problems.append(Problem(message, f"Give the recorded {what}.", field=field))
    return problems


def _file_problems(recorded: Mapping[str, str]) -> list[Problem]:
    known = (*ROW_FILES, NOISE_FILE, EVALUATION_FILE, CONFIG_FILE)
    return [
        Problem(f"{name!r} is not a file of a dataset version.", f"Its files are {', '.join(known)}.", field=name)
        for name in recorded
        if name not in known
    ]


def _changes(recorded: Lineage, now: Lineage) -> tuple[str, ...]:
    was = {"sampler scheme": str(recorded.sampler_scheme), **recorded.versions}
    is_now = {"sampler scheme": str(now.sampler_scheme), **now.versions}
    return tuple(
        f"{name}: {was.get(name, 'absent')} then, {is_now.get(name, 'absent')} now"
        for name in dict.fromkeys([*was, *is_now])
        if was.get(name) != is_now.get(name)
    )
