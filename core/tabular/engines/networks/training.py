"""Training of a network: seeded mini-batches, averaged weights, and a budget that is kept or refused early.

The number of steps comes from the settings alone and never from a clock, so the same seed gives the same bytes: a
budget that is too small stops the fit with an error instead of shortening it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import cos, pi
from typing import Any, Final, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import ValenceError
from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.networks.settings import TrainerSettings

N = TypeVar("N", bound=nn.Module)

_MOST_GRADIENT: Final = 1.0  # norm; a batch beyond it is scaled down
_STEPS_TO_JUDGE: Final = 20  # after as many the whole fit's time is known well enough
_PROGRESS_S: Final = 0.7  # CPU seconds between two reports


@contextmanager
def repeatable(*seed: int) -> Iterator[None]:
    """Within: torch draws from `seed` alone, deterministic kernels, one thread; then all as before.

    Never held over a `yield` of progress, where other code runs.
    """
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_one_number(seed))
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)


def build(make: Callable[[], N], seed: int) -> N:
    """A network whose first weights depend on `seed` alone."""
    with repeatable(seed, 0):
        return make()


def row_batches(n_rows: int, batch_rows: int, seed: int) -> Iterator[Tensor]:
    """Row numbers, int64 [min(batch, rows)], without end: every row once before any comes again."""
    size, waiting = min(batch_rows, n_rows), np.empty(0, dtype=np.int64)
    rng = np.random.default_rng([seed, 2])
    while True:
        if len(waiting) < size:
            waiting = np.concatenate([waiting, rng.permutation(n_rows)])
        yield torch.from_numpy(waiting[:size].copy())
        waiting = waiting[size:]


class Pace:
    """Watches `total` steps of `what`: refuses them early when they, and `reserve_s` after them, outrun the budget."""

    def __init__(self, budget: Budget, total: int, what: str, reserve_s: float = 0.0) -> None:
        self.budget, self.total, self.what, self.reserve_s = budget, total, what, reserve_s
        self._start_s = self._reported_s = budget.used_s

    def after(self, done: int, note: str = "") -> Progress | None:
        """To be called after every step: the progress to yield, about once a second; `ValenceError` if too slow."""
        used_s = self.budget.used_s
        judged = min(_STEPS_TO_JUDGE, self.total)
        if done >= judged and (done == judged or used_s - self._reported_s >= _PROGRESS_S):
            step_s = (used_s - self._start_s) / done
            self.budget.check(
                (self.total - done) * step_s + self.reserve_s, f"The rest of {self.what[:1].lower()}{self.what[1:]}"
            )
        if done < self.total and used_s - self._reported_s < _PROGRESS_S:
            return None
        self._reported_s = used_s
        return Progress(done, self.total, note)


class Averaged:
    """The weights that a synthesizer keeps: a running mean of the trained ones that forgets the first steps."""

    def __init__(self, network: nn.Module, averaging: float) -> None:
        self.network, self.averaging, self._step = network, averaging, 0
        self._mean = {name: value.detach().clone() for name, value in network.state_dict().items()}

    def update(self) -> None:
        """Take in the network's weights as they are now."""
        self._step += 1
        keep = min(self.averaging, self._step / (self._step + 10))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.is_floating_point():
                    self._mean[name].lerp_(value, 1 - keep)
                else:
                    self._mean[name].copy_(value)

    def leave_in(self, network: nn.Module) -> None:
        """Set the network's weights to the mean."""
        network.load_state_dict(self._mean)


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How one network is fitted: `what` names the work in errors, `reserve_s` CPU seconds are kept for what follows."""

    trainer: TrainerSettings
    seed: int
    budget: Budget
    what: str
    reserve_s: float = 0.0


def train_network(
    network: nn.Module, loss_of: Callable[[Tensor], Tensor], n_rows: int, plan: TrainingPlan
) -> Steps[float]:
    """Fit in place, leave the averaged weights in the network in `eval` mode, and return the last steps' mean loss.

    `loss_of` takes row numbers [B] and gives a scalar; it may draw from torch. `ValenceError` where the budget is too
    small or the loss is no number.
    """
    trainer = plan.trainer
    optimiser = torch.optim.AdamW(_groups(network, trainer.weight_decay), lr=trainer.learning_rate)
    batches = row_batches(n_rows, trainer.batch_rows, plan.seed)
    averaged, losses = Averaged(network, trainer.averaging), 0.0
    pace = Pace(plan.budget, trainer.steps, plan.what, plan.reserve_s)
    network.train()
    for step in range(1, trainer.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = trainer.learning_rate * _warm_cosine(step / trainer.steps, trainer.warm_up)
        with repeatable(plan.seed, step):
            loss = loss_of(next(batches))
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), _MOST_GRADIENT)
            optimiser.step()
            averaged.update()
        value = loss.item()
        if not np.isfinite(value):
            raise ValenceError(f"{plan.what} broke down at step {step}.", fix="Choose a lower learning rate.")
        losses = value if step == 1 else 0.98 * losses + 0.02 * value
        progress = pace.after(step, f"loss {losses:.3f}")
        if progress:
            yield progress
    averaged.leave_in(network)
    network.eval()
    return losses


def _groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Decay for matrices alone: shrinking a bias or a norm's scale makes nothing simpler."""
    weights = [weight for weight in network.parameters() if weight.dim() > 1]
    others = [weight for weight in network.parameters() if weight.dim() <= 1]
    return [{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _warm_cosine(share: float, warm_up: float) -> float:
    """The learning rate's factor after a share of the steps, in (0, 1]."""
    if share < warm_up:
        return share / warm_up
    return max(0.5 + 0.5 * cos(pi * (share - warm_up) / (1 - warm_up)), 1e-3)


def _one_number(seed: tuple[int, ...]) -> int:
    state = np.random.SeedSequence([abs(part) for part in seed]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))
