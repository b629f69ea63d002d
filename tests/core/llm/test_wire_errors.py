"""What an answer that is no success means, apart from any library."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from core.llm.keys import Keys
from core.llm.protocol import ErrorKind
from core.llm.wire_errors import Endpoint, retry_after_s, status_error

KEYS = Keys({"GEMINI_API_KEY": "the-secret-key"})
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def endpoint(model: str = "m") -> Endpoint:
    return Endpoint("gemini", model, "", KEYS)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "8", "retry-after-ms": "7300"}, 7.3),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90.0),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=90), usegmt=True)}, 0.0),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, NOW.timestamp()) == seconds


@pytest.mark.parametrize("status", range(300, 600))
def test_every_status_has_a_kind_a_sentence_and_a_fix(status: int) -> None:
    error = status_error(status, {}, '{"error": {"message": "said the-secret-key"}}', endpoint())
    assert str(status) in error.message and error.fix
    assert "the-secret-key" not in str(error)
    if status >= 500 and status not in (501,):
        assert error.kind.may_pass
    if status < 400:
        assert error.kind is ErrorKind.UNREACHABLE


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "API key expired. Please renew the API key."}}, ErrorKind.AUTH),
        (400, {"error": {"message": "User location is not supported for the API use."}}, ErrorKind.BAD_REQUEST),
        (404, {"error": {"message": "models/x is not found for API version v1beta"}}, ErrorKind.UNKNOWN_MODEL),
        (404, {"detail": "Not Found"}, ErrorKind.UNREACHABLE),
        (404, {"error": "model 'x' not found, try pulling it first"}, ErrorKind.UNKNOWN_MODEL),
        (403, {"error": {"code": "model_not_found", "message": "no access to x"}}, ErrorKind.UNKNOWN_MODEL),
        (401, {"error": {"code": "invalid_api_key", "message": "Incorrect API key provided"}}, ErrorKind.AUTH),
        (429, [{"error": {"code": 429, "message": "quota"}}], ErrorKind.RATE_LIMIT),
    ],
)
def test_bodies_of_real_servers(status: int, body: object, kind: ErrorKind) -> None:
    assert status_error(status, {}, json.dumps(body), endpoint()).kind is kind


def test_a_long_answer_is_shown_in_part_and_on_one_line() -> None:
    error = status_error(500, {}, "bad\n" * 5_000, endpoint())
    assert len(error.message) < 400 and "\n" not in error.message


def test_only_some_kinds_may_pass() -> None:
    passing = {ErrorKind.RATE_LIMIT, ErrorKind.TIMEOUT, ErrorKind.SERVER, ErrorKind.GARBAGE}
    assert {kind for kind in ErrorKind if kind.may_pass} == passing
