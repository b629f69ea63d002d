"""Checking the address of a provider before anything, least of all a key, is sent to it."""

from urllib.parse import SplitResult, urlsplit

from core.errors import InvalidInput, Problem

_FIELD = "base_url"


def check_base_url(text: str) -> str:
    """The address without blanks around it, or "" for none; `InvalidInput` lists all that is wrong with it."""
    address = text.strip()
    problems = _problems(address) if address else []
    if problems:
        raise InvalidInput("The base URL cannot be used", problems)
    return address


def _problems(address: str) -> list[Problem]:
    if not address.isprintable() or " " in address:
        return [Problem("It contains blanks or control characters.", "Remove them.", field=_FIELD)]
    try:
        parts = urlsplit(address)
        port_ok = parts.port is None or parts.port > 0
    except ValueError as error:
        return [Problem(f"It is no address: {error}.", "Write it like http://localhost:11434/v1.", field=_FIELD)]
    return [
        Problem(message, fix, field=_FIELD)
        for wrong, message, fix in (
            (
                parts.scheme not in ("http", "https"),
                f"It starts with {parts.scheme + ':' if parts.scheme else 'no scheme'}, not with http:// or https://.",
                "Write it like http://localhost:11434/v1.",
            ),
            (not parts.hostname, "It names no host.", "Write it like http://localhost:11434/v1."),
            (not port_ok, "Its port is 0.", "Name the port that the server listens on."),
            (
                _holds_secret(parts),
                "It holds a user name, a query or a fragment, which would be stored with the settings.",
                "Remove them; a key belongs in the environment.",
            ),
        )
        if wrong
    ]


def _holds_secret(parts: SplitResult) -> bool:
    return bool(parts.username or parts.password or parts.query or parts.fragment)
