"""What a run will cost, before any call: calls, tokens and money."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.fingerprint import canonical_json
from core.graph.call_plan import CallPlan, PlannedCall, calls_floor, calls_published
from core.graph.judges.llm import LlmJudge
from core.graph.judges.offline import offline_judge
from core.graph.stability import plan_probes
from core.graph.strategies.adaptive.run import expected_calls
from core.graph.strategies.cluster.enrichment import description_batches
from core.graph.strategies.cluster.estimate import estimate_cluster
from core.graph.strategies.cluster.llm_analyst import LlmAnalyst
from core.graph.strategies.cluster.stages import Stages, empty_stages
from core.knowledge.traits import load_trait_table
from core.llm.prices import PRICE_UNKNOWN, price_of
from core.llm.protocol import ChatRequest
from core.llm.tokens import estimate_tokens, request_tokens
from core.workflows.graph_settings import Delivery, GraphSettings, Grounding, Strategy
from core.workflows.graph_strategies import (
    CANARY_CALLS,
    Parent,
    Start,
    adaptive_within_budget,
    likely_check_calls,
    plan_brute_force,
)
from core.workflows.graph_tools import NoAsker, Sources, llm_judge

MOST_RENDERED = 200  # prompts rendered for an estimate; of more, every n-th stands for its neighbours


@dataclass(frozen=True, slots=True)
class StageCost:
    """Calls of one stage, between `low` and `high`; `note` says what the figures rest on."""

    stage: str
    low: int
    calls: int
    high: int
    note: str


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What a run will cost. `calls` is exact where `calls_low` equals `calls_high`, and likely elsewhere.

    `calls_published`, `calls_floor`: brute force by the published formula, and the least any plan can need.
    `check_calls`: those of canary and probes, beside the calls. `calls_answered`: of the calls, those whose answer is
    in the log already and free. Tokens are estimated from rendered prompts, and None where no model is asked; `cost`
    is None for an unknown price. `change` says what a changed catalogue adds. `note`: what the figures rest on.
    """

    n_attributes: int
    n_pairs: int
    calls: int
    calls_published: int
    calls_floor: int
    strategy: str
    calls_low: int
    calls_high: int
    stages: tuple[StageCost, ...] = ()
    check_calls: int = 0
    calls_answered: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    currency: str = ""
    change: str = ""
    note: str = ""


def estimate_cost(
    catalogue: Catalogue, settings: GraphSettings, sources: Sources | None = None, start: Start | None = None
) -> CostEstimate:
    """Plan the run without making a call; a model's judge needs `sources`, whose log tells what is answered already."""
    if settings.grounding.compare:
        plain = settings.model_copy(update={"grounding": Grounding()})
        grounded = settings.grounding.model_copy(update={"compare": False})
        with_facts = settings.model_copy(update={"grounding": grounded})
        return _both(*(estimate_cost(catalogue, one, sources, start) for one in (with_facts, plain)))
    start = start or Start()
    judge = _judge(settings, sources)
    if settings.strategy is Strategy.BRUTE_FORCE:
        return _brute_force(catalogue, settings, sources, start.parent, judge)
    if settings.strategy is Strategy.CLUSTER:
        return _cluster(catalogue, settings, sources, start.stages, judge)
    return _adaptive(catalogue, settings, sources, judge)


def _both(grounded: CostEstimate, plain: CostEstimate) -> CostEstimate:
    """The cost of two runs, one with facts and one without."""
    names = (
        "calls",
        "calls_low",
        "calls_high",
        "check_calls",
        "calls_answered",
        "input_tokens",
        "output_tokens",
        "cost",
    )
    parts = {name: (getattr(grounded, name), getattr(plain, name)) for name in names}
    sums: dict[str, Any] = {name: None if None in both else sum(both) for name, both in parts.items()}
    note = f"Two runs: with facts and without. {grounded.note}".strip()
    return replace(grounded, stages=grounded.stages + plain.stages, note=note, **sums)


def _brute_force(
    catalogue: Catalogue,
    settings: GraphSettings,
    sources: Sources | None,
    parent: Parent | None,
    judge: LlmJudge | None,
) -> CostEstimate:
    fingerprint = judge.fingerprint if judge else offline_judge().fingerprint
    plan = plan_brute_force(catalogue, settings, parent, fingerprint)
    known = _answered(catalogue, plan.calls, judge, sources, settings.again)
    estimate = _estimate(catalogue, settings, plan.calls.n_calls, plan.calls.n_calls, plan.calls.n_calls)
    calls = list(plan.calls)
    checks = _check_calls(settings, calls) if judge else 0
    estimate = replace(estimate, change=plan.text, calls_answered=known, check_calls=checks)
    return _with_money(estimate, catalogue, calls, plan.calls.n_calls - known + checks, settings, sources, judge)


def _cluster(
    catalogue: Catalogue,
    settings: GraphSettings,
    sources: Sources | None,
    stages: Stages | None,
    judge: LlmJudge | None,
) -> CostEstimate:
    found = estimate_cluster(catalogue, settings.cluster, stages, settings.clusters, settings.batch_size)
    by_stage = tuple(StageCost(s.stage.value, s.low, s.expected, s.high, s.note) for s in found.stages)
    estimate = replace(
        _estimate(catalogue, settings, found.expected, found.low, found.high),
        stages=by_stage,
        calls_answered=_described(catalogue, settings, sources, stages),
    )
    return _likely_money(estimate, catalogue, settings, sources, judge)


