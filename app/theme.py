"""One visual language: what each colour means, and the look of every chart.

The sign colours are the blue and orange of the Okabe-Ito palette: they stay apart for every common colour blindness
and on light and dark ground alike. Grey always means "no signal".
"""

from typing import Any, Final

POSITIVE: Final = "#0072B2"
NEGATIVE: Final = "#D55E00"
NEUTRAL: Final = "#9aa3b2"
UNJUDGED: Final = "#d3d8e2"
UNRESOLVED: Final = "#F0E442"

OUTCOME_COLOURS: Final = {
    "positive": POSITIVE,
    "negative": NEGATIVE,
    "neutral": NEUTRAL,
    "unjudged": UNJUDGED,
    "unresolved": UNRESOLVED,
}
FRACTION_COLOURS: Final = {"pos_frac": POSITIVE, "neg_frac": NEGATIVE, "absent_frac": NEUTRAL}
FRACTION_NAMES: Final = {
    "pos_frac": "Share of + pairs",
    "neg_frac": "Share of − pairs",
    "absent_frac": "Share of unsigned pairs",
}

# Labels and modalities come from the data, so colours are dealt in order of appearance. Blue and orange stay
# reserved for signs; labels called after a sign take that sign's colour.
CATEGORY_COLOURS: Final = ("#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#7a5cc0", "#8c6d46", "#4d8f9e", "#b05a7a")
_SIGN_LABELS: Final = {"pos": POSITIVE, "neg": NEGATIVE, "avg": NEUTRAL}


def category_colours(names: list[str] | tuple[str, ...]) -> dict[str, str]:
    """A colour for each name, in order, repeating after eight."""
    return {name: CATEGORY_COLOURS[i % len(CATEGORY_COLOURS)] for i, name in enumerate(names)}


def label_colours(labels: list[str] | tuple[str, ...]) -> dict[str, str]:
    """A colour for each label; `pos`, `neg` and `avg` wear the sign colours, other names are dealt in order."""
    others = category_colours([label for label in labels if label not in _SIGN_LABELS])
    return {label: _SIGN_LABELS.get(label) or others[label] for label in labels}


def chart_layout(**extra: Any) -> dict[str, Any]:
    """The plotly layout every chart starts from: tight margins, legend on top, theme-aware background."""
    return {
        "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"align": "left"},
        **extra,
    }


CHART_CONFIG: Final = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}
