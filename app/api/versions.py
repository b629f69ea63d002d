"""Routes of what a team downloads: versions, their cards and files."""

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import FileResponse, Response

from app.api.access import Caller, Reader
from app.api.answers import QuotaLeft, Version, VersionCard, Versions
from app.api.description import problems
from app.api.problems import Refused, refused
from app.api.serving import Serving, serving
from app.api.standing import known_version
from core.dataset.split_files import (
    ATTRIBUTES_FILE,
    TEST_JSONL,
    TEST_PARQUET,
    TRAIN_JSONL,
    TRAIN_PARQUET,
    VECTORS_FILE,
)
from core.models.protocol import Track
from core.workflows.board_versions import BoardVersion, board_versions
from core.workflows.datasets import DATASET
from core.workflows.graphs import EDGES_FILE, GRAPH
from core.workflows.splits import SPLIT, split_card
from core.workflows.submissions import remaining_quota

router = APIRouter(tags=["versions"])


class VersionFile(StrEnum):
    """Files of a version. The closed list of what leaves the server: nothing else is served by name."""

    TRAIN_JSONL = TRAIN_JSONL
    TRAIN_PARQUET = TRAIN_PARQUET
    TEST_JSONL = TEST_JSONL
    TEST_PARQUET = TEST_PARQUET
    ATTRIBUTES = ATTRIBUTES_FILE
    VECTORS = VECTORS_FILE
    EDGES = EDGES_FILE


_MEDIA_TYPES: Final = {
    ".jsonl": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
}


@router.get("/versions")
async def list_versions(caller: Reader, server: Annotated[Serving, Depends(serving)]) -> Versions:
    """Every version of the token's workspace, open or closed."""

    def read() -> Versions:
        return Versions(versions=[Version(**_told(caller, found)) for found in board_versions(caller.workspace)])

    return await server.light.run(read)


@router.get("/versions/{version}")
async def version_card(
    version: Annotated[str, Path()],
    request: Request,
    caller: Reader,
    server: Annotated[Serving, Depends(serving)],
) -> VersionCard:
    """The card of a version: labels, numbers of rows, state, and the lines that scores are read against."""

    def read() -> VersionCard:
        found = known_version(caller, version, request.scope)
        card = split_card(caller.workspace, found.id)
        return VersionCard(**_told(caller, found), lines=asdict(found.lines), card=card)

    return await server.light.run(read)


@router.get(
    "/versions/{version}/{file}",
    response_class=Response,
    responses={
        200: {
            "description": "The file. Training rows hold a label, test rows do not; rows are matched by `row_id`.",
            "content": {media_type: {} for media_type in _MEDIA_TYPES.values()},
        },
        206: {"description": "The part of it that was asked for by `Range`."},
        **problems(s416="It has no such part."),
    },
)
async def version_file(
    version: Annotated[str, Path()],
    file: Annotated[VersionFile, Path()],
    request: Request,
    caller: Reader,
    server: Annotated[Serving, Depends(serving)],
) -> FileResponse:
    """A file of a version: training rows, test rows (features only), attributes, vectors, edges (graph-aware only)."""
    path = await server.light.run(lambda: _path(caller, known_version(caller, version, request.scope), file))
    return FileResponse(path, media_type=_MEDIA_TYPES[FilePath(file).suffix], filename=f"{version[:8]}-{file}")


def _told(caller: Caller, version: BoardVersion) -> dict[str, Any]:
    left = remaining_quota(caller.workspace, version.id, caller.grant.team)
    return {
        "id": version.id,
        "title": version.title,
        "state": version.state,
        "kind": version.kind,
        "labels": list(version.labels),
        "n_train": version.n_train,
        "n_test": version.n_test,
        "opened_at": version.opened_at,
        "closed_at": version.closed_at or None,
        "files": _files(caller, version),
        "quota": QuotaLeft(version=version.id, today=left.today, total=left.total),
    }


def _files(caller: Caller, version: BoardVersion) -> list[str]:
    """What this token may download of a version."""
    stored = caller.workspace.artefacts.get(SPLIT, version.id).manifest.files
    edges = [VersionFile.EDGES] if caller.grant.track is Track.GRAPH_AWARE else []
    return [str(file) for file in (*(f for f in VersionFile if f in stored), *edges)]


def _edges(caller: Caller, version: BoardVersion) -> FilePath:
    artefacts = caller.workspace.artefacts
    graph = artefacts.get(GRAPH, artefacts.get(DATASET, version.dataset).manifest.parents[GRAPH])
    return artefacts.path(graph, EDGES_FILE)


def _path(caller: Caller, version: BoardVersion, file: VersionFile) -> FilePath:
    artefacts = caller.workspace.artefacts
    if file is VersionFile.EDGES:
        if caller.grant.track is not Track.GRAPH_AWARE:
            raise _blind()
        return _edges(caller, version)
    split = artefacts.get(SPLIT, version.id)
    if file not in split.manifest.files:
        raise refused(
            404, "not-found", f"This version has no {file}.", f"It has: {', '.join(_files(caller, version))}."
        )
    return artefacts.path(split, file)


def _blind() -> Refused:
    return refused(
        403,
        "not-allowed",
        "The edges are for the graph-aware track; this token is of the blind one.",
        "Compete with what the rows, texts and vectors say.",
    )
