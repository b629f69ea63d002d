"""What an HTTP answer or a broken connection means: every exception of a provider's library as one `ProviderError`."""

import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from core.errors import ValenceError
from core.llm.keys import KEY_VARIABLES, Keys
from core.llm.protocol import ErrorKind, ProviderError

_LONGEST_DETAIL = 300

_BY_STATUS: Final[Mapping[int, ErrorKind]] = {
    401: ErrorKind.AUTH,
    402: ErrorKind.AUTH,
    403: ErrorKind.AUTH,
    408: ErrorKind.TIMEOUT,
    409: ErrorKind.SERVER,
    425: ErrorKind.SERVER,
    429: ErrorKind.RATE_LIMIT,
    499: ErrorKind.SERVER,
    501: ErrorKind.BAD_REQUEST,
    504: ErrorKind.TIMEOUT,
}
_KEY_CODES = frozenset({"api_key_invalid", "invalid_api_key"})
_CREDIT_CODES = frozenset({"insufficient_quota", "billing_not_active", "billing_required"})
_KEY_REFUSED = re.compile(r"api[ _]key.{0,20}(not valid|invalid|expired)", re.IGNORECASE)
_MODEL_UNKNOWN = re.compile(
    r"\bmodels?\b.*\b(not found|not exist|unknown|not supported for)", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whom a call goes to, as an error's sentence names it: provider, model ("" where none is asked), address, keys."""

    provider: str
    model: str
    base_url: str
    keys: Keys

    @property
    def label(self) -> str:
        """`gemini`, or `openai-compatible at http://localhost:11434/v1`."""
        return f"{self.provider} at {self.base_url}" if self.base_url else self.provider

    def error(self, kind: ErrorKind, message: str, fix: str = "", retry_after_s: float | None = None) -> ProviderError:
        """A `ProviderError` about this endpoint, with every key hidden and a fix for its kind where none is given."""
        return ProviderError(kind, self.keys.redact(message), fix or self._fix(kind), retry_after_s)

    def _fix(self, kind: ErrorKind) -> str:
        variables = " or ".join(KEY_VARIABLES.get(self.provider, ()))
        address = " and the base URL" if self.base_url else ""
        return {
            ErrorKind.RATE_LIMIT: "Use fewer workers, or wait.",
            ErrorKind.TIMEOUT: "Allow more time per call in the settings, or ask again later.",
            ErrorKind.SERVER: "Ask again later.",
            ErrorKind.GARBAGE: f"Ask again; if it stays so, check the model{address}.",
            ErrorKind.BAD_REQUEST: "Change what the message names in the settings or the prompt.",
            ErrorKind.AUTH: f"Check the key in {variables}." if variables else "Check the key.",
            ErrorKind.UNKNOWN_MODEL: f"Check the model's name{address} in the settings.",
            ErrorKind.UNREACHABLE: f"Check the network connection{address}.",
        }[kind]


class _Answer(NamedTuple):
    """An HTTP answer that is no success. `codes`: every error code and reason in it, in lower case."""

    status: int
    detail: str
    codes: frozenset[str]
    is_page: bool
    is_api: bool
    retry_after_s: float | None


@contextmanager
def provider_errors(endpoint: Endpoint) -> Iterator[None]:
    """Turn whatever a provider's library raises inside the block into a `ProviderError` without keys in it."""
    try:
        yield
    except ValenceError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a library raises stops at its adapter
        raise provider_error(error, endpoint) from _cause_without_keys(error, endpoint)


def provider_error(error: Exception, endpoint: Endpoint) -> ProviderError:
    """The meaning of one exception of google-genai, google-auth, openai, httpx2 or of reading JSON."""
    response = getattr(error, "response", None)
    if response is not None and hasattr(response, "status_code"):
        return status_error(response.status_code, response.headers, response.text, endpoint)
    code = getattr(error, "code", None)
    if isinstance(code, int):
        return status_error(code, {}, json.dumps(getattr(error, "details", None), default=str), endpoint)
    if isinstance(error, json.JSONDecodeError):
        return unreadable(error.doc, endpoint)
    return _broken_call(error.__cause__ if type(error).__name__ == "APIConnectionError" else error, endpoint)


def status_error(status: int, headers: Mapping[str, str], text: str, endpoint: Endpoint) -> ProviderError:
    """The meaning of an HTTP answer that is no success, from its status, headers and body."""
    answer = _read_answer(status, headers, text)
    kind = _kind(answer, endpoint)
    said = "a web page" if answer.is_page else answer.detail or "nothing"
    message = f"{endpoint.label} answered {status}: {said}"
    if answer.codes & _CREDIT_CODES or status == 402:
        return endpoint.error(kind, message, "Check the account's plan and billing.")
    if 300 <= status < 400:
        message = f"{endpoint.label} sends callers on to another address ({status}), where no key is sent."
        return endpoint.error(kind, message, "Enter the final address as the base URL.")
    return endpoint.error(kind, message, retry_after_s=answer.retry_after_s)


def unreadable(text: str, endpoint: Endpoint) -> ProviderError:
    """The error for a success whose body is no JSON: a web page means a wrong address, anything else is garbage."""
    if _is_page(text):
        message = f"{endpoint.label} answered with a web page, not with an API's answer."
        return endpoint.error(ErrorKind.UNREACHABLE, message, "Check the base URL; many servers want /v1 at its end.")
    shown = _one_line(text) or "nothing at all"
    return endpoint.error(ErrorKind.GARBAGE, f"{endpoint.label} answered with something that is no JSON: {shown}")


def retry_after_s(headers: Mapping[str, str], now_s: float | None = None) -> float | None:
    """Seconds that `Retry-After` (seconds or an HTTP date) or `retry-after-ms` asks to wait; None without either.

    `now_s`: seconds since the epoch, for the date form.
    """
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "") or headers.get("Retry-After", "")
    seconds = _seconds(text)
    if seconds is not None or not text:
        return seconds
    try:
        until_s = parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None  # a header that says nothing usable: the gateway then waits as it would without one
    return max(0.0, until_s - (time.time() if now_s is None else now_s))


