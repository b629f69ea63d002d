"""What can be set of the pair kernel model; importable without any of its mathematics."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Weight = Annotated[float, Field(ge=0.0, le=1e3, allow_inf_nan=False)]


class Flips(StrEnum):
    """Whose chances are answered where some training labels seem flipped: the true label's, or the given label's."""

    UNDONE = "undone"
    KEPT = "kept"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KernelWeights(_Frozen):
    """How alike two attributes are before any row is seen, beside 1 for being one and the same.

    `shared`: for any two attributes; `modality`: for two of one modality; `content`: times the cosine of their vectors,
    within a modality. `noise`: variance of a row's observation, beside the variance 1 of a pair.
    """

    shared: Weight = 0.1
    modality: Weight = 0.1
    content: Weight = 0.1
    noise: Annotated[float, Field(gt=0.0, le=1e3, allow_inf_nan=False)] = 4e-3


class PairKernelSettings(_Frozen):
    """How the pair kernel model is fitted.

    `weights` of the kernel are chosen on `search_rows` of the training rows unless they are given. A share
    `held_out` of the rows, `most_held_out` at most, teaches the head; then the pairs are estimated from all rows.
    Conjugate gradients stop where the residual falls below `tolerance` of the targets, or after `most_iterations`.
    `spoken_for` and `spoken_against`: the two labels that the table of pairs tells apart; empty: the two that the
    estimates part furthest, the earlier one of the training set's labels for. `n_pairs` are listed, the surest first;
    their deviations come from `n_samples` draws of the posterior.
    """

    weights: KernelWeights | None = None
    search_rows: Annotated[int, Field(ge=100, le=1_000_000)] = 12_000
    held_out: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.15
    most_held_out: Annotated[int, Field(ge=100, le=1_000_000)] = 15_000
    tolerance: Annotated[float, Field(ge=1e-5, le=0.1)] = 1e-3
    most_iterations: Annotated[int, Field(ge=1, le=10_000)] = 500
    flips: Flips = Flips.UNDONE
    spoken_for: str = ""
    spoken_against: str = ""
    n_pairs: Annotated[int, Field(ge=1, le=10_000_000)] = 20_000
    n_samples: Annotated[int, Field(ge=2, le=1_000)] = 16
