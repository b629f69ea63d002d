"""Bounds, modality pairs and verdicts in the words of the page."""

from typing import Final

from app.components.plain_text import plain
from core.sampler.blame import Bound, BoundValue
from core.sampler.label_verdict import Ease
from core.sampler.pair_density import PairDensity

BADGES: Final = {
    Ease.EASY: ":green-badge[:material/check: Easy]",
    Ease.RARE: ":gray-badge[:material/search: Rare]",
    Ease.NEARLY_INFEASIBLE: ":yellow-badge[:material/warning: Nearly infeasible]",
    Ease.NOT_FOUND: ":red-badge[:material/search_off: Not found]",
    Ease.IMPOSSIBLE: ":red-badge[:material/block: Impossible]",
}
_BOUNDS: Final = {
    Bound.POS_LEAST: "at least {} + pairs",
    Bound.POS_MOST: "at most {} + pairs",
    Bound.NEG_LEAST: "at least {} − pairs",
    Bound.NEG_MOST: "at most {} − pairs",
}


def bound_text(bound: BoundValue) -> str:
    """A bound as Markdown: `at least **60.0%** + pairs`."""
    return _BOUNDS[bound.bound].format(f"**{bound.value:.1%}**")


def modalities_text(pair: PairDensity) -> str:
    """Two modalities as Markdown."""
    return f"{plain(pair.modality_a)} × {plain(pair.modality_b)}"


def quota_text(quota: tuple[int, int]) -> str:
    """How many attributes of a type a row holds: `1`, or `1 to 3`."""
    low, high = quota
    return str(low) if low == high else f"{low} to {high}"
