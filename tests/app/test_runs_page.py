import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.runs.calls import PAGE_CALLS
from app.components.runs.download import calls_csv, calls_jsonl
from app.components.runs.history import PAGE_RUNS
from app.components.runs.views import CALLS, COMPARE, FIGURES, SETTINGS
from core.catalogue.model import Attribute, Catalogue
from core.graph.judges.llm import LlmJudge
from core.graph.prompts import shipped_prompts
from core.jobs import JobState
from core.llm.budget import Budget
from core.llm.call_log import FAULT
from core.llm.gateway import Gateway
from core.llm.patience import Patience
from core.llm.prices import Price
from core.llm.protocol import ChatRequest, ErrorKind, ProviderError
from core.llm.scripted import ScriptedClient, scripted_reply, smallest_answer
from core.llm.settings import ModelSettings
from core.store.answer_log import AnswerLog
from core.store.answer_rows import IN_FLIGHT, INTERRUPTED, Attempt
from core.store.job_table import Ending
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import GRAPH
from core.workflows.run_calls import CallSearch

Open = Callable[..., AppTest]
WORKSPACE = "work"
HOSTILE = (
    "<script>alert(1)</script> **bold** [link](http://evil) $x$ :red[hi] `code` ~~no~~",
    "\x1b[31mred\x1b[0m \u202eעברית\u202c\u200b",
    "=HYPERLINK(1)",
    "half \ud800 pair",
    "long " * 2_000,
)
NO_WAIT = Patience(first_wait_s=0.0, longest_wait_s=0.0)
PRICE = Price(model="m", input_per_million=1.0, output_per_million=2.0, currency="USD", date=date(2026, 1, 1))


@pytest.fixture
def held(home) -> services.OpenWorkspace:
    return services.workbench().create(WORKSPACE)


@contextmanager
def gateway(log: AnswerLog, script, run: str, price: Price | None = None) -> Iterator[Gateway]:
    client = ScriptedClient(script, "gemini")
    with Gateway(client, log, run=run, budget=Budget(), price=price, patience=NO_WAIT, n_workers=1) as opened:
        yield opened


def request(prompt: str = "prompt", system: str = "system") -> ChatRequest:
    return ChatRequest("m", system, prompt, 0.1, 100)


def add_job(workspace: Workspace, title: str, settings: GraphSettings, state: JobState = JobState.DONE) -> str:
    """A job as its runner leaves it, without running anything."""
    parameters = {"catalogue": "c", "settings": settings.model_dump(mode="json"), "title": title}
    job = workspace.jobs.add("build_graph", title, parameters)
    workspace.jobs.start(job.id)
    if state.is_over:
        workspace.jobs.end(job.id, Ending(state))
    return job.id


def gemini(**model) -> GraphSettings:
    return GraphSettings(judge="gemini", model=ModelSettings(**model))


def at(page: AppTest, view: str) -> AppTest:
    page.session_state["run-views"] = view
    return page.run()


def texts(page: AppTest, *kinds: str) -> str:
    kinds = kinds or ("markdown", "caption", "info", "warning", "error", "subheader")
    return "\n".join(str(element.value) for kind in kinds for element in page.get(kind))


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def frame_with(page: AppTest, column: str):
    return next(frame.value for frame in page.dataframe if column in frame.value.columns)


def open_call(page: AppTest, row: int) -> AppTest:
    key = next(frame.key for frame in page.dataframe if str(frame.key).startswith("run-calls-table"))
    page.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return page.run()


def check(page: AppTest) -> AppTest:
    assert not page.exception
    return page


def test_an_empty_workspace_says_how_a_run_comes_about(open_page: Open, held) -> None:
    page = check(open_page("runs", WORKSPACE))
    assert "No run yet" in texts(page)
    assert not page.dataframe


def test_figures_are_those_of_the_log(open_page: Open, held) -> None:
    workspace, log = held.workspace, held.workspace.answers
    run = add_job(workspace, "Paid run", gemini())
    script = [
        ProviderError(ErrorKind.TIMEOUT, "late"),
        *(scripted_reply(request(), "answer") for _ in range(3)),
    ]
    with gateway(log, script, run, PRICE) as opened:
        for number in range(3):
            opened.ask(request(f"prompt {number}"), "sign", f"subject {number}")
        opened.ask(request("prompt 0"), "label", "again")
    spent = log.run_summary(run)

    page = check(open_page("runs", WORKSPACE, run=run))
    shown = figures(page)
    assert shown["Calls paid"] == str(spent.n_calls) == "4"
    assert shown["Answers free"] == str(spent.n_cached) == "1"
    assert shown["Errors"] == "1"
    assert shown["Tokens"] == f"{spent.input_tokens + spent.output_tokens:,}"
    assert shown["Cost"] == f"{spent.cost:.6f}".rstrip("0") + " USD"
    assert "Timeout" in texts(page) and "once" in texts(page)
    purposes = frame_with(page, "Purpose")
    assert dict(zip(purposes["Purpose"], purposes["Calls"], strict=True)) == {"Judging pairs": 4, "Naming clusters": 1}
    line = frame_with(page, "Paid").iloc[0]
    assert (line["Run"], line["State"], line["Judge"], line["Paid"]) == ("Paid run", "Done", ModelSettings().model, 4)


