"""The configuration of a dataset: one frozen object, checked at the door, written back one way only."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from core.errors import InvalidInput, Problem
from core.fingerprint import content_id
from core.sampler.configuration_errors import decode_json, problems_of

MAX_ROWS = 10_000_000  # per label
MAX_SEED = 2**63 - 1
MAX_PROPOSALS = 10_000_000  # max_iters x proposals_per_step: about two seconds of one core for one row
LABEL_KEY = "label"  # the key of a row that is not an attribute type


def _refuse(message: str, fix: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{message}", {"message": message, "fix": fix})


def _in_order(value: tuple[Any, Any]) -> tuple[Any, Any]:
    if value[0] > value[1]:
        raise _refuse(f"The minimum {value[0]} is greater than the maximum {value[1]}.", "Exchange the two.")
    return value


def _usable_label(name: str) -> str:
    printable = name.isprintable() and name.encode("utf-8", "replace").decode() == name
    if not name or name != name.strip() or not printable:
        raise _refuse(
            f"{name!r} is not a usable label name.",
            "Use printable text that neither starts nor ends with a blank.",
        )
    return name


def _usable_type(name: str) -> str:
    if name == LABEL_KEY:
        raise _refuse(
            "An attribute type cannot be called 'label': every row keeps its label under that key.",
            "Rename the attribute type in the catalogue.",
        )
    return name


def _without_minus_zero(value: float) -> float:
    return value + 0.0


Count = Annotated[int, Field(strict=True, ge=0)]
Positive = Annotated[int, Field(strict=True, ge=1)]
Fraction = Annotated[
    float, Field(strict=True, ge=0.0, le=1.0, allow_inf_nan=False), AfterValidator(_without_minus_zero)
]
Temperature = Annotated[float, Field(strict=True, gt=0.0, le=1000.0, allow_inf_nan=False)]
Text = Annotated[str, Field(strict=True)]
TypeRange = Annotated[tuple[Count, Count], AfterValidator(_in_order)]
FractionRange = Annotated[tuple[Fraction, Fraction], AfterValidator(_in_order)]
TypePair = tuple[Text, Text]


class SearchMethod(StrEnum):
    """How a label's rows are found: as its pilot suggests, or by one method whatever it says.

    `FULL_ANNEALING` cools each row to the end of its schedule, the soft pairs included, and takes where it ends: the
    published method. It is kept for comparison, since its rows do not follow the law.
    """

    AUTO = "auto"
    REJECTION = "rejection"
    ANNEALING = "annealing"
    FULL_ANNEALING = "full-annealing"


class Spread(StrEnum):
    """How a label's rows lie in its ranges: as random subgraphs do, or evenly over what can be reached of them."""

    NATURAL = "natural"
    UNIFORM = "uniform"


class Duplicates(StrEnum):
    """What becomes of a row that repeats an earlier one: it is counted, or another is drawn in its place."""

    COUNT = "count"
    REFUSE = "refuse"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelParams(_Frozen):
    """The hard ranges of one label and how many rows of it to make."""

    pos_frac_range: FractionRange
    neg_frac_range: FractionRange
    num_samples: Annotated[int, Field(strict=True, ge=1, le=MAX_ROWS)]


class SamplerSettings(_Frozen):
    """How hard to search.

    `max_iters` steps of `proposals_per_step` proposals, cooled geometrically from `start_temp` to `end_temp`
    (temperatures are in units of pos_frac and neg_frac); a run without improvement for `patience` steps is given up.
    `mixing_proposals` is the least number of proposals a row walks inside its ranges afterwards; labels that accept few
    of them walk longer, up to 20,000; 0 switches mixing off. `soft_strength` s favours a row by exp(s x (connected
    share of the high-priority pairs - connected share of the low-priority pairs)); 0 switches the soft pairs off.
    `spread` uniform aims each row at fractions of its own, drawn uniformly in the label's ranges.
    """

    max_iters: Annotated[int, Field(strict=True, ge=1, le=MAX_PROPOSALS)] = 10_000
    start_temp: Temperature = 0.015
    end_temp: Temperature = 0.002
    patience: Positive = 5_000
    proposals_per_step: Annotated[int, Field(strict=True, ge=1, le=1_000)] = 1
    mixing_proposals: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 100
    soft_strength: Annotated[float, Field(strict=True, ge=0.0, le=100.0, allow_inf_nan=False)] = 5.0
    method: SearchMethod = SearchMethod.AUTO
    spread: Spread = Spread.NATURAL

    @field_validator("spread")
    @classmethod
    def _searched(cls, value: Spread, info: ValidationInfo) -> Spread:
        method = info.data.get("method")
        if value is Spread.UNIFORM and method in (SearchMethod.REJECTION, SearchMethod.FULL_ANNEALING):
            raise _refuse(
                f"Rows found by {method} cannot be spread evenly.", "Choose the method 'auto' or 'annealing'."
            )
        return value

    @field_validator("end_temp")
    @classmethod
    def _cools(cls, value: float, info: ValidationInfo) -> float:
        start = info.data.get("start_temp")
        if start is not None and value > start:
            raise _refuse(f"The end temperature {value} is above the start temperature {start}.", "Lower it.")
        return value

    @field_validator("patience")
    @classmethod
    def _ends(cls, value: int, info: ValidationInfo) -> int:
        iters = info.data.get("max_iters")
        if iters is not None and value > iters:
            raise _refuse(f"The patience of {value} steps exceeds the {iters} steps of max_iters.", "Lower it.")
        return value

    @field_validator("proposals_per_step")
    @classmethod
    def _affordable(cls, value: int, info: ValidationInfo) -> int:
        iters = info.data.get("max_iters")
        if iters is not None and value * iters > MAX_PROPOSALS:
            raise _refuse(
                f"{iters} steps of {value} proposals are more than {MAX_PROPOSALS:,} proposals for one search.",
                "Lower max_iters or proposals_per_step.",
            )
        return value


