"""Everything that goes wrong, in one shape: problem+json (RFC 9457) with what to do now and every single problem."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel
from starlette.responses import Response

from core.errors import InvalidInput, Problem, ValenceError

MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:valence:problem:"
_MOST_PROBLEMS: Final = 200


class OneProblem(BaseModel):
    """One thing wrong: what, what to do, and where (`row` counts a file's lines; the header is row 1)."""

    message: str
    fix: str = ""
    row: int | None = None
    field: str = ""


class ProblemBody(BaseModel):
    """Why a request was not done. `title` is the same for every problem of a kind; `fix` says what to do now.

    `problems` lists at most 200; `n_problems` counts all of them.
    """

    type: str
    title: str
    status: int
    detail: str
    fix: str = ""
    problems: list[OneProblem] = []
    n_problems: int = 0


class Refused(Exception):
    """A request that is not done, with its status, the kind of problem, and what the client is told."""

    def __init__(self, status: int, kind: str, error: ValenceError, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {kind}")
        self.status = status
        self.kind = kind
        self.error = error
        self.headers = dict(headers or {})


def refused(status: int, kind: str, message: str, fix: str = "", **headers: str) -> Refused:
    """A refusal in plain words; `Retry_After="5"` and the like become headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refused(status, kind, ValenceError(message, fix), named)


def problem_response(refusal: Refused) -> Response:
    """The answer to a request that is not done."""
    found = refusal.error.problems if isinstance(refusal.error, InvalidInput) else ()
    body = ProblemBody(
        type=_TYPE + refusal.kind,
        title=_TITLES.get(refusal.kind, "The request was not done"),
        status=refusal.status,
        detail=refusal.error.what + "." if isinstance(refusal.error, InvalidInput) else refusal.error.message,
        fix=_fix(refusal.error),
        problems=[_one(problem) for problem in found[:_MOST_PROBLEMS]],
        n_problems=len(found),
    )
    headers = {"Cache-Control": "no-store", **refusal.headers}
    return Response(body.model_dump_json(), refusal.status, headers, MEDIA_TYPE)


def _fix(error: ValenceError) -> str:
    if isinstance(error, InvalidInput) and not error.fix:
        return "Correct every problem listed and send it again."
    return error.fix


def _one(problem: Problem) -> OneProblem:
    return OneProblem(message=problem.message, fix=problem.fix, row=problem.row, field=problem.field)


_TITLES: Final[Mapping[str, str]] = {
    "no-token": "A token is needed",
    "bad-token": "The token opens nothing",
    "token-in-address": "The token is compromised",
    "not-allowed": "The token does not allow this",
    "not-found": "There is no such thing here",
    "bad-request": "The request cannot be read",
    "bad-submission": "The submission cannot be scored",
    "closed": "The version is closed",
    "conflict": "The key belongs to another submission",
    "quota": "The quota is used up",
    "rate": "Too many requests",
    "too-large": "The body is too large",
    "too-slow": "The body arrived too slowly",
    "bad-encoding": "The body must not be compressed",
    "bad-media-type": "This kind of file is not read",
    "busy": "The server is busy",
    "failed": "The server failed",
}