def test_an_unknown_price_is_said_to_be_unknown(open_page: Open, held) -> None:
    run = add_job(held.workspace, "Run", gemini())
    with gateway(held.workspace.answers, [scripted_reply(request(), "x")], run) as opened:
        opened.ask(request(), "sign", "s")
    page = check(open_page("runs", WORKSPACE, run=run))
    cost = next(metric for metric in page.metric if metric.label == "Cost")
    assert (cost.value, cost.delta) == ("–", "price unknown")
    assert frame_with(page, "Paid").iloc[0]["Cost"] == "price unknown"
    assert "Settings, Prices" in texts(page)


def test_every_kind_of_failure_has_plain_words_and_leads_to_its_calls(open_page: Open, held) -> None:
    run = add_job(held.workspace, "Run", gemini(), JobState.FAILED)
    kinds = [*(kind.value for kind in ErrorKind), FAULT]
    for number, kind in enumerate([*kinds, INTERRUPTED], start=1):
        held.workspace.answers.note_attempt(
            Attempt(run, "sign", f"s{number}", f"f{number}", kind, message=f"why {kind}")
        )
    page = check(open_page("runs", WORKSPACE, run=run))
    for kind in kinds:
        assert f"**{kind[0].upper()}{kind[1:]}** · once" in texts(page, "markdown")
    page.button(key=f"run-errors-{run}-{ErrorKind.AUTH.value}").click().run()
    assert list(frame_with(page, "Message")["Message"]) == ["why key refused"]
    page = check(open_call(page, 0))
    assert any("key" in error.value for error in page.error)
    assert "why key refused" in [code.value for code in page.code]


def test_a_rule_based_run_says_that_nothing_was_sent(open_page: Open, held) -> None:
    catalogue = Catalogue(tuple(Attribute(f"{m}{i}", f"{m} {i}", m, m) for m in ("brand", "geo") for i in range(3)))
    save_catalogue(held.workspace, catalogue, "Six")
    settings = GraphSettings().model_dump(mode="json")
    run = held.jobs.submit("build_graph", {"catalogue": catalogue.id, "settings": settings, "title": "Six"})
    graph_id = held.jobs.get(run).result[GRAPH]
    page = check(open_page("runs", WORKSPACE, run=run))
    assert "nothing was sent anywhere" in texts(page, "info")
    assert figures(page)["Answered here"] == str(held.workspace.artefacts.get(GRAPH, graph_id).manifest.facts["calls"])
    page = check(at(page, CALLS))
    assert "nothing was sent anywhere" in texts(page, "info")
    page.button(key=f"run-edges-calls-{graph_id}").click().run()
    assert page.title[0].value == "Edges"


def test_a_rule_based_run_with_a_remote_embedder_does_not_claim_that_nothing_was_sent(open_page: Open, held) -> None:
    settings = GraphSettings(strategy="cluster", embedding={"provider": "gemini"})
    page = check(open_page("runs", WORKSPACE, run=add_job(held.workspace, "Run", settings)))
    assert "nothing was sent" not in texts(page)
    assert "texts of the attributes were sent" in texts(page, "info")


def test_a_run_in_flight_shows_what_it_has_so_far_and_is_read_anew(open_page: Open, held) -> None:
    run = add_job(held.workspace, "Live", gemini(), JobState.RUNNING)
    log = held.workspace.answers
    log.begin(Attempt(run, "sign", "first", "f1", IN_FLIGHT, is_paid=True), {"prompt": "p"})
    page = check(at(open_page("runs", WORKSPACE, run=run), CALLS))
    assert list(frame_with(page, "About")["About"]) == ["first"]
    assert list(frame_with(page, "Outcome")["Outcome"]) == ["On its way"]
    assert "has not come yet" in texts(open_call(page, 0), "info")
    log.note_attempt(Attempt(run, "sign", "second", "f2", "answered"))
    page = check(page.run())
    assert list(frame_with(page, "About")["About"]) == ["second", "first"]
    assert "##### Call" not in texts(page, "markdown")  # the selection does not slip to another call


