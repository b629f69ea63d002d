"""What the core says in the words of the configuration file, in the words of the pages."""

import re
from typing import Final

from app.theme import FRACTION_NAMES

_WORDS: Final = {
    **{name: f"{title[0].lower()}{title[1:]}" for name, title in FRACTION_NAMES.items()},
    "type_ranges": "what a row holds",
    "subgraphs": "rows",
    "proposals": "tries",
    "- edges": "− pairs",
}
_CODE_WORD: Final = re.compile(rf"(?<![\w'])({'|'.join(map(re.escape, _WORDS))})(?![\w'])")


def in_page_words(text: str) -> str:
    """A reason or advice as a page says it; a name in quotes stays as its owner wrote it."""
    return _CODE_WORD.sub(lambda found: _WORDS[found.group()], text)
