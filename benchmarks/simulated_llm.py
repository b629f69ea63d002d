"""A judge that errs at random: how the strategies are measured without a real model."""

import hashlib
from collections.abc import Sequence

from core.catalogue.model import Attribute
from core.errors import ValenceError
from core.fingerprint import content_id
from core.graph.judges.protocol import Judge
from core.graph.model import Outcome, Verdict

_SAID = (Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE)
_REASON = "Simulated answer: the offline judge's, with some replaced at random."
_UNIT = float(1 << 64)


class NoisyJudge:
    """Wraps a judge and replaces a share (0..1) of its answers by one of the two other outcomes.

    A pair gets the same answer however often, in whatever order and from whichever end it is asked. Pairs without an
    answer stay so. Like a model that answers `+`, `-` or `0` only, it gives away neither strength nor reason.
    """

    def __init__(self, judge: Judge, share: float, seed: int) -> None:
        if not 0 <= share <= 1:
            raise ValenceError(f"{share} is no share of answers.", "Choose a number from 0 to 1.")
        self._judge, self._share, self._seed = judge, share, seed
        self.name = f"{judge.name} with {share:.0%} noise"
        self.fingerprint = content_id("noisy-judge", [judge.fingerprint, share, seed])

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> Sequence[Verdict]:
        """One verdict per target, in their order."""
        honest = self._judge.verdicts(primary, targets)
        return [self._replaced(verdict, primary, target) for verdict, target in zip(honest, targets, strict=True)]

    def _replaced(self, verdict: Verdict, first: Attribute, second: Attribute) -> Verdict:
        if verdict.outcome not in _SAID:
            return verdict
        ends = "\0".join(sorted((first.id, second.id)))
        drawn = hashlib.blake2b(f"{self._seed}\0{ends}".encode(), digest_size=16).digest()
        chance, which = int.from_bytes(drawn[:8], "big") / _UNIT, drawn[8] & 1
        others = [outcome for outcome in _SAID if outcome != verdict.outcome]
        return Verdict(others[which] if chance < self._share else verdict.outcome, 1.0, _REASON)
