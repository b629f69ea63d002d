"""The board in words: ranks, intervals, kinds of splits, tracks, days."""

from typing import Final

from core.leaderboard.entries import Entry, ShownScore
from core.leaderboard.ranking import Rank
from core.models.protocol import Track
from core.workflows.board import ScoreSource
from core.workflows.board_versions import VersionKind

KIND_NAMES: Final = {VersionKind.RANDOM: "Random", VersionKind.COLD: "Cold"}
KIND_HELP: Final = (
    "Random: test rows are drawn by chance. Cold: every test row holds an attribute, such as a brand, that no training "
    "row holds, so a model must cope with what it has never seen."
)
TRACK_NAMES: Final = {Track.BLIND: "Blind", Track.GRAPH_AWARE: "Graph-aware"}
TRACK_HELP: Final = (
    "Blind: models see rows, texts and vectors only. Graph-aware: they may read the graph that the labels were made "
    "from, and can then be nearly perfect. The two are never ranked together."
)
SOURCE_NAMES: Final = {ScoreSource.VERIFIED: "Verified", ScoreSource.SELF_REPORTED: "Self-reported"}
SOURCE_HELP: Final = (
    "Verified: predictions were sent in and scored here against hidden labels. Self-reported: evaluation logs of model "
    "runs, as their authors wrote them; nobody has seen the predictions. The two are never ranked together."
)
THROUGH: Final = {"api": "the web interface", "cli": "the command line", "workbench": "this workbench"}
NOT_KNOWN: Final = "–"
MACRO_F1_HELP: Final = (
    "F1 weighs, for one label, the rows found against the rows wrongly called so: 0 is worst, 1 is perfect. Macro F1 "
    "is the plain mean over the labels, so a rare label counts as much as a common one."
)
ECE_HELP: Final = (
    "Expected calibration error: how far the stated certainty is off, on average. At 0, of the rows called with 80% "
    "certainty 80% are right. Known where probabilities were submitted."
)


def rank_text(rank: Rank) -> str:
    """The ranks that chance leaves open: `2`, or `1–3`."""
    return str(rank.low) if rank.low == rank.high else f"{rank.low}–{rank.high}"


def score_text(score: float | None) -> str:
    """A score at the three decimals that are shown; a dash where it is not known."""
    return NOT_KNOWN if score is None else f"{score:.3f}"


def interval_text(score: ShownScore) -> str:
    """The ends of the 95 % interval."""
    return "not known" if score.interval is None else f"{score.interval.low:.3f} to {score.interval.high:.3f}"


def through_text(entry: Entry) -> str:
    """Through what an entry came, in words."""
    return THROUGH.get(entry.source, entry.source)


def day_text(at: str) -> str:
    """The UTC date of an instant."""
    return at[:10]


def minute_text(at: str) -> str:
    """The UTC date and minute of an instant."""
    return f"{at[:16].replace('T', ' ')} UTC"


def change_text(climbed: int | None) -> str:
    """Places won or lost from the public to the private score."""
    if climbed is None:
        return ""
    return "=" if climbed == 0 else f"{'▲' if climbed > 0 else '▼'} {abs(climbed)}"


def when_text(source: ScoreSource) -> str:
    """What the time of an entry is of."""
    return "Submitted" if source is ScoreSource.VERIFIED else "Run ended"


def which_text(is_final: bool, source: ScoreSource) -> str:
    """Which rows the scores are about."""
    if source is ScoreSource.SELF_REPORTED:
        return "as reported by their authors"
    return "on the private test rows" if is_final else "on the public test rows"
