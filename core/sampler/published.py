"""The published configurations V25 to V28, and how one runs on a catalogue whose types have other names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, NotFound, Problem
from core.sampler.configuration import DatasetConfig, parse_config
from core.sampler.configuration_errors import nearest

_FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "configs" / "published"
_ABOUT: Final = {
    "V25": "Strong signal: the labels' ranges lie far apart.",
    "V26": "Medium signal: the ranges of avg overlap with both others.",
    "V27": "The published run of 13,000 rows; its ranges overlap widely.",
    "V28": "Weak signal, high volume: 120,000 rows in narrow ranges.",
}


@dataclass(frozen=True, slots=True)
class PublishedConfig:
    """A published configuration in the words of the published catalogue.

    Only V27's quotas were published; the others take the same ones.
    """

    name: str
    about: str
    config: DatasetConfig


def published_names() -> tuple[str, ...]:
    """The names, oldest first."""
    return tuple(_ABOUT)


def published_config(name: str) -> PublishedConfig:
    """Read one from `data/configs/published`; `NotFound` lists the names."""
    if name not in _ABOUT:
        raise NotFound(f"There is no published configuration {name!r}.", f"Choose one of: {', '.join(_ABOUT)}.")
    return PublishedConfig(name, _ABOUT[name], parse_config((_FOLDER / f"{name}.json").read_bytes()))


def likely_types(config: DatasetConfig, catalogue: Catalogue) -> dict[str, str]:
    """A mapping to start from: each type of the configuration to the catalogue's type of the same name, or to none."""
    return {name: name if name in catalogue.positions_by_type else "" for name in config.type_ranges}


def with_types(config: DatasetConfig, mapping: Mapping[str, str], catalogue: Catalogue) -> DatasetConfig:
    """Put the catalogue's types in place of the configuration's; a type mapped to the empty text is left out.

    The quotas stay as they are, but never ask for more attributes than the catalogue has: then the maximum, and with it
    the minimum, is what there is. `InvalidInput` lists every type that is not mapped, is unknown, or is used twice.
    """
    problems = [*_mapping_problems(config, mapping, catalogue)]
    if problems:
        raise InvalidInput("The types cannot be mapped", problems)
    kept = {name: mapping[name] for name in config.type_ranges if mapping[name]}
    ranges = {}
    for name, own in kept.items():
        low, high = config.type_ranges[name]
        most = len(catalogue.positions_by_type[own])
        ranges[own] = (min(low, most), min(high, most))
    soft = {
        field: tuple((kept[a], kept[b]) for a, b in getattr(config, field) if a in kept and b in kept)
        for field in ("high_priority_pairs", "low_priority_pairs")
    }
    return parse_config({**config.model_dump(mode="json"), "type_ranges": ranges, **soft})


class LoweredQuota(NamedTuple):
    """A type of which more attributes were asked for than the catalogue has."""

    attribute_type: str
    asked: tuple[int, int]
    given: tuple[int, int]


def lowered_quotas(config: DatasetConfig, mapping: Mapping[str, str], catalogue: Catalogue) -> tuple[LoweredQuota, ...]:
    """The quotas that `with_types` lowers for a mapping, under the catalogue's names; unknown types are passed over."""
    known = catalogue.positions_by_type
    asked = {own: config.type_ranges[name] for name, own in mapping.items() if own in known}
    given = {own: (min(low, len(known[own])), min(high, len(known[own]))) for own, (low, high) in asked.items()}
    return tuple(LoweredQuota(own, asked[own], given[own]) for own in asked if asked[own] != given[own])


def _mapping_problems(config: DatasetConfig, mapping: Mapping[str, str], catalogue: Catalogue) -> list[Problem]:
    problems = [
        Problem(f"{name!r} is not a type of the configuration.", nearest(name, config.type_ranges), field=name)
        for name in mapping
        if name not in config.type_ranges
    ]
    taken: dict[str, str] = {}
    for name in config.type_ranges:
        own = mapping.get(name)
        if own is None:
            fix = "Name one of the catalogue's, or none to leave it out."
            problems.append(Problem(f"{name!r} is mapped to no type.", fix, field=name))
        elif own and own not in catalogue.positions_by_type:
            fix = nearest(own, catalogue.attribute_types)
            problems.append(Problem(f"The catalogue has no attribute type {own!r}.", fix, field=name))
        elif own and taken.setdefault(own, name) != name:
            problems.append(Problem(f"{own!r} is used for {taken[own]!r} already.", "Use each type once.", field=name))
    if not any(mapping.get(name) for name in config.type_ranges):
        problems.append(Problem("No type is mapped.", "Map at least one type."))
    return problems
