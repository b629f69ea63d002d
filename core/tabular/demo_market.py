"""The invented market behind the demo table: its cities, devices, interests, slots and campaigns; always the same."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

N_CITIES: Final = 130
N_DEVICES: Final = 258
INTERESTS: Final = (
    "astronomy", "baking", "board games", "camping", "chess", "climbing", "cycling", "dance", "drawing", "fashion",
    "fishing", "fitness", "gardening", "gaming", "home decor", "jazz", "knitting", "motoring", "pets", "photography",
    "running", "sailing", "theatre", "travel",
)  # fmt: skip
SLOTS: Final = ("feed top", "feed middle", "feed end", "search", "story", "video")
CAMPAIGNS: Final = tuple(f"campaign {letter}" for letter in "ABCDEFGHIJKL")

_SEED: Final = 20_240_301
_STARTS: Final = ("Bra", "Cal", "Dor", "Eld", "Fen", "Gor", "Hal", "Ivo", "Jar", "Kel", "Lum", "Mor", "Nev", "Ost")
_ENDS: Final = ("bury", "dale", "fell", "garth", "holm", "isk", "mere", "orra", "stad", "vik")
_BRANDS: Final = ("Arvo", "Belix", "Cordo", "Dunel", "Evora", "Fyndo")


@dataclass(frozen=True, slots=True)
class Market:
    """Arrays over cities [130], devices [258], interests [24], slots [6] and campaigns [12], and names to go with.

    Log shares are unnormalised logits; `campaign_taste` [12, 24] is how much a campaign suits an interest.
    """

    cities: tuple[str, ...]
    city_rank: NDArray[np.int64]
    city_log_share: NDArray[np.float64]
    devices: tuple[str, ...]
    device_inches: NDArray[np.float64]
    device_price: NDArray[np.int64]
    device_log_share: NDArray[np.float64]
    interest_log_share: NDArray[np.float64]
    interest_age: NDArray[np.float64]
    interest_wealth: NDArray[np.float64]
    slot_log_share: NDArray[np.float64]
    slot_evening: NDArray[np.float64]
    slot_log_bid: NDArray[np.float64]
    slot_appeal: NDArray[np.float64]
    campaign_log_share: NDArray[np.float64]
    campaign_taste: NDArray[np.float64]
    campaign_mid_day: NDArray[np.float64]
    campaign_log_bid: NDArray[np.float64]
    campaign_pull: NDArray[np.float64]


def make_market() -> Market:
    """The one market every demo table is drawn from; it does not depend on the table's seed."""
    rng = np.random.default_rng(_SEED)
    order = np.arange(N_CITIES)
    tier = rng.integers(0, 4, N_DEVICES)
    age = rng.integers(0, 6, N_DEVICES)
    inches = np.round(np.clip(5.2 + 0.35 * tier - 0.09 * age + rng.normal(0, 0.3, N_DEVICES), 4.5, 7.6), 1)
    price = 120 * 1.75**tier * 0.9**age * np.exp(rng.normal(0, 0.12, N_DEVICES))
    return Market(
        cities=_city_names(rng),
        city_rank=np.digitize(order, (4, 15, 40, 80)) + 1,
        city_log_share=-0.85 * np.log(order + 2.0),
        devices=tuple(f"{_BRANDS[i % 6]} {1 + i // 6}{'SLXZ'[tier[i]]}" for i in range(N_DEVICES)),
        device_inches=inches.astype(np.float64),
        device_price=(np.round(price / 10) * 10 - 1).astype(np.int64),
        device_log_share=rng.normal(0, 1.0, N_DEVICES) - 0.25 * age,
        interest_log_share=rng.normal(0, 0.7, len(INTERESTS)),
        interest_age=rng.normal(0, 0.9, len(INTERESTS)),
        interest_wealth=rng.normal(0, 0.5, len(INTERESTS)),
        slot_log_share=np.array([0.6, 0.9, 0.4, 0.2, -0.1, -0.4]),
        slot_evening=np.array([0.0, 0.0, 0.1, -0.9, 0.7, 1.0]),
        slot_log_bid=np.array([0.35, 0.1, -0.2, 0.55, 0.0, 0.25]),
        slot_appeal=np.array([0.3, -0.2, -0.7, 0.9, 0.0, 0.2]),
        campaign_log_share=rng.normal(0, 0.4, len(CAMPAIGNS)),
        campaign_taste=rng.normal(0, 1.0, (len(CAMPAIGNS), len(INTERESTS))),
        campaign_mid_day=rng.uniform(0, 28, len(CAMPAIGNS)),
        campaign_log_bid=rng.normal(-0.4, 0.45, len(CAMPAIGNS)),
        campaign_pull=rng.normal(0, 0.6, len(CAMPAIGNS)),
    )


def _city_names(rng: np.random.Generator) -> tuple[str, ...]:
    names = [f"{start}{end}" for start in _STARTS for end in _ENDS]
    return tuple(names[i] for i in rng.permutation(len(names))[:N_CITIES])
