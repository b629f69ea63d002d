"""What a token is: unguessable, unchangeable, and named without giving anything away."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.leaderboard.tokens import holds_token, is_same_token, mint_token, read_token, token_digest

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
MINTED = mint_token("lab")  # one for all examples: what is drawn must not depend on chance outside


def test_a_token_says_where_it_belongs_and_what_is_stored_does_not_hold_it() -> None:
    minted = mint_token("my-lab_2")
    assert read_token(minted.text) == minted.name
    assert minted.name.workspace == "my-lab_2"
    assert minted.digest == token_digest(minted.text)
    secret = minted.text.rpartition(".")[2]
    assert len(secret) == 43  # 256 bits, 6 per character
    assert secret not in minted.digest
    assert minted.name.id not in secret


def test_no_two_tokens_are_alike() -> None:
    assert len({mint_token("lab").text for _ in range(200)}) == 200


@settings(max_examples=150)
@given(st.integers(0, len(MINTED.text) - 1), st.sampled_from(ALPHABET))
def test_one_character_changed_anywhere_is_another_token(place: int, other: str) -> None:
    assume(other != MINTED.text[place])
    changed = MINTED.text[:place] + other + MINTED.text[place + 1 :]
    assert is_same_token(MINTED.text, MINTED.digest)
    assert not is_same_token(changed, MINTED.digest)


@given(st.text(max_size=120))
def test_any_other_text_is_no_token(text: str) -> None:
    assert read_token(text) is None
    assert not is_same_token(text, None)


def test_cut_padded_or_joined_tokens_are_none() -> None:
    text = mint_token("lab").text
    for wrong in (text[:-1], text + "a", text + "\n", " " + text, text.upper(), text.replace("lab", "..")):
        assert read_token(wrong) is None


def test_a_token_is_found_inside_an_address() -> None:
    text = mint_token("lab").text
    assert holds_token(f"/api/v1/versions?key={text}&x=1")
    assert holds_token(f"/api/v1/{text}")
    assert not holds_token("/api/v1/versions/0123456789abcdef01234567/train.jsonl")
