"""Ways to write a name: the keys under which the table finds it again."""

import re
import unicodedata

_APOSTROPHES = re.compile(r"['’`´]")
_SEPARATORS = re.compile(r"[\W_]+")
_UNCOUNTED_ENDINGS = ("ss", "us", "is", "os")


def case_key(text: str) -> str:
    """The text without outer spaces and case: the key of an exact name or alias."""
    return " ".join(text.split()).casefold()


def plain_words(text: str) -> list[str]:
    """Lower-case words without accents and punctuation; `&` and `+` are spelt out, apostrophes close up."""
    spelt = text.replace("&", " and ").replace("+", " plus ")
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", spelt))
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return [word for word in _SEPARATORS.split(bare.casefold()) if word]


def singular(word: str) -> str:
    """A plain word without its English plural ending; meant for comparing keys, not for showing."""
    if len(word) <= 3 or not word.endswith("s") or word.endswith(_UNCOUNTED_ENDINGS):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1]


def loose_key(text: str) -> str:
    """The text reduced to singular plain words: equal for spellings that mean the same name."""
    return " ".join(singular(word) for word in plain_words(text))
