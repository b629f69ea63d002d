"""Content ids: SHA-256 of the canonical JSON of everything that made a value."""

import hashlib
import json
from typing import Any

SCHEME = 1
ID_LENGTH = 24  # hex digits: 96 bits, far beyond any chance collision within a workspace


def canonical_json(value: Any) -> str:
    """Render JSON data one way only: sorted keys, no spaces, text unescaped, NaN refused (ValueError)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_id(kind: str, payload: Any) -> str:
    """Name a value by what made it: 24 hex digits over the scheme version, the kind and the payload."""
    text = canonical_json({"scheme": SCHEME, "kind": kind, "payload": payload})
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]


def digest(data: bytes) -> str:
    """SHA-256 of file contents, as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
