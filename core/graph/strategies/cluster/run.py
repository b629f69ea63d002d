"""Stage 4: from scored clusters to verdicts on attribute pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.call_plan import DEFAULT_BATCH_SIZE, CallPlan, PlannedCall, plan_pairs
from core.graph.clusters.model import Clustering
from core.graph.judges.protocol import Judge
from core.graph.judging import ask_calls, table_of_calls
from core.graph.model import Basis, Outcome, Sign, Verdict, VerdictTable, verdict_table
from core.graph.strategies.cluster.calls import Stage, StageCalls
from core.graph.strategies.cluster.expansion import Expansion, Fate, expand
from core.graph.strategies.cluster.scores import ClusterPairScores
from core.graph.strategies.cluster.settings import ClusterStrategySettings
from core.graph.strategies.cluster.spot_check import SpotCheckReport, check_blocks, choose_probes
from core.graph.strategies.cluster.stages import Stages
from core.progress import Steps

NOT_ASKED = -1  # the call number of a pair that no call asked
_MIDDLE_SCORE = 5.0


@dataclass(frozen=True, eq=False)
class ClusterRun:
    """What the strategy found. `verdicts` holds asked and inherited pairs; discarded ones are not in it.

    `calls`: by stage, those that prepared the stages included. `expansion`: the fate of every pair as the settings
    decided it, before the spot check. `saved_calls`: by how many calls the expansion stayed below asking everything
    that was not discarded; 0 where nothing inherits or the run was stopped.
    `stopped`: why pairs are missing, or empty; blocks whose check was not finished then do not inherit.
    """

    verdicts: VerdictTable
    calls: StageCalls
    expansion: Expansion
    spot_check: SpotCheckReport
    saved_calls: int
    stopped: str

    @property
    def n_calls(self) -> int:
        """Calls of all stages."""
        return self.calls.total

    @property
    def n_inherited(self) -> int:
        """Pairs that took over the sign of their cluster pair."""
        return int(np.count_nonzero(self.verdicts.basis == Basis.INHERITED))


def run_cluster(
    catalogue: Catalogue,
    stages: Stages,
    judge: Judge,
    settings: ClusterStrategySettings,
    batch_size: int = DEFAULT_BATCH_SIZE,
    n_workers: int = 1,
) -> Steps[ClusterRun]:
    """Ask what the scores leave open and the probes of the spot check, then the blocks that failed it.

    `ValenceError` when the stages are not complete or belong to another catalogue. A reached budget ends the run early
    with what there is.
    """
    clustering = complete_clustering(catalogue, stages)
    expansion = expand(clustering, stages.scores, settings)
    probes = choose_probes(expansion, settings)
    first = plan_of(catalogue, expansion, (expansion.fate == Fate.ASKED) | probes, batch_size)
    made, stopped = yield from _ask(catalogue, list(first), judge, n_workers)
    report = check_blocks(expansion, probes, table_of_calls(made, judge.name), stages.scores, settings)
    inherited = (expansion.fate == Fate.INHERITED) & ~probes
    refused = inherited & np.isin(expansion.row, _rows(stages.scores, report))
    if not stopped:
        second = plan_of(catalogue, expansion, refused, batch_size)
        more, stopped = yield from _ask(catalogue, _numbered_from(first.n_calls, second), judge, n_workers)
        made += more
    inherited &= ~refused
    return ClusterRun(
        verdicts=_with_inherited(table_of_calls(made, judge.name), clustering, stages.scores, expansion, inherited),
        calls=stages.calls.plus(Stage.EXPAND, len(made)),
        expansion=expansion,
        spot_check=report,
        saved_calls=plan_of(catalogue, expansion, expansion.fate != Fate.DISCARDED, batch_size).n_calls - len(made)
        if inherited.any() and not stopped
        else 0,
        stopped=stopped,
    )


def complete_clustering(catalogue: Catalogue, stages: Stages) -> Clustering:
    """The stages' clusters; `ValenceError` when there are none, or they belong to another catalogue."""
    if stages.catalogue.id != catalogue.id:
        raise ValenceError("These stages belong to another catalogue.", "Prepare stages for this catalogue.")
    if stages.clustering is None:
        raise ValenceError("The attributes are not clustered yet.", "Let the stages run to their end, then go on.")
    return stages.clustering


def plan_of(catalogue: Catalogue, expansion: Expansion, chosen: NDArray[np.bool_], batch_size: int) -> CallPlan:
    """The calls that ask the chosen pairs, bool [P]."""
    return plan_pairs(catalogue, expansion.source[chosen], expansion.target[chosen], batch_size)


_Made = list[tuple[PlannedCall, Sequence[Verdict]]]


def _ask(catalogue: Catalogue, calls: Sequence[PlannedCall], judge: Judge, n_workers: int) -> Steps[tuple[_Made, str]]:
    asked = yield from ask_calls(catalogue, calls, judge, n_workers)
    made = [(call, answer) for call, answer in zip(calls, asked.answers, strict=True) if answer is not None]
    return made, asked.stopped


def _numbered_from(number: int, plan: CallPlan) -> list[PlannedCall]:
    return [call._replace(number=call.number + number) for call in plan]


def _rows(scores: ClusterPairScores, report: SpotCheckReport) -> NDArray[np.int64]:
    """The rows of the cluster pairs that failed the check."""
    a = np.array([block.a for block in report.refused], dtype=np.int32)
    b = np.array([block.b for block in report.refused], dtype=np.int32)
    return scores.find(a, b)


def _with_inherited(
    asked: VerdictTable,
    clustering: Clustering,
    scores: ClusterPairScores,
    expansion: Expansion,
    inherited: NDArray[np.bool_],
) -> VerdictTable:
    """The asked verdicts and one for every inherited pair."""
    rows, sign = expansion.row[inherited], expansion.sign[inherited]
    verdict_of = {
        row: inherited_verdict(clustering, scores, row, Sign(s))
        for row, s in set(zip(rows.tolist(), sign.tolist(), strict=True))
    }
    n_asked, n_inherited = len(asked), len(rows)
    said = [
        Verdict(Outcome(o), s, r, e, reply)
        for o, s, r, e, reply in zip(
            asked.outcome.tolist(), asked.strength.tolist(), asked.reason, asked.evidence, asked.reply, strict=True
        )
    ]
    return verdict_table(
        np.concatenate([asked.source, expansion.source[inherited]]),
        np.concatenate([asked.target, expansion.target[inherited]]),
        [*said, *(verdict_of[row] for row in rows.tolist())],
        np.concatenate([asked.call, np.full(n_inherited, NOT_ASKED, dtype=np.int32)]),
        asked.judge,
        basis=np.repeat(np.array([Basis.ASKED, Basis.INHERITED], dtype=np.int8), [n_asked, n_inherited]),
    )


def inherited_verdict(clustering: Clustering, scores: ClusterPairScores, row: int, sign: Sign) -> Verdict:
    """The verdict all inheriting pairs of a cluster pair share; its strength is the score's distance from 5, over 5."""
    score = float(scores.value[row])
    names = " with ".join(name_of(clustering, int(end)) for end in (scores.a[row], scores.b[row]))
    reason = f"Inherited from its cluster pair: {names} scored {score:g} of 10."
    return Verdict(Outcome(sign), abs(score - _MIDDLE_SCORE) / _MIDDLE_SCORE, reason)


def name_of(clustering: Clustering, number: int) -> str:
    """A cluster's label in quotation marks, or its number."""
    card = clustering[number].card
    return f"“{card.label}”" if card else f"cluster {number}"
