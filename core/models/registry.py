"""Every family of predictors, by name.

Settings are importable without any library of the families; torch, lightgbm and optuna are imported when a `fit` is
called, since they belong in a training process alone.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from core.errors import NotFound, ValenceError
from core.models import edge_count, hierarchical_lightgbm, majority, network_settings
from core.models.pair_kernel.settings import PairKernelSettings
from core.models.protocol import Family, FittedModel, Track, Training
from core.models.tables import TrainingSet

INSTALL: Final = "Install the predictors' libraries: pip install 'valence[models]' torch"


def _fit_of(module: str) -> Callable[[TrainingSet, Any, int], Training[FittedModel]]:
    """The `fit` of a module, imported when it is called."""

    def fit(training: TrainingSet, settings: Any, seed: int) -> Training[FittedModel]:
        fitted: FittedModel = yield from import_module(module).fit(training, settings, seed)
        return fitted

    return fit


_LISTED: Final = (
    Family(
        name="majority",
        title="Majority",
        about="Always the most frequent label: what every other predictor must beat.",
        track=Track.BLIND,
        needs=(),
        settings=majority.MajoritySettings,
        fit=majority.fit,
    ),
    Family(
        name="edge-count",
        title="Edge count",
        about="Knows the signed edges, counts those of each row and learns where the labels part: an oracle's line.",
        track=Track.GRAPH_AWARE,
        needs=(),
        settings=edge_count.EdgeCountSettings,
        fit=edge_count.fit,
    ),
    Family(
        name="hierarchical-lightgbm",
        title="Hierarchical LightGBM",
        about="Boosted trees on mean vectors per modality, in two stages: one label against the rest, then the rest.",
        track=Track.BLIND,
        needs=("lightgbm", "optuna"),
        settings=hierarchical_lightgbm.HierarchicalSettings,
        fit=hierarchical_lightgbm.fit,
    ),
    Family(
        name="shared-latent",
        title="Shared latent space",
        about="Maps every modality into one space, where the modalities of a row are pulled together.",
        track=Track.BLIND,
        needs=("torch",),
        settings=network_settings.SharedLatentSettings,
        fit=_fit_of("core.models.shared_latent"),
    ),
    Family(
        name="robust-modality",
        title="Robust modality network",
        about="A projection per modality and a head that learns with whole modalities dropped now and then.",
        track=Track.BLIND,
        needs=("torch", "optuna"),
        settings=network_settings.RobustModalitySettings,
        fit=_fit_of("core.models.robust_modality"),
    ),
    Family(
        name="pair-kernel",
        title="Pair kernel model",
        about="Learns which pairs speak for which label, as one Gaussian process over all pairs; ours, and exact.",
        track=Track.BLIND,
        needs=(),
        settings=PairKernelSettings,
        fit=_fit_of("core.models.pair_kernel.fitting"),
    ),
    Family(
        name="pair-interaction",
        title="Pair interaction network",
        about="Learns the effect of every pair of attributes, from content and from the attributes themselves.",
        track=Track.BLIND,
        needs=("torch",),
        settings=network_settings.PairInteractionSettings,
        fit=_fit_of("core.models.pair_interaction"),
    ),
)

FAMILIES: Final[Mapping[str, Family]] = {family.name: family for family in _LISTED}


def family_named(name: str) -> Family:
    """The family; `NotFound` lists those there are."""
    if name not in FAMILIES:
        raise NotFound(f"There is no family of predictors called {name!r}.", f"There are: {', '.join(FAMILIES)}.")
    return FAMILIES[name]


def missing_libraries(family: Family) -> tuple[str, ...]:
    """Modules that the family needs and that are not installed here; none is imported to find out."""
    return tuple(name for name in family.needs if find_spec(name) is None)


def check_installed(family: Family) -> None:
    """`ValenceError` naming every library that the family lacks, and the command that installs them."""
    missing = missing_libraries(family)
    if missing:
        raise ValenceError(f"{family.title} needs {' and '.join(missing)}, not installed here.", f"{INSTALL}.")
