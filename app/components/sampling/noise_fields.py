"""What is spoilt on purpose: wrong labels, exchanged attributes, missing modalities."""

from typing import Any, Final

import streamlit as st

from app.components.configuration.draft import Draft
from app.components.configuration.fields import messages, number_field
from app.components.plain_text import plain
from app.services import current
from core.workflows.draft_edits import Path

NOISE = "noise"
_LABEL: Path = (NOISE, "label")
_ATTRIBUTE: Path = (NOISE, "attribute")
_MISSING: Path = (NOISE, "missing")
_MISSING_HELP: Final = "The chance of each row to lack all its attributes of this kind."
_LOOK: Final[dict[str, Any]] = {"step": 0.01, "format": "%g"}


def noise_fields(draft: Draft) -> None:
    """A chance for each kind of noise; 0 everywhere leaves the rows as they were drawn."""
    st.caption(
        "Real data has mistakes. Here you put some in on purpose, after the rows were drawn and checked. The dataset "
        "lists every change, and its figures are those of the rows before."
    )
    grid = st.grid(4)
    with grid.cell():
        number_field(
            draft,
            _LABEL,
            "Wrong labels",
            help_text="The chance of each row to say another label than its own. 0.05 is one row in twenty.",
            **_LOOK,
        )
        messages(draft, _LABEL)
    with grid.cell():
        number_field(
            draft,
            _ATTRIBUTE,
            "Exchanged attributes",
            help_text="The chance of each attribute to be exchanged for another of its type, never twice in a row.",
            **_LOOK,
        )
        messages(draft, _ATTRIBUTE)
    known = current().graph(draft.graph_id).graph.catalogue.modalities
    for name in dict.fromkeys([*known, *draft.config.noise.missing]):
        path: Path = (*_MISSING, name)
        with grid.cell():
            number_field(draft, path, f"Missing {plain(name)}", help_text=_MISSING_HELP, **_LOOK)
            messages(draft, path)
    messages(draft, (NOISE,), _MISSING)
