"""Choosing engines and what they shall make; each becomes a job of its own."""

from typing import Any, Final

import streamlit as st

from app import queries
from app.components.configuration.fields import problem_line
from app.components.failure import show_failure
from app.components.plain_text import plain
from app.components.tabular.dp_domains import is_private, is_stated, privacy_form
from app.components.tabular.engine_fields import engine_fields, engine_values
from app.components.tabular.engine_words import good_for, grouped_engines
from app.components.tabular.jobs_under_way import is_under_way
from app.components.tabular.uses import wanted_rows
from app.services import current
from app.state import current_selection
from core.errors import Problem, ValenceError
from core.store.artefacts import Artefact
from core.tabular.engines.registry import DEFAULT_FAMILY, family_named, missing_libraries
from core.tabular.exchange import Use, Wanted
from core.tabular.schema import TableSchema
from core.tabular.synthesizer import SynthesizerFamily
from core.workflows.tabular_synthesis import BUDGET_S, FIT_SYNTHESIZER, MOST_BUDGET_S, read_fit_request, read_settings

_MOST_MINUTES: Final = round(MOST_BUDGET_S / 60)
_SETTINGS: Final = "settings-"
_COLUMN_PX: Final = 330  # on a narrow screen the two parts stand below each other


def engines_form(schema: Artefact) -> None:
    """Which engines, with which settings, for which rows; and the button that starts them."""
    with st.container(border=True):
        grid = st.grid(2, min_column_width=_COLUMN_PX, gap="large")
        with grid.cell():
            st.markdown("##### Engines")
            chosen = _chosen_engines()
            settings = {family.name: _engine(schema, family) for family in chosen}
        with grid.cell():
            st.markdown("##### Rows")
            confirmed = queries.tabular_schema(current_selection().workspace, schema.id)
            wanted = _wanted(schema, confirmed)
            budget_s = _budget_s()
        _start(schema, chosen, settings, wanted, budget_s)


def _chosen_engines() -> list[SynthesizerFamily]:
    chosen: list[SynthesizerFamily] = []
    for group, families in grouped_engines().items():
        by_name = {family.name: family for family in families}
        key = _key(f"engines-{group}")
        st.session_state.setdefault(key, [DEFAULT_FAMILY] if DEFAULT_FAMILY in by_name else [])
        names = st.pills(
            group,
            list(by_name),
            format_func=lambda name: family_named(name).title,
            selection_mode="multi",
            key=key,
            persist_state="session",
            wrap=True,
        )
        chosen += [by_name[name] for name in names]
    return chosen


def _engine(schema: Artefact, family: SynthesizerFamily) -> dict[str, Any]:
    """One chosen engine's line and settings."""
    missing = missing_libraries(family)
    with st.expander(
        f"**{plain(family.title)}** · {plain(family.about)}",
        key=_key(f"{_SETTINGS}{family.name}"),
        expanded=is_private(family),
    ):
        if said := good_for(family):
            st.caption(said)
        if missing:
            st.warning(
                f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed here. Run "
                "`pip install 'valence[tabular]' torch` in the folder of the program, then reload this page.",
                icon=":material/extension_off:",
            )
        engine_fields(family)
        stated = privacy_form(schema, family) if is_private(family) else {}
    return engine_values(family) | stated


def _budget_s() -> float | None:
    """The computing time allowed; None, with the reason below the field, where it is none."""
    minutes = st.number_input(
        "Time allowed per engine, minutes",
        value=BUDGET_S / 60,
        step=1.0,
        format="%.4g",
        key=_key("minutes"),
        persist_state="session",
        help="Computing time for the learning. An engine that cannot do with it says so soon after it begins, and "
        "makes nothing half-trained.",
        width=240,
    )
    if 0 < minutes <= _MOST_MINUTES:
        return 60.0 * minutes
    problem_line(Problem(f"{minutes:g} minutes cannot be kept.", f"Give more than 0 and at most {_MOST_MINUTES}."))
    return None


def _wanted(schema: Artefact, confirmed: TableSchema) -> Wanted | None:
    try:
        return wanted_rows(schema, confirmed, "fit")
    except ValenceError as error:
        show_failure(error)
        return None


def _start(
    schema: Artefact,
    chosen: list[SynthesizerFamily],
    settings: dict[str, dict[str, Any]],
    wanted: Wanted | None,
    budget_s: float | None,
) -> None:
    missing = [family.title for family in chosen if missing_libraries(family)]
    requests = [] if wanted is None or budget_s is None else _requests(schema, chosen, settings, wanted, budget_s)
    new = [(family, request) for family, request in requests if not is_under_way(request)]
    n_chosen = len(chosen)
    with st.container(horizontal=True, vertical_alignment="center"):
        is_clicked = st.button(
            "Make the rows" if n_chosen < 2 else f"Make the rows with {n_chosen} engines",
            type="primary",
            icon=":material/play_arrow:",
            key=_key("start"),
            disabled=not new or bool(missing) or len(requests) < n_chosen,
        )
        st.caption(_beside(n_chosen, len(requests), len(new), missing, wanted))
    if is_clicked:
        _submit(new)


def _requests(
    schema: Artefact,
    chosen: list[SynthesizerFamily],
    settings: dict[str, dict[str, Any]],
    wanted: Wanted,
    budget_s: float,
) -> list[tuple[SynthesizerFamily, dict[str, Any]]]:
    """What each engine would be asked; an engine whose settings are wrong says why and is left out."""
    found = []
    for family in chosen:
        try:
            read = read_settings(family, settings[family.name])
            if not is_stated(schema, read):
                continue
            request = {
                "table_schema": schema.id,
                "family": family.name,
                "settings": read.model_dump(mode="json"),
                "seed": wanted.seed,
                "budget_s": budget_s,
                "wanted": wanted.model_dump(mode="json"),
            }
            found.append((family, read_fit_request(request).model_dump(mode="json")))
        except ValenceError as error:
            show_failure(error)
    return found


def _beside(n_chosen: int, n_sound: int, n_new: int, missing: list[str], wanted: Wanted | None) -> str:
    if not n_chosen:
        return "Choose one engine or several."
    if missing:
        return f"Something is missing for {' and '.join(missing)}: see above, or take it out."
    if wanted is None:
        return "Say first which rows are to be made."
    if n_sound < n_chosen:
        return "Mend what is marked first."
    if not n_new:
        return "This is being made already: see below."
    if wanted.use is not Use.TABLE:
        return "They are listed under “Tables made” when they are done. Such rows cannot be compared with a real table."
    return "Each engine is a job of its own, and its table is listed under “Tables made” when it is done."


def _submit(requests: list[tuple[SynthesizerFamily, dict[str, Any]]]) -> None:
    try:
        for family, request in requests:
            current().jobs.submit(FIT_SYNTHESIZER, request, title=f"Fit {family.title} and make rows")
    except ValenceError as error:
        show_failure(error)
        return
    st.rerun()


def _key(name: str) -> str:
    return f"tabular-{name}-{current_selection().workspace}"
