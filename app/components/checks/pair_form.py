"""One check pair made by hand: two attributes, what is expected, and why."""

import streamlit as st

from app.components.checks.kept import checks_round
from app.components.checks.words import EXPECTED, EXPECTED_MEANINGS
from core.catalogue.model import Catalogue
from core.graph.checks.written import MAX_WHY_LENGTH, Line
from core.workflows.checks import line_of_pair


def pair_form(catalogue: Catalogue, action: str, row: int, name: str) -> Line | None:
    """Ask for a pair of the catalogue; the line once `action` was pressed and both ends are chosen, else None.

    The second list holds the attributes of other modalities than the first one's, since no other pair can be asked.
    """
    key = f"checks-pair-{name}-{catalogue.id[:8]}-{checks_round()}"
    attributes = catalogue.attributes
    source = _end("First attribute", list(range(len(attributes))), catalogue, f"{key}-source")
    taken = None if source is None else attributes[source].modality
    others = [i for i, attribute in enumerate(attributes) if attribute.modality != taken]
    target = _end("Second attribute", others, catalogue, f"{key}-target")
    expected = st.segmented_control(
        "Expected",
        EXPECTED,
        format_func=EXPECTED_MEANINGS.__getitem__,
        default=EXPECTED[0],
        required=True,
        key=f"{key}-expected",
        wrap=True,
    )
    why = st.text_input(
        "Why", key=f"{key}-why", max_chars=MAX_WHY_LENGTH, placeholder="One sentence for whoever reads the mistakes"
    )
    pressed = st.button(action, icon=":material/add:", key=f"{key}-go", disabled=source is None or target is None)
    if not pressed or source is None or target is None:
        return None
    return line_of_pair(catalogue, source, target, expected, why, row)


def _end(label: str, positions: list[int], catalogue: Catalogue, key: str) -> int | None:
    chosen: int | None = st.selectbox(
        label,
        positions,
        index=None,
        format_func=lambda i: f"{catalogue.attributes[i].value} · {catalogue.attributes[i].modality}",
        placeholder="Type to search",
        key=key,
    )
    return chosen
