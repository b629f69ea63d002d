"""Trying a prompt on one real call: what it may cost, the raw answer, and what was made of it."""

import streamlit as st

from app.components.edges.table import pair_columns
from app.components.failure import show_failure
from app.components.llm.api_keys import key_problem, session_keys
from app.components.moments import parse_utc, reader_zone, when_text
from app.components.pair_text import OUTCOME_SIGNS
from app.components.plain_text import plain
from app.services import current
from core.errors import ValenceError
from core.graph.model import Outcome
from core.llm.prices import PRICE_UNKNOWN, Price, price_of
from core.llm.protocol import Finish
from core.store.clock import utc_now
from core.workflows.model_settings import workspace_prices
from core.workflows.prompt_questions import NO_ANSWER, PromptKind, TrialAnswer, TrialQuestion, prompt_kind
from core.workflows.prompt_trials import Trial, TrialPreview, latest_trial, try_prompt

_TABLE_LINE_PX, _MOST_TABLE_PX = 36, 420
_SIGNS = {outcome.symbol: sign for outcome, sign in OUTCOME_SIGNS.items()}


def prompt_trial(question: TrialQuestion, shown: TrialPreview) -> None:
    """A button for the call, and the last answer to exactly this question, whenever it was given."""
    with st.container(border=True):
        st.markdown("##### Try it on one call")
        try:
            _trial(question, shown)
        except ValenceError as error:
            show_failure(error)


def _trial(question: TrialQuestion, shown: TrialPreview) -> None:
    log, model = current().workspace.answers, question.model
    prices = workspace_prices(current().workspace)
    price = price_of(model.model, prices)
    st.caption(
        f"Asks {plain(model.model)}, the model this workspace uses: about {shown.input_tokens:,} tokens in, at most "
        f"{model.max_output_tokens:,} out · {_most_it_costs(price, shown, model.max_output_tokens)}."
    )
    trial = latest_trial(question, log, price)
    obstacle = key_problem(model.provider)
    if st.button(
        "Ask the model" if trial is None else "Ask again",
        icon=":material/send:",
        disabled=bool(obstacle),
        help="One real call with the text as it stands in the editor, saved or not. Its answer is kept in the log.",
    ):
        with st.spinner("Waiting for the answer"):
            try_prompt(question, log, price, session_keys())
        st.rerun()  # the log holds the answer now
    if obstacle:
        st.warning(f"It cannot be tried now. {plain(obstacle)}", icon=":material/key_off:")
    if trial is not None:
        _show(trial, price, is_signed=prompt_kind(question.name) is PromptKind.PAIR)


def _show(trial: Trial, price: Price | None, *, is_signed: bool) -> None:
    n_asked = len(trial.answers)
    with st.container(horizontal=True):
        st.metric("Usable answers", f"{n_asked - trial.n_unanswered:,} of {n_asked:,}", help="Of what was asked about.")
        st.metric("Tokens in", _count(trial.input_tokens), help="As the provider counted them.")
        st.metric("Tokens out", _count(trial.output_tokens), help="As the provider counted them.")
        st.metric("Cost", _money(trial.cost, price), help="By the price table of this workspace.")
    if trial.finish is not Finish.COMPLETE:
        reason = "was cut off at the longest answer allowed" if trial.finish is Finish.TRUNCATED else "was refused"
        st.warning(f"The answer {reason}.", icon=":material/warning:")
    st.dataframe(
        [
            {"Asked about": a.subject, "Read as": _read_as(a, is_signed=is_signed), "Note": a.note or None}
            for a in trial.answers
        ],
        hide_index=True,
        height=min(_TABLE_LINE_PX * (len(trial.answers) + 1), _MOST_TABLE_PX),
        column_config={
            "Asked about": st.column_config.TextColumn(width="medium"),
            "Read as": pair_columns()["Sign"] if is_signed else st.column_config.TextColumn(width="large"),
            "Note": st.column_config.TextColumn(width="large", help="The facts it named, or why there is no answer."),
        },
        placeholder="–",
        alt="What the answer was read as",
    )
    st.caption("The answer as it came")
    st.code(trial.reply or "(empty)", language=None, wrap_lines=True)
    moment = when_text(trial.answered_at, parse_utc(utc_now()), reader_zone())
    nth = f" · answer {trial.n_answers:,} to this very question" if trial.n_answers > 1 else ""
    st.caption(f"Answered {moment}{nth}. A run that asks the same uses the first answer and pays nothing.")


def _read_as(answer: TrialAnswer, *, is_signed: bool) -> str | list[str] | None:
    """The answer for its column, where a sign wears its colour; None where a text is missing."""
    if is_signed:
        return [OUTCOME_SIGNS[Outcome.UNRESOLVED] if answer.answer == NO_ANSWER else _SIGNS[answer.answer]]
    return None if answer.answer == NO_ANSWER else answer.answer


def _most_it_costs(price: Price | None, shown: TrialPreview, max_output_tokens: int) -> str:
    if price is None:
        return PRICE_UNKNOWN
    return f"at most {_money(price.cost(shown.input_tokens, max_output_tokens), price)}"


def _money(cost: float | None, price: Price | None) -> str:
    return (
        PRICE_UNKNOWN if cost is None or price is None else f"{cost:.6f}".rstrip("0").rstrip(".") + f" {price.currency}"
    )


def _count(tokens: int | None) -> str:
    return "not counted" if tokens is None else f"{tokens:,}"
