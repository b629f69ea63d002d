"""Running a call plan past a judge."""

import numpy as np

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.call_plan import CallPlan
from core.graph.judges.protocol import Judge
from core.graph.model import Verdict, VerdictTable
from core.progress import Progress, Steps


def judge_plan(catalogue: Catalogue, plan: CallPlan, judge: Judge) -> Steps[VerdictTable]:
    """Ask every planned call in order and collect one verdict per pair; yields after each call.

    `ValenceError` when the judge answers a call with another number of verdicts than it was asked for.
    """
    verdicts: list[Verdict] = []
    for call in plan:
        answers = judge.verdicts(
            catalogue.attributes[call.primary], [catalogue.attributes[target] for target in call.targets]
        )
        if len(answers) != len(call.targets):
            raise ValenceError(
                f"Judge {judge.name!r} gave {len(answers)} verdicts for the {len(call.targets)} pairs of "
                f"call {call.number + 1}.",
                "Nothing was saved; report this as a fault of the judge.",
            )
        verdicts.extend(answers)
        yield Progress(call.number + 1, plan.n_calls, f"{len(verdicts):,} of {plan.n_pairs:,} pairs judged")
    return _verdict_table(plan, verdicts, judge.name)


def _verdict_table(plan: CallPlan, verdicts: list[Verdict], judge_name: str) -> VerdictTable:
    sizes = np.diff(plan.start)
    primary = np.repeat(plan.primary, sizes)
    low, high = np.minimum(primary, plan.targets), np.maximum(primary, plan.targets)
    order = np.lexsort((high, low))
    return VerdictTable(
        source=low[order],
        target=high[order],
        outcome=np.array([v.outcome for v in verdicts], dtype=np.int8)[order],
        strength=np.array([v.strength for v in verdicts], dtype=np.float32)[order],
        call=np.repeat(np.arange(plan.n_calls, dtype=np.int32), sizes)[order],
        reason=tuple(verdicts[position].reason for position in order),
        judge=judge_name,
    )
