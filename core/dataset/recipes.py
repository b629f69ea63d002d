"""Recipes of difficulty: named, versioned changes to a configuration that fit themselves to what a graph offers.

A recipe speaks of percentiles of the density, never of fractions, so it means the same on every graph.
"""

from collections.abc import Sequence
from math import ceil, floor
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from core.errors import InvalidInput, NotFound, Problem
from core.sampler.configuration import DatasetConfig, Fraction, LabelParams, NoiseSettings, parse_config
from core.sampler.configuration_errors import decode_json, problems_of
from core.sampler.density import Density
from core.sampler.fractions import Range

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "recipes"
_DIGITS: Final = 10_000  # bounds are rounded outwards to four digits, so that no row at a bound is lost
_SEPARATOR: Final = ", "


def _ascending(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] >= value[1]:
        told = {"message": f"{value[0]:g} is not below {value[1]:g}.", "fix": "Write [lower, upper]."}
        raise PydanticCustomError("refused", "{message}", told)
    return value


Percentile = Annotated[float, Field(ge=0.0, le=100.0, allow_inf_nan=False)]
Percentiles = Annotated[tuple[Percentile, Percentile], AfterValidator(_ascending)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PercentileBox(_Frozen):
    """A label's ranges as percentiles of random subgraphs."""

    pos_frac: Percentiles
    neg_frac: Percentiles


class Recipe(_Frozen):
    """What a recipe does, in this order; whatever is left out stays as it is.

    `labels` take the place of the configuration's, with equal parts of its rows. `mirror` exchanges each bound's
    percentile q for 100 - q; `squeeze` draws it towards the median, to 50 + squeeze x (q - 50). `imbalance`: how many
    times the rows of the last label the first one has, with equal ratios in between. The noise is as in
    `NoiseSettings`, `missing` for every modality that rows hold.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    version: Annotated[int, Field(ge=1)]
    title: str
    about: str
    labels: dict[str, PercentileBox] = Field(default_factory=dict)
    mirror: bool = False
    squeeze: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    imbalance: Annotated[float, Field(ge=1.0, le=1_000.0)] = 1.0
    label_noise: Fraction = 0.0
    attribute_noise: Fraction = 0.0
    missing: Fraction = 0.0

    @property
    def id(self) -> str:
        """The name under which a configuration records it."""
        return f"{self.name}@{self.version}"


def recipe_names() -> tuple[str, ...]:
    """The names of all recipes, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def recipe_named(name: str) -> Recipe:
    """Read one from `data/recipes`; `NotFound` lists the names."""
    if name not in recipe_names():
        raise NotFound(f"There is no recipe {name!r}.", f"Choose one of: {', '.join(recipe_names())}.")
    return parse_recipe((FOLDER / f"{name}.json").read_bytes())


def parse_recipe(data: bytes | str) -> Recipe:
    """Read a recipe from JSON text; `InvalidInput` with every problem."""
    found, repeated = decode_json(data)
    try:
        recipe = Recipe.model_validate(found)
    except ValidationError as error:
        raise InvalidInput("The recipe is not valid", (*repeated, *problems_of(error, Recipe))) from error
    if repeated:
        raise InvalidInput("The recipe is not valid", repeated)
    return recipe


def recipes_of(config: DatasetConfig) -> tuple[str, ...]:
    """The recipes a configuration was made by, in the order of their use."""
    return tuple(config.recipe.split(_SEPARATOR)) if config.recipe else ()


def apply_recipe(config: DatasetConfig, recipe: Recipe, density: Density, modalities: Sequence[str]) -> DatasetConfig:
    """The configuration as the recipe wants it, recorded as `name@version` behind recipes used before.

    `density` must be measured under the configuration's quotas, `modalities` are those that rows can hold.
    `InvalidInput` where the recipe needs what the configuration lacks.
    """
    _require_fit(config, recipe, density)
    params, axes = dict(config.label_params), _axes(density)
    if recipe.labels:
        sizes = _split(_n_rows(params), [1.0] * len(recipe.labels))
        params = {
            name: _params(_bounds(box.pos_frac, axes.pos), _bounds(box.neg_frac, axes.neg), n)
            for (name, box), n in zip(recipe.labels.items(), sizes, strict=True)
        }
    if recipe.mirror or recipe.squeeze < 1.0:
        params = {name: _moved(label, recipe, axes) for name, label in params.items()}
    if recipe.imbalance > 1.0:
        params = _unbalanced(params, recipe.imbalance)
    return parse_config(
        {
            **config.model_dump(mode="json"),
            "label_params": {name: label.model_dump(mode="json") for name, label in params.items()},
            "noise": _noise(config.noise, recipe, modalities).model_dump(mode="json"),
            "recipe": _SEPARATOR.join((*recipes_of(config), recipe.id)),
        }
    )


class _Axes(NamedTuple):
    """The fractions of random subgraphs in ascending order."""

    pos: NDArray[np.float64]
    neg: NDArray[np.float64]


def _axes(density: Density) -> _Axes:
    return _Axes(np.sort(density.fractions.pos_frac), np.sort(density.fractions.neg_frac))


def _require_fit(config: DatasetConfig, recipe: Recipe, density: Density) -> None:
    problems = []
    if dict(density.type_ranges) != dict(config.type_ranges):
        message = "The density was measured under other numbers of attributes than the configuration's."
        problems.append(Problem(message, "Measure it again.", field="type_ranges"))
    if (recipe.imbalance > 1.0 or recipe.label_noise) and len(recipe.labels or config.label_params) < 2:
        problems.append(Problem("It needs at least two labels.", "Add a label.", field="label_params"))
    n_rows, n_labels = _n_rows(config.label_params), len(recipe.labels or config.label_params)
    if n_rows < n_labels:
        message = f"{n_rows} rows cannot be split among {n_labels} labels."
        problems.append(Problem(message, "Ask for more rows.", field="label_params"))
    if problems:
        raise InvalidInput(f"The recipe {recipe.name!r} cannot be used", problems)


def _moved(label: LabelParams, recipe: Recipe, axes: _Axes) -> LabelParams:
    ranges = []
    for allowed, axis in ((label.pos_frac_range, axes.pos), (label.neg_frac_range, axes.neg)):
        low, high = (_percentile_of(bound, axis) for bound in allowed)
        low, high = (100 - high, 100 - low) if recipe.mirror else (low, high)
        ranges.append(_bounds((_squeezed(low, recipe), _squeezed(high, recipe)), axis))
    return _params(ranges[0], ranges[1], label.num_samples)


def _squeezed(percentile: float, recipe: Recipe) -> float:
    return 50 + recipe.squeeze * (percentile - 50)


def _percentile_of(bound: float, ascending: NDArray[np.float64]) -> float:
    """Where a bound lies among the subgraphs, in the middle of those that equal it; 0 and 1 are the ends of all."""
    if bound in (0.0, 1.0):
        return 100 * bound
    below, up_to = (int(np.searchsorted(ascending, bound, side)) for side in ("left", "right"))  # type: ignore[arg-type]
    return 50 * (below + up_to) / len(ascending)


def _bounds(percentiles: tuple[float, float], ascending: NDArray[np.float64]) -> Range:
    """The fractions at two percentiles, rounded outwards; percentile 0 is the fraction 0, and 100 is 1."""
    low, high = (float(np.percentile(ascending, percentile)) for percentile in percentiles)
    return (
        0.0 if percentiles[0] <= 0 else floor(low * _DIGITS) / _DIGITS,
        1.0 if percentiles[1] >= 100 else min(ceil(high * _DIGITS) / _DIGITS, 1.0),
    )


def _params(pos: Range, neg: Range, n_rows: int) -> LabelParams:
    return LabelParams(pos_frac_range=pos, neg_frac_range=neg, num_samples=n_rows)


def _unbalanced(params: dict[str, LabelParams], imbalance: float) -> dict[str, LabelParams]:
    last = len(params) - 1
    sizes = _split(_n_rows(params), [imbalance ** (1 - place / last) for place in range(len(params))])
    return {
        name: label.model_copy(update={"num_samples": n})
        for (name, label), n in zip(params.items(), sizes, strict=True)
    }


def _n_rows(params: dict[str, LabelParams]) -> int:
    return sum(label.num_samples for label in params.values())


def _split(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers, at least 1 each, that add up to the total and follow the weights (largest remainders)."""
    spare = total - len(weights)
    exact = [spare * weight / sum(weights) for weight in weights]
    parts = [1 + floor(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: (floor(exact[i]) - exact[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def _noise(noise: NoiseSettings, recipe: Recipe, modalities: Sequence[str]) -> NoiseSettings:
    """The configuration's noise, the recipe's in place of each kind that it has."""
    return NoiseSettings(
        label=recipe.label_noise or noise.label,
        attribute=recipe.attribute_noise or noise.attribute,
        missing=dict.fromkeys(modalities, recipe.missing) if recipe.missing else noise.missing,
    )
