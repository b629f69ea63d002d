"""The dated table of prices that costs are counted by, and its text for editing."""

from typing import Final

import streamlit as st

from app.components.failure import show_failure, show_problems
from app.components.llm.api_keys import key_leaks
from app.components.notice import give_notice
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from core.errors import InvalidInput, Problem
from core.llm.prices import PRICE_UNKNOWN, SHIPPED_PRICES, PriceTable, price_of, read_prices
from core.workflows.model_settings import (
    read_model_settings,
    read_prices_text,
    workspace_prices,
    write_workspace_prices,
)

_HEIGHT, _LINE_PX = 480, 35
_ROUND: Final = "prices-round"  # grows when the stored text changes: the field then starts anew


def price_table() -> None:
    """The prices in use, and a field for the text they come from."""
    own = read_prices_text(current().workspace)
    try:
        table = workspace_prices(current().workspace)
    except InvalidInput as error:
        show_failure(error)
    else:
        st.caption(
            "This workspace has a price table of its own."
            if own
            else "The table that ships with the workbench: list prices, as known on the date beside each. Check "
            "them with the provider before you rely on a figure."
        )
        _show(table)
    st.markdown("##### Edit the prices")
    _edit(own)


def _show(table: PriceTable) -> None:
    currency = table.currency or "Money"
    st.dataframe(
        [
            {
                "Model": price.model,
                f"{currency} per million in": price.input_per_million,
                f"{currency} per million out": price.output_per_million,
                "In batches": price.batch_factor,
                "Known on": price.date,
                "Note": price.note,
            }
            for price in table.prices
        ],
        hide_index=True,
        placeholder="unknown",
        height=min(_LINE_PX * (len(table.prices) + 1) + 2, _HEIGHT),
        column_config={
            "Model": st.column_config.TextColumn(width="medium"),
            f"{currency} per million in": st.column_config.NumberColumn(
                format="%.3f",
                help=f"{currency} per million tokens that are sent. A token is about three quarters of a word.",
            ),
            f"{currency} per million out": st.column_config.NumberColumn(
                format="%.3f", help=f"{currency} per million tokens that are answered."
            ),
            "In batches": st.column_config.NumberColumn(
                format="percent", help="What a call costs in a batch, as a share of its price."
            ),
            "Note": st.column_config.TextColumn(width="large"),
        },
        alt="Prices by model",
    )
    model = read_model_settings(current().workspace).model
    price = price_of(model, table)
    if price is None:
        st.info(
            f"**{plain(model)}**, the model of this workspace, is not in the table: {PRICE_UNKNOWN}. Calls and tokens "
            "are counted all the same; add it below to see money.",
            icon=":material/payments:",
        )
    else:
        st.caption(
            f"{plain(model)}, the model of this workspace, costs {price.input_per_million:g} {price.currency} per "
            f"million tokens in and {price.output_per_million:g} {price.currency} per million out."
        )


def _edit(own: str) -> None:
    n_round = st.session_state.get(_ROUND, 0)
    shown = own or SHIPPED_PRICES.read_text(encoding="utf-8")
    key = f"prices-text-{current_selection().workspace}-{n_round}"
    st.session_state.setdefault(key, shown)
    text = st.text_area(
        "Prices as text",
        key=key,
        height=_HEIGHT,
        persist_state="session",
        help="One [[price]] entry for each model, in the format TOML. Prices are per million tokens.",
    )
    problems = _problems(text)
    if problems:
        show_problems(f"The prices cannot be saved yet: {len(problems)} problem{'s'[: len(problems) > 1]}", problems)
    is_changed = text.strip() != shown.strip()
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Save the prices", type="primary", icon=":material/save:", disabled=bool(problems) or not is_changed
        ):
            _keep(text, "Saved. Costs are counted by these prices from now on.")
        if own and st.button("Back to the shipped table", icon=":material/restart_alt:"):
            _keep("", "The shipped table is used again.")
        if is_changed and st.button("Undo the edits", icon=":material/undo:"):
            _start_anew()
        st.caption("Not saved yet." if is_changed else "This is what the workspace uses.")


def _problems(text: str) -> tuple[Problem, ...]:
    if not text.strip():
        return (Problem("The table is empty.", "Write a price, or go back to the shipped table."),)
    leaks = key_leaks({"prices": text})
    try:
        read_prices(text)
    except InvalidInput as error:
        return (*error.problems, *leaks)
    return leaks


def _keep(text: str, said: str) -> None:
    write_workspace_prices(current().workspace, text)
    give_notice(said, icon=":material/save:")
    _start_anew()


def _start_anew() -> None:
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.rerun()
