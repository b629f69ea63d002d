"""Which board version to train on, what its rows allow, and how to get a first one."""

import streamlit as st

from app.components.artefact_picker import artefact_picker
from app.components.datasets.split import dataset_splits
from app.components.empty_state import empty_state
from app.components.leaderboard.words import KIND_HELP, KIND_NAMES, MACRO_F1_HELP
from app.components.open_with import open_with
from app.components.reference_lines import reference_lines
from app.navigation import page_link
from app.services import current
from app.state import current_selection, fill_in, select
from core.workflows.board_versions import BoardVersion, VersionKind, VersionState, board_versions
from core.workflows.datasets import DATASET


def version_picker() -> BoardVersion | None:
    """A select box over the board versions, open ones and random splits first; None, showing nothing, without any.

    The choice becomes part of the selection and of the URL.
    """
    found = {version.id: version for version in sorted(board_versions(current().workspace), key=_unlikely)}
    if not found:
        return None
    chosen = current_selection().split
    if chosen and chosen not in found:
        st.warning("The version this link points to is not on the board; showing another.")
    if chosen not in found:
        fill_in(split=next(iter(found)))
    key = f"models-version-{current_selection().workspace}"
    st.session_state[key] = current_selection().split
    st.selectbox(
        "Board version",
        list(found),
        format_func=lambda one: _name(found[one]),
        key=key,
        on_change=_choose,
        args=(key,),
        help=f"A dataset that was split and opened for submissions. {KIND_HELP}",
    )
    return found[current_selection().split]


def _unlikely(version: BoardVersion) -> tuple[bool, bool]:
    """Sorts what somebody who chose nothing means to the front; the newest opening leads among equals."""
    return version.state is VersionState.CLOSED, version.kind is VersionKind.COLD


def _name(version: BoardVersion) -> str:
    kind = f"{KIND_NAMES[version.kind].lower()} split"
    said = [version.title] if kind in version.title else [version.title, kind]
    return " · ".join([*said, version.state, version.id[:8]])


def _choose(key: str) -> None:
    select(split=st.session_state[key], model_run="", entry="")


def version_figures(version: BoardVersion) -> None:
    """How many rows there are to learn from and to be scored on, and the scores to hold a model's against."""
    figures = [
        (
            "Training rows",
            f"{version.n_train:,}",
            f"{len(version.labels)} labels",
            f"With their labels, which are {', '.join(version.labels)}: this is all that a model is shown.",
        ),
        (
            "Test rows",
            f"{version.n_test:,}",
            f"{version.n_public:,} public",
            "The server keeps their labels. The public ones score a model now, the others when the version is closed.",
        ),
    ]
    figures += [
        (
            line.name,
            f"{line.value:.3f}",
            line.beside,
            f"{line.says[0].upper()}{line.says[1:]}. {MACRO_F1_HELP}",
        )
        for line in reference_lines(version.lines)
    ]
    grid = st.grid(len(figures), min_column_width=160)
    for label, value, below, help_text in figures:
        grid.metric(
            label, value, below, delta_color="off", delta_arrow="off", help=help_text, border=True, height="stretch"
        )


def ways_on(version: BoardVersion) -> None:
    """The ways to the board that the version's models stand on, and to where further versions are made."""
    page_link("datasets", "More versions")
    if st.button("Leaderboard", icon=":material/leaderboard:", key="models-board"):
        open_with("leaderboard", split=version.id)


def is_open(version: BoardVersion) -> bool:
    """Whether a training on it could be submitted."""
    return version.state is VersionState.OPEN


def no_version() -> None:
    """What is missing before anything can be trained: a dataset, or a split of one that is open on the board."""
    if not current().workspace.artefacts.list(DATASET):
        empty_state(
            "Nothing to learn from yet",
            "A model learns from labelled rows. They are drawn on a signed graph.",
            "sampling",
            "Draw rows",
        )
        return
    with st.container(border=True):
        st.markdown("#### Nothing to learn from yet")
        st.markdown(
            "1. **Split** a dataset: a part to learn from, and test rows whose labels the server keeps to itself.\n"
            "2. **Open the split on the board**, so that it takes predictions.\n"
            "3. Train a model on it here: it is scored on the test rows and stands on the Leaderboard at once."
        )
        dataset = artefact_picker(DATASET, "Dataset", help_text="The Datasets page shows the same under “Splits”.")
    if dataset is not None:
        dataset_splits(dataset)
