"""What a bearer token is: it names its workspace and itself, and carries a secret that nobody stores."""

import hashlib
import hmac
import re
import secrets
from typing import Final, NamedTuple

PREFIX: Final = "valence1"
_SECRET_BYTES: Final = 32
_SHAPE: Final = re.compile(
    rf"{PREFIX}\.(?P<workspace>[A-Za-z0-9][A-Za-z0-9_-]{{0,63}})\.(?P<id>[0-9a-f]{{12}})\.[A-Za-z0-9_-]{{43}}"
)
_NO_DIGEST: Final = "0" * 64


class TokenName(NamedTuple):
    """The parts of a token that are no secret: its workspace and its id."""

    workspace: str
    id: str


class MintedToken(NamedTuple):
    """A fresh token: `text` is shown once, `digest` is what is stored."""

    name: TokenName
    text: str
    digest: str


def mint_token(workspace: str) -> MintedToken:
    """A token of 256 random bits for the workspace of this name."""
    name = TokenName(workspace, secrets.token_hex(6))
    text = f"{PREFIX}.{workspace}.{name.id}.{secrets.token_urlsafe(_SECRET_BYTES)}"
    return MintedToken(name, text, token_digest(text))


def read_token(text: str) -> TokenName | None:
    """Where a token says it belongs; None for a text that is no token. Nothing is proven by it yet."""
    found = _SHAPE.fullmatch(text)
    return TokenName(found["workspace"], found["id"]) if found else None


def token_digest(text: str) -> str:
    """SHA-256 over the whole text in hex: a changed character anywhere, also in the workspace's name, changes it."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def is_same_token(text: str, digest: str | None) -> bool:
    """Whether the text has this digest, compared in constant time; without a digest it takes as long and is False."""
    return hmac.compare_digest(token_digest(text), digest or _NO_DIGEST)


def holds_token(text: str) -> bool:
    """Whether a token stands anywhere in the text, such as an address."""
    return _SHAPE.search(text) is not None
