"""One call whole: its figures, the exact prompt, the raw answer, and what was read from it."""

import unicodedata
from collections.abc import Sequence
from typing import Final

import streamlit as st

from app import queries
from app.components.moments import parse_utc, reader_zone, when_text
from app.components.pair_text import OUTCOME_SIGNS
from app.components.plain_text import plain
from app.components.runs.words import advice, money, outcome_word, purpose_word, shown
from app.services import current
from app.state import current_selection
from core.llm.protocol import Finish
from core.store.answer_rows import ANSWERED, CACHED, IN_FLIGHT, INTERRUPTED, Answer, Attempt, CallRecord
from core.store.clock import utc_now
from core.workflows.run_calls import TargetReading, read_sign_call
from core.workflows.runs import Run

_FIGURE_PX: Final = 130
_SIDE_PX: Final = 340  # below twice that, what came back stands under what was sent
_TALL: Final = 320
_LONG: Final = 900  # characters from which a text gets a height of its own, and scrolls
_MOST_TABLE_PX, _ROW_PX, _HEADER_PX = 420, 35, 37
_NO_FAULT: Final = (ANSWERED, CACHED, IN_FLIGHT, INTERRUPTED)


def run_call_detail(run: Run, number: int, currency: str) -> None:
    """Show one call of a run."""
    record = current().workspace.answers.call(run.id, number)
    attempt = record.call.attempt
    with st.container(border=True):
        st.markdown(f"##### Call {number:,} · {plain(purpose_word(attempt.purpose))}")
        _subject(attempt.subject)
        _figures(run, record, currency)
        _message(attempt)
        with st.grid(2, min_column_width=_SIDE_PX) as sides:
            with sides.cell():
                _sent(record)
            with sides.cell():
                _came_back(record)
                _reading(read_sign_call(record))
        _told_once(record)


def _subject(subject: str) -> None:
    if len(subject) > _LONG:
        _text(subject, "")
    else:
        st.text(shown(subject) or "(about nothing in particular)")


def _figures(run: Run, record: CallRecord, currency: str) -> None:
    attempt = record.call.attempt
    figures = [
        ("Outcome", outcome_word(attempt.outcome), "How this attempt ended."),
        (
            "Seconds",
            f"{attempt.seconds:.2f}" if attempt.is_paid or attempt.seconds else "–",
            "From sending to the end.",
        ),
        ("Tokens in", _tokens(attempt.input_tokens, attempt.charged_input_tokens), _TOKEN_HELP),
        ("Tokens out", _tokens(attempt.output_tokens, attempt.charged_output_tokens), _TOKEN_HELP),
        ("Cost", money(attempt.cost, currency) if attempt.is_paid else "free", "Of the tokens charged."),
        ("Attempts", _attempts(run, record), "How often this very question was sent in this run."),
    ]
    grid = st.grid(len(figures), min_column_width=_FIGURE_PX)
    for label, value, help_text in figures:
        grid.markdown(f":small[:gray[{label}]]  \n**{plain(value)}**", help=help_text)
    moment = when_text(attempt.started_at, parse_utc(utc_now()), reader_zone())
    which = f" · answer {attempt.again + 1:,} to this question" if attempt.again else ""
    st.caption(f"Asked {moment}{which} · question {attempt.fingerprint[:8]}")


_TOKEN_HELP: Final = "As the provider counted them; “charged” where it gave no count and the worst case counts."


def _tokens(counted: int | None, charged: int) -> str:
    if counted is not None:
        return f"{counted:,}"
    return f"{charged:,} charged" if charged else "not counted"


def _attempts(run: Run, record: CallRecord) -> str:
    kinds = (*run.spent.n_errors_by_kind, INTERRUPTED)
    number = record.call.number
    failed = queries.run_failed_tries(current_selection().workspace, run.id, number, kinds)
    if record.call.attempt.outcome == CACHED and not failed:
        return "none, free"
    place = next((i for i, call in enumerate(failed, start=1) if call.number == number), 0)
    if place:
        return f"{place:,} of {max(place, len(failed)):,} failed"
    earlier = sum(call.number < number for call in failed)
    return f"{earlier + 1:,}"


