"""The form that makes a split of a dataset."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from app.components.failure import show_failure
from app.services import current
from app.state import select
from core.dataset.splitting import SplitSettings, parse_split_settings
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.store.version_table import VersionRow
from core.workflows.datasets import DATASET

SPLIT_JOB: Final = "split_dataset"
_DEFAULTS: Final = SplitSettings()
_MAX_SEED: Final = 2**53 - 1  # beyond, a browser's numbers are not whole any more
_JOBS_LOOKED_AT: Final = 200
_COLD: Final = 10  # percent of the attributes, where a random split is there already
_SEALS: Final = (
    ":material/lock: The dataset's rows are sealed when the split is made, since they hold the labels of test rows."
)
_BOUND: Final = (
    ":material/lock: Splits of one dataset take the same shares and seed, so that none tells the answers of another. "
    "Only the attributes held out may differ."
)


def split_form(dataset: Artefact, splits: Sequence[Artefact]) -> None:
    """Shares, seed and held-out attributes; the same settings are the same split."""
    if any(version is not None and not version.is_open for version in map(_version, splits)):
        st.info(
            "A version of this dataset was closed, which gave its labels out: its rows cannot be split again. Draw new "
            "rows with another seed and split those.",
            icon=":material/lock_open:",
        )
        return
    base = SplitSettings.model_validate(splits[0].manifest.facts["settings"]).base if splits else _DEFAULTS
    is_bound = bool(splits)  # shares and seed are those of the splits there are
    with st.container(border=True):
        st.markdown("##### Make a split" if not splits else "##### Make another split")
        grid = st.grid(5, min_column_width=150, vertical_alignment="bottom")
        train = _percent(grid.cell(), "Training", base.train, "Rows with labels, for everybody.", is_bound)
        public = _percent(
            grid.cell(), "Public test", base.public, "Scores shown while it is open are of these.", is_bound
        )
        private = 100 - train - public
        grid.cell().text_input(
            "Private test (%)", f"{private}", disabled=True, help="What is left: scored when it is closed."
        )
        held_out = grid.cell().number_input(
            "Attributes held out (%)",
            0,
            90,
            _COLD if any(split.manifest.facts["kind"] == "random" for split in splits) else 0,
            help="Above 0 a cold split: no training row holds one of these attributes, every test row does. It tells "
            "how a model does on attributes that it never saw. Rows that fit neither part are left out.",
        )
        seed = grid.cell().number_input(
            "Seed", 0, _MAX_SEED, base.seed, help="Another seed divides the rows anew.", disabled=is_bound
        )
        st.caption(_BOUND if is_bound else _SEALS)
        if private < 1:
            st.warning(
                f"Training and public test take {train + public} %: nothing is left for the private test. Lower one.",
                icon=":material/warning:",
            )
        is_disabled = private < 1 or _is_busy(dataset)
        if st.button("Split the rows", icon=":material/call_split:", key="split-rows", disabled=is_disabled):
            asked = {"train": train / 100, "public": public / 100, "private": private / 100, "seed": seed}
            # Shares of a split made elsewhere need not be whole percents.
            shares = base.model_dump(mode="json") if is_bound else asked
            _start(dataset, {**shares, "held_out_attributes": held_out / 100})


def _version(split: Artefact) -> VersionRow | None:
    return current().workspace.versions.find(split.id)


def _percent(place: Any, label: str, share: float, about: str, is_disabled: bool) -> int:
    return int(place.number_input(f"{label} (%)", 1, 98, round(share * 100), help=about, disabled=is_disabled))


def _start(dataset: Artefact, settings: dict[str, Any]) -> None:
    try:
        checked = parse_split_settings(settings).model_dump(mode="json")
        title = f"Split: {dataset.manifest.title}"
        job = current().jobs.submit(SPLIT_JOB, {DATASET: dataset.id, "settings": checked}, title=title)
    except ValenceError as error:
        show_failure(error)
        return
    select(job=job)
    st.rerun()


def _is_busy(dataset: Artefact) -> bool:
    jobs = current().jobs.list(_JOBS_LOOKED_AT)
    return any(j.action == SPLIT_JOB and not j.state.is_over and j.parameters.get(DATASET) == dataset.id for j in jobs)
