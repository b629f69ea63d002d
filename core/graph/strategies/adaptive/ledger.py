"""The answers of a run as they come in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.graph.call_plan import PlannedCall
from core.graph.model import Outcome, Verdict
from core.graph.strategies.adaptive.pairs import PairList
from core.graph.strategies.adaptive.report import Purpose

_USABLE = (Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE)


@dataclass(eq=False)
class Ledger:
    """What was asked and answered; the columns are as long as `pairs` and only ever filled in.

    `classes`: int8, outcome plus one, -1 without a usable answer; `call`: int32 number of the call, -1 if none asked;
    `primary`: int32, of that call; `verdicts`: by pair number; `purposes`: of each call answered, by call number.
    """

    pairs: PairList
    classes: NDArray[np.int8] = field(init=False)
    call: NDArray[np.int32] = field(init=False)
    primary: NDArray[np.int32] = field(init=False)
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    purposes: list[Purpose] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.classes = np.full(len(self.pairs), -1, dtype=np.int8)
        self.call = np.full(len(self.pairs), -1, dtype=np.int32)
        self.primary = np.full(len(self.pairs), -1, dtype=np.int32)

    @property
    def n_calls(self) -> int:
        """Calls that were answered so far."""
        return len(self.purposes)

    @property
    def is_open(self) -> NDArray[np.bool_]:
        """Pairs that no call has asked, bool [P]."""
        return np.asarray(self.call < 0)

    def record(self, call: PlannedCall, answer: Sequence[Verdict], purpose: Purpose) -> None:
        """Enter the answer to a call, under the next free call number."""
        numbers = self.pairs.number_of[call.primary, call.targets]
        self.call[numbers], self.primary[numbers] = self.n_calls, call.primary
        self.purposes.append(purpose)
        for number, verdict in zip(numbers.tolist(), answer, strict=True):
            self.verdicts[number] = verdict
            if verdict.outcome in _USABLE:
                self.classes[number] = verdict.outcome + 1

    def numbered(self, calls: Sequence[PlannedCall]) -> list[PlannedCall]:
        """The calls under the numbers they get if all of them are answered in this order."""
        return [call._replace(number=self.n_calls + place) for place, call in enumerate(calls)]