def test_a_run_whose_job_is_gone_keeps_its_calls(open_page: Open, held) -> None:
    with gateway(held.workspace.answers, [scripted_reply(request(), "x")], "0jz5c1m2n3p4q5") as opened:
        opened.ask(request(), "sign", "s")
    page = check(open_page("runs", WORKSPACE))
    assert "Run without its job" in texts(page, "subheader")
    assert "not in the workspace" in texts(check(at(page, SETTINGS)), "info")
    assert list(frame_with(check(at(page, CALLS)), "About")["About"]) == ["s"]
    assert "no other run" in texts(check(at(page, COMPARE)), "caption")


def test_hostile_texts_are_shown_as_the_text_they_are(open_page: Open, held) -> None:
    log, run = held.workspace.answers, "trial-hostile"
    for text in HOSTILE:
        with gateway(log, [scripted_reply(request(), text)], run) as opened:
            opened.ask(request(text, text), "sign", text)
    page = at(open_page("runs", WORKSPACE, run=run), CALLS)
    for row, text in enumerate(reversed(HOSTILE)):
        page = check(open_call(page, row))
        visible = text.replace("\ud800", "?")
        whole = [element.value for kind in ("code", "text") for element in page.get(kind)]
        assert whole.count(visible) == 4  # subject, system, prompt and answer
        rendered = texts(page)
        assert "<script>" not in rendered and "](http://evil)" not in rendered
    assert not any(markdown.allow_html for markdown in page.markdown)


def test_a_sign_call_shows_how_it_was_read(open_page: Open, held) -> None:
    run = add_job(held.workspace, "Run", gemini())
    targets = [Attribute(f"t{i}", f"Target {i}", "geo", "geo") for i in range(3)]

    def script(asked: ChatRequest):
        said = json.loads(smallest_answer(asked).text)
        mark = asked.prompt.split('Mark of this call: "')[1][:8]
        return scripted_reply(asked, json.dumps({**said, "batch": mark, "1": "+", "3": "maybe"}))

    with gateway(held.workspace.answers, script, run) as opened:
        LlmJudge(opened, ModelSettings(), shipped_prompts()).verdicts(Attribute("p", "P", "brand", "brand"), targets)
    page = at(open_page("runs", WORKSPACE, run=run), CALLS)
    page = check(open_call(page, len(frame_with(page, "About")) - 1))  # the first call
    read = frame_with(page, "Sign")
    assert list(zip(read["Target"], read["Sign"], strict=True)) == [
        ("Target 0", "+"),
        ("Target 1", "0"),
        ("Target 2", "no answer"),
    ]
    assert "2 of 3 signs usable" in texts(page, "caption")


@pytest.fixture
def many_calls(held) -> str:
    """A finished run of 20,000 calls, written straight into the file."""
    run, log = add_job(held.workspace, "Large", gemini()), held.workspace.answers
    columns = "run, number, purpose, subject, fingerprint, again, outcome, is_paid, seconds, charged_input_tokens"
    row = "?, ?, 'sign', ?, ?, 0, ?, 1, 0.5, 10, 5, '2026-11-22T10:00:00Z', '2026-11-22T10:00:01Z', ''"
    sql = f"INSERT INTO calls ({columns}, charged_output_tokens, started_at, ended_at, message) VALUES ({row})"
    with closing(sqlite3.connect(log.path)) as file, file:
        file.executemany(
            sql,
            (
                (run, n, f"Attribute {n}", f"f{n}", "timeout" if n % 1_000 == 0 else "answered")
                for n in range(1, 20_001)
            ),
        )
    return run


