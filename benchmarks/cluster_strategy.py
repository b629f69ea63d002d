"""The cluster strategy against a simulated LLM: the offline judge with a share of its answers replaced at random.

The simulated LLM describes from the trait table, scores cluster pairs by its own answers on three exemplars of either,
and judges attribute pairs. Recall and sign agreement compare with asking it every pair (strategy A).
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.simulated_llm import NoisyJudge
from benchmarks.table import Row, table_text
from core.catalogue.model import Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.agreement import compare_graphs
from core.graph.call_plan import plan_calls
from core.graph.clusters.settings import ClusterSettings
from core.graph.judges.offline import offline_judge
from core.graph.judging import judge_plan
from core.graph.strategies.cluster.calls import Stage
from core.graph.strategies.cluster.offline_analyst import OfflineAnalyst
from core.graph.strategies.cluster.preparation import prepare_stages
from core.graph.strategies.cluster.run import ClusterRun, run_cluster
from core.graph.strategies.cluster.settings import DEFAULT, STRICT, ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages
from core.knowledge.traits import load_trait_table
from core.llm.minilm import MiniLmEmbedder
from core.progress import finish

_CATALOGUES = Path(__file__).parents[1] / "data" / "catalogues"
_SEED = 1
NOISE = (0.0, 0.05, 0.10)


class Published(NamedTuple):
    """The published figures of strategy B on a catalogue, from a real LLM; None where none was published."""

    calls: int
    edges: int
    recall: float | None
    agreement: float | None


LARGE = Published(265, 4_649, 0.677, 0.980)
SMALL = Published(40, 166, None, None)

_PUBLISHED_SETTINGS = DEFAULT.model_copy(update={"spot_check_members": 0})
_VARIANTS = {
    "9.0/2.0": STRICT.model_copy(update={"spot_check_members": 0}),
    "8.0/3.0 with spot check": DEFAULT,
    "9.0/2.0 with spot check": STRICT,
    "8.0/3.0, noise asked everywhere": _PUBLISHED_SETTINGS.model_copy(update={"ask_noise_everywhere": True}),
    "no inheriting": _PUBLISHED_SETTINGS.model_copy(update={"auto_inherit": False}),
}
_VARIANT_NOISE = 0.05


def run() -> list[Row]:
    """Calls, edges, recall and sign agreement at the published settings beside the published figures; then variants."""
    return [*_rows("large", LARGE), *_rows("small", SMALL)]


def _rows(name: str, published: Published) -> Iterator[Row]:
    catalogue = catalogue_or_error(read_catalogue_file(_CATALOGUES / f"{name}.csv"))
    clustered = _prepared(catalogue, NoisyJudge(offline_judge(), 0.0, _SEED), None, Stage.CLUSTER)
    for noise in NOISE:
        judge = NoisyJudge(offline_judge(), noise, _SEED)
        stages = _prepared(catalogue, judge, clustered, Stage.SCORE)
        what = f"strategy B, {len(catalogue)} attributes, {noise:.0%} noise"
        yield from _figures(f"{what}, 8.0/3.0", catalogue, stages, judge, _PUBLISHED_SETTINGS, published)
        if noise == _VARIANT_NOISE and published is LARGE:
            for variant, settings in _VARIANTS.items():
                yield from _figures(f"{what}, {variant}", catalogue, stages, judge, settings, published)


def _prepared(catalogue: Catalogue, judge: NoisyJudge, start: Stages | None, until: Stage) -> Stages:
    """Stages by the simulated LLM; descriptions and clusters do not depend on its noise."""
    table = load_trait_table()
    steps = prepare_stages(
        catalogue,
        OfflineAnalyst(table, judge),
        MiniLmEmbedder(),
        DEFAULT,
        ClusterSettings(stability_runs=0),
        facts=table,
        start=start,
        until=until,
    )
    return finish(steps)


def _figures(
    what: str,
    catalogue: Catalogue,
    stages: Stages,
    judge: NoisyJudge,
    settings: ClusterStrategySettings,
    published: Published,
) -> Iterator[Row]:
    everything = finish(judge_plan(catalogue, plan_calls(catalogue), judge)).verdicts
    made = finish(run_cluster(catalogue, stages, judge, settings))
    agreement = compare_graphs(catalogue, everything, made.verdicts)
    recall, same = agreement.recall_of_a or 0.0, agreement.agreement_on_common or 0.0
    precision = agreement.precision_of_b or 0.0
    yield _row(f"{what}: calls", made.n_calls, published.calls, "calls", _calls_note(made))
    note = f"A has {agreement.edges_a:,} by the same judge; {precision:.1%} of B's are among them"
    yield _row(f"{what}: edges", agreement.edges_b, published.edges, "edges", f"{note}; {made.n_inherited:,} inherited")
    if published.recall is None:  # clusters of one: a simulated score is the pair's own answer, so nothing can differ
        return
    yield _row(f"{what}: recall", recall, published.recall, "share of A's edges", _check_note(made))
    yield _row(f"{what}: sign agreement", same, published.agreement, "share of common edges", "beside: published")


def _row(name: str, measured: float, published: float | None, unit: str, note: str) -> Row:
    return Row(name, measured, published, measured / published if published else None, unit, note)


def _calls_note(made: ClusterRun) -> str:
    calls = made.calls
    return (
        f"simulated LLM = offline judge; describe {calls.describe}, label {calls.label}, score {calls.score}, "
        f"expand {calls.expand}; inheriting saves {made.saved_calls}"
    )


def _check_note(made: ClusterRun) -> str:
    check = made.spot_check
    if not check.blocks:
        return "no spot check"
    error = check.error
    return (
        f"spot check: {len(check.refused)} of {len(check.blocks)} blocks refused, error before "
        f"{error.estimate:.0%} ({error.low:.0%} to {error.high:.0%})"
    )


if __name__ == "__main__":
    sys.stdout.write(table_text(run()) + "\n")
