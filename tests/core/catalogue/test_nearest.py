"""Nearest names against a comparison with every name."""

from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.nearest import MIN_SIMILARITY, NearestNames

words = st.text("abcd ", min_size=1, max_size=6)


def pieces(name: str) -> set[str]:
    padded = "  " + " ".join(name.casefold().split()) + " "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def dice(one: str, other: str) -> float:
    return 2 * len(pieces(one) & pieces(other)) / (len(pieces(one)) + len(pieces(other)))


@given(st.lists(words, max_size=12, unique=True), words)
def test_the_index_finds_what_comparing_with_every_name_finds(names, text):
    ranked = sorted((name for name in names if dice(text, name) >= MIN_SIMILARITY), key=lambda name: -dice(text, name))
    assert NearestNames(names).nearest(text) == tuple(ranked[:3])


def test_misspellings_find_their_name():
    index = NearestNames(["brand-nike", "Nike", "brand-the-north-face", "The North Face", "geo-brazil"])
    assert index.nearest("nike")[0] == "Nike"
    assert index.nearest("The Nort Face")[0] == "The North Face"
    assert index.nearest("brand-nikee")[0] == "brand-nike"
    assert index.nearest("qqq") == ()
