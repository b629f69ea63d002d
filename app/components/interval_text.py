"""Estimated shares with their intervals, as figures."""

from collections.abc import Mapping
from typing import Any

from streamlit.delta_generator import DeltaGenerator

from app.components.shares import percent


def interval_metric(
    place: DeltaGenerator, label: str, interval: Mapping[str, Any], *, help_text: str, confidence: float = 0.95
) -> None:
    """An estimate with its interval below; an estimate that nothing supports is called not known."""
    estimate = interval["estimate"]
    level = f"{confidence:.0%}" if round(confidence * 100) == confidence * 100 else f"{confidence:.1%}"
    place.metric(
        label,
        "Not known" if estimate is None else percent(estimate),
        f"{level} interval: {interval['low']:.1%} to {interval['high']:.1%}",
        delta_color="off",
        delta_arrow="off",
        help=help_text,
        border=True,
        height="stretch",
    )
