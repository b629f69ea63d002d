"""Reading the body of a submission: as it arrives, within limits, never decompressed, never into a file."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import Message

from app.api.problems import Refused, refused
from core.leaderboard.submission_files import MEDIA_TYPES, PARQUET
from core.leaderboard.submission_limits import MAX_SUBMISSION_BYTES

_ALIASES: Final = {"application/x-parquet": PARQUET, "application/parquet": PARQUET}
_REPORTED_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How large and how slow a body may be, and how many bytes of all bodies together are held in memory."""

    max_bytes: int = MAX_SUBMISSION_BYTES
    max_bytes_at_once: int = 600_000_000
    silence_s: float = 15.0
    whole_s: float = 180.0


class BodyReader:
    """Reads bodies one per request; one reader per server, since it counts what they hold together."""

    def __init__(self, limits: BodyLimits) -> None:
        self.limits = limits
        self._held = 0

    @asynccontextmanager
    async def read(self, headers: Headers, receive: Callable[[], Awaitable[Message]]) -> AsyncIterator[bytes]:
        """The whole body, which counts as held until the block ends; `Refused` for one that breaks a limit."""
        self._check_headers(headers)
        body, size = bytearray(), 0
        try:
            async for chunk in _chunks(receive, self.limits):
                size += len(chunk)
                self._held += len(chunk)
                if size > self.limits.max_bytes:
                    raise _too_large(self.limits)
                if self._held > self.limits.max_bytes_at_once:
                    raise refused(503, "busy", "Too many bodies arrive at once.", "Try again soon.", Retry_After="5")
                body += chunk
            yield bytes(body)
        finally:
            self._held -= size

    def _check_headers(self, headers: Headers) -> None:
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise refused(
                415,
                "bad-encoding",
                "The body is compressed (Content-Encoding), and it is not unpacked here.",
                "Send it as it is; Parquet is small by itself.",
                Accept_Encoding="identity",
            )
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > self.limits.max_bytes:
            raise _too_large(self.limits)


def media_type_of(headers: Headers) -> str:
    """The media type without its parameters; `Refused` for one that is not read here, such as a pickle's."""
    named = headers.get("content-type", "").partition(";")[0].strip().lower()
    media_type = _ALIASES.get(named, named)
    if media_type not in MEDIA_TYPES:
        raise refused(
            415,
            "bad-media-type",
            "Predictions are read from JSON, CSV and Parquet, named in the header Content-Type.",
            f"Send one of: {', '.join(MEDIA_TYPES)}. Pickles, .npz and .pt files are never opened.",
            Accept=", ".join(MEDIA_TYPES),
        )
    return media_type


async def _chunks(receive: Callable[[], Awaitable[Message]], limits: BodyLimits) -> AsyncIterator[bytes]:
    ends = time.monotonic() + limits.whole_s
    while True:
        try:
            message: Any = await asyncio.wait_for(receive(), min(limits.silence_s, ends - time.monotonic()))
        except TimeoutError:
            raise refused(
                408,
                "too-slow",
                f"Nothing of the body arrived for {limits.silence_s:g} s, or all of it took over {limits.whole_s:g} s.",
                "Send it again over a steadier connection, or as Parquet, which is smaller.",
            ) from None
        if message["type"] == "http.disconnect":
            raise refused(400, "bad-request", "The connection ended before the body did.", "Send it again.")
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


def _too_large(limits: BodyLimits) -> Refused:
    return refused(
        413,
        "too-large",
        f"The body is larger than {limits.max_bytes / _REPORTED_MB:g} MB.",
        "Send the row ids and labels alone, or Parquet.",
    )
