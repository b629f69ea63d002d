"""Who may do what: the token of a request, its rate, and the workspace it opens."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.api.problems import refused
from app.api.serving import Serving, serving
from core.leaderboard.rate_limit import Admission
from core.leaderboard.tokens import read_token
from core.store.workspace import Workspace
from core.workflows.tokens import Grant, Refusal, Scope, TokenRefused, authenticate

_BEARER: Final = HTTPBearer(
    auto_error=False,
    bearerFormat="valence1.WORKSPACE.ID.SECRET",
    description="A team's token, as it was shown once. Never in the address.",
)
_HOW: Final = "Send it in the header: Authorization: Bearer TOKEN. Tokens are made on the Settings page."


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is, and the workspace it is about."""

    workspace: Workspace
    grant: Grant


def needs(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """A dependency that lets requests pass whose token is good, within its rate, and allows `scope`."""

    async def check(
        request: Request,
        server: Annotated[Serving, Depends(serving)],
        found: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> Caller:
        if found is None or found.scheme.lower() != "bearer":
            raise refused(401, "no-token", "This request carries no token.", _HOW, WWW_Authenticate=_challenge())
        text = found.credentials
        caller = await server.light.run(lambda: _caller(server, text))
        _count(request, server, caller)
        if scope not in caller.grant.scopes:
            allowed = " and ".join(sorted(caller.grant.scopes))
            raise refused(
                403,
                "not-allowed",
                f"This token allows to {allowed}, not to {scope}.",
                f"Ask whoever runs the board for a token that allows to {scope}.",
                WWW_Authenticate=_challenge("insufficient_scope"),
            )
        return caller

    return check


Reader = Annotated[Caller, Depends(needs(Scope.READ))]
Submitter = Annotated[Caller, Depends(needs(Scope.SUBMIT))]


def _caller(server: Serving, text: str) -> Caller:
    """The caller that the token's text proves; a workspace that does not exist looks like a token that does not."""
    try:
        name = read_token(text)
        if name is None:
            raise TokenRefused(Refusal.MALFORMED)
        workspace = server.find_workspace(name.workspace)
        if workspace is None:
            raise TokenRefused(Refusal.UNKNOWN)
        return Caller(workspace, authenticate(workspace, text))
    except TokenRefused as error:
        raise refused(
            401, "bad-token", error.message, error.fix, WWW_Authenticate=_challenge("invalid_token")
        ) from error


def _count(request: Request, server: Serving, caller: Caller) -> None:
    admission = server.rates.admit(f"{caller.workspace.name}.{caller.grant.token_id}")
    request.scope["state"].setdefault("headers", {}).update(_rate_headers(server.rates.limit, admission))
    if not admission.is_admitted:
        wait_s = math.ceil(admission.reset_s)
        raise refused(
            429,
            "rate",
            f"A token may ask {server.rates.limit} times a minute.",
            f"Wait {wait_s} s and go on.",
            Retry_After=str(wait_s),
        )


def _rate_headers(limit: int, admission: Admission) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(admission.remaining),
        "RateLimit-Reset": str(math.ceil(admission.reset_s)),
    }


def _challenge(error: str = "") -> str:
    return 'Bearer realm="valence"' + (f', error="{error}"' if error else "")
