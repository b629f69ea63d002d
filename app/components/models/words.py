"""Predictors in words: what each learns from, what it costs, and what the figures of a training mean."""

from typing import Final, NamedTuple

from core.models.protocol import Family, Track
from core.workflows.run_lines import Standing


class FamilyWords(NamedTuple):
    """`vectors`: what content vectors are to the family, empty where it makes no use of them; `takes`: how long a
    training usually takes.
    """

    vectors: str
    takes: str


_WORDS: Final = {
    "majority": FamilyWords("", "A moment."),
    "edge-count": FamilyWords("", "Seconds."),
    "hierarchical-lightgbm": FamilyWords(
        "It reads every row through them: without vectors it sees only the types of which a row holds one value.",
        "Minutes; each setting tried costs one more small training.",
    ),
    "shared-latent": FamilyWords(
        "It reads attributes through them; without vectors an attribute is no more than its name.",
        "Minutes for 13,000 rows, a quarter of an hour for 120,000.",
    ),
    "robust-modality": FamilyWords(
        "It reads attributes through them; without vectors an attribute is no more than its name.",
        "Minutes for 13,000 rows, a quarter of an hour for 120,000.",
    ),
    "pair-kernel": FamilyWords(
        "It does well without them. They help with attributes that few rows hold, or none.",
        "Seconds for a few thousand rows, about a minute for 120,000; estimating single pairs takes as long again.",
    ),
    "pair-interaction": FamilyWords(
        "They help with attributes that few rows hold, or none.",
        "Minutes for 13,000 rows, a quarter of an hour for 120,000.",
    ),
}
_UNKNOWN: Final = FamilyWords("Where it reads contents, it reads them through these.", "")

PUBLIC_HELP: Final = (
    "Macro F1 on the public test rows, whose labels the model has never seen: 0 is worst, 1 is perfect. It is scored "
    "through the same door as everybody's predictions, and this is what the Leaderboard shows."
)
VALIDATION_HELP: Final = (
    "Macro F1 on training rows that were set aside and not learnt from. It says the same as the public score, measured "
    "on other rows, and it can be looked at as often as you like."
)
UNSEEN_HELP: Final = (
    "One more model was trained without a tenth of all attributes. This is its macro F1 on rows that hold at least one "
    "of them: how it would do with a brand or a place that is new to it."
)
WEAKEST_HELP: Final = (
    "Macro F1 when one whole modality, such as the audience, is missing from the rows; of all modalities the one whose "
    "absence costs most."
)
CALIBRATION_HELP: Final = (
    "How far the stated certainty is off on average, on training rows set aside. At 0, of the rows called with 80% "
    "certainty 80% are right."
)
STANDING_NAMES: Final = {
    Standing.RANKS: "Ranks",
    Standing.BEATEN: "Improved, then beaten",
    Standing.NO_BETTER: "No better than its best",
}
STANDING_HELP: Final = (
    "Of every family the best training ranks. A training that does not beat its family's best beyond noise shows no "
    "public score of its own: otherwise many tries would find out the hidden labels. The private score of every "
    "training is shown once the version is closed."
)


def words_of(family: str) -> FamilyWords:
    """What there is to say of a family, by its name."""
    return _WORDS.get(family, _UNKNOWN)


def learns_from(family: Family) -> str:
    """What the family sees and what it never sees, as Markdown."""
    if family.track is Track.GRAPH_AWARE:
        return (
            "**Learns from** the training rows, their labels, and **the edges of the graph** that the labels were made "
            "from.  \n**Never sees** the labels of the test rows. Knowing the edges makes it nearly perfect, so it "
            "stands on a board of its own."
        )
    seen = "the training rows, their labels, and content vectors" if words_of(family.name).vectors else "the labels"
    if family.name not in _WORDS:
        seen = "the training rows, their labels, and what is known of the attributes"
    return f"**Learns from** {seen}.  \n**Never sees** the edges of the graph, nor the labels of the test rows."
