"""How many tokens a text takes, estimated without a tokenizer: a rule of thumb that errs on the high side.

Each provider has a tokenizer of its own, so the rule is one that vocabularies of 100,000 entries and more stay below on
prompts of this program, and that those of 32,000 exceed by a sixth at most in a few languages. The pieces of a text:

| piece | tokens |
|---|---|
| word of ASCII letters | one per 4 letters, rounded up; per 3 with a capital, per 2 in capitals or beyond 12 letters |
| digit, ASCII punctuation, line break | 1 |
| blanks between words | 0 for one, 1 for a run, a tab, or one before a digit |
| accented Latin letter, Greek, Cyrillic, Hebrew or Arabic letter, typographic quote or dash | 1 |
| Chinese, Japanese or Korean character, letter of any other script | 1.5 |
| symbol, combining mark, emoji | as many as its UTF-8 bytes: the most that a tokenizer of bytes makes of it |
"""

import json
import re
from math import ceil

from core.llm.protocol import ChatRequest

FRAME_TOKENS = 16  # of a request: the marks of roles and turns around its texts

_WORD = re.compile(r"[A-Za-z]+")
_SINGLE = re.compile(r"[!-/0-9:-@\[-`{-~\x00-\x08\n-\x1f\x7f]|[ \t]{2,}|\t| (?=[0-9])")
_ALPHABETS = "\u00c0-\u024f\u0370-\u06ff\u1e00-\u1fff\u2010-\u2027"
_SYMBOLS = "\u0080-\u00bf\u0250-\u036f\u2000-\u200f\u2028-\u2bff\ud800-\uf8ff\ufe00-\ufe0f\U00010000-\U0010ffff"
_LETTER = re.compile(f"[{_ALPHABETS}]")
_SYMBOL = re.compile(f"[{_SYMBOLS}]")
_OTHER = re.compile(f"[^\x00-\x7f{_ALPHABETS}{_SYMBOLS}]")


def estimate_tokens(text: str) -> int:
    """About the most tokens `text` takes, by the table above; 0 for an empty text."""
    tokens = sum(map(_word_tokens, _WORD.findall(text))) + len(_SINGLE.findall(text))
    if not text.isascii():
        tokens += len(_LETTER.findall(text)) + ceil(1.5 * len(_OTHER.findall(text)))
        tokens += len("".join(_SYMBOL.findall(text)).encode("utf-8", "surrogatepass"))
    return tokens


def request_tokens(request: ChatRequest) -> int:
    """About the most input tokens a request takes: its texts, its schema and the frame around them."""
    schema = json.dumps(request.schema) if request.schema else ""
    return FRAME_TOKENS + sum(map(estimate_tokens, (request.system, request.prompt, schema)))


def _word_tokens(word: str) -> int:
    if len(word) > 12 or (len(word) > 1 and word.isupper()):
        return ceil(len(word) / 2)
    return ceil(len(word) / (4 if word.islower() else 3))
