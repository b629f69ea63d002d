"""The google-genai client, made from keys and address in one place; imported only when the first call is made."""

from threading import Lock
from typing import TYPE_CHECKING, Any

from core.llm.base_url import check_base_url
from core.llm.keys import KEY_VARIABLES, VERTEX_SWITCH, FoundKey, Keys, VertexPlace
from core.llm.protocol import ErrorKind, ProviderError
from core.llm.wire_errors import Endpoint

if TYPE_CHECKING:
    from google import genai

PROVIDER = "gemini"
_API_VERSION = "v1beta"  # the library's default, v1, knows no response schema


class GeminiConnection:
    """A lazily made `genai.Client`, safe to share between threads.

    `InvalidInput` for a base URL that is none; `ProviderError` (AUTH) where there is neither key nor Vertex project.
    """

    def __init__(self, keys: Keys, base_url: str = "", timeout_s: float = 60.0) -> None:
        self._keys = keys
        self._base_url = check_base_url(base_url)
        self._timeout_s = timeout_s
        self._place = keys.vertex()
        self._key = None if self._place else _api_key(keys)
        self._lock = Lock()
        self._client: genai.Client | None = None

    @property
    def is_vertex(self) -> bool:
        """Whether calls go to Vertex AI, not to the Gemini API."""
        return self._place is not None

    @property
    def client(self) -> "genai.Client":
        """The library's client, made at the first use."""
        with self._lock:
            if self._client is None:
                self._client = _make_client(self._key, self._place, self._base_url, self._timeout_s)
            return self._client

    def endpoint(self, model: str = "") -> Endpoint:
        """Whom a call for `model` goes to, for the sentences of errors."""
        return Endpoint(PROVIDER, model, self._base_url, self._keys)


def _api_key(keys: Keys) -> FoundKey:
    found = keys.find(KEY_VARIABLES[PROVIDER])
    if found is None:
        names = " or ".join(KEY_VARIABLES[PROVIDER])
        raise ProviderError(
            ErrorKind.AUTH,
            f"There is no Gemini key: {names} is empty.",
            f"Set {KEY_VARIABLES[PROVIDER][0]} and start again, or set {VERTEX_SWITCH}=true for Vertex AI.",
        )
    return found


def _make_client(key: FoundKey | None, place: VertexPlace | None, base_url: str, timeout_s: float) -> "genai.Client":
    from google import genai
    from google.genai import types

    options: dict[str, Any] = {"timeout": max(1, round(timeout_s * 1000))}
    if base_url:
        # A redirect would carry the key's header to whatever host it names.
        options |= {"base_url": base_url, "client_args": {"follow_redirects": False}}
    if key is not None:
        http_options = types.HttpOptions(api_version=_API_VERSION, **options)
        return genai.Client(vertexai=False, api_key=key.value.get_secret_value(), http_options=http_options)
    assert place is not None
    return genai.Client(
        vertexai=True, project=place.project, location=place.location, http_options=types.HttpOptions(**options)
    )
