import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.llm.protocol import ChatRequest
from core.llm.tokens import FRAME_TOKENS, estimate_tokens, request_tokens

# Counted by two public tokenizers: one of 131,072 entries (Mistral's tekken) and one of 32,000 (Mistral 7B's).
COUNTED = {
    "Winter sports enthusiasts often choose expensive outdoor brands.": (10, 10),
    '{"1": "+", "2": "-", "3": "0", "4": "+"}': (21, 22),
    "Häagen-Dazs, Estée Lauder, Procter & Gamble, McDonald's, Türkiye": (24, 29),
    "id 8472938475 4111-1111-1111-1111 2026-07-27T10:11:12 99.95%": (59, 59),
    "https://example.com/path/to/page?utm_source=tiktok&utm_campaign=summer_2026&id=a8f3c9": (34, 42),
    "NIKE AIR MAX SUMMER SALE BUY NOW LIMITED OFFER": (16, 19),
    "Любители зимних видов спорта часто выбирают дорогую техническую одежду и снаряжение.": (24, 33),
    "عشاق الرياضات الشتوية يفضلون الملابس التقنية الفاخرة والمعدات الجيدة.": (21, 57),
    "冬季运动爱好者通常选择昂贵的技术服装和设备，而不是折扣品牌。奢侈品消费者避免打折。": (41, 50),
    "ウィンタースポーツ愛好家は、高価なテクニカルウェアや機材を選ぶことが多いです。": (30, 44),
    "ผู้ที่ชื่นชอบกีฬาฤดูหนาวมักเลือกเสื้อผ้าที่มีราคาแพงและอุปกรณ์คุณภาพดี": (39, 75),
    "शीतकालीन खेल प्रेमी अक्सर महंगे तकनीकी कपड़े और उपकरण चुनते हैं।": (26, 67),
    "🔥🎿🏂👩‍👩‍👧‍👦✨💄👗🇧🇷": (50, 46),
}


@pytest.mark.parametrize("text", COUNTED)
def test_estimate_is_no_less_than_tokenizers_count_and_not_far_more(text):
    estimate = estimate_tokens(text)
    assert max(COUNTED[text]) <= estimate <= 3.5 * COUNTED[text][0]


@given(st.text(), st.text())
def test_two_texts_take_about_what_they_take_apart(one, other):
    apart, together = estimate_tokens(one) + estimate_tokens(other), estimate_tokens(one + other)
    longest_run = max((len(word) for word in (one + other).split()), default=0)
    assert abs(together - apart) <= 3 + longest_run / 2


@given(st.text(st.characters(codec=None), min_size=1))
def test_any_text_is_counted_and_no_token_is_free_of_bytes(text):
    n_bytes = len(text.encode("utf-8", "surrogatepass"))
    assert 0 <= estimate_tokens(text) <= 1.5 * n_bytes + 1


@given(st.text("漢字仮名", min_size=1))
def test_chinese_and_japanese_take_more_than_a_token_a_character(text):
    assert estimate_tokens(text) >= 1.5 * len(text)


def test_every_part_of_a_request_counts():
    empty = ChatRequest("m", "", "", 0.0, 100)
    assert request_tokens(empty) == FRAME_TOKENS
    whole = ChatRequest("m", "You judge.", "One and two", 0.0, 100, {"type": "object"})
    parts = [estimate_tokens(text) for text in ("You judge.", "One and two", '{"type": "object"}')]
    assert request_tokens(whole) == FRAME_TOKENS + sum(parts)
    assert estimate_tokens("") == 0