def _message(attempt: Attempt) -> None:
    if attempt.outcome == IN_FLIGHT:
        st.info("The answer has not come yet. Until then the call counts at the most it can take.")
    elif attempt.outcome not in _NO_FAULT:
        said = advice(attempt.outcome)
        st.error(f"{said.meaning} {said.action}", icon=":material/error:")
    if attempt.message:
        st.caption("Message")
        _text(attempt.message, "")


def _sent(record: CallRecord) -> None:
    if record.request is None:
        st.caption("What was sent is not in the log.")
        return
    st.caption("What it is asked in this call (user prompt)")
    _text(str(record.request.get("prompt", "")), "(nothing)")
    temperature, longest = record.request.get("temperature"), record.request.get("max_output_tokens")
    model = plain(str(record.request.get("model", "")))
    st.caption(f"Model {model} · temperature {temperature} · at most {longest} tokens out")


def _told_once(record: CallRecord) -> None:
    if record.request is None:
        return
    with st.expander("What the model is told besides (system prompt)", icon=":material/description:"):
        _text(str(record.request.get("system", "")), "(nothing)")


def _came_back(record: CallRecord) -> None:
    answer = record.answer
    if answer is None:
        st.caption("No answer is in the log for this question.")
        return
    st.caption(_origin(record.call.attempt, answer))
    _text(answer.reply, "(empty)")
    if answer.finish == Finish.TRUNCATED:
        st.warning("The answer was cut off at the longest answer allowed.", icon=":material/content_cut:")
    elif answer.finish == Finish.REFUSED:
        st.warning("The provider refused to answer.", icon=":material/block:")


def _origin(attempt: Attempt, answer: Answer) -> str:
    if attempt.outcome == ANSWERED:
        return "The answer as it came"
    moment = when_text(answer.answered_at, parse_utc(utc_now()), reader_zone())
    if attempt.outcome == CACHED:
        return f"The answer as it came {moment}, paid for then"
    return f"The answer that another attempt brought {moment}"


def _reading(targets: Sequence[TargetReading] | None) -> None:
    if targets is None:
        return
    n_read = sum(target.outcome is not None for target in targets)
    st.caption(f"Read as: {n_read:,} of {len(targets):,} signs usable")
    is_grounded, has_faults = any(t.facts for t in targets), any(t.fault for t in targets)
    st.dataframe(
        [
            {
                "No.": target.number,
                "Target": shown(target.target),
                "Sign": OUTCOME_SIGNS[target.outcome] if target.outcome is not None else "no answer",
                **({"Why there is none": target.fault or None} if has_faults else {}),
                **({"Facts it names": "; ".join(map(shown, target.facts)) or None} if is_grounded else {}),
            }
            for target in targets
        ],
        hide_index=True,
        height=min(_MOST_TABLE_PX, _HEADER_PX + _ROW_PX * len(targets)),
        column_config={
            "No.": st.column_config.NumberColumn(width=50),
            "Target": st.column_config.TextColumn(width=190),
            "Sign": st.column_config.TextColumn(width=75),
            "Why there is none": st.column_config.TextColumn(width=240),
            "Facts it names": st.column_config.TextColumn(width=420),
        },
        placeholder="–",
        alt="What the answer was read as",
    )


def _text(text: str, nothing: str) -> None:
    """A text as it is, never as Markdown; what cannot be seen in it is announced."""
    st.code(shown(text) or nothing, language=None, wrap_lines=True, height=_TALL if len(text) > _LONG else "content")
    hidden = sum(unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in "\n\t" for char in text)
    if hidden:
        st.caption(
            f":material/visibility_off: It holds {hidden:,} character{'' if hidden == 1 else 's'} that cannot be seen "
            "or that change the direction of the text."
        )
