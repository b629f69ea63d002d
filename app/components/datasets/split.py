"""The splits of a dataset: making one, and what each holds and allows."""

import streamlit as st

from app import queries
from app.components.datasets.split_card import split_card
from app.components.datasets.split_form import split_form
from app.components.datasets.split_lines import line_figures
from app.components.failure import show_failure
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.store.sealing import seal_of
from core.workflows.splits import readable_twins, splits_of


def dataset_splits(dataset: Artefact) -> None:
    """A card for each split of the dataset, and the form that makes another."""
    splits = splits_of(current().workspace, dataset.id)
    _lines_of_all(dataset)
    if not splits:
        st.markdown(
            "A split divides the rows into a training part, which everybody may read, and test rows whose labels the "
            "server keeps. Opened on the board, it takes predictions and scores them."
        )
    for split in splits:
        try:
            split_card(split)
        except ValenceError as error:
            show_failure(error)
    if splits:
        _warn_of_twins(dataset)
    split_form(dataset, splits)


def _lines_of_all(dataset: Artefact) -> None:
    """A dataset's own card: what a model could score on its rows, whether or not they are split."""
    st.markdown(
        "##### What a model could score",
        help="Macro F1 over all rows of the dataset: 0 is worst, 1 is perfect, every label counts the same.",
    )
    try:
        lines = queries.dataset_lines(current_selection().workspace, dataset.id)
    except ValenceError as error:
        show_failure(error)
        return
    line_figures(lines, "all its rows")


def _warn_of_twins(dataset: Artefact) -> None:
    twins = readable_twins(current().workspace, dataset)
    if twins:
        titles = ", ".join(f"{plain(twin.manifest.title)} ({twin.id[:8]})" for twin in twins[:3])
        st.warning(
            f"**Some test rows may stand elsewhere with their labels:** {titles} can be read and was drawn on the same "
            "graph with the same seed. Delete it, or split rows of another seed.",
            icon=":material/visibility:",
        )


def sealed_notice(dataset: Artefact) -> None:
    """Say that the rows are kept back, and why; nothing for a dataset that can be read."""
    seal = seal_of(dataset.manifest)
    if seal is None:
        return
    st.info(
        f"**The rows of {plain(dataset.manifest.title)} are sealed** since {seal.since[:10]}: they hold the labels of "
        "test rows. Its figures stay here, and each split's own rows are under “Splits”. Closing the versions made of "
        "its splits brings the rows back, and so does deleting splits that were never opened.",
        icon=":material/lock:",
    )
