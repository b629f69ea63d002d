"""Clusters as files, and back without loss: a table of attributes as Parquet, everything else as JSON."""

import io
import json
from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from core.catalogue.model import Catalogue
from core.errors import CorruptArtefact
from core.fingerprint import digest
from core.graph.clusters.assemble import Columns
from core.graph.clusters.model import Cluster, ClusterCard, Clustering, Method, ModalityReport, report_record
from core.graph.clusters.settings import ClusterSettings

CLUSTERS_FILE: Final = "clusters.json"
MEMBERS_FILE: Final = "cluster_members.parquet"
_SCHEME: Final = 1
_FIX: Final = "Cluster the catalogue again."
_SCHEMA: Final = pa.schema(
    {
        "id": pa.string(),
        "cluster": pa.int32(),
        "is_noise": pa.bool_(),
        "probability": pa.float32(),
        "x": pa.float32(),
        "y": pa.float32(),
        "point": pa.list_(pa.float32()),
    }
)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _CardRecord(_Strict):
    label: str
    summary: str
    characteristics: tuple[str, ...]


class _ClusterRecord(_Strict):
    number: int
    modality: str
    exemplars: tuple[str, ...]  # attribute ids
    card: _CardRecord | None
    stability: float | None


class _ReportRecord(_Strict):
    modality: str
    n: int
    method: Method
    n_clusters: int
    n_noise: int
    agreement: float | None
    note: str
    warning: str


class _ClusteringRecord(_Strict):
    scheme: int
    id: str
    catalogue: str
    members_sha256: str
    settings: ClusterSettings
    clusters: tuple[_ClusterRecord, ...]
    reports: tuple[_ReportRecord, ...]


def write_clustering(clustering: Clustering) -> dict[str, bytes]:
    """The two files by name; the JSON names the content id and the SHA-256 of the Parquet file beside it."""
    members = _members_bytes(clustering)
    ids = [attribute.id for attribute in clustering.catalogue.attributes]
    record = _ClusteringRecord(
        scheme=_SCHEME,
        id=clustering.id,
        catalogue=clustering.catalogue.id,
        members_sha256=digest(members),
        settings=clustering.settings,
        clusters=tuple(_cluster_record(cluster, ids) for cluster in clustering.clusters),
        reports=tuple(_ReportRecord.model_validate(report_record(report)) for report in clustering.reports),
    )
    text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, indent=1)
    return {CLUSTERS_FILE: text.encode("utf-8"), MEMBERS_FILE: members}


def read_clustering(files: Mapping[str, bytes], catalogue: Catalogue) -> Clustering:
    """Read what `write_clustering` wrote.

    `CorruptArtefact` when a file is missing, damaged or changed (the content id is recomputed), or when it was written
    for another catalogue.
    """
    for name in (CLUSTERS_FILE, MEMBERS_FILE):
        if name not in files:
            raise _damaged(f"{name} is missing")
    try:
        record = _ClusteringRecord.model_validate_json(files[CLUSTERS_FILE])
    except ValidationError as error:
        raise _damaged(f"{error.error_count()} values in {CLUSTERS_FILE} cannot be read") from error
    if record.scheme != _SCHEME:
        raise _damaged(f"{CLUSTERS_FILE} was written by another version")
    if record.catalogue != catalogue.id:
        raise CorruptArtefact("The clusters belong to another catalogue than the one given.", _FIX)
    if digest(files[MEMBERS_FILE]) != record.members_sha256:
        raise _damaged(f"{MEMBERS_FILE} is not the one that {CLUSTERS_FILE} was written with")
    clustering = _clustering(record, _columns(files[MEMBERS_FILE], catalogue), catalogue)
    if clustering.id != record.id:
        raise _damaged(f"{CLUSTERS_FILE} was changed after it was written")
    return clustering


def _members_bytes(clustering: Clustering) -> bytes:
    table = pa.table(
        {
            "id": [attribute.id for attribute in clustering.catalogue.attributes],
            "cluster": clustering.cluster,
            "is_noise": clustering.is_noise,
            "probability": clustering.probability,
            "x": np.ascontiguousarray(clustering.xy[:, 0]),
            "y": np.ascontiguousarray(clustering.xy[:, 1]),
            "point": pa.array(clustering.points.tolist(), pa.list_(pa.float32())),
        },
        _SCHEMA,
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def _columns(data: bytes, catalogue: Catalogue) -> Columns:
    try:
        # Without threads: arrow's pools, still winding down, aborted a short-lived process at its exit.
        table = pq.read_table(io.BytesIO(data), use_threads=False, pre_buffer=False, page_checksum_verification=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(f"{MEMBERS_FILE} cannot be read") from error
    if not table.schema.equals(_SCHEMA, check_metadata=False):
        raise _damaged(f"{MEMBERS_FILE} has other columns")
    if table["id"].to_pylist() != [attribute.id for attribute in catalogue.attributes]:
        raise _damaged(f"{MEMBERS_FILE} lists other attributes than the catalogue")
    return Columns(
        cluster=_array(table["cluster"]).astype(np.int32),
        is_noise=_array(table["is_noise"]).astype(np.bool_),
        probability=_array(table["probability"]).astype(np.float32),
        xy=np.stack([_array(table["x"]), _array(table["y"])], axis=1).astype(np.float32),
        points=np.array(table["point"].to_pylist(), dtype=np.float32).reshape(len(catalogue), -1),
    )


def _clustering(record: _ClusteringRecord, columns: Columns, catalogue: Catalogue) -> Clustering:
    position_of = catalogue.position_of
    unknown = [name for cluster in record.clusters for name in cluster.exemplars if name not in position_of]
    if unknown:
        raise _damaged(f"{CLUSTERS_FILE} names attributes that the catalogue does not have")
    clusters = tuple(
        Cluster(
            number=cluster.number,
            modality=cluster.modality,
            members=tuple(int(position) for position in np.flatnonzero(columns.cluster == cluster.number)),
            exemplars=tuple(position_of[name] for name in cluster.exemplars),
            card=ClusterCard(cluster.card.label, cluster.card.summary, cluster.card.characteristics)
            if cluster.card
            else None,
            stability=cluster.stability,
        )
        for cluster in record.clusters
    )
    reports = tuple(ModalityReport(**report.model_dump()) for report in record.reports)
    return Clustering(catalogue, record.settings, *columns, clusters=clusters, reports=reports)


def _cluster_record(cluster: Cluster, ids: list[str]) -> _ClusterRecord:
    card = cluster.card
    return _ClusterRecord(
        number=cluster.number,
        modality=cluster.modality,
        exemplars=tuple(ids[position] for position in cluster.exemplars),
        card=_CardRecord(label=card.label, summary=card.summary, characteristics=card.characteristics)
        if card
        else None,
        stability=cluster.stability,
    )


def _array(column: pa.ChunkedArray) -> NDArray[np.generic]:
    return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False))


def _damaged(why: str) -> CorruptArtefact:
    return CorruptArtefact(f"The clusters cannot be used: {why}.", _FIX)