class NoiseSettings(_Frozen):
    """What is spoilt on purpose after the rows were drawn and counted, each a chance.

    `label`: of a row, that it says another label than its own; `attribute`: of each attribute, that another of its type
    stands in its place; `missing`: by modality, of a row, that it lacks all attributes of it.
    """

    label: Fraction = 0.0
    attribute: Fraction = 0.0
    missing: dict[Text, Fraction] = Field(default_factory=dict)

    @property
    def is_off(self) -> bool:
        """Whether nothing is spoilt."""
        return not (self.label or self.attribute or any(self.missing.values()))


class DiversitySettings(_Frozen):
    """What keeps rows apart: duplicates within a label, and by attribute type the greatest share of a label's rows
    that one attribute may be in.
    """

    duplicates: Duplicates = Duplicates.COUNT
    max_exposure: dict[Text, Annotated[Fraction, Field(gt=0.0)]] = Field(default_factory=dict)

    @property
    def is_off(self) -> bool:
        """Whether rows are taken as they come."""
        return self.duplicates is Duplicates.COUNT and not self.max_exposure


class DatasetConfig(_Frozen):
    """Everything that shapes a dataset beside the graph: quotas, labels, soft pairs, sampler, noise and seed.

    `recipe` names the recipe of difficulty and its version that the configuration was made by, if any.

    The order of `type_ranges` is the order of the keys in a row, and the order of `label_params` the order of the
    labels' rows, so both orders are part of the configuration and of its id.
    """

    type_ranges: Annotated[dict[Annotated[Text, AfterValidator(_usable_type)], TypeRange], Field(min_length=1)]
    label_params: Annotated[dict[Annotated[Text, AfterValidator(_usable_label)], LabelParams], Field(min_length=1)]
    high_priority_pairs: tuple[TypePair, ...] = ()
    low_priority_pairs: tuple[TypePair, ...] = ()
    sampler: SamplerSettings = SamplerSettings()
    noise: NoiseSettings = NoiseSettings()
    diversity: DiversitySettings = DiversitySettings()
    recipe: Text = ""
    seed: Annotated[int, Field(strict=True, ge=0, le=MAX_SEED)] = 0

    @field_validator("high_priority_pairs", "low_priority_pairs")
    @classmethod
    def _distinct(cls, pairs: tuple[TypePair, ...], info: ValidationInfo) -> tuple[TypePair, ...]:
        high = {frozenset(pair) for pair in info.data.get("high_priority_pairs") or ()}
        contradictory = ["–".join(pair) for pair in pairs if frozenset(pair) in high]
        if contradictory:
            raise _refuse(
                f"Of high and of low priority at once: {', '.join(contradictory)}.",
                "Keep each pair of types in one of the two lists.",
            )
        seen: set[frozenset[str]] = set()
        repeated = []
        for pair in pairs:
            if frozenset(pair) in seen:
                repeated.append("–".join(pair))
            seen.add(frozenset(pair))
        if repeated:
            raise _refuse(f"Listed more than once: {', '.join(repeated)}.", "List every pair of types once.")
        return pairs

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Validate plain data; raises pydantic's error (see `parse_config` for `InvalidInput`)."""
        return cls.model_validate(data)


def parse_config(data: bytes | str | Mapping[str, Any]) -> DatasetConfig:
    """Read a configuration from JSON text or plain data; `InvalidInput` with every problem, each with its path."""
    repeated: tuple[Problem, ...] = ()
    if not isinstance(data, Mapping):
        data, repeated = decode_json(data)
    try:
        config = DatasetConfig.of(data)
    except ValidationError as error:
        problems = (*repeated, *problems_of(error, DatasetConfig))
        raise InvalidInput("The dataset configuration is not valid", problems) from error
    if repeated:
        raise InvalidInput("The dataset configuration is not valid", repeated)
    return config


def config_json(config: DatasetConfig) -> str:
    """The one JSON text of a configuration: every default written out, orders kept (they shape the files)."""
    return json.dumps(config.model_dump(mode="json"), ensure_ascii=False, allow_nan=False, indent=2)


def config_id(config: DatasetConfig) -> str:
    """Content id over `config_json`, so it follows the order of types and labels too."""
    return content_id("dataset-config", config_json(config))
