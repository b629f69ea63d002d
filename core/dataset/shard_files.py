"""Shards as files: `part-<first row>.parquet` holds the rows, `part-<first row>.json`, written last, vouches for them.

A part is a Parquet file of its own that any reader opens. A part without its JSON file is not there. One that is cut,
altered, or belongs to another dataset is refused and never made again silently: somebody must look at it first.
"""

import os
import platform
import uuid
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError

from core.dataset.files import ROW_GROUP, RowFormat
from core.dataset.outcomes import LabelPart
from core.dataset.shards import Finish, Shard, ShardJob, ShardRows
from core.dataset.stored_rows import stored_rows
from core.errors import CorruptArtefact, ValenceError
from core.fingerprint import digest
from core.sampler.sampling import SCHEME

LIBRARIES = ("numpy", "numba", "pyarrow")
_REMAKE = "Delete {name}.parquet and {name}.json in {folder} and run the same command again: it is made anew."


class PartManifest(BaseModel):
    """What a part holds and what it was made from; `n_rows` were asked for, `n_written` found.

    `versions` is what the bytes may further depend on; two parts of one dataset may have been made by different ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    graph_id: str
    config_id: str
    sampler_scheme: int
    first_row: int
    n_rows: int
    n_written: int
    bytes: int
    sha256: str
    labels: tuple[LabelPart, ...]
    versions: dict[str, str]


@dataclass(frozen=True, eq=False)
class Part:
    """A shard's Parquet file and its manifest, as they travel and are stored."""

    manifest: PartManifest
    data: bytes


def encode_part(job: ShardJob, made: ShardRows) -> Part:
    """The rows of a shard as a file: the same bytes wherever it is made with the same libraries."""
    form = RowFormat(made.rows.types, made.rows.labels, job.graph.catalogue)
    sink = pa.BufferOutputStream()
    with form.open_parquet(sink) as writer:
        writer.write_table(form.table(made.rows), row_group_size=ROW_GROUP)
    data = sink.getvalue().to_pybytes()
    manifest = PartManifest(
        graph_id=job.graph_id,
        config_id=job.config_id,
        sampler_scheme=SCHEME,
        first_row=made.shard.first_row,
        n_rows=made.shard.n_rows,
        n_written=len(made.rows),
        bytes=len(data),
        sha256=digest(data),
        labels=made.labels,
        versions={"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    )
    return Part(manifest, data)


class PartFolder:
    """The parts of one dataset in a folder. Several processes may fill it at once."""

    def __init__(self, folder: Path, job: ShardJob) -> None:
        self.folder = folder
        self._job = job

    @property
    def finish(self) -> Finish[Part]:
        """A shard is handed over as a file, since it may come from far."""
        return encode_part

    def manifest(self, shard: Shard) -> PartManifest | None:
        """The manifest of a shard's part, or None where it was not made; its rows are not looked at.

        `CorruptArtefact` for a part of another graph, configuration, sampler or grid, or a manifest that is damaged.
        """
        try:
            text = (self.folder / f"{_name(shard)}.json").read_bytes()
        except FileNotFoundError:
            return None
        try:
            found = PartManifest.model_validate_json(text)
        except ValidationError as error:
            raise self._refusal(shard, "its manifest is damaged") from error
        self._require_same(shard, found)
        return found

    def put(self, part: Part) -> None:
        """Store a part, rows first; the same part once more changes nothing.

        `CorruptArtefact` when its digest is not that of its manifest; `ValenceError` when it cannot be written, which
        leaves the parts already there as they are.
        """
        found = part.manifest
        shard = Shard(self._job.graph_id, self._job.config_id, found.first_row, found.n_rows)
        self._require_same(shard, found)
        self._require_whole(shard, found, part.data)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._replace(f"{_name(shard)}.parquet", part.data)
            self._replace(f"{_name(shard)}.json", found.model_dump_json(indent=2).encode("utf-8"))
        except OSError as error:
            n_parts = len(list(self.folder.glob("part-*.json"))) if self.folder.is_dir() else 0
            raise ValenceError(
                f"A part of the dataset cannot be written to {self.folder}: {error.strerror}. {n_parts:,} of its "
                f"{len(self._job.shards()):,} parts are there and stay valid.",
                "Make room and run the same command again: it goes on from there.",
            ) from error

    def get(self, shard: Shard) -> ShardRows:
        """The rows of a stored shard; `CorruptArtefact` when its file is not the one that was written."""
        found = self.manifest(shard)
        if found is None:
            raise self._refusal(shard, "it is not there any more")
        data = self._data(shard)
        self._require_whole(shard, found, data)
        config = self._job.config
        rows = stored_rows(data, self._job.graph.catalogue, config.type_ranges, tuple(config.label_params))
        return ShardRows(shard, rows, found.labels)

    def labels(self, shard: Shard) -> tuple[LabelPart, ...] | None:
        """What became of the labels of a shard, or None where its part was not made; `CorruptArtefact` if damaged."""
        found = self.manifest(shard)
        if found is None:
            return None
        self._require_whole(shard, found, self._data(shard))
        return found.labels

    def clear(self) -> None:
        """Remove the parts of this dataset, and the folder where nothing else is in it."""
        for shard in self._job.shards():
            for ending in ("json", "parquet"):
                (self.folder / f"{_name(shard)}.{ending}").unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _data(self, shard: Shard) -> bytes:
        try:
            return (self.folder / f"{_name(shard)}.parquet").read_bytes()
        except FileNotFoundError:
            return b""  # refused as cut off

    def _replace(self, name: str, data: bytes) -> None:
        """No fsync: after a power cut a file that is short of bytes is told by its digest."""
        draft = self.folder / f".writing-{os.getpid()}-{uuid.uuid4().hex}"
        try:
            draft.write_bytes(data)
            draft.replace(self.folder / name)
        finally:
            draft.unlink(missing_ok=True)

    def _require_same(self, shard: Shard, found: PartManifest) -> None:
        for what, is_found, wanted in (
            ("graph", found.graph_id, shard.graph_id),
            ("configuration", found.config_id, shard.config_id),
            ("version of the sampler", found.sampler_scheme, SCHEME),
            ("range of rows", (found.first_row, found.n_rows), (shard.first_row, shard.n_rows)),
        ):
            if is_found != wanted:
                raise self._refusal(shard, f"it was made from another {what} ({is_found}, not {wanted})")

    def _require_whole(self, shard: Shard, found: PartManifest, data: bytes) -> None:
        if len(data) < found.bytes:
            raise self._refusal(shard, f"it is cut off: {len(data):,} of its {found.bytes:,} bytes are there")
        if len(data) > found.bytes or digest(data) != found.sha256:
            raise self._refusal(shard, "it was altered after it was written: its digest is not that of its manifest")

    def _refusal(self, shard: Shard, why: str) -> CorruptArtefact:
        name = _name(shard)
        message = f"The part {name} of rows {shard.first_row:,} to {shard.rows.stop - 1:,} is refused: {why}."
        return CorruptArtefact(message, _REMAKE.format(name=name, folder=self.folder))


def _name(shard: Shard) -> str:
    return f"part-{shard.first_row:010d}"
