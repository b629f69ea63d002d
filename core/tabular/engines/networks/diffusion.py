"""Noise put on rows and taken off again: Gaussian for normal scores, multinomial for codes.

Time runs from 0 (the row) to 1 (noise alone). Scores follow Ho et al., "Denoising diffusion probabilistic models"
(2020), in continuous time on a cosine: score(t) = a(t) score + s(t) noise, a = cos(pi t / 2), s = sin(pi t / 2).
Codes follow Hoogeboom et al., "Argmax flows and multinomial diffusion" (2021): at time t a code is still the row's own
with chance 1 - t, and else drawn anew; here from the column's training frequencies instead of evenly.
"""

from math import pi
from typing import Final, NamedTuple

import torch
from torch import Tensor

MOST_TIME: Final = 0.999  # at 1 the velocity says nothing of the row
MOST_SCORE: Final = 4.5  # no training score lies further out


class Spread(NamedTuple):
    """What stays of a score, a, and how much noise is on it, s: both shaped like the times."""

    kept: Tensor
    noise: Tensor


def spread_at(time: Tensor) -> Spread:
    """The two factors at times in [0, 1]; their squares sum to 1."""
    return Spread(torch.cos(time * (pi / 2)), torch.sin(time * (pi / 2)))


def noisy_scores(scores: Tensor, noise: Tensor, time: Tensor) -> Tensor:
    """Scores [B, N] at times [B]."""
    kept, sigma = spread_at(time[:, None])
    return kept * scores + sigma * noise


def velocity(scores: Tensor, noise: Tensor, time: Tensor) -> Tensor:
    """What the network predicts, a noise - s score, [B, N] (Salimans and Ho, "Progressive distillation", 2022)."""
    kept, sigma = spread_at(time[:, None])
    return kept * noise - sigma * scores


def earlier_scores(noisy: Tensor, predicted: Tensor, between: tuple[float, float], noise: Tensor) -> Tensor:
    """Scores [B, N] at the first of two times, from those at the second and the velocity predicted there.

    Drawn from the Gaussian q(earlier | noisy, row), whose moments stand in Ho et al. (2020), equations 6 and 7.
    """
    (kept_then, noise_then), (kept_now, noise_now) = (spread_at(torch.tensor(time)) for time in between)
    row = (kept_now * noisy - noise_now * predicted).clamp(-MOST_SCORE, MOST_SCORE)
    step = kept_now / kept_then
    added = noise_now**2 - (step * noise_then) ** 2  # variance that the step from then to now put on
    mean = (step * noise_then**2 * noisy + kept_then * added * row) / noise_now**2
    return mean + noise * (noise_then * added.clamp(min=0.0).sqrt() / noise_now)


def noisy_codes(codes: Tensor, drawn: Tensor, time: Tensor, places: Tensor) -> Tensor:
    """Codes [B, C] at times [B]: their own with chance 1 - t, else the `drawn` ones; `places` uniform [B, C]."""
    return torch.where(places < time[:, None], drawn, codes)


def earlier_codes(
    noisy: Tensor, row: Tensor, drawn: Tensor, between: tuple[float, float], chances: Tensor, places: Tensor
) -> Tensor:
    """Codes [B, C] at the first of two times, from those at the second and the `row`'s own as the network sees them.

    `drawn`: codes of the training frequencies; `chances` [B, C]: the training frequency of each noisy code; `places`:
    uniform. Drawn from q(earlier | noisy, row), which gives mass to three codes only: the noisy one, kept by the last
    step; the row's, or any drawn one, where the last step drew the noisy one anew.
    """
    then, now = 1 - between[0], 1 - between[1]  # chances that a code is still the row's own
    step = now / then
    kept = step * (then * (noisy == row) + (1 - then) * chances)
    own, other = (1 - step) * then * chances, (1 - step) * (1 - then) * chances
    place = places * (kept + own + other)
    return torch.where(place < kept, noisy, torch.where(place < kept + own, row, drawn))
