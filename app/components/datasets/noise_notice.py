"""What was spoilt in a dataset on purpose, and the recipe behind it."""

from typing import Any

import streamlit as st

from app.components.plain_text import plain
from core.store.artefacts import Artefact


def noise_notice(dataset: Artefact) -> None:
    """The counts of each kind of noise, and the recipes used; nothing for a dataset without either."""
    facts = dataset.manifest.facts
    if noise := facts.get("noise"):
        st.info(
            f"**{noise['n_rows']:,} of {facts['n_rows']:,} rows were spoilt on purpose:** {_changes(noise)} The "
            "evaluation is of the rows before; the rows themselves, and their files, hold the noise. The file “Noise” "
            "lists every change.",
            icon=":material/blur_on:",
        )
    if recipe := facts.get("recipe"):
        st.caption(f":material/skillet: Made with the recipe {plain(recipe)}.")


def _changes(noise: dict[str, Any]) -> str:
    counts = (
        (noise["n_labels"], "wrong labels"),
        (noise["n_exchanged"], "exchanged attributes"),
        (noise["n_missing"], f"attributes missing from {noise['n_rows_missing']:,} rows"),
    )
    changes = ", ".join(f"{n:,} {what}" for n, what in counts if n) or "no change came about"
    more = (
        (noise["n_emptied"], "rows hold nothing any more."),
        (noise["n_impossible"], "changes were due where there was nothing else to take."),
    )
    return " ".join([f"{changes}.", *(f"{n:,} {what}" for n, what in more if n)])
