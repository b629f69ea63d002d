"""The training of CTGAN: rows chosen by their codes, what is given for them, and steps of critic and generator."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from core.errors import ValenceError
from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.ctgan_settings import CtganSettings
from core.tabular.engines.gan.networks import Critic, Generator
from core.tabular.engines.gan.pairs import PairShares, one_hot_rows
from core.tabular.engines.networks.training import Averaged, Pace, repeatable

_BETAS: Final = (0.5, 0.9)
_MOST_AT_ONCE: Final = 20_000  # rows with a number for every code; joint shares are measured on as many


@dataclass(frozen=True, eq=False)
class GanRows:
    """R training rows: `codes` of every softmax [R, S], `places` within modes [R, N], `classes` of the target [R].

    `levels`: for each softmax the numbers that its places stand for, empty where they are categories. The first
    `n_given` of the softmaxes are columns whose codes may be given.
    """

    codes: Tensor
    places: Tensor
    classes: Tensor
    sizes: tuple[int, ...]
    levels: tuple[NDArray[np.float64], ...]
    n_given: int
    n_classes: int

    @property
    def width_given(self) -> int:
        """How many numbers say what is given: a place for every code that may be, and for every class."""
        return sum(self.sizes[: self.n_given]) + self.n_classes


class Batch(NamedTuple):
    """Chosen rows [B] and the softmax [B] whose code is given for each, -1 where none can be; the class always is."""

    rows: Tensor
    column: Tensor


class RowChooser:
    """Rows by chance, then rows by the logarithm of the counts of a random column's codes: training by sampling."""

    def __init__(self, rows: GanRows, balanced: float, seed: int) -> None:
        self._rows, self._rng = rows, np.random.default_rng([seed, 9])
        self._balanced = balanced
        by_column = [*rows.codes.numpy()[:, : rows.n_given].T, rows.classes.numpy()]
        self._orders = [np.argsort(codes, kind="stable") for codes in by_column]
        self._counts = [np.bincount(codes) for codes in by_column]

    def choose(self, n: int) -> Batch:
        """`n` rows, those by chance first."""
        n_balanced = int(n * self._balanced)
        n_rows, n_given = len(self._rows.codes), self._rows.n_given
        rows = self._rng.integers(n_rows, size=n - n_balanced)
        column = self._rng.integers(n_given, size=n) if n_given else np.full(n, -1)
        chosen = self._rng.integers(len(self._orders), size=n_balanced)
        extra = np.empty(n_balanced, dtype=np.int64)
        for at in np.unique(chosen):
            extra[chosen == at] = self._by_logarithm(int(at), int((chosen == at).sum()))
        is_code = chosen < n_given
        column[n - n_balanced :] = np.where(is_code, chosen, column[n - n_balanced :])
        return Batch(torch.from_numpy(np.concatenate([rows, extra])), torch.from_numpy(column.astype(np.int64)))

    def _by_logarithm(self, column: int, n: int) -> NDArray[np.int64]:
        counts = self._counts[column]
        weight = np.log1p(counts)
        code = self._rng.choice(len(counts), n, p=weight / weight.sum())
        starts = np.cumsum(counts) - counts
        found = self._orders[column][starts[code] + (self._rng.random(n) * counts[code]).astype(np.int64)]
        return np.asarray(found, dtype=np.int64)


def given_of(rows: GanRows, batch: Batch) -> Tensor:
    """What is given for each row, [B, width_given]: its class, and its code in the chosen column."""
    chosen = batch.column.clamp(min=0)[:, None]
    code = rows.codes[batch.rows].gather(1, chosen)[:, 0]
    return given_codes(rows.sizes[: rows.n_given], rows.n_classes, batch.column, code, rows.classes[batch.rows])


def given_codes(sizes: tuple[int, ...], n_classes: int, column: Tensor, code: Tensor, classes: Tensor) -> Tensor:
    """The numbers that say: this code in this column (-1: none), this class; all [B]."""
    offsets = torch.tensor([0, *sizes]).cumsum(0)
    given = torch.zeros(len(classes), int(offsets[-1]) + n_classes)
    given[torch.arange(len(classes)), offsets[-1] + classes] = 1.0
    has_code = torch.nonzero(column >= 0)[:, 0]
    given[has_code, offsets[column[has_code]] + code[has_code]] = 1.0
    return given


