"""The three strategies, each behind the same call: from a catalogue and settings to verdicts and a report."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.catalogue.model import Catalogue
from core.graph.attribute_text import catalogue_texts, texts_with
from core.graph.call_plan import CallPlan, plan_calls, plan_pairs
from core.graph.incremental import CarryOver, carry_over, incremental_text, merge_verdicts
from core.graph.judging import judge_plan, table_of_calls
from core.graph.model import VerdictTable
from core.graph.strategies.adaptive.features import pair_features
from core.graph.strategies.adaptive.run import run_adaptive
from core.graph.strategies.adaptive.settings import AdaptiveSettings
from core.graph.strategies.cluster.preparation import prepare_stages
from core.graph.strategies.cluster.run import ClusterRun, run_cluster
from core.graph.strategies.cluster.stages import Stages
from core.progress import Progress, Steps
from core.workflows.graph_settings import GraphSettings, Strategy
from core.workflows.graph_tools import Tools
from core.workflows.records import record

CANARY_CALLS = 2  # of the shipped canary, which has two sources


@dataclass(frozen=True, slots=True)
class Parent:
    """A graph whose answers a run may carry over: its catalogue, its verdicts and who judged it."""

    catalogue: Catalogue
    verdicts: VerdictTable
    judge_fingerprint: str


@dataclass(frozen=True, slots=True)
class Start:
    """Where a run begins: prepared stages and a parent graph, None for none."""

    stages: Stages | None = None
    parent: Parent | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a strategy found; `stopped`: why it ended before its work was done, or empty.

    `stages` where it worked with some, `report` as JSON data.
    """

    verdicts: VerdictTable
    n_calls: int
    stopped: str
    stages: Stages | None = None
    report: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class BrutePlan:
    """The calls of a brute-force run, and what is carried over instead of asked (None without a parent)."""

    calls: CallPlan
    carried: CarryOver | None

    @property
    def text(self) -> str:
        """What a changed catalogue costs, such as `+12 attributes: +31 calls`; empty without a parent."""
        return incremental_text(self.carried.report, self.calls) if self.carried else ""


def plan_brute_force(
    catalogue: Catalogue, settings: GraphSettings, parent: Parent | None, judge_fingerprint: str
) -> BrutePlan:
    """Every candidate pair in as few calls as the plan's method finds, those left out that the parent answers."""
    if parent is None:
        return BrutePlan(plan_calls(catalogue, settings.plan, settings.batch_size), None)
    is_same_judge = parent.judge_fingerprint == judge_fingerprint
    carried = carry_over(parent.catalogue, parent.verdicts, catalogue, is_same_judge=is_same_judge)
    pairs = carried.to_ask
    return BrutePlan(plan_pairs(catalogue, pairs.source, pairs.target, settings.batch_size), carried)


def brute_force(catalogue: Catalogue, settings: GraphSettings, tools: Tools, start: Start) -> Steps[Found]:
    """Ask every cross-modality pair, those left out whose answer is carried over from the parent."""
    plan = plan_brute_force(catalogue, settings, start.parent, tools.judge.fingerprint)
    judged = yield from judge_plan(catalogue, plan.calls, tools.judge, settings.n_workers)
    if plan.carried is None:
        return Found(judged.verdicts, judged.n_calls, judged.stopped)
    verdicts = merge_verdicts(plan.carried.verdicts, judged.verdicts)
    report = {"carried_over": {**record(plan.carried.report), "text": plan.text}}
    return Found(verdicts, judged.n_calls, judged.stopped, report=report)


def cluster(catalogue: Catalogue, settings: GraphSettings, tools: Tools, start: Start) -> Steps[Found]:
    """Prepare whatever stages are missing, then ask what the clusters leave open."""
    stages = yield from prepare(catalogue, settings, tools, start.stages)
    if stages.stopped:
        nothing = table_of_calls([], tools.judge.name)
        return Found(nothing, stages.calls.total, stages.stopped, stages)
    run = yield from run_cluster(
        catalogue, stages, tools.judge, settings.cluster, settings.batch_size, settings.n_workers
    )
    return Found(run.verdicts, run.n_calls, run.stopped, stages, {"cluster": _cluster_report(run)})


def prepare(catalogue: Catalogue, settings: GraphSettings, tools: Tools, start: Stages | None) -> Steps[Stages]:
    """The first three stages of the cluster strategy, from wherever `start` stands."""
    return (
        yield from prepare_stages(
            catalogue,
            tools.analyst,
            tools.embedder,
            settings.cluster,
            settings.clusters,
            facts=tools.table,
            start=start,
            n_workers=settings.n_workers,
        )
    )


def adaptive(catalogue: Catalogue, settings: GraphSettings, tools: Tools, start: Start) -> Steps[Found]:
    """Ask the most telling calls, infer the rest, audit it; texts come from prepared stages or the trait table."""
    texts = (
        texts_with(catalogue, start.stages.descriptions) if start.stages else catalogue_texts(catalogue, tools.table)
    )
    yield Progress(0, 1, f"Embedding {len(texts):,} texts")
    features = pair_features(catalogue, tools.table, tools.embedder.embed(texts))
    knobs = adaptive_within_budget(settings)
    run = yield from run_adaptive(catalogue, tools.judge, features, knobs, settings.batch_size, settings.n_workers)
    return Found(run.verdicts, run.n_calls, run.stopped, start.stages, {"adaptive": record(run.report)})


def _cluster_report(run: ClusterRun) -> dict[str, Any]:
    return {
        "calls": record(run.calls),
        "n_inherited": run.n_inherited,
        "saved_calls": run.saved_calls,
        "spot_check": {**record(run.spot_check), "n_asked": run.spot_check.n_asked},
    }


def likely_check_calls(settings: GraphSettings, n_calls: int) -> int:
    """About the calls of canary and probes beside `n_calls`; probe calls are seldom more than half full."""
    if settings.model is None:
        return 0
    checks = settings.safeguards
    return (CANARY_CALLS if checks.canary else 0) + math.ceil(2 * checks.probes.share * n_calls)


def adaptive_within_budget(settings: GraphSettings) -> AdaptiveSettings:
    """The strategy's settings, its calls limited so that the budget leaves room for its audit, canary and probes."""
    knobs, most = settings.adaptive, settings.budget.max_calls
    if most is None:
        return knobs
    left = most - likely_check_calls(settings, most)
    if left < 2 * knobs.audit_calls:
        return knobs  # too few for an audit: the budget ends the run, and its report says that nothing was audited
    return knobs.model_copy(update={"max_calls": min(left, knobs.max_calls or left)})


STRATEGIES: Final[Mapping[Strategy, Callable[[Catalogue, GraphSettings, Tools, Start], Steps[Found]]]] = {
    Strategy.BRUTE_FORCE: brute_force,
    Strategy.CLUSTER: cluster,
    Strategy.ADAPTIVE: adaptive,
}
