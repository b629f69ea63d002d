"""A dry run: the first rows of every label, and for a label that cannot be met the reason and the closest values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.dataset.diversity import TooAlike, choose_rows
from core.errors import InvalidInput
from core.fingerprint import content_id
from core.graph.model import SignedGraph
from core.progress import Progress, Steps
from core.sampler.chunks import in_order
from core.sampler.configuration import DatasetConfig, NoiseSettings, config_id
from core.sampler.configuration_check import check_config
from core.sampler.density import measure_density, share_in_ranges
from core.sampler.encoding import Encoding, encode_config
from core.sampler.feasibility import Closest, UnmetLabel
from core.sampler.label_search import DrawnRows, prepare_label
from core.sampler.recount import EdgeIndex, index_edges, recount_rows
from core.sampler.search import LabelRequest

DRY_ROWS = 20
N_WORKERS = 2


@dataclass(frozen=True, slots=True)
class DryRow:
    """One row: attribute type to values, and its recounted fractions."""

    values: Mapping[str, tuple[str, ...]]
    pos_frac: float
    neg_frac: float


@dataclass(frozen=True, slots=True)
class Unmet:
    """Why a label has no rows; `proven` where no row can exist. `closest` is the nearest subgraph found.

    `too_alike`: rows were found that fit, but they could not be kept apart as the configuration asks.
    """

    reason: str
    fix: str
    proven: bool
    closest: Closest
    too_alike: bool = False


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
    """The configuration without what a dry run does not depend on: noise, and numbers of rows unless rows are kept
    apart, which is a matter of how many there are.
    """
    plain = config.model_copy(update={"noise": NoiseSettings(), "recipe": ""})
    if not config.diversity.is_off:
        return plain
    params = {name: p.model_copy(update={"num_samples": DRY_ROWS}) for name, p in config.label_params.items()}
    return plain.model_copy(update={"label_params": params})


def dry_run_id(config: DatasetConfig) -> str:
    """Content id of what a dry run depends on."""
    return content_id("dry-run", config_id(dry_config(config)))


def dry_run(graph: SignedGraph, config: DatasetConfig) -> Steps[tuple[DryLabel, ...]]:
    """Draw 20 rows of each label; they are the first 20 that the dataset will have, before any noise.

    `InvalidInput` when the configuration does not fit the catalogue. A label that cannot be met stops no other.
    """
    if problems := check_config(config, graph.catalogue):
        raise InvalidInput("The configuration does not fit the catalogue", problems)
    small = dry_config(config)
    encoding = encode_config(graph, small)
    shares = share_in_ranges(measure_density(graph, small.type_ranges, seed=small.seed), small.label_params)
    edges = index_edges(graph)
    labels = []
    for number, name in enumerate(small.label_params):
        yield Progress(number, len(small.label_params), name)
        labels.append((yield from _try_label(graph, small, encoding, edges, name, shares[name])))
    return tuple(labels)


def _try_label(
    graph: SignedGraph, config: DatasetConfig, encoding: Encoding, edges: EdgeIndex, name: str, share: float
) -> Steps[DryLabel]:
    params, diversity = config.label_params[name], config.diversity
    n_rows = min(DRY_ROWS, params.num_samples)
    try:
        search = yield from prepare_label(encoding, LabelRequest(name, params, config.sampler, config.seed), N_WORKERS)
        if diversity.is_off:
            drawn = _joined([*in_order(search.draw, search.chunks(range(n_rows)), N_WORKERS)])
        else:
            chosen = yield from choose_rows(search, diversity, graph.catalogue, edges, N_WORKERS, n_rows)
            drawn = chosen.draw(range(n_rows))
    except UnmetLabel as error:
        unmet = Unmet(error.message, error.fix, error.proven, error.closest, isinstance(error, TooAlike))
        return DryLabel(name, share, "", (), unmet)
    return DryLabel(name, share, search.method.value, _rows(graph, config, edges, drawn), None)


def _joined(chunks: Sequence[DrawnRows]) -> DrawnRows:
    nodes, sizes = (np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in ("nodes", "sizes"))
    return DrawnRows(nodes, sizes, sum(c.n_proposals for c in chunks), sum(c.n_retried for c in chunks))


def _rows(graph: SignedGraph, config: DatasetConfig, edges: EdgeIndex, drawn: DrawnRows) -> tuple[DryRow, ...]:
    offsets = np.concatenate(([0], np.cumsum(drawn.sizes))).astype(np.int64)
    found = recount_rows(edges, drawn.nodes, offsets).fractions
    return tuple(
        DryRow(_values(graph, config, drawn.nodes[start:end].tolist()), float(pos), float(neg))
        for (start, end), pos, neg in zip(pairwise(offsets.tolist()), found.pos_frac, found.neg_frac, strict=True)
    )


def _values(graph: SignedGraph, config: DatasetConfig, positions: list[int]) -> dict[str, tuple[str, ...]]:
    attributes = [graph.catalogue.attributes[position] for position in positions]
    return {kind: tuple(a.value for a in attributes if a.attribute_type == kind) for kind in config.type_ranges}
