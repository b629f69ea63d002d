"""Whether rows can differ as much as a configuration wants: the arithmetic, before any row is drawn."""

from collections.abc import Iterator
from math import comb

from core.catalogue.model import Catalogue
from core.errors import Problem
from core.sampler.configuration import DatasetConfig, Duplicates
from core.sampler.configuration_errors import nearest

_ROUNDING = 1e-9  # 0.07 x 100 is 7.000000000000001


def exposure_cap(share: float, n_rows: int) -> int:
    """In how many of a label's rows one attribute may be."""
    return int(share * n_rows + _ROUNDING)


def diversity_problems(config: DatasetConfig, catalogue: Catalogue) -> Iterator[Problem]:
    """Caps and distinct rows that no dataset can have; a configuration without any may still prove too narrow."""
    known = catalogue.positions_by_type
    for name, share in config.diversity.max_exposure.items():
        if name not in config.type_ranges:
            fix = nearest(name, config.type_ranges)
            yield Problem(f"{name!r} is not in type_ranges.", fix, field=f"diversity.max_exposure.{name}")
        elif name in known:
            yield from _cap_problems(config, name, share, len(known[name]))
    most = max(params.num_samples for params in config.label_params.values())
    fits = all(name in known and low <= len(known[name]) for name, (low, _) in config.type_ranges.items())
    if config.diversity.duplicates is Duplicates.REFUSE and fits:
        n_rows = n_possible_rows(config, catalogue, most)
        for label, params in config.label_params.items():
            if params.num_samples > n_rows:
                yield Problem(
                    f"{params.num_samples:,} rows without a duplicate are wanted, but the numbers of attributes allow "
                    f"only {n_rows:,} different rows.",
                    f"Ask for {n_rows:,} rows or fewer, widen type_ranges, or count duplicates instead.",
                    field=f"label_params.{label}.num_samples",
                )


def n_possible_rows(config: DatasetConfig, catalogue: Catalogue, most: int) -> int:
    """How many different rows the type ranges allow, whatever the label; `most` where there are as many or more."""
    total = 1
    for name, (low, high) in config.type_ranges.items():
        n = len(catalogue.positions_by_type[name])
        choices = 0
        for k in range(low, high + 1):
            choices += comb(n, k)
            if total * choices >= most:  # counts of hundreds of attributes have thousands of digits
                return most
        total *= choices
    return min(total, most)


def _cap_problems(config: DatasetConfig, name: str, share: float, n: int) -> Iterator[Problem]:
    """`n`: how many attributes of the type there are."""
    field = f"diversity.max_exposure.{name}"
    low, high = config.type_ranges[name]
    for label, params in config.label_params.items():
        n_rows = params.num_samples
        cap = exposure_cap(share, n_rows)
        if cap == 0 and high:
            yield Problem(
                f"{share:g} of the {n_rows:,} rows of {label!r} is less than one row, so no {name!r} could "
                "be in any of them.",
                f"Raise it to at least {_rounded_up(1 / n_rows):g}.",
                field=field,
            )
        elif n * cap < low * n_rows <= n * n_rows:
            yield Problem(
                f"The {n_rows:,} rows of {label!r} need {low * n_rows:,} attributes of {name!r} (at least {low} each), "
                f"but {n:,} attributes in at most {cap:,} rows each make {n * cap:,}.",
                f"Raise the share to at least {_rounded_up(-(-low * n_rows // n) / n_rows):g}.",
                field=field,
            )


def _rounded_up(share: float) -> float:
    """The next share of four digits, so that it can be typed; more digits where four would be too many rows."""
    rounded = -(-share * 10_000 // 1) / 10_000
    return rounded if rounded <= 1.0 else 1.0
