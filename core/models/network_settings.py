"""What a person may set of the torch predictors; importable without torch.

Every default is a budget for one core: 13,000 rows of 11 modalities in 2 to 4 minutes, 120,000 rows in about 15.
A search (where there is one) works on `search_rows` rows and `search_epochs` epochs per try, whatever the dataset's
size; the last fit stops after `epochs` at the latest, and earlier where validation accuracy stands still.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Sizes = Literal["small", "medium", "high"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainerSettings(_Frozen):
    """How a network is fitted, the same words for all three.

    `patience`: epochs without better validation accuracy before the fit stops; `halve_after`: such epochs before the
    learning rate halves. `validation`: share of the rows kept aside for both. `n_threads` is part of the settings
    because sums over more threads round differently: the same seed gives the same bytes for the same number of threads.
    """

    epochs: int = Field(default=40, ge=1)
    patience: int = Field(default=8, ge=1)
    halve_after: int = Field(default=2, ge=1)
    validation: float = Field(default=0.1, gt=0.0, le=0.5)
    weight_decay: float = Field(default=0.01, ge=0.0)
    n_threads: int = Field(default=1, ge=1, le=256)


class SearchSettings(_Frozen):
    """How much a search may spend: tries, rows and epochs per try; `n_trials` of 0 searches nothing."""

    n_trials: int = Field(default=6, ge=0)
    search_rows: int = Field(default=6000, ge=50)
    search_epochs: int = Field(default=5, ge=1)


class SharedLatentSettings(_Frozen):
    """Shared latent space: the grid is every combination of the three lists, of which `n_trials` drawn ones are tried.

    Without a search (`n_trials` 0) the first of each list is taken.
    """

    trainer: TrainerSettings = TrainerSettings(epochs=30, patience=6)
    search: SearchSettings = SearchSettings()
    sizes: tuple[Sizes, ...] = Field(default=("medium", "small", "high"), min_length=1)
    similarity_weights: tuple[Annotated[float, Field(ge=0.0)], ...] = Field(default=(0.1, 0.5), min_length=1)
    batch_sizes: tuple[Annotated[int, Field(ge=1)], ...] = Field(default=(256, 512), min_length=1)
    learning_rate: float = Field(default=1e-3, gt=0.0)


class RobustModalitySettings(_Frozen):
    """Robust modality network: what Optuna starts from, and how long it may look.

    The values here are the first try; without a search (`n_trials` 0) they are the model's.
    """

    trainer: TrainerSettings = TrainerSettings(epochs=40, patience=8)
    search: SearchSettings = SearchSettings(n_trials=10)
    learning_rate: float = Field(default=1e-3, gt=0.0)
    batch_size: int = Field(default=256, ge=1)
    projection: int = Field(default=128, ge=1)
    hidden: int = Field(default=256, ge=1)
    dropout: Share = 0.1
    modality_dropout: Share = 0.05


class PairInteractionSettings(_Frozen):
    """Pair interaction network: `width` numbers describe an attribute; no search, the defaults hold from 5,000 rows on.

    The trainer's `weight_decay` draws the pairs' effects and the maps of content to zero, `residual_decay` what is
    learnt of one attribute alone; the head has none. `residual_dropout`: share of attributes that a batch sees without
    that, so that content alone stays a good guess. `masked`: share of training rows that lose a modality.
    """

    trainer: TrainerSettings = TrainerSettings(epochs=40, patience=8, weight_decay=1.0)
    width: int = Field(default=8, ge=1)
    hidden: int = Field(default=32, ge=1)
    learning_rate: float = Field(default=6e-3, gt=0.0)
    batch_size: int = Field(default=512, ge=1)
    residual_decay: float = Field(default=0.1, ge=0.0)
    residual_dropout: Share = 0.05
    masked: Share = 0.1
