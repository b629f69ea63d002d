"""Every knob of the cluster strategy except the geometry of the clusters."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.graph.attribute_vectors import TRAIT_SHARE

LOWEST_SCORE = 0.0
HIGHEST_SCORE = 10.0


class ClusterStrategySettings(BaseModel):
    """Scores lie in 0..10; every threshold belongs to the side it names.

    A cluster pair from `positive_from` up or from `negative_to` down survives; from the inherit thresholds on its
    attribute pairs take over the sign without a call, those of noise attributes excepted. `ask_noise_everywhere`: ask
    the pairs of noise attributes in discarded cluster pairs too.

    `enrich_batch_size`: attributes described per call; `score_batch_size`: cluster pairs scored per call.
    `label_singletons`: ask for labels of clusters of one, else the attribute names itself. `trait_share`: weight of
    known facts beside the description's vector, where facts are given.

    A block is the inheriting pairs of one cluster pair. `spot_check_members`: pairs asked per block before it may
    inherit, 0 for none; a block with a larger share of wrong ones than `spot_check_max_error` is asked instead. Blocks
    of fewer pairs than `spot_check_min_pairs` are not checked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    positive_from: float = Field(default=7.0, ge=LOWEST_SCORE, le=HIGHEST_SCORE, allow_inf_nan=False)
    negative_to: float = Field(default=4.0, ge=LOWEST_SCORE, le=HIGHEST_SCORE, allow_inf_nan=False)
    auto_inherit: bool = True
    inherit_positive_from: float = Field(default=8.0, ge=LOWEST_SCORE, le=HIGHEST_SCORE, allow_inf_nan=False)
    inherit_negative_to: float = Field(default=3.0, ge=LOWEST_SCORE, le=HIGHEST_SCORE, allow_inf_nan=False)
    ask_noise_everywhere: bool = False
    trait_share: float = Field(default=TRAIT_SHARE, ge=0.0, le=1.0, allow_inf_nan=False)
    enrich_batch_size: int = Field(default=1, ge=1, le=100)
    label_singletons: bool = False
    score_batch_size: int = Field(default=25, ge=1, le=200)
    spot_check_members: int = Field(default=3, ge=0, le=100)
    spot_check_max_error: float = Field(default=0.4, ge=0.0, le=1.0, allow_inf_nan=False)
    spot_check_min_pairs: int = Field(default=8, ge=1, le=1_000_000)
    spot_check_seed: int = Field(default=0, ge=0, lt=2**63)

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Self:
        faults = [message for wrong, message in self._order_faults() if wrong]
        if faults:
            raise ValueError(" ".join(faults))
        return self

    def _order_faults(self) -> list[tuple[bool, str]]:
        return [
            (
                self.negative_to >= self.positive_from,
                f"negative_to ({self.negative_to:g}) must lie below positive_from ({self.positive_from:g}), or one "
                "score would be both; lower the first or raise the second.",
            ),
            (
                self.inherit_positive_from < self.positive_from,
                f"inherit_positive_from ({self.inherit_positive_from:g}) must not lie below positive_from "
                f"({self.positive_from:g}), where the positive band begins; raise it.",
            ),
            (
                self.inherit_negative_to > self.negative_to,
                f"inherit_negative_to ({self.inherit_negative_to:g}) must not lie above negative_to "
                f"({self.negative_to:g}), where the negative band ends; lower it.",
            ),
        ]


DEFAULT: Final = ClusterStrategySettings()
STRICT: Final = ClusterStrategySettings(inherit_positive_from=9.0, inherit_negative_to=2.0)
PRESETS: Final[Mapping[str, ClusterStrategySettings]] = MappingProxyType({"default": DEFAULT, "strict": STRICT})
