"""What is asked of the synthesizers on the demo table, and how a figure is printed beside it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from benchmarks.table import Row

TREES: Final = "tree-sampler"
LIMIT_CPU_S, LIMIT_MB = 600.0, 1_536.0
# Whoever made the table up also published which values it can hold.
SETTINGS: Final[Mapping[str, Mapping[str, bool]]] = {"dp-mst": {"lists_and_ranges_are_public": True}}


class Asked(NamedTuple):
    """What is asked of one family: the name of a figure, its bound, and whether that is the most or the least."""

    figure: str
    bound: float
    is_most: bool
    seen_before: str = ""


RIVALS: Final = (Asked("discriminator", 0.65, True, "library: .998 / 1.000"), Asked("positive-rate-off", 0.2, True))
ASKED: Final[Mapping[str, tuple[Asked, ...]]] = {
    TREES: (
        Asked("fit-cpu-s", 6.0, True, "4.1"),
        Asked("rows-per-s", 30_000.0, False),
        Asked("discriminator", 0.55, True, ".533; real .512"),
        Asked("pair-trends", 0.965, False),
        Asked("dcr-share", 0.56, True, ".549"),
        Asked("membership", 0.54, True),
        Asked("logistic-ratio", 0.95, False),
    ),
    "tab-ddpm": (
        Asked("fit-cpu-s", 120.0, True, "202"),
        Asked("sample-cpu-s", 40.0, True, "125"),
        Asked("discriminator", 0.57, True, ".566"),
        Asked("logistic-ratio", 0.95, False),
        Asked("dcr-share-off-half", 0.02, True),
        Asked("membership", 0.52, True),
    ),
    "masked-transformer": (
        Asked("fit-cpu-s", 150.0, True),
        Asked("discriminator", 0.57, True, ".569"),
        Asked("ks", 0.012, True, ".026"),
    ),
    "gpt2-tabular": (Asked("rows-per-s", 500.0, False, "182"), Asked("boosted-auc", 0.68, False, ".55")),
    "ctgan": RIVALS,
    "tvae": RIVALS,
}
EVERY: Final = (
    Asked("total-cpu-s", LIMIT_CPU_S, True),
    Asked("memory-mb", LIMIT_MB, True),
    Asked("broken-rules", 0.0, True),
)
UNITS: Final = {"fit-cpu-s": "CPU s", "sample-cpu-s": "CPU s", "total-cpu-s": "CPU s", "memory-mb": "MB"}


def asked_row(name: str, asked: Asked, value: float | None) -> Row:
    """One figure of one family beside its bound."""
    before = f"; a prototype: {asked.seen_before}" if asked.seen_before else ""
    note = f"at {'most' if asked.is_most else 'least'}{before}"
    if value is None:
        return Row(f"{name}: {asked.figure}", float("nan"), asked.bound, None, "", f"{note}; not measured")
    ratio = value / asked.bound if asked.bound else None
    return Row(f"{name}: {asked.figure}", value, asked.bound, ratio, UNITS.get(asked.figure, ""), note)
