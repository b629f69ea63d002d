"""The adaptive strategy: ask what helps most, infer the rest, and audit what was inferred."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import TypeVar

import numpy as np

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.call_plan import DEFAULT_BATCH_SIZE, PlannedCall, calls_floor, plan_calls
from core.graph.judges.protocol import Judge
from core.graph.judging import ask_calls
from core.graph.strategies.adaptive.audit import Sample, estimate_quality, expected_recall
from core.graph.strategies.adaptive.calibration import Beliefs, expected_gain
from core.graph.strategies.adaptive.features import PairFeatures
from core.graph.strategies.adaptive.ledger import Ledger
from core.graph.strategies.adaptive.model import learn_signs
from core.graph.strategies.adaptive.report import AdaptiveReport, AdaptiveRun, CurvePoint, Purpose, Quality
from core.graph.strategies.adaptive.resolving import Resolution, resolve, verdicts_of
from core.graph.strategies.adaptive.routing import chance_of_audit, promising_calls, random_calls
from core.graph.strategies.adaptive.settings import AdaptiveSettings
from core.progress import Progress, Steps, retold

_T = TypeVar("_T")

_EXPECTED_SHARE = 0.4  # of the calls that every pair would take: enough for most edges, where nobody sets a limit
_LEAST_ROUND = 0.1  # of the calls so far: fewer new answers are not worth fitting the model again
_LITTLE = 1e-3  # fills calls up with pairs of which no single answer would change the outcome, the least sure first


def run_adaptive(
    catalogue: Catalogue,
    judge: Judge,
    features: PairFeatures,
    settings: AdaptiveSettings,
    batch_size: int = DEFAULT_BATCH_SIZE,
    n_workers: int = 1,
) -> Steps[AdaptiveRun]:
    """Ask until the estimated recall reaches the target, the calls are spent, the budget is, or nothing is left to ask.

    `features` are those of the same catalogue (`pair_features`). A reached budget keeps every answer, and reports
    intervals of [0, 1] if it came before the audit. The same seed and answers make the same calls and the same graph.
    """
    if features.pairs.n_attributes != len(catalogue) or len(features.pairs) != catalogue.n_pairs:
        raise ValenceError("The pair features are those of another catalogue.", "Make them from this catalogue.")
    run = _Run(catalogue, judge, features, settings, batch_size, n_workers)
    yield from run.start()
    while not run.is_over:
        yield from run.route()
        yield from run.audit()
    return run.result()


def expected_calls(catalogue: Catalogue, settings: AdaptiveSettings, batch_size: int) -> int:
    """Calls a run is laid out for; it may take fewer, and without a limit more."""
    floor = max(calls_floor(catalogue, batch_size), 1)
    if floor <= 2 * settings.audit_calls:
        return floor  # a sample with its audit would cost more
    wanted = ceil(_EXPECTED_SHARE * floor) + settings.audit_calls
    return min(settings.max_calls or wanted, floor)


@dataclass(eq=False)
class _Run:
    """One run's state between its steps; each step is a generator of progress."""

    catalogue: Catalogue
    judge: Judge
    features: PairFeatures
    settings: AdaptiveSettings
    batch_size: int
    n_workers: int
    stopped: str = ""
    is_over: bool = False
    is_target_reached: bool = False
    optimism: float = 0.0  # how far the last audit found the model's own figure too high
    curve: list[CurvePoint] = field(default_factory=list)
    ledger: Ledger = field(init=False)
    rng: np.random.Generator = field(init=False)
    beliefs: Beliefs = field(init=False)
    resolution: Resolution = field(init=False)
    quality: Quality = field(init=False)
    sample: Sample = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.features.pairs)
        self.rng = np.random.default_rng(self.settings.seed)

    @property
    def expected_calls(self) -> int:
        """Calls the run is laid out for."""
        return expected_calls(self.catalogue, self.settings, self.batch_size)

    @property
    def calls_left(self) -> int:
        """Calls the settings still allow; without a limit, more than all pairs and an audit could take."""
        unlimited = len(self.features.pairs) + 2 * self.settings.audit_calls + 1
        return (self.settings.max_calls or unlimited) - self.ledger.n_calls

    @property
    def calls_to_learn(self) -> int:
        """Calls left beside those kept for the audit."""
        return max(0, self.calls_left - self.settings.audit_calls)

    @property
    def target(self) -> float:
        """The recall the model must expect before an audit is worth its calls; above 1 where there is no target."""
        wanted = self.settings.target_recall
        return 2.0 if wanted is None else min(1.0, wanted + self.optimism)

    def start(self) -> Steps[None]:
        """The stratified random sample; or every pair, where that is cheaper or no target ends the run early."""
        floor = calls_floor(self.catalogue, self.batch_size)
        is_all_wanted = self.settings.target_recall is None or floor <= 2 * self.settings.audit_calls
        if is_all_wanted and self.calls_left >= floor:
            everything = plan_calls(self.catalogue, batch_size=self.batch_size)
            if everything.n_calls <= self.calls_left:
                yield from self.ask(list(everything), Purpose.EVERYTHING)
                return
        n_calls = min(ceil(self.settings.first_share * self.expected_calls), self.calls_to_learn)
        calls = random_calls(self.features.pairs, self.ledger.is_open, n_calls, self.batch_size, self.rng)
        yield from self.ask(calls, Purpose.START)

    def route(self) -> Steps[None]:
        """Rounds of the most useful calls, until the model expects the target or the calls to learn from are spent."""
        n_start = ceil(self.settings.first_share * self.expected_calls)
        per_round = ceil((self.expected_calls - n_start - self.settings.audit_calls) / self.settings.rounds)
        while not self.stopped and self.calls_to_learn and self.ledger.is_open.any():
            yield from self.learn()
            if self.curve[-1].expected_recall >= self.target:
                break
            gain = expected_gain(self.beliefs) + _LITTLE * (1 - self.beliefs.prior.max(axis=1)) + _LITTLE**2
            worth_a_fit = max(1, per_round, ceil(_LEAST_ROUND * self.ledger.n_calls))
            n_calls, is_open = min(worth_a_fit, self.calls_to_learn), self.ledger.is_open
            calls = promising_calls(self.features.pairs, gain, is_open, n_calls, self.batch_size)
            yield from self.ask(calls, Purpose.ROUTED)

    def learn(self, *, is_quick: bool = True) -> Steps[None]:
        """Fit the model to all answers so far and resolve the graph by it."""
        fit = learn_signs(self.features, self.ledger.classes, self.settings.seed, is_quick=is_quick)
        self.beliefs = yield from self.reported(fit)
        self.resolve()
        expected = expected_recall(self.resolution.probable, self.resolution.graph)
        n_asked = len(self.features.pairs) - int(self.ledger.is_open.sum())
        self.curve.append(CurvePoint(self.ledger.n_calls, n_asked, self.beliefs.noise, expected))

    def resolve(self) -> None:
        """The graph of the present beliefs and answers."""
        self.resolution = resolve(self.beliefs, self.ledger.classes, self.ledger.is_open, self.settings)

    def audit(self) -> Steps[None]:
        """Fit once more with everything, ask random open pairs, and decide by them whether the run is over."""
        yield from self.learn(is_quick=False)
        before, was_open = self.resolution.graph, self.ledger.is_open
        expected = self.curve[-1].expected_recall
        # What is too little for another audit after this one is best spent on this one.
        n_calls = self.calls_left if self.calls_left <= 2 * self.settings.audit_calls else self.settings.audit_calls
        if not self.stopped:
            calls = random_calls(self.features.pairs, was_open, n_calls, self.batch_size, self.rng)
            yield from self.ask(calls, Purpose.AUDIT)
        # The model is not fitted to the audit's answers: they could not speak for the other pairs any more.
        self.resolve()
        self.sample = Sample(
            classes=self.ledger.classes,
            primary=self.ledger.primary,
            is_open=self.ledger.is_open,
            is_audited=was_open & (self.ledger.classes >= 0),
            chance=chance_of_audit(self.features.pairs, was_open, self.batch_size),
            before=before,
            after=self.resolution.graph,
        )
        self.quality = estimate_quality(self.beliefs, self.sample, self.settings.confidence)
        self.decide(expected)

    def decide(self, expected: float) -> None:
        """Whether the run is over, after an audit; `expected`: the recall the model expected before it."""
        found, wanted = self.quality.recall.estimate, self.settings.target_recall
        self.optimism = max(0.0, expected - found)
        is_measured = self.sample.is_audited.any() or not self.ledger.is_open.any()
        self.is_target_reached = wanted is not None and bool(is_measured and found >= wanted)
        if self.is_target_reached and not self.stopped:
            self.stopped = f"The target was reached: estimated recall {found:.1%}, wanted {wanted:.1%}."
        elif not self.stopped and self.ledger.is_open.any() and not self.calls_to_learn:
            self.stopped = f"All {self.settings.max_calls:,} calls were spent."
        self.is_over = bool(self.stopped) or not self.ledger.is_open.any()

    def ask(self, calls: Sequence[PlannedCall], purpose: Purpose) -> Steps[None]:
        """Ask calls and record what was answered; a reached budget is remembered."""
        numbered = self.ledger.numbered(calls)
        asked = yield from self.reported(ask_calls(self.catalogue, numbered, self.judge, self.n_workers), purpose)
        for call, answer in zip(numbered, asked.answers, strict=True):
            if answer is not None:
                self.ledger.record(call, answer, purpose)
        self.stopped = asked.stopped

    def reported(self, steps: Steps[_T], purpose: Purpose | None = None) -> Steps[_T]:
        """The same work, its progress told in calls of the whole run; fitting the model adds none."""
        before, total = self.ledger.n_calls, max(self.expected_calls, self.ledger.n_calls)

        def tell(progress: Progress) -> Progress:
            done = before + (progress.done if purpose else 0)
            return Progress(done, max(total, done), f"{purpose}: {progress.note}" if purpose else progress.note)

        return retold(steps, tell)

    def result(self) -> AdaptiveRun:
        """Everything the run leaves behind."""
        ledger, resolution, sample = self.ledger, self.resolution, self.sample
        is_overturned = resolution.is_inferred & (ledger.call >= 0)
        has_answer = ledger.classes >= 0
        report = AdaptiveReport(
            quality=self.quality,
            noise=self.beliefs.noise,
            calls={purpose: ledger.purposes.count(purpose) for purpose in Purpose},
            curve=tuple(self.curve),
            n_pairs=len(self.features.pairs),
            n_asked=int(np.count_nonzero(has_answer)),
            n_inferred=int(np.count_nonzero(resolution.is_inferred & ledger.is_open)),
            n_overturned=int(np.count_nonzero(is_overturned)),
            n_left_out=int(np.count_nonzero(ledger.is_open & ~resolution.is_inferred)),
            n_unanswered=int(np.count_nonzero((ledger.call >= 0) & ~has_answer)),
            n_audited=int(np.count_nonzero(sample.is_audited)),
            n_audit_clusters=len(np.unique(sample.primary[sample.is_audited])),
            is_target_reached=self.is_target_reached,
        )
        verdicts = verdicts_of(ledger, resolution, self.judge.name)
        return AdaptiveRun(verdicts, ledger.n_calls, self.stopped, report)
