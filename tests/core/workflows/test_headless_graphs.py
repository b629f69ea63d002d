"""Graph generation over a real client and a loopback provider: budgets hold, and nothing is paid twice."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidInput, NotFound, ValenceError
from core.fingerprint import digest
from core.graph.canary import CanaryFailed
from core.graph.verdict_file import read_verdicts
from core.llm.protocol import ProviderError
from core.progress import finish
from core.workflows.demo import DATA
from core.workflows.graph_settings import GraphSettings
from core.workflows.headless import catalogue_file, verdicts_path
from core.workflows.headless_graphs import (
    RunFiles,
    answers_path,
    build_graph_file,
    estimate_graph,
    graph_runs,
    graph_settings,
)
from tests.fakes.knowing_provider import KnowingProvider
from tests.fakes.wire_server import Answer

SMALL = DATA / "catalogues" / "small.csv"


@pytest.fixture
def provider() -> Iterator[KnowingProvider]:
    known = KnowingProvider()
    with known.server:
        yield known


def settings(provider: KnowingProvider, **more: Any) -> GraphSettings:
    model = {"model": "knowing-1", "base_url": provider.base_url, "n_workers": 4}
    return graph_settings(judge="openai-compatible", model=model, **more)


def build(provider: KnowingProvider, out: Path, *, resume: bool = False, **more: Any) -> dict[str, Any]:
    return finish(build_graph_file(SMALL, out, settings(provider, **more), resume=resume))


def outcomes(out: Path) -> dict[tuple[int, int], int]:
    verdicts = read_verdicts(verdicts_path(out).read_bytes(), catalogue_file(SMALL), digest(out.read_bytes()))
    return {
        (int(a), int(b)): int(sign)
        for a, b, sign in zip(verdicts.source, verdicts.target, verdicts.outcome, strict=True)
    }


def test_a_model_that_knows_what_the_offline_judge_knows_builds_its_graph(
    provider: KnowingProvider, tmp_path: Path
) -> None:
    offline = tmp_path / "offline.csv"
    finish(build_graph_file(SMALL, offline, GraphSettings()))
    out = tmp_path / "edges.csv"
    report = build(provider, out)
    # What the offline judge leaves unjudged the provider calls neutral.
    assert outcomes(out) == {pair: 0 if sign == 2 else sign for pair, sign in outcomes(offline).items()}
    estimate = estimate_graph(SMALL, settings(provider))
    assert report["calls"] == estimate["calls"] == 17
    assert report["check_calls"] == estimate["check_calls"] > 2
    assert provider.n_answered == report["calls"] + report["check_calls"] == report["usage"]["n_calls"]
    assert report["report"]["canary"]["n_right"] == report["report"]["canary"]["n_pairs"]
    assert report["report"]["self_agreement"]["agreement"]["estimate"] == 1.0
    assert report["stopped"] == ""


def test_the_same_run_again_is_free(provider: KnowingProvider, tmp_path: Path) -> None:
    out = tmp_path / "edges.csv"
    first = build(provider, out)
    paid = provider.n_answered
    second = build(provider, out, resume=True)
    assert provider.n_answered == paid
    assert {k: v for k, v in second.items() if k not in ("seconds", "usage")} == {
        k: v for k, v in first.items() if k not in ("seconds", "usage")
    }
    estimate = estimate_graph(SMALL, settings(provider), files=RunFiles(answers=answers_path(out)))
    assert estimate["calls_answered"] == 17


def test_a_budget_stops_the_run_and_a_higher_one_finishes_it(provider: KnowingProvider, tmp_path: Path) -> None:
    out, whole = tmp_path / "edges.csv", tmp_path / "whole.csv"
    report = build(provider, out, budget={"max_calls": 10})
    assert provider.n_answered == 10
    assert "10" in report["stopped"]
    assert 0 < report["n_unjudged"] < 252
    report = build(provider, out, resume=True)
    assert report["stopped"] == ""
    n_paid = provider.n_answered
    build(provider, whole)  # with a log of its own
    assert provider.n_answered == 2 * n_paid
    assert outcomes(out) == outcomes(whole)


def test_a_third_of_the_calls_failing_changes_no_verdict(tmp_path: Path) -> None:
    chance = random.Random(5)
    failures = [
        Answer.of({"error": {"message": "slow down"}}, 429, retry_after="0"),
        Answer.of({"error": {"message": "oops"}}, 500),
        Answer.page(503),
        Answer(200, b"{ not json"),
    ]
    flaky = KnowingProvider(lambda _: chance.choice(failures) if chance.random() < 0.3 else None)
    steady = KnowingProvider()
    with flaky.server, steady.server:
        build(flaky, tmp_path / "flaky.csv")
        build(steady, tmp_path / "steady.csv")
    assert outcomes(tmp_path / "flaky.csv") == outcomes(tmp_path / "steady.csv")


def test_a_refused_key_ends_the_run_at_once(tmp_path: Path) -> None:
    refusing = KnowingProvider(lambda _: Answer.of({"error": {"message": "Incorrect API key provided"}}, 401))
    with refusing.server:
        with pytest.raises(ProviderError) as refused:
            build(refusing, tmp_path / "edges.csv")
        assert refused.value.fix
        assert len(refusing.server.asked) <= 4
    assert not (tmp_path / "edges.csv").exists()
    (run,) = graph_runs([answers_path(tmp_path / "edges.csv")])["runs"]
    assert run["n_calls"] == 0
    assert run["n_errors"] == len(refusing.server.asked)


def test_a_model_that_answers_plus_to_everything_fails_its_canary_unless_insisted(tmp_path: Path) -> None:
    class Flatterer(KnowingProvider):
        def answer(self, prompt: str, schema: dict[str, Any]) -> dict[str, Any]:
            known = super().answer(prompt, schema)
            return {name: value if name == "batch" else "+" for name, value in known.items()}

    flatterer = Flatterer()
    with flatterer.server:
        with pytest.raises(CanaryFailed, match="9 of 27"):
            build(flatterer, tmp_path / "edges.csv")
        report = build(flatterer, tmp_path / "edges.csv", safeguards={"insist": True})
    assert report["n_positive"] == 252
    assert any("One-sided" in warning for warning in report["warnings"])


def test_a_provider_that_is_down_is_not_called_a_model_that_misjudges(tmp_path: Path) -> None:
    down = KnowingProvider(lambda _: Answer.of({"error": {"message": "come back in a day"}}, 429, retry_after="86400"))
    with down.server:
        with pytest.raises(ProviderError, match="asks to wait 86,400 s"):
            build(down, tmp_path / "edges.csv")
        with pytest.raises(ProviderError, match="asks to wait 86,400 s"):  # and no graph of unresolved pairs either
            build(down, tmp_path / "edges.csv", safeguards={"canary": False})
    assert not (tmp_path / "edges.csv").exists()


@pytest.mark.parametrize("strategy", ["cluster", "adaptive"])
def test_the_other_strategies_run_over_a_model_too(provider: KnowingProvider, tmp_path: Path, strategy: str) -> None:
    more = {"clusters": {"stability_runs": 0}} if strategy == "cluster" else {}
    report = build(provider, tmp_path / "edges.csv", strategy=strategy, **more)
    assert report["strategy"] == strategy
    assert provider.n_answered == report["usage"]["n_calls"] == report["calls"] + report["check_calls"]
    assert report["report"][strategy]
    if strategy == "cluster":  # every reply was usable: nothing was asked a second time
        assert report["report"]["cluster"]["calls"]["score"] <= 11
    paid = provider.n_answered
    build(provider, tmp_path / "edges.csv", strategy=strategy, **more)
    assert provider.n_answered == paid
    if strategy == "cluster":
        log = RunFiles(answers=answers_path(tmp_path / "edges.csv"))
        assert estimate_graph(SMALL, settings(provider, strategy=strategy, **more), log)["calls_answered"] == 27


def test_expert_rules_reach_the_model_and_are_another_run(provider: KnowingProvider, tmp_path: Path) -> None:
    rules = tmp_path / "rules.md"
    rules.write_text("- Nike sells running shoes to athletes.\n", encoding="utf-8")
    finish(build_graph_file(SMALL, tmp_path / "e.csv", settings(provider), RunFiles([rules])))
    assert any("running shoes" in asked.body.decode() for asked in provider.server.asked)
    with pytest.raises(ValenceError, match="offline judge"):
        finish(build_graph_file(SMALL, tmp_path / "o.csv", GraphSettings(), RunFiles([rules])))


def test_with_and_without_facts_are_compared(provider: KnowingProvider, tmp_path: Path) -> None:
    both = {"trait_table": True, "compare": True}
    assert estimate_graph(SMALL, settings(provider, grounding=both))["calls"] == 34
    report = build(provider, tmp_path / "edges.csv", grounding=both)
    compared = report["report"]["without_facts"]
    # The provider ignores the facts, so both graphs are the same.
    assert compared["edges_a"] == compared["edges_b"] == compared["common"] > 0
    assert compared["agreement_all_pairs"] == compared["agreement_on_common"] == 1.0
    assert report["usage"]["n_calls"] == provider.n_answered


def test_a_price_table_of_ones_own_makes_money_countable(provider: KnowingProvider, tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    entry = 'model = "knowing-1"\ninput_per_million = 1.0\noutput_per_million = 2.0\ndate = 2026-01-01\n'
    prices.write_text(f'currency = "USD"\n[[price]]\n{entry}', encoding="utf-8")
    files, out = RunFiles(prices=prices), tmp_path / "edges.csv"
    estimate = estimate_graph(SMALL, settings(provider), files)
    assert estimate["cost"] == pytest.approx((estimate["input_tokens"] + 2 * estimate["output_tokens"]) / 1e6)
    report = finish(build_graph_file(SMALL, out, settings(provider, budget={"max_cost": 0.007}), files))
    # The provider counts 100 tokens in and 20 out: 0.00014 a call; the reserve is for the longest answer.
    assert report["stopped"]
    assert 0 < report["usage"]["cost"] <= 0.007


def test_what_cannot_be_resumed_is_said(provider: KnowingProvider, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no run to resume"):
        build(provider, tmp_path / "edges.csv", resume=True)
    build(provider, tmp_path / "edges.csv")
    with pytest.raises(NotFound, match="holds no run"):
        build(provider, tmp_path / "edges.csv", resume=True, batch_size=20)
    with pytest.raises(NotFound, match="no answer log is named"):
        estimate_graph(SMALL, settings(provider), resume=True)
    log = answers_path(tmp_path / "edges.csv")
    assert estimate_graph(SMALL, settings(provider), files=RunFiles(answers=log), resume=True)["calls_answered"] == 17
    with pytest.raises(NotFound, match="holds no run"):
        estimate_graph(SMALL, settings(provider, batch_size=20), files=RunFiles(answers=log), resume=True)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"judge": "offline", "model": {"model": "m"}}, "judge"),
        ({"judge": "gemini", "model": {"model": ""}, "batch_size": 0}, "batch_size"),
        ({"judge": "openai-compatible", "budget": {"max_cost": float("nan")}}, "budget.max_cost"),
        ({"judge": "openai-compatible", "delivery": "batch"}, ""),
        ({"strategy": "adaptive", "extends": "abc"}, ""),
        ({"target_recall": 1.5}, "adaptive.target_recall"),
        ({"tempo": 3}, "tempo"),
        ({"budget": {"max_calls": 3}}, "budget.max_calls"),
        ({"strategy": "adaptive", "budget": {"max_calls": 90, "max_cost": 1.0}}, "budget.max_cost"),
        ({"embedder": {"provider": "openai-compatible", "base_url": "http://x/v1"}}, "embedding.model"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        graph_settings(**given)
    assert field in {problem.field for problem in refused.value.problems}
