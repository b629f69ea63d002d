"""Valence's mark: three attributes, one pair that works together and one that conflicts."""

from pathlib import Path
from typing import Final

import streamlit as st

from app.theme import NEGATIVE, NEUTRAL, POSITIVE

_INK: Final = {"light": "#1c2333", "dark": "#e7eaf2"}
_MARK_PX, _WHOLE_PX = 32, 125  # the mark alone, and with the name behind it
_TEMPLATE: Final = Path(__file__).with_name("brand.svg").read_text(encoding="utf-8")


def show_brand() -> None:
    """The mark with the name above the navigation, and alone where the sidebar is closed."""
    ink = _INK.get(st.context.theme.type or "light", _INK["light"])
    st.logo(_drawn(_WHOLE_PX, ink), size="large", icon_image=_drawn(_MARK_PX, ink))


def _drawn(width: int, ink: str) -> str:
    drawn = _TEMPLATE.replace("WIDTH", str(width)).replace("INK", ink)
    return drawn.replace("POSITIVE", POSITIVE).replace("NEGATIVE", NEGATIVE).replace("NEUTRAL", NEUTRAL)
