"""The API of the blind protocol as one ASGI application, to be mounted at `/api/v1`."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.api import docs_page, submissions, versions
from app.api.description import describe
from app.api.envelope import Envelope
from app.api.problems import Refused, problem_response, refused
from app.api.serving import ApiLimits, FindWorkspace, Serving
from core.errors import InvalidInput, Problem

PATH: Final = "/api/v1"
_SEE: Final = f"{PATH}/docs lists what there is."


def create_api(find_workspace: FindWorkspace, limits: ApiLimits | None = None) -> FastAPI:
    """The application over the workspaces that `find_workspace` opens by name; it must be called in no event loop."""
    app = FastAPI(
        title="Valence: blind protocol",
        version="1",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        servers=[{"url": PATH}],
        root_path_in_servers=False,
    )
    app.state.serving = Serving(find_workspace, limits or ApiLimits())
    app.include_router(versions.router)
    app.include_router(submissions.router)
    app.include_router(docs_page.router)
    app.add_exception_handler(Refused, _answered(_as_it_is))
    app.add_exception_handler(RequestValidationError, _answered(_invalid))
    app.add_exception_handler(HTTPException, _answered(_unrouted))
    app.add_middleware(Envelope)
    app.openapi = describe(app)  # type: ignore[method-assign]
    return app


def _answered(translate: Callable[[Any], Refused]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(_: Request, error: Exception) -> Response:
        return problem_response(translate(error))

    return handle


def _as_it_is(refusal: Refused) -> Refused:
    return refusal


def _invalid(error: RequestValidationError) -> Refused:
    problems = [Problem(f"{e['msg']}.", field=".".join(map(str, e["loc"]))) for e in error.errors()]
    if any(e["loc"][0] == "path" for e in error.errors()):
        return refused(404, "not-found", "There is nothing at this address.", _SEE)
    return Refused(422, "bad-request", InvalidInput("The request cannot be read", problems))


def _unrouted(error: HTTPException) -> Refused:
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return refused(404, "not-found", "There is nothing at this address.", _SEE)
    if error.status_code == 405:
        refusal = refused(405, "bad-request", "This address does not take this method.", _SEE)
        refusal.headers.update(headers)
        return refusal
    return refused(error.status_code, "bad-request", "The request cannot be done.", _SEE)
