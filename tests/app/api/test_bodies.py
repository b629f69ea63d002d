"""Bodies as they arrive: limits hold while they stream, and what is refused is let go."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from starlette.datastructures import Headers

from app.api.bodies import BodyLimits, BodyReader, media_type_of
from app.api.problems import Refused

LIMITS = BodyLimits(max_bytes=1_000, max_bytes_at_once=1_500, silence_s=60.0, whole_s=60.0)
Receive = Callable[[], Awaitable[dict[str, Any]]]


def arriving(chunks: Iterator[bytes]) -> tuple[Receive, list[int]]:
    """Chunks one by one, and a count of those that were taken."""
    taken: list[int] = []
    following = next(chunks, None)

    async def receive() -> dict[str, Any]:
        nonlocal following
        now, following = following, next(chunks, None)
        taken.append(len(now or b""))
        return {"type": "http.request", "body": now or b"", "more_body": following is not None}

    return receive, taken


async def read(reader: BodyReader, receive: Receive, **headers: str) -> bytes:
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    async with reader.read(named, receive) as body:
        return body


def refusal(reader: BodyReader, receive: Receive, **headers: str) -> Refused:
    with pytest.raises(Refused) as found:
        asyncio.run(read(reader, receive, **headers))
    return found.value


def endless() -> Iterator[bytes]:
    while True:
        yield b"x" * 100


def test_a_body_arrives_whole_and_is_let_go() -> None:
    reader = BodyReader(LIMITS)
    receive, _ = arriving(iter([b"a" * 400, b"b" * 600]))
    assert asyncio.run(read(reader, receive, content_length="1000")) == b"a" * 400 + b"b" * 600
    assert reader._held == 0


def test_an_endless_chunked_body_is_cut_at_the_limit() -> None:
    reader = BodyReader(LIMITS)
    receive, taken = arriving(endless())
    assert refusal(reader, receive).status == 413
    assert sum(taken) == 1_100  # the first chunk beyond the limit, and no further one
    assert reader._held == 0


@pytest.mark.parametrize("length", ["1001", "99999999999999999999", "-1", "1e3", "٣"])
def test_a_body_that_says_it_is_too_large_or_lies_is_not_read(length: str) -> None:
    receive, taken = arriving(endless())
    with pytest.raises(Refused) as found:
        asyncio.run(_read_raw(BodyReader(LIMITS), receive, length))
    assert found.value.status == 413
    assert taken == []


async def _read_raw(reader: BodyReader, receive: Receive, length: str) -> None:
    raw = [(b"content-length", length.encode("utf-8"))]
    async with reader.read(Headers(raw=raw), receive):
        pass


def test_a_length_that_is_smaller_than_the_body_does_not_help() -> None:
    receive, _ = arriving(endless())
    assert refusal(BodyReader(LIMITS), receive, content_length="10").status == 413


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "br", "zstd", "deflate", "gzip, identity"])
def test_a_compressed_body_is_refused_unread(encoding: str) -> None:
    receive, taken = arriving(endless())
    found = refusal(BodyReader(LIMITS), receive, content_encoding=encoding)
    assert (found.status, found.kind, taken) == (415, "bad-encoding", [])


def test_silence_ends_a_body() -> None:
    async def silent() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    reader = BodyReader(BodyLimits(silence_s=0.01))
    found = refusal(reader, silent)
    assert (found.status, found.kind) == (408, "too-slow")


def test_a_body_that_drips_is_ended_as_a_whole() -> None:
    async def dripping() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": True}

    assert refusal(BodyReader(BodyLimits(silence_s=60.0, whole_s=0.05)), dripping).status == 408


def test_a_client_that_hangs_up_leaves_nothing_behind() -> None:
    messages = iter([{"type": "http.request", "body": b"x" * 10, "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> dict[str, Any]:
        return next(messages)

    reader = BodyReader(LIMITS)
    assert refusal(reader, receive).status == 400
    assert reader._held == 0


def test_all_bodies_together_have_a_limit_and_it_frees_itself() -> None:
    reader = BodyReader(LIMITS)

    async def two() -> tuple[bytes, int]:
        first, _ = arriving(iter([b"a" * 900]))
        second, _ = arriving(iter([b"b" * 900]))
        async with reader.read(Headers(), first):
            with pytest.raises(Refused) as found:
                await read(reader, second)
        again, _ = arriving(iter([b"b" * 900]))
        return await read(reader, again), found.value.status

    body, status = asyncio.run(two())
    assert (len(body), status) == (900, 503)


@pytest.mark.parametrize(
    "media_type", ["application/octet-stream", "application/x-pickle", "application/zip", "", "text/html"]
)
def test_other_kinds_of_files_are_refused_by_name(media_type: str) -> None:
    with pytest.raises(Refused) as found:
        media_type_of(Headers({"content-type": media_type}))
    assert (found.value.status, found.value.kind) == (415, "bad-media-type")


def test_media_types_are_read_as_they_are_written() -> None:
    assert media_type_of(Headers({"content-type": "Application/JSON; charset=utf-8"})) == "application/json"
    assert media_type_of(Headers({"content-type": "application/x-parquet"})) == "application/vnd.apache.parquet"
