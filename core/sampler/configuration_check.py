"""Whether a configuration fits a catalogue: everything that can be known before any row is drawn."""

from collections.abc import Iterator, Mapping

from core.catalogue.model import Catalogue
from core.errors import Problem
from core.sampler.configuration import DatasetConfig
from core.sampler.configuration_errors import nearest
from core.sampler.diversity_check import diversity_problems
from core.sampler.noise_check import noise_problems

MAX_ROW_SIZE = 1_000  # attributes in one row
_ROUNDING = 1e-12


def check_config(config: DatasetConfig, catalogue: Catalogue) -> tuple[Problem, ...]:
    """Every reason why this configuration cannot be run on this catalogue; empty when it can."""
    return (
        *check_type_ranges(config.type_ranges, catalogue),
        *_label_problems(config),
        *_pair_problems(config, catalogue),
        *noise_problems(config, catalogue),
        *diversity_problems(config, catalogue),
    )


def check_type_ranges(type_ranges: Mapping[str, tuple[int, int]], catalogue: Catalogue) -> tuple[Problem, ...]:
    """Quotas that name unknown types, exceed what there is, or can never make a pair; empty when none does."""
    problems = [
        problem for name, allowed in type_ranges.items() for problem in _quota_problems(name, allowed, catalogue)
    ]
    most = sum(high for _, high in type_ranges.values())
    if most < 2:
        problems.append(
            Problem(
                f"A row can hold at most {most} attributes, so it never holds a pair.",
                "Raise the maxima to at least 2 in all.",
                field="type_ranges",
            )
        )
    if most > MAX_ROW_SIZE:
        problems.append(
            Problem(
                f"A row could hold {most:,} attributes; the limit is {MAX_ROW_SIZE:,}.",
                "Lower the maxima.",
                field="type_ranges",
            )
        )
    return tuple(problems)


def _quota_problems(name: str, allowed: tuple[int, int], catalogue: Catalogue) -> Iterator[Problem]:
    place, known = f"type_ranges.{name}", catalogue.positions_by_type
    low, high = allowed
    if name not in known:
        yield Problem(
            f"The catalogue has no attribute type {name!r}.", nearest(name, catalogue.attribute_types), field=place
        )
    elif high > len(known[name]):
        yield Problem(
            f"Up to {high} attributes of type {name!r} are wanted, but the catalogue has {len(known[name])}.",
            f"Lower the maximum to {len(known[name])} or less.",
            field=place,
        )
    if not 0 <= low <= high:
        yield Problem(f"[{low}, {high}] is not a range of counts.", "Write [minimum, maximum].", field=place)


def _label_problems(config: DatasetConfig) -> Iterator[Problem]:
    for name, params in config.label_params.items():
        least = params.pos_frac_range[0] + params.neg_frac_range[0]
        if least > 1 + _ROUNDING:
            yield Problem(
                f"The minima of pos_frac and neg_frac add up to {least:.4g}; no row can exceed 1.",
                "Lower one of the two minima.",
                field=f"label_params.{name}.pos_frac_range",
            )


def _pair_problems(config: DatasetConfig, catalogue: Catalogue) -> Iterator[Problem]:
    modality_of = {a.attribute_type: a.modality for a in catalogue.attributes}
    for field in ("high_priority_pairs", "low_priority_pairs"):
        for number, pair in enumerate(getattr(config, field), start=1):
            unknown = [name for name in pair if name not in config.type_ranges]
            for name in unknown:
                where = "is not in type_ranges" if name in modality_of else "is not in the catalogue"
                yield Problem(
                    f"Pair {number}: the attribute type {name!r} {where}.",
                    nearest(name, config.type_ranges),
                    field=field,
                )
            modalities = {modality_of.get(name, name) for name in pair}
            if not unknown and len(modalities) == 1:
                yield Problem(
                    f"Pair {number}: {pair[0]!r} and {pair[1]!r} belong to one modality, {modalities.pop()!r}, "
                    "and no edge joins attributes of one modality.",
                    "Remove the pair.",
                    field=field,
                )
