"""The panel of a job: what it offers in each state, and what a run that asks a model has spent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.runs.live import calls_per_minute, seconds_left
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.jobs import Job, JobState
from core.llm.settings import ModelSettings
from core.store.answer_rows import ANSWERED, CACHED, Attempt, RunSummary
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.demo import DATA
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import GRAPH

Open = Callable[..., AppTest]
WORKSPACE = "work"
OFFLINE = GraphSettings()
PAID = GraphSettings(judge="openai-compatible", model=ModelSettings(provider="openai-compatible", model="m"))


@pytest.fixture
def workspace(home: Path) -> Workspace:
    held = services.workbench().create(WORKSPACE).workspace
    save_catalogue(held, catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "small.csv")), "Small")
    return held


def job_of(workspace: Workspace, settings: GraphSettings, *, is_running: bool = False) -> Job:
    """A job that waits, or runs in another program's eyes, without anybody working on it."""
    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "small.csv"))
    parameters = {"catalogue": catalogue.id, "settings": settings.model_dump(mode="json")}
    job = workspace.jobs.add("build_graph", "Build graph: Small", parameters)
    if is_running:
        workspace.jobs.start(job.id)
    return job


def labels(page: AppTest) -> set[str]:
    return {found.label for found in page.button}


def button(page: AppTest, label: str) -> Any:
    return next(found for found in page.button if found.label == label)


def metric(page: AppTest, label: str) -> str:
    return next(str(found.value) for found in page.metric if found.label == label)


def state_of(workspace: Workspace, job: Job) -> JobState:
    return workspace.jobs.get(job.id).state


def test_a_running_job_that_asks_a_model_can_be_paused_and_resumed(workspace: Workspace, open_page: Open) -> None:
    job = job_of(workspace, PAID, is_running=True)
    page = open_page("graph", WORKSPACE, job=job.id)
    assert {"Pause", "Cancel"} <= labels(page)
    assert button(page, "Build the graph").disabled, "one run at a time"

    button(page, "Pause").click().run()
    assert state_of(workspace, job) is JobState.PAUSED
    page.run()
    assert {"Pause", "Cancel"}.isdisjoint(labels(page)) and "Resume" in labels(page)
    assert "Paused" in page.markdown.values.__str__()
    assert not page.exception


def test_a_paused_job_goes_on_to_its_result_when_resumed(workspace: Workspace, open_page: Open) -> None:
    job = job_of(workspace, OFFLINE)
    services.workbench().open(WORKSPACE).jobs.pause(job.id)
    page = open_page("graph", WORKSPACE, job=job.id)

    button(page, "Resume").click().run()
    assert state_of(workspace, job) is JobState.DONE
    (built,) = workspace.artefacts.list(GRAPH)
    assert page.query_params["graph"] == built.id and not page.exception


def test_a_running_job_that_asks_nobody_can_only_be_cancelled(workspace: Workspace, open_page: Open) -> None:
    job = job_of(workspace, OFFLINE, is_running=True)
    page = open_page("graph", WORKSPACE, job=job.id)
    assert "Pause" not in labels(page)

    button(page, "Cancel").click().run()
    assert state_of(workspace, job) is JobState.CANCELLED
    assert "Run again" in labels(page.run())


def test_the_figures_of_a_run_are_those_of_the_answer_log(workspace: Workspace, open_page: Open) -> None:
    job = job_of(workspace, PAID, is_running=True)
    paid = Attempt(job.id, "sign", "Nike", "f", ANSWERED, is_paid=True, charged_input_tokens=900, cost=0.25)
    for attempt in (paid, paid, replace(paid, outcome="rate limit", is_paid=False, charged_input_tokens=0, cost=None)):
        workspace.answers.note_attempt(attempt)
    workspace.answers.note_attempt(replace(paid, outcome=CACHED, is_paid=False, charged_input_tokens=0, cost=None))
    page = open_page("graph", WORKSPACE, job=job.id)

    assert (metric(page, "Paid calls"), metric(page, "Free answers")) == ("2", "1")
    assert (metric(page, "Tokens"), metric(page, "Spent, USD")) == ("1,800", "0.50")
    assert any("1 × rate limit" in caption.value for caption in page.caption)


def summary(n_last_minute: int, age_s: float, now: datetime) -> RunSummary:
    began = (now - timedelta(seconds=age_s)).isoformat()
    return RunSummary("r", n_last_minute, 0, 0, 0, 0, 0, None, {}, {}, began, began, n_last_minute)


@pytest.mark.parametrize(("n_calls", "age_s", "pace"), [(30, 600, 30), (30, 15, 120), (0, 600, 0), (1, 0, 60)])
def test_the_pace_is_that_of_the_last_minute_or_of_a_shorter_life(n_calls: int, age_s: float, pace: float) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert calls_per_minute(summary(n_calls, age_s, now), now) == pytest.approx(pace)


def test_the_time_left_needs_a_pace_and_something_left(workspace: Workspace) -> None:
    job = job_of(workspace, PAID)
    assert seconds_left(replace(job, done=40, total=100), pace=30) == pytest.approx(120)
    assert seconds_left(replace(job, done=40, total=100), pace=0) is None
    assert seconds_left(replace(job, done=100, total=100), pace=30) is None