def _kind(answer: _Answer, endpoint: Endpoint) -> ErrorKind:
    status = answer.status
    if answer.codes & (_KEY_CODES | _CREDIT_CODES) or (status == 400 and _KEY_REFUSED.search(answer.detail)):
        return ErrorKind.AUTH
    if "model_not_found" in answer.codes or (status in (400, 404) and _MODEL_UNKNOWN.search(answer.detail)):
        return ErrorKind.UNKNOWN_MODEL if endpoint.model else ErrorKind.BAD_REQUEST
    if 300 <= status < 400 or (answer.is_page and 400 <= status < 500 and status not in (401, 429)):
        return ErrorKind.UNREACHABLE
    if status == 404:
        if not answer.is_api:
            return ErrorKind.UNREACHABLE
        return ErrorKind.UNKNOWN_MODEL if endpoint.model else ErrorKind.BAD_REQUEST
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 400 <= status < 500:
        return ErrorKind.BAD_REQUEST
    return ErrorKind.SERVER if status >= 500 else ErrorKind.GARBAGE


def _read_answer(status: int, headers: Mapping[str, str], text: str) -> _Answer:
    body = _json_or_none(text)
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    inner = body.get("error", body) if isinstance(body, dict) else None
    error: dict[str, Any] = inner if isinstance(inner, dict) else {"message": inner}
    said = error.get("message") or error.get("detail")
    details = [part for part in _items(error.get("details")) if isinstance(part, dict)]
    codes = [error.get("code"), error.get("type"), error.get("status"), *(part.get("reason") for part in details)]
    return _Answer(
        status=status,
        detail=_one_line(said if isinstance(said, str) else text),
        codes=frozenset(code.lower() for code in codes if isinstance(code, str)),
        is_page=_is_page(text),
        is_api=isinstance(body, dict) and "error" in body,
        retry_after_s=_first(retry_after_s(headers), *(_retry_delay_s(part) for part in details)),
    )


def _retry_delay_s(detail: dict[str, Any]) -> float | None:
    """Seconds of a google.rpc.RetryInfo (`"retryDelay": "37s"`)."""
    delay = detail.get("retryDelay")
    return _seconds(delay.removesuffix("s")) if isinstance(delay, str) else None


def _broken_call(error: BaseException | None, endpoint: Endpoint) -> ProviderError:
    """The meaning of an exception that came without an HTTP answer, by the names of its classes."""
    classes = type(error).__mro__
    names = {cls.__name__ for cls in classes}
    said = f"{type(error).__name__}: {_one_line(str(error))}" if error is not None else "connection error"
    if any(cls.__module__.startswith("google.auth") for cls in classes):
        if "TransportError" in names:
            return endpoint.error(ErrorKind.UNREACHABLE, f"Google's sign-in cannot be reached ({said}).")
        message = f"Google's sign-in refused or found no credentials ({said})."
        return endpoint.error(
            ErrorKind.AUTH, message, "Run `gcloud auth application-default login`, or use an API key."
        )
    if names & {"TimeoutException", "TimeoutError", "APITimeoutError"}:
        return endpoint.error(ErrorKind.TIMEOUT, f"{endpoint.label} did not answer in time.")
    if names & {"ConnectError", "ProxyError", "UnsupportedProtocol", "InvalidURL", "TooManyRedirects"}:
        return endpoint.error(ErrorKind.UNREACHABLE, f"{endpoint.label} cannot be reached ({said}).")
    if names & {"TransportError", "OSError"}:
        return endpoint.error(ErrorKind.SERVER, f"The connection to {endpoint.label} broke ({said}).")
    if isinstance(error, UnicodeEncodeError):
        message = "The prompt holds characters that cannot be sent (half of a surrogate pair)."
        return endpoint.error(ErrorKind.BAD_REQUEST, message, "Remove them from the attribute or the prompt.")
    return endpoint.error(ErrorKind.GARBAGE, f"The answer of {endpoint.label} cannot be read ({said}).")


def _cause_without_keys(error: Exception, endpoint: Endpoint) -> Exception | None:
    """The exception as cause for the traceback, unless it or what it was raised from spells out a key."""
    link: BaseException | None = error
    while link is not None:
        said = f"{link} {link!r}"
        if endpoint.keys.redact(said) != said:
            return None
        link = link.__cause__ or link.__context__
    return error


def _json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _is_page(text: str) -> bool:
    return text.lstrip().lower().startswith(("<!doctype", "<html", "<head", "<body"))


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_DETAIL else line[: _LONGEST_DETAIL - 1] + "…"
