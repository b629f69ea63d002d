"""The `openai` client for any server that speaks its protocol, made in one place; imported at the first call."""

from threading import Lock
from typing import TYPE_CHECKING

from core.errors import InvalidInput, Problem
from core.llm.base_url import check_base_url
from core.llm.keys import KEY_VARIABLES, Keys
from core.llm.wire_errors import Endpoint

if TYPE_CHECKING:
    import openai

PROVIDER = "openai-compatible"
_NO_KEY = "none"  # the library insists on one; a server of one's own reads none


class OpenAiConnection:
    """A lazily made `openai.OpenAI` that never retries, safe to share between threads; `InvalidInput` without a URL."""

    def __init__(self, keys: Keys, base_url: str, timeout_s: float = 60.0) -> None:
        self._keys = keys
        self._base_url = check_base_url(base_url)
        if not self._base_url:
            fix = (
                "Enter the server's address, such as http://localhost:11434/v1 (Ollama), "
                "http://localhost:8080/v1 (llama.cpp) or https://api.openai.com/v1."
            )
            raise InvalidInput("No server to ask", [Problem("The base URL is empty.", fix, field="base_url")])
        self._timeout_s = timeout_s
        self._key = keys.find(KEY_VARIABLES[PROVIDER])
        self._lock = Lock()
        self._client: openai.OpenAI | None = None

    @property
    def client(self) -> "openai.OpenAI":
        """The library's client, made at the first use."""
        with self._lock:
            if self._client is None:
                import openai

                self._client = openai.OpenAI(
                    api_key=self._key.value.get_secret_value() if self._key else _NO_KEY,
                    base_url=self._base_url,
                    timeout=self._timeout_s,
                    max_retries=0,
                    http_client=openai.DefaultHttpxClient(follow_redirects=False),
                )
            return self._client

    def endpoint(self, model: str = "") -> Endpoint:
        """Whom a call for `model` goes to, for the sentences of errors."""
        return Endpoint(PROVIDER, model, self._base_url, self._keys)
