"""Normal and log-normal mixtures as the distribution of a number column, given what a network says of it."""

from dataclasses import dataclass
from math import log, pi
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.tabular.engines.networks.categorical import draw_codes
from core.tabular.engines.rows import on_grid
from core.tabular.plain import PlainColumn

HeadName = Literal["normal", "log-normal"]

_LEAST_SPREAD: Final = 0.01  # of the column's own: a part must not shrink onto one value


@dataclass(frozen=True, slots=True)
class NumberHead:
    """A column's numbers as `units`: (number - mean) / spread, of the number or of its logarithm above `floor`."""

    column: PlainColumn
    name: HeadName
    floor: float
    mean: float
    spread: float

    def units(self, numbers: NDArray[np.float64]) -> NDArray[np.float32]:
        """Numbers [R] in units."""
        found = np.log(np.maximum(numbers - self.floor, 1e-12)) if self.name == "log-normal" else numbers
        return np.asarray((found - self.mean) / self.spread, dtype=np.float32)

    def numbers(self, units: NDArray[np.float32]) -> NDArray[np.float64]:
        """Units [R] as numbers, on the column's grid and within its bounds."""
        found = units.astype(np.float64) * self.spread + self.mean
        if self.name == "log-normal":
            found = np.exp(np.minimum(found, 700.0)) + self.floor
        return on_grid(found, self.column)


def fit_head(column: PlainColumn, numbers: NDArray[np.float64], asked: str) -> NumberHead:
    """The head that is asked for; for `auto` the one under which the training numbers [R] are likelier."""
    width = column.high - column.low
    floor = column.low - (column.step if column.step > 0 else max(width / 1000, 1e-9))
    heads = [_fitted(column, numbers, name, floor) for name in _NAMES if asked in ("auto", name)]
    return max(heads, key=lambda head: _log_density(head, numbers))


_NAMES: Final[tuple[HeadName, ...]] = ("normal", "log-normal")


def _fitted(column: PlainColumn, numbers: NDArray[np.float64], name: HeadName, floor: float) -> NumberHead:
    values = np.log(numbers - floor) if name == "log-normal" else numbers
    return NumberHead(column, name, floor, float(values.mean()), float(values.std()) or 1.0)


def _log_density(head: NumberHead, numbers: NDArray[np.float64]) -> float:
    """Mean log density of the numbers under one normal or log-normal."""
    units = head.units(numbers).astype(np.float64)
    jacobian = np.log(numbers - head.floor).mean() if head.name == "log-normal" else 0.0
    return float(-0.5 * (units**2).mean() - log(head.spread) - jacobian)


def spread_over_cells(
    numbers: NDArray[np.float64], column: PlainColumn, places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Numbers [R] moved within their cell of the grid by `places` in [0, 1): a density needs numbers without a grid."""
    return np.asarray(numbers + (places - 0.5) * column.step, dtype=np.float64)


def mixture_loss(said: Tensor, units: Tensor) -> Tensor:
    """Mean negative log density of `units` [B] under mixtures `said` [B, 3 parts]: logits, means, log spreads."""
    logits, means, log_spreads = _parts(said)
    away = (units[:, None] - means) * torch.exp(-log_spreads)
    density = -0.5 * away.square() - log_spreads - 0.5 * log(2 * pi)
    return -torch.logsumexp(torch.log_softmax(logits, dim=1) + density, dim=1).mean()


def draw_units(said: Tensor) -> Tensor:
    """One draw per mixture, [B]."""
    logits, means, log_spreads = _parts(said)
    part = draw_codes(logits, torch.rand(len(said)))[:, None]
    drawn = means.gather(1, part) + torch.exp(log_spreads.gather(1, part)) * torch.randn(len(said), 1)
    return drawn[:, 0]


def first_guess(parts: int) -> Tensor:
    """Biases of a mixture before training, [3 parts]: equal parts side by side over the column's spread."""
    return torch.cat([torch.zeros(parts), torch.linspace(-1.5, 1.5, parts), torch.full((parts,), log(0.6))])


def _parts(said: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    logits, means, log_spreads = torch.chunk(said, 3, dim=1)
    return logits, means, log_spreads.clamp(log(_LEAST_SPREAD), 3.0)
