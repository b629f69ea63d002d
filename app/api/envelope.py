"""What surrounds every request of the API: tokens in addresses, headers of every answer, failures, bodies left unread.

The outermost layer, written against ASGI itself: nothing that goes wrong inside passes it unnoticed, and no text of an
exception leaves the server, since such a text could hold a value that nobody outside may see.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_plus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import Refused, problem_response, refused
from core.leaderboard.tokens import holds_token

EVERY_ANSWER: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CLOSED_TO_ALL: Final = "default-src 'none'; frame-ancestors 'none'"
_TOKEN_NAMES: Final = frozenset({"token", "access_token", "bearer", "authorization", "api_key", "apikey"})
_DRAINED_BYTES, _DRAINED_S = 2_000_000, 2.0

logger = logging.getLogger(__name__)


class Envelope:
    """Wraps the API's routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other kinds of traffic pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        body, answer = _Body(scope, receive), _Answer(scope, send)
        answer.body = body
        try:
            if refusal := _token_in_address(scope):
                await problem_response(refusal)(scope, body.receive, answer.send)
            else:
                await self._app(scope, body.receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the last door: what is not known here would reach the server's log
            await _answer_failure(error, scope, body, answer)


async def _answer_failure(error: Exception, scope: Scope, body: "_Body", answer: "_Answer") -> None:
    frames = " < ".join(
        f"{f.name} ({f.filename}:{f.lineno})" for f in reversed(traceback.extract_tb(error.__traceback__))
    )
    logger.error("A request of the API failed with %s: %s", type(error).__name__, frames)
    if answer.has_started:
        raise ConnectionError("The answer was cut off.") from None
    refusal = refused(500, "failed", "The server failed at this request.", "Try again; tell whoever runs the board.")
    await problem_response(refusal)(scope, body.receive, answer.send)


class _Body:
    """The body of a request, and whether all of it has arrived."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self._receive = receive
        self.is_waited_for = headers.get("expect", "").lower() == "100-continue"
        self.is_complete = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
        self.is_gone = False

    async def receive(self) -> Message:
        message = await self._receive()
        self.is_waited_for = False
        if message["type"] == "http.disconnect":
            self.is_gone = True
        elif not message.get("more_body", False):
            self.is_complete = True
        return message

    async def drain(self) -> None:
        """Read on for a moment, so that a client which is still sending gets to read the answer before the close."""
        ends, n_bytes = time.monotonic() + _DRAINED_S, 0
        while not (self.is_complete or self.is_gone or self.is_waited_for) and n_bytes < _DRAINED_BYTES:
            try:
                message = await asyncio.wait_for(self.receive(), ends - time.monotonic())
            except TimeoutError:
                return
            n_bytes += len(message.get("body", b""))


class _Answer:
    """The answer on its way out: it gets its headers, and the connection is closed over a body left unread."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.body: _Body
        self.has_started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            if not self.body.is_complete:
                await self.body.drain()
            self._add_headers(MutableHeaders(scope=message))
        await self._send(message)

    def _add_headers(self, headers: MutableHeaders) -> None:
        extra: Mapping[str, str] = self._scope["state"].get("headers", {})
        for name, value in {**EVERY_ANSWER, **extra}.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", _CLOSED_TO_ALL)
        headers.setdefault("Cache-Control", "private, no-store")
        if not self.body.is_complete:
            headers["Connection"] = "close"


def _token_in_address(scope: Scope) -> Refused | None:
    """A refusal for a token in path or query: addresses end up in logs and histories of browsers and proxies."""
    path, query = scope["path"], unquote_plus(scope.get("query_string", b"").decode("latin-1"))
    names = {part.partition("=")[0].lower() for part in query.split("&")}
    if not (holds_token(path) or holds_token(query) or names & _TOKEN_NAMES):
        return None
    return refused(
        401,
        "token-in-address",
        "The address holds a token. Addresses are kept in logs and histories, so the token is now compromised.",
        "Have it revoked, ask for a new one, and send that in the header: Authorization: Bearer TOKEN.",
        WWW_Authenticate="Bearer",
    )
