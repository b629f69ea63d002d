"""From settings to graphs: the run itself, and where it is wanted the same run without facts beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.catalogue.model import Catalogue
from core.graph.agreement import PairAgreement, compare_graphs
from core.llm.gateway import Usage
from core.progress import Steps
from core.workflows.graph_batches import answer_by_batch
from core.workflows.graph_runs import GraphRun, run_graph
from core.workflows.graph_settings import Delivery, GraphSettings, Grounding
from core.workflows.graph_strategies import Start
from core.workflows.graph_tools import Sources, open_tools

_FIGURES = (
    "n_pairs",
    "edges_a",
    "edges_b",
    "common",
    "mismatches",
    "only_a",
    "only_b",
    "agreement_on_common",
    "recall_of_a",
    "agreement_all_pairs",
    "kappa_all_pairs",
)


@dataclass(frozen=True, slots=True)
class Generated:
    """A run with what it was charged (None where no model was asked), and the one without facts, if that was wanted."""

    run: GraphRun
    usage: Usage | None
    bare: GraphRun | None = None


def generate_graph(catalogue: Catalogue, settings: GraphSettings, sources: Sources, start: Start) -> Steps[Generated]:
    """Generate a graph by batch or live; errors are those of `open_tools`, `answer_by_batch` and `run_graph`."""
    yield from answer_by_batch(catalogue, settings, sources, start)
    made = yield from _run(catalogue, settings, sources, start)
    if not settings.grounding.compare or made.run.stopped:
        return made
    plain = settings.model_copy(update={"grounding": Grounding(), "delivery": Delivery.LIVE, "extends": ""})
    bare = yield from _run(catalogue, plain, replace(sources, facts=()), Start(start.stages))
    agreement = compare_graphs(catalogue, made.run.verdicts, bare.run.verdicts)
    report = {**made.run.report, "without_facts": agreement_record(agreement)}
    return Generated(replace(made.run, report=report), bare.usage, bare.run)


def agreement_record(agreement: PairAgreement) -> Mapping[str, Any]:
    """The figures of a comparison as JSON data."""
    return {name: getattr(agreement, name) for name in _FIGURES}


def _run(catalogue: Catalogue, settings: GraphSettings, sources: Sources, start: Start) -> Steps[Generated]:
    with open_tools(settings, sources) as tools:
        run = yield from run_graph(catalogue, settings, tools, start)
        return Generated(run, tools.gateway.usage if tools.gateway else None)
