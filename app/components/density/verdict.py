"""How hard a label is, in a badge and a sentence that says what it rests on."""

import streamlit as st

from app.components.density.words import BADGES
from app.components.page_words import in_page_words
from app.components.plain_text import plain
from core.sampler.label_verdict import N_STARTS, Ease, LabelVerdict
from core.workflows.density_report import LabelReport


def verdict_line(report: LabelReport) -> None:
    """The badge, and below it what the verdict means for sampling."""
    verdict = report.verdict
    st.markdown(f"{BADGES[verdict.ease]} :small[{plain(_meaning(verdict))}]")


def _meaning(verdict: LabelVerdict) -> str:
    if verdict.ease is Ease.EASY:
        return "Such rows are drawn at random until they fit."
    if verdict.ease is Ease.IMPOSSIBLE:
        return f"No row can ever fit: {in_page_words(verdict.proof)}"
    found = f"{round((verdict.found_share or 0.0) * N_STARTS)} of {N_STARTS} short searches"
    if verdict.ease is Ease.RARE:
        return f"Random rows seldom fit, but {found} found one: such rows are searched for step by step."
    if verdict.ease is Ease.NOT_FOUND:
        return f"None of {N_STARTS} short searches found such a row. That is no proof that there is none."
    if not verdict.found_share:
        return f"None of {N_STARTS} short searches found such a row, but one more did: expect a slow run that may fail."
    return f"Only {found} found such a row: expect a slow run that may fail."
