"""The OpenAPI description: what FastAPI derives, with every problem in its one shape."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.problems import MEDIA_TYPE, ProblemBody

ABOUT: Final = """\
Labelled campaign rows to train on, test rows to predict, and scores for predictions, without anybody seeing the
hidden labels.

1. `GET /versions` lists what is open.
2. Download `train` (with labels) and `test` (without), and train wherever you like.
3. `POST` predictions for every test row to `/versions/{version}/submissions`; the answer holds the public score.

**Tokens** belong to a team, expire, can be revoked, and go into the header `Authorization: Bearer TOKEN`, never into
the address.

**Rate**: 60 requests a minute per token (`RateLimit-*` headers; 429 with `Retry-After`).

**Quota**: what is left stands in the headers `X-Quota-Remaining-Today` and `X-Quota-Remaining-Total` of every answer
about a version.

**Scores** are of the public test rows, at three decimals; a better score shows only where it beats the team's best
beyond noise. Private scores appear when the owner closes the version.

**Problems** are `application/problem+json` with `title`, `detail`, `fix` and `problems[]`.
"""
_REFERENCE: Final = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
_ALWAYS: Final = {
    "401": "No token, or one that opens nothing.",
    "403": "The token does not allow this.",
    "404": "There is no such thing in the token's workspace.",
    "429": "Too many requests; `Retry-After` says how long to wait.",
    "500": "The server failed.",
    "503": "The server is busy; `Retry-After` says how long to wait.",
}


def problems(**meanings: str) -> dict[int | str, dict[str, Any]]:
    """Further problems that a route answers with, `s413="too large"`, for its `responses`."""
    return {int(status[1:]): _problem(meaning) for status, meaning in meanings.items()}


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What makes the description of an application, once."""

    def description() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    return description


def _described(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes, servers=app.servers)
    schemas = found["components"]["schemas"]
    for left_out in ("HTTPValidationError", "ValidationError"):
        schemas.pop(left_out, None)
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["ProblemBody"] = problem
    for operations in found["paths"].values():
        for operation in operations.values():
            answers = operation["responses"]
            if "422" in answers and "HTTPValidationError" in str(answers["422"]):
                answers["422"] = _problem("A part of the request cannot be read.")
            for status, meaning in _ALWAYS.items():
                answers.setdefault(status, _problem(meaning))
    return found


def _problem(meaning: str) -> dict[str, Any]:
    return {"description": meaning, "content": _REFERENCE}
