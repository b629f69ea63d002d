"""Routes of what a team sends and gets back: submissions, quotas, results."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from app.api.access import Caller, Reader, Submitter
from app.api.answers import QuotaLeft, Quotas, ReceiptAnswer, Remaining, Results, ScoreShown, SubmissionAnswer
from app.api.bodies import media_type_of
from app.api.description import problems
from app.api.problems import Refused, refused
from app.api.serving import Serving, serving
from app.api.standing import check_version, known_version, note_quota
from core.errors import InvalidInput, NotFound
from core.leaderboard.figures import Figures
from core.leaderboard.receipts import Receipt
from core.leaderboard.refusals import RefusalKind, SubmissionRefused
from core.leaderboard.submission_files import CSV, JSON, PARQUET
from core.leaderboard.submission_limits import MAX_SUBMISSION_BYTES
from core.workflows.board_versions import board_versions
from core.workflows.submission_records import StoredSubmission, submissions_of
from core.workflows.submissions import (
    MAX_CODE_REF_LENGTH,
    MAX_CONFIG_LENGTH,
    MAX_KEY_LENGTH,
    MAX_NAME_LENGTH,
    SubmissionRequest,
    SubmissionSource,
    remaining_quota,
    submit,
)

router = APIRouter(tags=["submissions"])

OWN_CLIENT: Final = "valence-submit"
_STATUSES: Final = {
    RefusalKind.CONFLICT: (409, "conflict"),
    RefusalKind.CLOSED: (409, "closed"),
    RefusalKind.QUOTA: (429, "quota"),
    RefusalKind.TOO_LARGE: (413, "too-large"),
    RefusalKind.MEDIA_TYPE: (415, "bad-media-type"),
}
_ROW: Final = {
    "type": "object",
    "required": ["row_id", "label"],
    "properties": {
        "row_id": {"type": "string"},
        "label": {"type": "string"},
        "probabilities": {"type": "object", "additionalProperties": {"type": "number"}},
    },
}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "A label for every test row, by its row id, in any order; probabilities are optional.",
        "content": {
            JSON: {
                "schema": {
                    "oneOf": [
                        {"type": "array", "items": _ROW},
                        {"type": "object", "additionalProperties": {"type": "string"}},
                    ]
                }
            },
            CSV: {"schema": {"type": "string"}, "example": "row_id,label\n9f2c,pos\n"},
            PARQUET: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post(
    "/versions/{version}/submissions",
    status_code=201,
    openapi_extra=_BODY,
    responses={
        200: {"model": ReceiptAnswer, "description": "Scored before: the same answer, no quota used."},
        **problems(
            s400="The body ended early.",
            s408="The body arrived too slowly.",
            s409="The key belongs to another submission, or the version is closed.",
            s413=f"The body is larger than {MAX_SUBMISSION_BYTES // 1_000_000} MB.",
            s415="Compressed, or neither JSON, CSV nor Parquet.",
            s422="The submission cannot be scored; `problems` names every row. It used no quota.",
        ),
    },
)
async def send_submission(
    version: Annotated[str, Path()],
    request: Request,
    response: Response,
    caller: Submitter,
    server: Annotated[Serving, Depends(serving)],
    model: Annotated[str, Query(max_length=MAX_NAME_LENGTH, description="The name the board shows.")] = "unnamed",
    code_ref: Annotated[str, Query(max_length=MAX_CODE_REF_LENGTH, description="Commit or address of its code.")] = "",
    config: Annotated[str, Query(max_length=MAX_CONFIG_LENGTH, description="Its settings, a JSON object.")] = "{}",
    idempotency_key: Annotated[
        str,
        Header(
            max_length=MAX_KEY_LENGTH,
            description="Optional. Sent again with the same key, the same submission gets the same answer; another "
            "one gets 409. Without a key the file itself is the key: the same file is never scored twice.",
        ),
    ] = "",
) -> ReceiptAnswer:
    """Submit predictions and get their public score in the answer.

    Once this answers, the submission is stored for good.
    """
    settings = _config(config)
    await server.light.run(lambda: check_version(caller, version))
    try:
        media_type = media_type_of(request.headers)
        async with server.bodies.read(request.headers, request.receive) as data:
            wanted = SubmissionRequest(
                version=version,
                team=caller.grant.team,
                model=model,
                track=caller.grant.track,
                data=data,
                media_type=media_type,
                source=_source(request),
                key=idempotency_key,
                code_ref=code_ref,
                config=settings,
            )
            receipt = await server.scoring.run(lambda: _submit(caller, wanted))
    finally:
        await server.light.run(lambda: note_quota(caller, version, request.scope))
    if receipt.repeated:
        response.status_code = 200
    return _receipt(receipt)


@router.get("/quota")
async def quota(caller: Reader, server: Annotated[Serving, Depends(serving)]) -> Quotas:
    """What is left of your team's quota for every open version."""
    return await server.light.run(lambda: Quotas(quotas=_quotas(caller)))


