"""A dataset from a graph and a configuration: every label sampled, recounted, and accounted for."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from core.dataset.rows import LabelledRows, join_labels
from core.errors import Infeasible, InvalidInput
from core.graph.model import SignedGraph
from core.progress import Progress, Steps
from core.sampler.configuration import DatasetConfig
from core.sampler.configuration_check import check_config
from core.sampler.encoding import Encoding, encode_config
from core.sampler.feasibility import UnmetLabel
from core.sampler.recount import RowChecker, index_edges
from core.sampler.sampling import LabelRequest, Method, SampledLabel, sample_label

RECOUNTED_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class LabelFailure:
    """Why a label has no rows: the reason in one sentence, the closest fractions found, the bounds they miss.

    `proven` says that the quotas rule the label out; otherwise it was only not found.
    """

    reason: str
    closest_pos_frac: float
    closest_neg_frac: float
    missed: tuple[str, ...]
    proven: bool


@dataclass(frozen=True, slots=True)
class LabelOutcome:
    """What became of one label: its rows and how they were found, or the failure.

    `random_share` is the share of random subgraphs that qualify; `proposals_per_row` counts drawing, annealing and
    mixing together; `n_retried` rows needed more than one annealing run.
    """

    label: str
    n_rows: int
    method: Method | None = None
    random_share: float | None = None
    mixing_proposals: int = 0
    proposals_per_row: float = 0.0
    n_retried: int = 0
    failure: LabelFailure | None = None

    def record(self) -> dict[str, Any]:
        """The outcome as JSON data."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class GeneratedDataset:
    """The rows of every label that was met, and the outcome of every label in the order of the configuration."""

    config: DatasetConfig
    rows: LabelledRows
    outcomes: tuple[LabelOutcome, ...]


def generate_dataset(graph: SignedGraph, config: DatasetConfig, n_workers: int = 2) -> Steps[GeneratedDataset]:
    """Yield progress in rows and return the rows, the same bytes for any number of workers.

    Raises `InvalidInput` when the configuration does not fit the catalogue, and `Infeasible` when no label at all was
    met; a label that fails beside others leaves their rows and its reason.
    """
    problems = check_config(config, graph.catalogue)
    if problems:
        raise InvalidInput("The dataset configuration does not fit the catalogue", problems)
    encoding = encode_config(graph, config)
    total = sum(params.num_samples for params in config.label_params.values())
    sampled: dict[str, SampledLabel] = {}
    outcomes: list[LabelOutcome] = []
    done = 0
    for name, params in config.label_params.items():
        try:
            sampled[name] = yield from _within(_one_label(graph, encoding, config, name, n_workers), done, total)
            outcomes.append(_success(sampled[name]))
        except UnmetLabel as failure:
            outcomes.append(_failure(failure))
        done += params.num_samples
    if not sampled:
        raise Infeasible(" ".join(outcome.failure.reason for outcome in outcomes if outcome.failure))
    rows = join_labels(tuple(config.type_ranges), tuple(config.label_params), sampled)
    yield Progress(total, total, f"{len(rows):,} rows")
    return GeneratedDataset(config, rows, tuple(outcomes))


def _one_label(
    graph: SignedGraph, encoding: Encoding, config: DatasetConfig, name: str, n_workers: int
) -> Steps[SampledLabel]:
    params = config.label_params[name]
    label = yield from sample_label(encoding, LabelRequest(name, params, config.sampler, config.seed), n_workers)
    checker = RowChecker(graph, index_edges(graph), name, params, config.type_ranges)
    for start in range(0, params.num_samples, RECOUNTED_AT_ONCE):
        yield Progress(params.num_samples, params.num_samples, f"{name}: recounting row {start + 1:,} on")
        offsets = label.offsets[start : start + RECOUNTED_AT_ONCE + 1]
        nodes = label.nodes[offsets[0] : offsets[-1]]
        checker.require_in_range(nodes, offsets - offsets[0])
    return label


def _within(steps: Steps[SampledLabel], done: int, total: int) -> Generator[Progress, None, SampledLabel]:
    """Progress of one label as progress of the whole; closing it closes the label's work."""
    with closing(steps):
        while True:
            try:
                progress = next(steps)
            except StopIteration as end:
                label: SampledLabel = end.value
                return label
            yield Progress(done + progress.done, total, progress.note)


def _success(label: SampledLabel) -> LabelOutcome:
    return LabelOutcome(
        label.name,
        len(label.offsets) - 1,
        label.method,
        label.random_share,
        label.mixing_proposals,
        label.proposals_per_row,
        label.n_retried,
    )


def _failure(error: UnmetLabel) -> LabelOutcome:
    closest = error.closest
    failure = LabelFailure(
        f"{error.message} {error.fix}", closest.pos_frac, closest.neg_frac, error.missed, error.proven
    )
    return LabelOutcome(error.label, 0, failure=failure)
