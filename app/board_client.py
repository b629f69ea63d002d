"""A small client of the blind protocol: what `valence submit` uses, and all that it knows of a server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from core.errors import InvalidInput, Problem, ValenceError

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".json": "application/json",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
}
API_PATH: Final = "/api/v1"
USER_AGENT: Final = "valence-submit/1"
_TIMEOUT_S: Final = 180.0


class BoardClient:
    """Requests to one server with one token. A refusal becomes a `ValenceError`; the token is in no message."""

    def __init__(self, url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        """`url`: the server's address, with or without `/api/v1`; `transport` stands in for the network in tests."""
        base = url.rstrip("/").removesuffix(API_PATH) + API_PATH
        if httpx.URL(base).scheme not in ("http", "https"):
            raise ValenceError(f"{url!r} is no address of a server.", "Give it as https://HOST or http://HOST:PORT.")
        if not token.isascii() or not token.isprintable() or not token:
            raise ValenceError("The token holds characters that no token has.", "Copy it whole, as it was shown.")
        headers = {"Authorization": f"Bearer {token}", "User-Agent": USER_AGENT}
        self._client = httpx.Client(base_url=base, headers=headers, timeout=_TIMEOUT_S, transport=transport)

    def versions(self) -> dict[str, Any]:
        """Versions to submit to."""
        return self._asked("GET", "/versions")

    def submit(self, version: str, file: Path, facts: Mapping[str, str], key: str = "") -> dict[str, Any]:
        """Send a file of predictions; its receipt. `facts`: model, code_ref and config (JSON), as the
        API names them; empty ones are left out."""
        if file.suffix.lower() not in MEDIA_TYPES:
            known = ", ".join(MEDIA_TYPES)
            raise ValenceError(f"{file.name} is no file of predictions.", f"Give one that ends with {known}.")
        try:
            data = file.read_bytes()
        except OSError as error:
            raise ValenceError(f"{file} cannot be read: {error.strerror}.", "Give a file that is there.") from error
        headers = {"Content-Type": MEDIA_TYPES[file.suffix.lower()]} | ({"Idempotency-Key": key} if key else {})
        params = {name: value for name, value in facts.items() if value}
        return self._asked("POST", f"/versions/{version}/submissions", params=params, content=data, headers=headers)

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def _asked(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, **options)
        except httpx.HTTPError as error:
            raise ValenceError(
                f"The server {self._client.base_url.host} cannot be reached ({type(error).__name__}).",
                "Check the address, and that `valence serve` runs there. Sending the same file again is safe.",
            ) from error
        if answer.is_success and "json" in answer.headers.get("content-type", ""):
            found: dict[str, Any] = answer.json()
            return found
        raise _refusal(answer)


def _refusal(answer: httpx.Response) -> ValenceError:
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return ValenceError(
            f"The server answered {answer.status_code}, but not as a board does.", "Check the address of the server."
        )
    body = answer.json()
    if found := body.get("problems"):
        return InvalidInput(body["detail"].rstrip("."), [Problem(**problem) for problem in found])
    return ValenceError(body["detail"], body.get("fix", ""))
