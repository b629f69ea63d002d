"""Text from users, files and judges, shown as the text it is."""

_SPECIAL = "\\`*_[]<>#$|~:"


def plain(text: str) -> str:
    """Escape Markdown's own characters."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)
