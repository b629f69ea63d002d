"""Datasets whose rows are kept back: since a split of them is open for submissions, or may be opened."""

from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.store.sealing import seal_of


class RowsSealed(ValenceError):
    """Somebody asked for rows of a dataset that are kept back."""


def are_sealed(dataset: Artefact) -> bool:
    """Whether a dataset's rows were kept back when its manifest was read."""
    return seal_of(dataset.manifest) is not None


def refuse_sealed(dataset: Artefact) -> None:
    """Raise `RowsSealed`, in one sentence, where a dataset's rows are kept back."""
    if are_sealed(dataset):
        raise RowsSealed(
            f"The rows of “{dataset.manifest.title}” are sealed until the versions made of its splits are closed.",
            "Its figures stay readable, and so do the training and test rows of each split.",
        )
