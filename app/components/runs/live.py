"""What a run that asks a model has spent and met so far, and how long it will still take."""

from datetime import UTC, datetime
from typing import Final

import streamlit as st

from app.components.moments import parse_utc
from app.components.money import money_text
from app.components.plain_text import plain
from app.services import current
from core.jobs import Job, JobState
from core.store.answer_rows import RunSummary
from core.workflows.model_settings import workspace_prices

_MINUTE_S: Final = 60.0
_FIGURE_PX: Final = 130


def is_paid_run(job: Job) -> bool:
    """Whether the job asks a language model: its answers are then logged and never paid for twice."""
    settings = job.parameters.get("settings")
    return isinstance(settings, dict) and bool(settings.get("model"))


def live_figures(job: Job) -> None:
    """Calls, spend, tokens, pace and errors of a run, counted from the answer log as it is now."""
    held = current().workspace
    run = held.answers.run_summary(job.id)
    is_running = job.state is JobState.RUNNING
    grid = st.grid(6, min_column_width=_FIGURE_PX, gap="small")
    grid.metric("Paid calls", f"{run.n_calls:,}", help=f"{run.n_in_flight:,} more are waiting for their answer.")
    grid.metric("Free answers", f"{run.n_cached:,}", help="Answered before and read from the log.")
    tokens = run.input_tokens + run.output_tokens
    grid.metric("Tokens", f"{tokens:,}", help=_tokens_help(run))
    currency = workspace_prices(held).currency
    spent = "unknown" if run.cost is None else money_text(run.cost, "")
    grid.metric(f"Spent, {currency}" if currency else "Spent", spent, help="By the price table of this workspace.")
    if is_running:
        pace = calls_per_minute(run, datetime.now(UTC))
        grid.metric("Calls a minute", f"{pace:,.0f}" if pace else "–", help="Paid calls answered in the last minute.")
        grid.metric("Time left", _left(job, pace), help="For the step shown above, at the present pace.")
    if run.n_errors:
        kinds = " · ".join(f"{n:,} × {plain(kind)}" for kind, n in run.n_errors_by_kind.items())
        st.caption(f":material/error: Failed tries: {kinds}. Those that may pass are asked again.")


def calls_per_minute(run: RunSummary, now: datetime) -> float:
    """The pace of the last minute, or of a run's whole life where that is shorter."""
    if not run.first_at or not run.n_last_minute:
        return 0.0
    life = max((now - parse_utc(run.first_at)).total_seconds(), 1.0)
    return run.n_last_minute * _MINUTE_S / min(life, _MINUTE_S)


def seconds_left(job: Job, pace: float) -> float | None:
    """Until the present step of a job is done, at `pace` calls a minute; None where that cannot be told."""
    if not pace or job.total <= job.done:
        return None
    return (job.total - job.done) * _MINUTE_S / pace


def _left(job: Job, pace: float) -> str:
    seconds = seconds_left(job, pace)
    if seconds is None:
        return "–"
    if seconds < _MINUTE_S:
        return "< 1 min"
    minutes = round(seconds / _MINUTE_S)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _tokens_help(run: RunSummary) -> str:
    text = f"{run.input_tokens:,} in, {run.output_tokens:,} out."
    if run.n_unmeasured:
        text += f" {run.n_unmeasured:,} calls are counted by estimate: the provider gave no count."
    return text