def _adaptive(
    catalogue: Catalogue, settings: GraphSettings, sources: Sources | None, judge: LlmJudge | None
) -> CostEstimate:
    n_calls = expected_calls(catalogue, adaptive_within_budget(settings), settings.batch_size)
    if settings.budget.max_calls is not None:
        n_calls = min(n_calls, settings.budget.max_calls)
    low = n_calls if settings.adaptive.target_recall is None else min(n_calls, 2 * settings.adaptive.audit_calls)
    estimate = _estimate(catalogue, settings, n_calls, low, n_calls)
    note = "It stops as soon as its own audit says that the target is reached." if low < n_calls else ""
    estimate = replace(estimate, note=note)
    return _likely_money(estimate, catalogue, settings, sources, judge)


def _estimate(catalogue: Catalogue, settings: GraphSettings, calls: int, low: int, high: int) -> CostEstimate:
    return CostEstimate(
        n_attributes=len(catalogue),
        n_pairs=catalogue.n_pairs,
        calls=calls,
        calls_published=calls_published(catalogue, settings.batch_size),
        calls_floor=calls_floor(catalogue, settings.batch_size),
        strategy=settings.strategy.value,
        calls_low=low,
        calls_high=high,
    )


def _check_calls(settings: GraphSettings, calls: Sequence[PlannedCall]) -> int:
    """Calls of canary and probes around these calls, exactly as they will be planned."""
    checks = settings.safeguards
    probes = plan_probes(calls, checks.probes, settings.batch_size) if checks.probes.share else ()
    return len(probes) + (CANARY_CALLS if checks.canary else 0)


def _likely_money(
    estimate: CostEstimate,
    catalogue: Catalogue,
    settings: GraphSettings,
    sources: Sources | None,
    judge: LlmJudge | None,
) -> CostEstimate:
    """Tokens and money of a run whose calls are not known yet: each is counted like a call of the judge."""
    checks = likely_check_calls(settings, estimate.calls)
    if judge:
        note = f"{estimate.note} Every call is priced like one that judges pairs.".strip()
        estimate = replace(estimate, check_calls=checks, note=note)
    n_paid = estimate.calls - estimate.calls_answered + checks
    return _with_money(estimate, catalogue, _sample(catalogue, settings), n_paid, settings, sources, judge)


def _with_money(
    estimate: CostEstimate,
    catalogue: Catalogue,
    calls: Sequence[PlannedCall],
    n_paid: int,
    settings: GraphSettings,
    sources: Sources | None,
    judge: LlmJudge | None,
) -> CostEstimate:
    """Tokens of the paid calls, by the mean of rendered ones, and their price."""
    if judge is None or sources is None or settings.model is None or not calls:
        return estimate
    rendered = calls[:: -(-len(calls) // MOST_RENDERED)]
    asked = [request_tokens(_request(catalogue, call, judge)) for call in rendered]
    said = [_reply_tokens(len(call.targets)) for call in rendered]
    input_tokens, output_tokens = (int(np.ceil(np.mean(tokens) * n_paid)) for tokens in (asked, said))
    price = price_of(settings.model.model, sources.prices)
    is_batch = settings.delivery is Delivery.BATCH
    try:
        cost = price.cost(input_tokens, output_tokens, batch=is_batch) if price else None
    except ValenceError:  # no batch price is known
        cost = None
    return replace(
        estimate,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost=cost,
        currency=price.currency if price and cost is not None else "",
        note=" ".join(
            part for part in (estimate.note, PRICE_UNKNOWN.capitalize() + "." if cost is None else "") if part
        ),
    )


def _judge(settings: GraphSettings, sources: Sources | None) -> LlmJudge | None:
    if settings.model is None or sources is None:
        return None
    return llm_judge(settings, sources, load_trait_table(), NoAsker())


def _request(catalogue: Catalogue, call: PlannedCall, judge: LlmJudge) -> ChatRequest:
    attributes = catalogue.attributes
    return judge.request(attributes[call.primary], [attributes[target] for target in call.targets])


def _answered(catalogue: Catalogue, plan: CallPlan, judge: LlmJudge | None, sources: Sources | None, again: int) -> int:
    """Calls whose first answer lies in the log."""
    if judge is None or sources is None or sources.log is None:
        return 0
    log = sources.log
    return sum(log.find(_request(catalogue, call, judge).fingerprint, again) is not None for call in plan)


def _described(catalogue: Catalogue, settings: GraphSettings, sources: Sources | None, stages: Stages | None) -> int:
    """Describing calls whose answer lies in the log: what an edited prompt of a later stage leaves free."""
    if settings.model is None or sources is None or sources.log is None:
        return 0
    log, attributes = sources.log, catalogue.attributes
    analyst = LlmAnalyst(NoAsker(), sources.prompts, settings.model, again=settings.again)
    batches = description_batches(stages or empty_stages(catalogue), settings.cluster.enrich_batch_size)
    requests = (analyst.describe_request([attributes[position] for position in batch]) for batch in batches)
    return sum(log.find(request.fingerprint, settings.again) is not None for request in requests)


def _reply_tokens(n_targets: int) -> int:
    """Of a complete answer about that many targets."""
    return estimate_tokens(canonical_json({"batch": "00000000", **{str(n): "+" for n in range(1, n_targets + 1)}}))


def _sample(catalogue: Catalogue, settings: GraphSettings) -> list[PlannedCall]:
    """Calls of full size that stand for the ones a strategy will only know when it runs."""
    rng = np.random.default_rng(0)
    calls = []
    for number in range(min(MOST_RENDERED, len(catalogue))):
        primary = int(rng.integers(len(catalogue)))
        modality = catalogue.attributes[primary].modality
        others = [i for i, attribute in enumerate(catalogue.attributes) if attribute.modality != modality]
        if others:
            chosen = rng.choice(others, size=min(settings.batch_size, len(others)), replace=False)
            calls.append(PlannedCall(number, primary, chosen.astype(np.int32)))
    return calls