@router.get("/results")
async def results(
    request: Request,
    caller: Reader,
    server: Annotated[Serving, Depends(serving)],
    version: Annotated[str, Query(description="Only those to this version.")] = "",
) -> Results:
    """Your team's submissions, in order of arrival."""

    def read() -> Results:
        if version:
            known_version(caller, version, request.scope)
        found = [_submission(s) for s in _own(caller, version or None)]
        return Results(team=caller.grant.team, track=caller.grant.track, submissions=found)

    return await server.light.run(read)


@router.get("/submissions/{submission}")
async def submission(
    submission: Annotated[str, Path()],
    request: Request,
    caller: Reader,
    server: Annotated[Serving, Depends(serving)],
) -> SubmissionAnswer:
    """One submission of your team."""

    def read() -> SubmissionAnswer:
        found = next((s for s in _own(caller, None) if s.id == submission), None)
        if found is None:
            raise refused(404, "not-found", "Your team has no such submission.", "GET /results lists what it has.")
        known_version(caller, found.version, request.scope)
        return _submission(found)

    return await server.light.run(read)


def _source(request: Request) -> SubmissionSource:
    is_own = request.headers.get("user-agent", "").startswith(OWN_CLIENT)
    return SubmissionSource.CLI if is_own else SubmissionSource.API


def _submit(caller: Caller, request: SubmissionRequest) -> Receipt:
    try:
        return submit(caller.workspace, request)
    except SubmissionRefused as error:
        status, kind = _STATUSES[error.kind]
        headers = {"Retry-After": str(_until_midnight_s())} if error.kind is RefusalKind.QUOTA else {}
        raise Refused(status, kind, error, headers) from error
    except InvalidInput as error:
        raise Refused(422, "bad-submission", error) from error
    except NotFound as error:
        raise refused(404, "not-found", "There is no such version here.", "GET /versions lists them.") from error


def _config(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise refused(422, "bad-request", "config is no JSON object.", 'Send it like {"depth": 6}, or leave it out.')
    return found


def _quotas(caller: Caller) -> list[QuotaLeft]:
    workspace, team = caller.workspace, caller.grant.team
    open_ones = [v.id for v in board_versions(workspace) if v.state == "open"]
    left = {version: remaining_quota(workspace, version, team) for version in open_ones}
    return [QuotaLeft(version=version, today=found.today, total=found.total) for version, found in left.items()]


def _own(caller: Caller, version: str | None) -> list[StoredSubmission]:
    return [
        s
        for s in submissions_of(caller.workspace, version)
        if s.team == caller.grant.team and s.track == caller.grant.track
    ]


def _receipt(receipt: Receipt) -> ReceiptAnswer:
    told = receipt.model_dump(exclude={"remaining_today", "remaining_total"})
    return ReceiptAnswer(**told, remaining=Remaining(today=receipt.remaining_today, total=receipt.remaining_total))


def _submission(found: StoredSubmission) -> SubmissionAnswer:
    return SubmissionAnswer(
        id=found.id,
        version=found.version,
        model=found.model,
        track=found.track,
        submitted_at=found.submitted_at,
        improved=found.improved,
        shown=found.shown,
        public=_shown(found.public),
        private=None if found.private is None else _shown(found.private),
        code_ref=found.code_ref,
        config=found.config,
    )


def _shown(figures: Figures) -> ScoreShown:
    shown = figures.shown
    return ScoreShown(score=shown.estimate, low=shown.low, high=shown.high)


def _until_midnight_s() -> int:
    now = datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return math.ceil((midnight - now).total_seconds())
