"""Home: the picture of the pipeline, the next step, and the last jobs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app import services
from app.components.moments import duration_text, when_text
from app.state import Selection
from core.catalogue.model import Attribute, Catalogue
from core.graph.statistics import graph_statistics
from core.jobs import Job, JobState
from core.sampler.configuration import DatasetConfig, LabelParams
from core.store.artefacts import Artefact
from core.store.job_table import Ending
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.drafts import create_draft
from core.workflows.graphs import load_graph, save_uploaded_graph

Open = Callable[..., AppTest]

NAMES = ["Catalogue", "Signed graph", "Density", "Sampling", "Datasets"]
KINDS = ("brand", "audience", "geo")
CONFIG = DatasetConfig(
    type_ranges={"brand": (1, 1), "audience": (1, 2), "geo": (1, 1)},
    label_params={
        "good": LabelParams(pos_frac_range=(0.3, 1.0), neg_frac_range=(0.0, 0.3), num_samples=6),
        "bad": LabelParams(pos_frac_range=(0.0, 0.3), neg_frac_range=(0.3, 1.0), num_samples=4),
    },
    seed=5,
)


@pytest.fixture
def held(home: object) -> services.OpenWorkspace:
    return services.workbench().create("spring")


def some(n: int) -> Catalogue:
    return Catalogue(tuple(Attribute(f"x{i}", f"Value {i}", KINDS[i % 3], KINDS[i % 3]) for i in range(n)))


def make_catalogue(workspace: Workspace, n: int = 12, title: str = "Spring") -> Artefact:
    return save_catalogue(workspace, some(n), title)


def make_graph(workspace: Workspace, catalogue: Artefact, title: str = "Signs") -> Artefact:
    """Every cross-modality pair is signed, by the parity of its two numbers."""
    n = catalogue.manifest.facts["n_attributes"]
    pairs = [(i, j) for i in range(n) for j in range(i) if i % 3 != j % 3]
    lines = [f"x{i},x{j},{KINDS[i % 3]}_to_{KINDS[j % 3]},{'+-'[(i + j) % 2]}" for i, j in pairs]
    return save_uploaded_graph(workspace, catalogue.id, "\n".join(["source,target,rel,sign", *lines]).encode(), title)


def make_dataset(held: services.OpenWorkspace, graph: Artefact) -> Job:
    parameters = {"graph": graph.id, "config": CONFIG.model_dump(mode="json"), "title": "Rows"}
    return held.jobs.get(held.jobs.submit("build_dataset", parameters, title="Sample rows"))


def add_job(workspace: Workspace, title: str, parameters: dict[str, Any], ending: Ending | None = None) -> str:
    job = workspace.jobs.add("build_graph", title, parameters)
    workspace.jobs.start(job.id)
    if ending:
        workspace.jobs.end(job.id, ending)
    return job.id


def cards(page: AppTest) -> dict[str, str]:
    """Step to the word on its badge, in the order of the picture."""
    texts = [text.value for text in page.markdown]
    places = {name: next(i for i, text in enumerate(texts) if text.endswith(f" **{name}**")) for name in NAMES}
    assert sorted(places.values()) == list(places.values())
    return {name: texts[place + 1].rstrip("]").split()[-1] for name, place in places.items()}


def selected(page: AppTest) -> Selection:
    selection: Selection = page.session_state["selection"]
    return selection


def texts(page: AppTest) -> str:
    return "\n".join(text.value for text in [*page.markdown, *page.caption])


def test_an_empty_workspace_shows_the_picture_with_the_first_step_to_do(open_page: Open, held: object) -> None:
    page = open_page("home", "spring")
    assert cards(page) == dict(zip(NAMES, ["Next", "Later", "Later", "Later", "Later"], strict=True))
    assert page.button(key="next-step").label == "Add a catalogue"
    assert "No jobs yet" in texts(page)
    page.button(key="next-step").click().run()
    assert page.title[0].value == "Catalogue"


def test_each_step_opens_the_next_and_shows_the_counts_of_the_core(
    open_page: Open, held: services.OpenWorkspace
) -> None:
    catalogue = make_catalogue(held.workspace)
    page = open_page("home", "spring")
    assert list(cards(page).values()) == ["Done", "Next", "Later", "Later", "Later"]
    assert f"**12** attributes  \n**{some(12).n_pairs}** pairs" in texts(page)
    assert f"Spring · {catalogue.id[:8]}" in texts(page)

    graph = make_graph(held.workspace, catalogue)
    stored = load_graph(held.workspace, graph.id)
    counts = graph_statistics(stored.graph, None).total
    page.run()
    assert list(cards(page).values()) == ["Done", "Done", "Next", "Later", "Later"]
    assert f"**+ {counts.n_positive}**" in texts(page)
    assert f"**− {counts.n_negative}**" in texts(page)

    assert "not judged" not in texts(page)

    draft = create_draft(held.workspace, graph.id, CONFIG)
    page.run()
    assert list(cards(page).values()) == ["Done", "Done", "Done", "Next", "Later"]
    assert "**2** label ranges  \n**3–4** attributes a row" in texts(page)
    assert "Labels: good, bad" in texts(page)
    assert page.button(key="next-step").label == "Draw labelled rows"

    page.button(key="open-density").click().run()
    assert page.title[0].value == "Density"
    assert (selected(page).graph, selected(page).draft) == (graph.id, draft)


def test_a_finished_pipeline_leads_to_its_dataset(open_page: Open, held: services.OpenWorkspace) -> None:
    job = make_dataset(held, make_graph(held.workspace, make_catalogue(held.workspace)))
    assert job.state is JobState.DONE, job.error
    page = open_page("home", "spring")
    assert set(cards(page).values()) == {"Done"}
    assert "**10** rows drawn  \n**2** labels met" in texts(page)
    assert "From **1** configuration. Newest: good 6 · bad 4" in texts(page)
    assert "**1** version  \nnewest: **10** rows" in texts(page)
    page.button(key="next-step").click().run()
    assert page.title[0].value == "Datasets"
    assert selected(page).dataset == job.result["dataset"]


def test_pairs_that_nobody_judged_are_told(open_page: Open, held: services.OpenWorkspace) -> None:
    catalogue = make_catalogue(held.workspace)
    edges = b"source,target,rel,sign\nx0,x1,brand_to_audience,+\n"
    save_uploaded_graph(held.workspace, catalogue.id, edges, "One edge")
    assert f":gray[**{some(12).n_pairs - 1}** not judged]" in texts(open_page("home", "spring"))


def test_the_picture_follows_the_chosen_catalogue(open_page: Open, held: services.OpenWorkspace) -> None:
    first = make_catalogue(held.workspace, 12, "First")
    make_graph(held.workspace, first, "Of the first")
    make_catalogue(held.workspace, 9, "Second")
    page = open_page("home", "spring")
    assert list(cards(page).values())[:2] == ["Done", "Next"]
    assert "Of the first" not in texts(page)
    page.selectbox(key="pick-catalogue-spring").select(first.id).run()
    assert list(cards(page).values())[:3] == ["Done", "Done", "Next"]
    assert "Of the first" in texts(page)


def test_a_running_job_shows_as_such(open_page: Open, held: services.OpenWorkspace) -> None:
    catalogue = make_catalogue(held.workspace)
    job_id = add_job(held.workspace, "Build it", {"catalogue": catalogue.id, "settings": {}})
    page = open_page("home", "spring")
    assert list(cards(page).values())[:3] == ["Done", "Running", "Later"]
    assert page.button(key=f"cancel-{job_id}").label == "Cancel"
    page.button(key="next-step").click().run()
    assert page.title[0].value == "Graph"
    assert selected(page).job == job_id


def test_last_jobs_say_how_they_ended_and_lead_to_their_results(open_page: Open, held: services.OpenWorkspace) -> None:
    catalogue = make_catalogue(held.workspace)
    graph = make_graph(held.workspace, catalogue)
    done = add_job(held.workspace, "It worked", {}, Ending(JobState.DONE, result={"graph": graph.id}))
    add_job(held.workspace, "Result gone", {}, Ending(JobState.DONE, result={"graph": "0" * 24}))
    add_job(held.workspace, "It *failed*", {}, Ending(JobState.FAILED, "No space left.", "Free some."))
    page = open_page("home", "spring")
    titles = [text.value for text in page.markdown if " · **" in text.value]
    assert [title.split(" · ")[1] for title in titles] == ["**It \\*failed\\***", "**Result gone**", "**It worked**"]
    assert ":red[No space left.] Free some." in texts(page)
    assert "The graph was deleted since." in texts(page)
    assert texts(page).count("under a minute ago") == 3

    page.button(key=f"result-{done}").click().run()
    assert page.title[0].value == "Graph"
    assert selected(page).graph == graph.id


def test_an_interrupted_job_is_resumed(open_page: Open, held: services.OpenWorkspace) -> None:
    catalogue = make_catalogue(held.workspace)
    parameters = {"catalogue": catalogue.id, "settings": {}, "title": "Made after all"}
    job_id = add_job(held.workspace, "Stopped half-way", parameters, Ending(JobState.INTERRUPTED))
    page = open_page("home", "spring")
    page.button(key=f"resume-{job_id}").click().run()
    assert held.jobs.get(job_id).state is JobState.DONE
    assert list(cards(page).values())[:3] == ["Done", "Done", "Next"]
    assert "Made after all" in texts(page)


def test_a_failed_job_runs_again_and_fails_with_a_sentence(open_page: Open, held: services.OpenWorkspace) -> None:
    parameters = {"catalogue": "0" * 24, "settings": {}}
    job_id = add_job(held.workspace, "Without its catalogue", parameters, Ending(JobState.FAILED, "Before."))
    page = open_page("home", "spring")
    page.button(key=f"again-{job_id}").click().run()
    assert not page.exception
    assert held.jobs.get(job_id).attempt == 2
    assert "There is no catalogue" in texts(page)


def test_older_jobs_are_one_click_away(open_page: Open, held: services.OpenWorkspace) -> None:
    for number in range(9):
        add_job(held.workspace, f"Number {number}", {}, Ending(JobState.CANCELLED))
    page = open_page("home", "spring")
    assert texts(page).count("Cancelled") == 6
    page.toggle(key="all-jobs").set_value(True).run()
    assert texts(page).count("Cancelled") == 9


def test_what_was_put_right_on_opening_is_told(open_page: Open, held: services.OpenWorkspace) -> None:
    folder = held.workspace.root
    services.workbench().close()
    (folder / "artefacts" / CATALOGUE / "half").mkdir(parents=True)
    page = open_page("home", "spring")
    assert "was no complete artefact" in page.warning[0].value


NOON = datetime(2026, 5, 14, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("2026-05-14T11:59:59Z", "11:59 · under a minute ago"),
        ("2026-05-14T11:58:01Z", "11:58 · 1 min ago"),
        ("2026-05-14T10:00:00Z", "10:00 · 2 hours ago"),
        ("2026-05-13T12:00:01Z", "13 May, 12:00 · 23 hours ago"),
        ("2026-05-12T11:00:00", "12 May, 11:00 · 2 days ago"),
        ("2025-05-14T11:00:00Z", "14 May 2025, 11:00 · 365 days ago"),
        ("2026-05-14T12:00:05Z", "12:00"),
    ],
)
def test_a_time_is_told_by_clock_and_age(then: str, said: str) -> None:
    assert when_text(then, NOON, timezone(timedelta(0), "GMT")) == said


def test_the_clock_is_the_readers() -> None:
    assert when_text("2026-05-14T01:30:00Z", NOON, timezone(timedelta(hours=-3))) == "13 May, 22:30 · 10 hours ago"
    assert when_text("2026-05-14T01:30:00Z", NOON, UTC) == "01:30 UTC · 10 hours ago"


@given(st.integers(0, 10**8))
def test_nothing_is_called_older_than_it_is(age_s: int) -> None:
    said = when_text((NOON - timedelta(seconds=age_s)).isoformat(), NOON, UTC).split(" · ")[1]
    if said == "under a minute ago":
        assert age_s < 60
        return
    number, unit, _ = said.split()
    size = {"min": 60, "hour": 3_600, "day": 86_400}[unit.rstrip("s")]
    assert int(number) * size <= age_s < (int(number) + 1) * size


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "under 0.1 s"), (1.25, "1.2 s"), (61, "1 min 1 s"), (3_599.9, "59 min 59 s"), (7_384, "2 h 3 min")],
)
def test_a_span_is_told_in_its_own_units(seconds: float, said: str) -> None:
    end = NOON + timedelta(seconds=seconds)
    assert duration_text(NOON.isoformat(), end.isoformat()) == said
    assert duration_text(None, end.isoformat()) == ""