def test_a_page_of_a_large_run_moves_one_page_of_calls(
    open_page: Open, held, many_calls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, calls = [], AnswerLog.calls

    def counted(self, *args, **named):
        page = calls(self, *args, **named)
        moved.append(len(page.calls))
        return page

    monkeypatch.setattr(AnswerLog, "calls", counted)
    page = check(open_page("runs", WORKSPACE, run=many_calls))
    assert moved == []  # figures are counted where the calls lie
    assert figures(page)["Calls paid"] == "20,000"
    page = check(at(page, CALLS))
    assert moved == [PAGE_CALLS]
    assert list(frame_with(page, "About")["#"]) == list(range(20_000, 20_000 - PAGE_CALLS, -1))
    pages = page.get("pagination")[-1]
    pages.select(400)
    page = check(page.run())
    assert moved == [PAGE_CALLS, PAGE_CALLS]
    assert list(frame_with(page, "About")["#"]) == list(range(PAGE_CALLS, 0, -1))
    page.selectbox(key=f"run-calls-outcome-{many_calls}").set_value("timeout").run()
    assert list(frame_with(page, "About")["#"]) == list(range(20_000, 0, -1_000))
    assert "**20** of 20,000 calls match" in texts(page, "markdown")
    check(page.run())
    assert moved == [PAGE_CALLS, PAGE_CALLS, 20]  # what cannot change any more is not read again


def test_downloads_hold_every_call_found_and_run_no_formula(open_page: Open, held) -> None:
    log, run = held.workspace.answers, "trial-files"
    for text in HOSTILE:
        with gateway(log, [scripted_reply(request(), text)], run) as opened:
            opened.ask(request(text), "sign", text)
    rows = list(csv.DictReader(io.StringIO(calls_csv(log, run, CallSearch()).decode())))
    assert [int(row["number"]) for row in rows] == [5, 4, 3, 2, 1]
    assert rows[2]["subject"] == "'=HYPERLINK(1)"
    assert rows[4]["subject"] == HOSTILE[0]
    lines = [json.loads(line) for line in calls_jsonl(log, run, CallSearch()).splitlines()]
    assert [line["answer"]["reply"] for line in lines] == list(reversed(HOSTILE))
    assert [line["request"]["prompt"] for line in lines] == list(reversed(HOSTILE))
    assert len(calls_csv(log, run, CallSearch(text="HYPERLINK")).splitlines()) == 2


def test_settings_and_comparison_show_only_what_differs(open_page: Open, held) -> None:
    add_job(held.workspace, "Cool", gemini(temperature=0.0))
    run = add_job(held.workspace, "Hot", gemini(temperature=0.9))
    page = check(at(open_page("runs", WORKSPACE, run=run), SETTINGS))
    page.toggle(key="run-settings-changed").set_value(True).run()
    settings = frame_with(page, "Setting")
    assert list(zip(settings["Setting"], settings["Value"], settings["Default"], strict=True)) == [
        ("Temperature", "0.9", "0.15")
    ]
    page = check(at(page, COMPARE))
    differing = frame_with(page, "Setting")
    assert differing.to_numpy().tolist() == [["Model: Temperature", "0.9", "0"]]


def test_settings_of_another_version_are_a_message_and_no_failure(open_page: Open, held) -> None:
    job = held.workspace.jobs.add("build_graph", "Old", {"catalogue": "c", "settings": {"depth": 3, "judge": "gemini"}})
    held.workspace.jobs.start(job.id)
    page = check(at(open_page("runs", WORKSPACE, run=job.id), SETTINGS))
    assert "depth" in texts(page, "warning")
    assert frame_with(page, "Setting")["Value"].tolist() == ["3", "Gemini"]
    assert frame_with(page, "Paid").iloc[0]["Judge"] == "Gemini"


def test_filters_find_runs_and_a_link_to_no_run_says_so(open_page: Open, held) -> None:
    add_job(held.workspace, "Offline", GraphSettings())
    add_job(held.workspace, "Adaptive", GraphSettings(strategy="adaptive"), JobState.CANCELLED)
    add_job(held.workspace, "Model", gemini())
    page = check(open_page("runs", WORKSPACE, run="unknown"))
    assert "not in this workspace" in texts(page, "warning")

    def found() -> list[str]:
        return list(frame_with(page, "Paid")["Run"])

    assert found() == ["Model", "Adaptive", "Offline"]
    page.multiselect(key="runs-filter-judge").set_value(["Rule-based (offline)"]).run()
    assert found() == ["Adaptive", "Offline"]
    page.multiselect(key="runs-filter-state").set_value(["Cancelled"]).run()
    assert found() == ["Adaptive"]
    page.multiselect(key="runs-filter-strategy").set_value(["Brute force"]).run()
    assert "No run matches" in texts(page, "info")


def test_the_history_is_paged(open_page: Open, held) -> None:
    for number in range(PAGE_RUNS + 3):
        held.workspace.answers.note_attempt(
            Attempt(f"trial-{number:03}", "sign", "s", "f", "cached", started_at=f"2026-11-22T10:00:00.{number:06}Z")
        )
    page = check(open_page("runs", WORKSPACE))
    assert len(frame_with(page, "Paid")) == PAGE_RUNS
    page.get("pagination")[0].select(2)
    assert len(frame_with(check(page.run()), "Paid")) == 3


def test_no_key_reaches_the_page(open_page: Open, held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "secret-key-0123456789-abcdef")
    run = add_job(held.workspace, "Run", gemini(), JobState.FAILED)
    script = [ProviderError(ErrorKind.AUTH, "The key secret-key-0123456789-abcdef was refused.")]
    with gateway(held.workspace.answers, script, run) as opened, pytest.raises(ProviderError):
        opened.ask(request(), "sign", "s")
    page = open_page("runs", WORKSPACE, run=run)
    for view in (FIGURES, CALLS, SETTINGS, COMPARE):
        page = check(at(page, view))
        if view == CALLS:
            page = check(open_call(page, 0))
        shown = texts(page, "markdown", "caption", "error", "info", "code", "text")
        assert "secret-key" not in shown + "".join(frame.value.to_csv() for frame in page.dataframe)
