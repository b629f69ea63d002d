"""Lists of words in running text."""

from collections.abc import Sequence


def spoken(words: Sequence[str], link: str = "and") -> str:
    """`x`, `x and y`, `x, y and z`; empty for no words."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {link} {words[-1]}"
