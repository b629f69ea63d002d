"""What there is to say of each engine beyond its own sentence, and what its settings mean."""

import re
from typing import Final, NamedTuple

from core.tabular.engines.registry import FAMILIES
from core.tabular.synthesizer import SynthesizerFamily

FAST, NETWORKS, LANGUAGE, OTHERS = "In seconds", "Networks, minutes", "Language models, minutes", "Others"


class SettingWords(NamedTuple):
    """What a setting is called on the page, and what it does."""

    label: str
    help: str


_GROUPS: Final = {
    FAST: ("tree-sampler", "dp-mst", "smote-knn", "smote-svm", "smote-nc", "gmm-smote", "smote-tomek"),
    NETWORKS: ("masked-transformer", "tab-ddpm", "autoregressive", "ctgan", "ctgan-tomek", "tvae"),
    LANGUAGE: ("gpt2-tabular", "gpt2-text"),
}

_GOOD_FOR: Final = {
    "tree-sampler": "Begin here: it is the fastest, and among the hardest to tell from real rows.",
    "dp-mst": "For tables that need a stated limit on what any one row can reveal.",
    "smote-knn": "The classic. Its rows lie so close to real ones that they reveal them: see the privacy figures.",
    "masked-transformer": "The best at rows that meet conditions on any columns.",
    "tab-ddpm": "Slow, and close to real.",
    "gpt2-text": "For comparison: what is published as the plain text form.",
}

