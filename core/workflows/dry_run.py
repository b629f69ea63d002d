"""A dry run: the first rows of every label, and for a label that cannot be met the reason and the closest values."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import InvalidInput
from core.fingerprint import content_id
from core.graph.model import SignedGraph
from core.progress import Progress, Steps
from core.sampler.configuration import DatasetConfig, config_id
from core.sampler.configuration_check import check_config
from core.sampler.density import measure_density, share_in_ranges
from core.sampler.encoding import Encoding, encode_config
from core.sampler.feasibility import Closest, UnmetLabel
from core.sampler.recount import index_edges, recount_rows
from core.sampler.sampling import LabelRequest, SampledLabel, sample_label

DRY_ROWS = 20


@dataclass(frozen=True, slots=True)
class DryRow:
    """One row: attribute type to values, and its recounted fractions."""

    values: Mapping[str, tuple[str, ...]]
    pos_frac: float
    neg_frac: float


@dataclass(frozen=True, slots=True)
class Unmet:
    """Why a label has no rows; `proven` where no row can exist. `closest` is the nearest subgraph found."""

    reason: str
    fix: str
    proven: bool
    closest: Closest


@dataclass(frozen=True, slots=True)
class DryLabel:
    """One label of a dry run; without rows, `unmet` says why.

    `random_share` (0..1) of the random subgraphs qualify that the density shows for the same quotas and seed.
    """

    name: str
    random_share: float
    method: str
    rows: tuple[DryRow, ...]
    unmet: Unmet | None


def dry_config(config: DatasetConfig) -> DatasetConfig:
    """The configuration with 20 rows for every label."""
    params = {name: p.model_copy(update={"num_samples": DRY_ROWS}) for name, p in config.label_params.items()}
    return config.model_copy(update={"label_params": params})


def dry_run_id(config: DatasetConfig) -> str:
    """Content id of what a dry run depends on: configurations that differ in numbers of rows alone share it."""
    return content_id("dry-run", config_id(dry_config(config)))


def dry_run(graph: SignedGraph, config: DatasetConfig) -> Steps[tuple[DryLabel, ...]]:
    """Draw 20 rows of each label; they are the first 20 that the dataset will have.

    `InvalidInput` when the configuration does not fit the catalogue. A label that cannot be met stops no other.
    """
    if problems := check_config(config, graph.catalogue):
        raise InvalidInput("The configuration does not fit the catalogue", problems)
    small = dry_config(config)
    encoding = encode_config(graph, small)
    shares = share_in_ranges(measure_density(graph, small.type_ranges, seed=small.seed), small.label_params)
    labels = []
    for number, name in enumerate(small.label_params):
        yield Progress(number, len(small.label_params), name)
        labels.append((yield from _try_label(graph, small, encoding, name, shares[name])))
    return tuple(labels)


def _try_label(
    graph: SignedGraph, config: DatasetConfig, encoding: Encoding, name: str, share: float
) -> Steps[DryLabel]:
    request = LabelRequest(name, config.label_params[name], config.sampler, config.seed)
    try:
        sampled = yield from sample_label(encoding, request)
    except UnmetLabel as error:
        return DryLabel(name, share, "", (), Unmet(error.message, error.fix, error.proven, error.closest))
    return DryLabel(name, share, sampled.method.value, _rows(graph, config, sampled), None)


def _rows(graph: SignedGraph, config: DatasetConfig, sampled: SampledLabel) -> tuple[DryRow, ...]:
    found = recount_rows(index_edges(graph), sampled.nodes, sampled.offsets).fractions
    bounds = sampled.offsets.tolist()
    return tuple(
        DryRow(_values(graph, config, sampled.nodes[start:end].tolist()), float(pos), float(neg))
        for start, end, pos, neg in zip(bounds[:-1], bounds[1:], found.pos_frac, found.neg_frac, strict=True)
    )


def _values(graph: SignedGraph, config: DatasetConfig, positions: list[int]) -> dict[str, tuple[str, ...]]:
    attributes = [graph.catalogue.attributes[position] for position in positions]
    return {kind: tuple(a.value for a in attributes if a.attribute_type == kind) for kind in config.type_ranges}
