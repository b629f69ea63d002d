"""One run of graph generation: check the judge, follow the strategy, ask some pairs again, and report."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.catalogue.model import Catalogue
from core.graph.canary import CanaryReport, read_canary, require_canary, run_canary
from core.graph.judges.llm import LlmJudge
from core.graph.judging import made_calls
from core.graph.model import SignedGraph, VerdictTable, graph_from_verdicts
from core.graph.stability import Probed, SelfAgreement, plan_probes, probe
from core.graph.strategies.cluster.stages import Stages
from core.progress import Steps
from core.workflows.graph_settings import GraphSettings
from core.workflows.graph_strategies import STRATEGIES, Found, Start
from core.workflows.graph_tools import Tools
from core.workflows.records import record


@dataclass(frozen=True, slots=True)
class GraphRun:
    """A finished run: the graph, every verdict behind it, and what it took.

    `n_calls`: calls of the strategy and its stages; `n_check_calls`: those of canary and probes. `stopped`: why pairs
    are missing, or empty. `report`: what the strategy says of itself, as JSON data. `warnings`: sentences for people.
    """

    graph: SignedGraph
    verdicts: VerdictTable
    n_calls: int
    seconds: float
    judge_name: str
    judge_fingerprint: str
    n_check_calls: int = 0
    stopped: str = ""
    stages: Stages | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def run_graph(catalogue: Catalogue, settings: GraphSettings, tools: Tools, start: Start) -> Steps[GraphRun]:
    """Generate a graph; `CanaryFailed` before anything else is asked when the model misjudges obvious pairs.

    A reached budget ends the run early, with the verdicts there are; `seconds` is wall time.
    """
    started = time.perf_counter()
    canary = yield from check_canary(settings, tools)
    found: Found = yield from STRATEGIES[settings.strategy](catalogue, settings, tools, start)
    probed = yield from _probe(catalogue, found.verdicts, settings, tools)
    verdicts = probed.verdicts if probed else found.verdicts
    return GraphRun(
        graph=graph_from_verdicts(catalogue, verdicts),
        verdicts=verdicts,
        n_calls=found.n_calls,
        seconds=time.perf_counter() - started,
        judge_name=tools.judge.name,
        judge_fingerprint=tools.judge.fingerprint,
        n_check_calls=(probed.n_calls if probed else 0) + (canary.n_calls if canary else 0),
        stopped=found.stopped,
        stages=found.stages,
        report={**found.report, **_checks(canary, probed.self_agreement if probed else None)},
        warnings=_warnings(tools),
    )


def check_canary(settings: GraphSettings, tools: Tools) -> Steps[CanaryReport | None]:
    """Ask a model the obvious pairs; `CanaryFailed` below the settings' threshold, None where no canary is wanted."""
    if not isinstance(tools.judge, LlmJudge) or not settings.safeguards.canary:
        return None
    report = yield from run_canary(tools.judge, read_canary(), settings.n_workers)
    require_canary(report, settings.safeguards.canary_from, insist=settings.safeguards.insist)
    return report


def _probe(catalogue: Catalogue, verdicts: VerdictTable, settings: GraphSettings, tools: Tools) -> Steps[Probed | None]:
    if not isinstance(tools.judge, LlmJudge) or settings.safeguards.probes.share == 0 or not len(verdicts):
        return None
    probes = plan_probes(made_calls(verdicts), settings.safeguards.probes, settings.batch_size)
    return (yield from probe(catalogue, verdicts, probes, tools.judge, settings.n_workers))


def _checks(canary: CanaryReport | None, agreement: SelfAgreement | None) -> dict[str, Any]:
    checks: dict[str, Any] = {}
    if canary:
        misses = [str(miss) for miss in canary.misses]
        checks["canary"] = {"n_right": canary.n_right, "n_pairs": len(canary.results), "misses": misses}
    if agreement:
        checks["self_agreement"] = record(agreement)
    return checks


def _warnings(tools: Tools) -> tuple[str, ...]:
    warning = tools.judge.watch.warning if isinstance(tools.judge, LlmJudge) else ""
    return (warning,) if warning else ()