def train_gan(rows: GanRows, settings: CtganSettings, n_steps: int, seed: int, budget: Budget) -> Steps[Generator]:
    """The generator with averaged weights, in `eval` mode; `ValenceError` for a small budget or an endless loss."""
    with repeatable(seed, 0):
        contest = _Contest(rows, settings)
    chooser = RowChooser(rows, settings.balanced, seed)
    pace, averaged = Pace(budget, n_steps, "the adversarial training"), Averaged(contest.generator, settings.averaging)
    size = max(settings.batch_rows // settings.pack, 1) * settings.pack
    contest.generator.train()
    for step in range(1, n_steps + 1):
        contest.slow_down(step / n_steps)
        with repeatable(seed, step):
            apart = contest.step(chooser.choose(size))
            averaged.update()
        if not np.isfinite(apart.by_critic):
            raise ValenceError(f"The adversarial training broke down at step {step}.", fix="Lower the learning rate.")
        yield from _reports(
            pace.after(step, f"apart by the critic {-apart.by_critic:.2f}, in pairs of columns {apart.in_pairs:.2f}")
        )
    averaged.leave_in(contest.generator)
    contest.generator.eval()
    return contest.generator


class Apart(NamedTuple):
    """The critic's loss and the squared distance of joint shares, on one batch before its step."""

    by_critic: float
    in_pairs: float


class _Contest:
    """Generator against critic over one table's rows."""

    def __init__(self, rows: GanRows, settings: CtganSettings) -> None:
        self.rows, self.settings = rows, settings
        width = sum(rows.sizes) + rows.places.shape[1]
        self.generator = Generator(settings.noise, rows.width_given, settings.hidden, rows.sizes, rows.places.shape[1])
        self.critic = Critic(width + rows.width_given, settings.pack, settings.hidden)
        self._optimisers = [
            torch.optim.Adam(network.parameters(), lr=settings.learning_rate, betas=_BETAS)
            for network in (self.generator, self.critic)
        ]
        some = torch.linspace(0, len(rows.codes) - 1, min(len(rows.codes), _MOST_AT_ONCE)).long()
        real = self._real(some)
        self.generator.start_from_shares(real)
        sizes = torch.tensor([*rows.sizes, *[1] * rows.places.shape[1]])
        self._columns = torch.repeat_interleave(torch.arange(len(sizes)), sizes)
        classes = functional.one_hot(rows.classes[some], rows.n_classes).float()
        all_rows = _before_places(real, classes, rows.places.shape[1])
        self._pairs = PairShares(all_rows, (*rows.sizes, rows.n_classes), (*rows.levels, np.empty(0)))

    def slow_down(self, share: float) -> None:
        """The learning rate falls to nothing over the second half of the training."""
        for optimiser in self._optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.settings.learning_rate * min(1.0, 2.0 * (1 - share) + 1e-3)

    def step(self, batch: Batch) -> Apart:
        """One step of the critic, then one of the generator on the same draws; how far they were from real rows."""
        given, generator = given_of(self.rows, batch), self.generator
        drawn = generator(torch.randn(len(given), generator.n_noise), given)
        real = self._real(batch.rows)
        stands = self._columns == batch.column[:, None]  # a given code stands in the row, whatever is drawn for it
        made = torch.where(stands, real, generator.soft_rows(drawn))
        with_given = torch.cat([made, given], dim=1)
        loss = self.critic.loss(torch.cat([real, given], dim=1), with_given.detach())
        self._lower(loss, 1)
        n_fair = len(given) - int(len(given) * self.settings.balanced)  # rows by chance, which come first
        chances = torch.where(stands, real, generator.chances(drawn))[:n_fair]
        classes = given[:n_fair, given.shape[1] - self.rows.n_classes :]
        pairs = self._pairs.distance(_before_places(chances, classes, self.rows.places.shape[1]))
        self._lower(self.settings.pair_weight * pairs - self.critic(with_given).mean(), 0)
        return Apart(loss.item(), pairs.item())

    def _real(self, numbers: Tensor) -> Tensor:
        """The training rows of these numbers, [B, W]."""
        return one_hot_rows(self.rows.codes[numbers], self.rows.sizes, self.rows.places[numbers])

    def _lower(self, loss: Tensor, which: int) -> None:
        self._optimisers[which].zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimisers[which].step()


def _before_places(rows: Tensor, classes: Tensor, n_places: int) -> Tensor:
    """Rows [B, W] with the classes' places after those of the codes and before those within modes."""
    first = rows.shape[1] - n_places
    return torch.cat([rows[:, :first], classes, rows[:, first:]], dim=1)


def _reports(progress: Progress | None) -> Iterator[Progress]:
    if progress:
        yield progress
