"""The measures of agreement in words, and their figures as text."""

from typing import Final

from core.graph.intervals import Interval
from core.graph.review.audit import Share
from core.graph.review.ratings import Look
from core.graph.review.reliability import Coefficient, Measure

MEASURE_TITLES: Final = {
    Measure.PERCENT: "Percent agreement",
    Measure.KAPPA: "Cohen's kappa",
    Measure.PABAK: "PABAK",
    Measure.AC1: "Gwet's AC1",
    Measure.ALPHA: "Krippendorff's alpha",
}
MEASURE_MEANINGS: Final = {
    Measure.PERCENT: "How often two people gave the same answer; luck is not taken off.",
    Measure.KAPPA: "What is left beyond the luck of two people who each keep to their own mix of answers.",
    Measure.PABAK: "What is left if luck meant guessing +, − and 0 equally often.",
    Measure.AC1: "What is left if people guess only at pairs that are hard to tell; steady where most answers are +.",
    Measure.ALPHA: "What is left beyond the luck of answers drawn from one common pot; any number of people.",
}
MEASURE_SOURCES: Final = """\
- **Percent agreement**: Wilson's interval (1927); with more than two people, with the effective number of pairs.
- **Cohen's kappa**: Cohen (1960), variance of Fleiss, Cohen and Everitt (1969); more than two people: Conger (1980).
- **PABAK**: Byrt, Bishop and Carlin (1993), for three answers Brennan and Prediger (1981); Wilson's interval, rescaled.
- **Gwet's AC1**: Gwet (2008), with his variance.
- **Krippendorff's alpha**: Krippendorff (1980), variance of Gwet (2015).

Intervals of kappa, AC1 and alpha are Wilson's, too, with as many pairs as would give the published variance (Kott and
Carr, 1997): the textbook interval shrinks to nothing when people agree on everything they saw. All intervals hold the
true value in 95% of cases.
"""
LOOK_TITLES: Final = {Look.INDEPENDENT: "Decided blind", Look.INFORMED: "Verdict in sight"}
LOOK_MEANINGS: Final = {
    Look.INDEPENDENT: "Only what somebody decided before they could see the judge's verdict counts as independent.",
    Look.INFORMED: (
        "These reviewers could see the judge's verdict, or had seen it before. They tend to follow it, so the figures "
        "flatter the judge and each other."
    ),
}
_UNDEFINED: Final = "not defined"


def figure_text(coefficient: Coefficient) -> str:
    """A coefficient alone: in percent for percent agreement, with two digits otherwise."""
    if not coefficient.is_defined:
        return _UNDEFINED if coefficient.n_units else "–"
    return _number(coefficient.measure, coefficient.estimate)


def interval_text(coefficient: Coefficient) -> str:
    """Its interval, as `0.42 to 0.71`; a dash where there is none."""
    if not coefficient.is_defined:
        return "–"
    low, high = (_number(coefficient.measure, end) for end in coefficient.interval[1:])
    return f"{low} to {high}"


def with_interval(coefficient: Coefficient) -> str:
    """Both in one cell."""
    both = f"{figure_text(coefficient)} ({interval_text(coefficient)})"
    return both if coefficient.is_defined else figure_text(coefficient)


def share_text(share: Share) -> str:
    """`3 of 40`."""
    return f"{share.hits:,} of {share.trials:,}"


def count_interval(interval: Interval) -> str:
    """A number of pairs with its interval, as Markdown; not known where nothing tells."""
    if interval.estimate != interval.estimate:
        return f"an unknown number (at most {interval.high:,.0f})"
    return f"about **{interval.estimate:,.0f}** ({interval.low:,.0f} to {interval.high:,.0f})"


def _number(measure: Measure, value: float) -> str:
    return f"{value:.0%}" if measure is Measure.PERCENT else f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")
