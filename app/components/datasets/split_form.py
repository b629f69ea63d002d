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
from core.workflows.datasets import DATASET

SPLIT_JOB: Final = "split_dataset"
_DEFAULTS: Final = SplitSettings()
_MAX_SEED: Final = 2**53 - 1  # beyond, a browser's numbers are not whole any more
_JOBS_LOOKED_AT: Final = 200


def split_form(dataset: Artefact, splits: Sequence[Artefact]) -> None:
    """Shares, seed and held-out attributes; the same settings are the same split."""
    base = SplitSettings.model_validate(splits[0].manifest.facts["settings"]).base if splits else _DEFAULTS
    with st.container(border=True):
        st.markdown("##### Make a split" if not splits else "##### Make another split")
        grid = st.grid(5, min_column_width=150, vertical_alignment="bottom")
        train = _percent(grid.cell(), "Training", base.train, "Rows with labels, for everybody.")
        public = _percent(grid.cell(), "Public test", base.public, "Scores shown while it is open are of these.")
        grid.cell().metric(
            "Private test", f"{max(100 - train - public, 0)} %", help="What is left: scored when it is closed."
        )
        held_out = grid.cell().number_input(
            "Attributes held out (%)",
            0,
            90,
            0,
            help="Above 0 a cold split: no training row holds one of these attributes, every test row does. It tells "
            "how a model does on attributes that it never saw. Rows that fit neither part are left out.",
        )
        seed = grid.cell().number_input("Seed", 0, _MAX_SEED, base.seed, help="Another seed divides the rows anew.")
        st.caption(
            ":material/lock: The dataset's rows are sealed when the split is made, since they hold the labels of "
            "test rows. Splits of one dataset take the same shares and seed: only the attributes held out may differ."
        )
        if st.button("Split the rows", icon=":material/call_split:", key="split-rows", disabled=_is_busy(dataset)):
            shares = {"train": train / 100, "public": public / 100, "private": (100 - train - public) / 100}
            _start(dataset, {**shares, "held_out_attributes": held_out / 100, "seed": seed})


def _percent(place: Any, label: str, share: float, about: str) -> int:
    return int(place.number_input(f"{label} (%)", 1, 98, round(share * 100), help=about))


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