_SETTINGS: Final = {
    "epochs": SettingWords("Passes over the rows", "How often it reads all rows. More is slower and closer."),
    "most_passes": SettingWords("Most passes over the rows", "A small table is not read more often than this."),
    "steps": SettingWords("Training steps", "How many small corrections it makes. More is slower and closer."),
    "batch_size": SettingWords("Rows per step", "How many rows are looked at before it is corrected."),
    "batch_rows": SettingWords("Rows per step", "How many rows are looked at before it is corrected."),
    "learning_rate": SettingWords("Learning rate", "How far each step changes it: higher is faster and less steady."),
    "warm_up": SettingWords("Slow start", "Share of the steps in which the learning rate rises."),
    "weight_decay": SettingWords("Weight decay", "How strongly its numbers are drawn towards nothing."),
    "averaging": SettingWords("Averaging", "How slowly the weights that are kept follow those being learnt."),
    "width": SettingWords("Width", "How many numbers each layer works with."),
    "inner": SettingWords("Inner width", "How many times wider a block is inside."),
    "hidden": SettingWords("Width", "How many numbers each layer works with."),
    "latent": SettingWords("Numbers per row", "Into how many numbers a row is pressed."),
    "noise": SettingWords("Noise numbers", "How many random numbers a row is made from."),
    "embedding": SettingWords("Numbers per category", "How finely a category is described."),
    "n_layers": SettingWords("Layers", "How many steps of thought a row passes through."),
    "n_heads": SettingWords("Attention heads", "The width must be a multiple of it."),
    "dropout": SettingWords("Dropout", "Share of the numbers left out at each step of the training."),
    "temperature": SettingWords("Temperature", "Below 1, likely values become likelier still; above 1, less so."),
    "bins": SettingWords("Ranges per number", "Into how many ranges a number is cut."),
    "n_bins": SettingWords("Ranges per number", "Into how many ranges a number is cut at most."),
    "n_levels": SettingWords("Values per number token", "A number is written as two tokens of this many values."),
    "n_modes": SettingWords("Modes per number", "How many peaks a number may have at most."),
    "n_tokens": SettingWords("Vocabulary", "How many pieces of text are learnt from the table."),
    "head": SettingWords("Numbers are drawn from", "A normal distribution, a log-normal one, or whichever fits."),
    "parts": SettingWords("Peaks per number", "How many of these are mixed."),
    "shuffled": SettingWords("Trained in random order", "Share of the rows, so that any columns can be conditions."),
    "sampling_steps": SettingWords("Steps per sample", "In how many steps noise becomes a row."),
    "pack": SettingWords("Rows judged together", "The critic sees so many rows at once, which shows repetition."),
    "balanced": SettingWords("Rare values raised", "Share of each step that is drawn with rare values raised."),
    "pair_weight": SettingWords("Weight of pairs", "How much values that occur together count."),
    "most_values": SettingWords("Most values per category", "Rarer values of a category are learnt as one."),
    "divergence_weight": SettingWords("Weight of the prior", "How strongly rows are drawn to a common centre."),
    "refining_rounds": SettingWords("Rounds of refinement", "How often made rows are sifted by a judge. 0: never."),
    "n_judges": SettingWords("Judges", "How many judges together sift the rows."),
    "target_weight": SettingWords("Weight of the target", "How much more the target counts than other columns."),
    "draws_per_row": SettingWords("Tries per row", "How many sentences are drawn for each row before it gives up."),
    "n_neighbours": SettingWords("Neighbours", "Towards how many near rows of its class each row may move."),
    "n_around": SettingWords("Rows around", "Among how many rows it is judged whether a row is safe to start from."),
    "most_rows": SettingWords("Most rows per class", "Of a larger class, so many rows drawn at random are used."),
    "penalty": SettingWords("Penalty", "How strictly the support vector machine keeps the classes apart."),
    "reach": SettingWords("Reach outwards", "How far beyond the edge of a class a new row may lie."),
    "n_components": SettingWords("Components", "How many Gaussians describe the rows."),
    "n_axes": SettingWords("Main axes", "How many main directions of the rows are used."),
    "least_leaf": SettingWords("Rows behind a value", "Every value is drawn from at least so many training rows."),
    "least_gain": SettingWords("Least gain of a split", "Lower follows the rows more closely, their noise included."),
    "most_embedded": SettingWords("Coordinates per category", "By how many numbers a column of many values is seen."),
    "head_rounds": SettingWords("Boosting rounds", "How often the chances of the target are corrected."),
    "head_depth": SettingWords("Boosting depth", "How many columns one correction may look at."),
    "head_rate": SettingWords("Boosting rate", "How far each correction goes."),
    "epsilon": SettingWords(
        "Epsilon", "The limit on what any one row can reveal. Lower protects more and costs detail."
    ),
    "delta": SettingWords("Delta", "The chance left that the limit does not hold; below one in the number of rows."),
    "descents": SettingWords("Steps of inference", "How often the noisy measurements are reconciled."),
    "lists_and_ranges_are_public": SettingWords(
        "The lists of values and the ranges are public",
        "Switch it on only if the values that each category can take, and the smallest and largest of each number, "
        "are no secret of these rows. Otherwise state them below.",
    ),
}


def grouped_engines() -> dict[str, list[SynthesizerFamily]]:
    """Every engine in its group, none left out."""
    known = {name for names in _GROUPS.values() for name in names}
    by_name = {family.name: family for family in FAMILIES}
    groups = {group: [by_name[name] for name in names if name in by_name] for group, names in _GROUPS.items()}
    others = [family for family in FAMILIES if family.name not in known]
    return groups | ({OTHERS: others} if others else {})


def good_for(family: SynthesizerFamily) -> str:
    """What to choose it for; empty where its own sentence says enough."""
    return _GOOD_FOR.get(family.name, "")


def setting_words(path: str, about: str = "") -> SettingWords:
    """A setting's words by the last part of its path; where there are none, its name and what `about` says of it.

    `about`: the docstring of the settings, where it names the setting in backquotes.
    """
    name = path.rpartition(".")[2]
    if name in _SETTINGS:
        return _SETTINGS[name]
    said = re.search(rf"`{name}`:?\s+([^;.(]+)", about)
    words = " ".join(said[1].split()) if said else ""
    return SettingWords(name.replace("_", " ").capitalize(), f"{words[:1].upper()}{words[1:]}." if words else "")
