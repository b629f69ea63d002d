"""What a model learnt of single pairs, held against what a graph says of them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.special import ndtr

from core.catalogue.model import Attribute
from core.graph.model import Outcome
from core.graph.pair_table import PairTable, folded_text
from core.models.pair_files import PAIRS_FILE, StoredPairs, read_pairs
from core.sampler.configuration import DatasetConfig
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.board_versions import board_version
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.splits import SPLIT
from core.workflows.training import MODEL_RUN

_NOWHERE: Final = -1  # instead of a row: the graph does not list the pair


class Verdict(StrEnum):
    """How the labels' word on a pair and the graph's go together; `SILENT`: the graph has no sign there."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    SILENT = "silent"


class PairOrder(StrEnum):
    """How pairs are ordered."""

    SUREST = "surest"
    STRONGEST = "strongest"


class RunPairSearch(BaseModel):
    """Which estimated pairs to find; every condition must hold.

    `verdict` None: whatever the graph says. `speaks`: +1 only pairs that the labels speak for, -1 against, 0 both.
    `least_chance`: how sure the direction is at least, 0.5..1. Each word of `text` must occur in one of the two values
    or in the graph's reason, whatever its case and accents. `modalities` names two, in either order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Verdict | None = None
    speaks: int = Field(default=0, ge=-1, le=1)
    least_chance: float = Field(default=0.5, ge=0.5, le=1.0)
    text: str = ""
    modalities: tuple[str, str] | None = None
    order: PairOrder = PairOrder.SUREST


@dataclass(frozen=True, eq=False)
class ComparedPairs:
    """N estimated pairs beside a graph, the surest first.

    `source`, `target`: int32 positions in the graph's catalogue, `source < target`. `mean`, `deviation`, float32:
    above 0 the labels speak for the pair. `outcome`: int8, the graph's, `UNJUDGED` where it does not list the pair;
    `row`: int32, where the pair stands in the graph's table, -1 where it does not. `label_for`, `label_against`: the
    labels that pairs are told apart by. `n_unknown`: pairs of attributes that the graph's catalogue does not have.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    outcome: NDArray[np.int8]
    row: NDArray[np.int32]
    label_for: str
    label_against: str
    n_unknown: int

    def __len__(self) -> int:
        return len(self.mean)

    @property
    def chance(self) -> NDArray[np.float64]:
        """How sure the direction of each estimate is, 0.5..1: that the true effect has the sign of the mean."""
        spread = np.maximum(self.deviation, np.finfo(np.float32).tiny).astype(np.float64)
        return np.asarray(ndtr(np.abs(self.mean) / spread), dtype=np.float64)

    def of_verdict(self, verdict: Verdict) -> NDArray[np.bool_]:
        """Which pairs stand so, bool [N]."""
        signed = np.isin(self.outcome, (Outcome.POSITIVE, Outcome.NEGATIVE))
        same = np.sign(self.mean) == np.where(self.outcome == Outcome.POSITIVE, 1, -1)
        kinds = {Verdict.AGREES: signed & same, Verdict.CONTRADICTS: signed & ~same, Verdict.SILENT: ~signed}
        return np.asarray(kinds[verdict], dtype=np.bool_)


class ToldPair(NamedTuple):
    """One estimated pair as values; strength and reason as far as the graph knows them."""

    source: Attribute
    target: Attribute
    mean: float
    deviation: float
    chance: float
    outcome: Outcome
    strength: float | None
    reason: str


def run_pairs(workspace: Workspace, run_id: str) -> StoredPairs | None:
    """The estimated pairs of a run; None where its family estimates none, `CorruptArtefact` for a changed file."""
    run = workspace.artefacts.get(MODEL_RUN, run_id)
    return read_pairs(workspace.artefacts.read(run, PAIRS_FILE)) if has_pairs(run) else None


def has_pairs(run: Artefact) -> bool:
    """Whether a run left estimates of single pairs."""
    return PAIRS_FILE in run.manifest.files


def run_config(workspace: Workspace, run: Artefact) -> DatasetConfig:
    """How the rows were drawn that a run learnt from."""
    version = board_version(workspace, run.manifest.parents[SPLIT])
    return dataset_config(workspace, workspace.artefacts.get(DATASET, version.dataset))


def compare_pairs(stored: StoredPairs, config: DatasetConfig, table: PairTable) -> ComparedPairs:
    """Look every estimated pair up in a graph, by the attributes' ids.

    Whatever labels the model told apart, the one whose ranges hold more + and fewer - pairs is spoken for, so that an
    estimate above 0 stands beside a +.
    """
    position_of = table.catalogue.position_of
    ends = np.array([[position_of.get(name, _NOWHERE) for name in side] for side in (stored.source, stored.target)])
    ends = ends.reshape(2, -1)
    kept = (ends >= 0).all(axis=0)
    source, target = np.sort(ends[:, kept], axis=0).astype(np.int32)
    row = _rows_of(table, source, target)
    outcome = np.where(row >= 0, table.outcome[row] if len(table) else 0, Outcome.UNJUDGED).astype(np.int8)
    labels = stored.spoken_for, stored.spoken_against
    turn = -1 if _goodness(config, labels[0]) < _goodness(config, labels[1]) else 1
    return ComparedPairs(
        source=source,
        target=target,
        mean=(turn * stored.mean[kept]).astype(np.float32),
        deviation=stored.deviation[kept],
        outcome=outcome,
        row=row,
        label_for=labels[0 if turn > 0 else 1],
        label_against=labels[1 if turn > 0 else 0],
        n_unknown=int((~kept).sum()),
    )


def search_pairs(pairs: ComparedPairs, table: PairTable, search: RunPairSearch) -> NDArray[np.int32]:
    """Numbers of the pairs that a search finds, in the wanted order."""
    found = np.asarray(pairs.chance >= search.least_chance)
    if search.verdict is not None:
        found &= pairs.of_verdict(search.verdict)
    if search.speaks:
        found &= np.sign(pairs.mean) == search.speaks
    if search.modalities is not None:
        found &= _between(pairs, table, search.modalities)
    for word in folded_text(search.text).split():
        found &= _holds(pairs, table, word, found)
    numbers = np.flatnonzero(found).astype(np.int32)
    if search.order is PairOrder.STRONGEST:
        numbers = numbers[np.argsort(-np.abs(pairs.mean[numbers]), kind="stable")]
    return numbers


def told_pair(pairs: ComparedPairs, table: PairTable, number: int) -> ToldPair:
    """One pair as values."""
    attributes = table.catalogue.attributes
    row = int(pairs.row[number])
    known = table.pair(row) if row >= 0 else None
    mean, deviation = float(pairs.mean[number]), float(pairs.deviation[number])
    return ToldPair(
        attributes[pairs.source[number]],
        attributes[pairs.target[number]],
        mean,
        deviation,
        float(ndtr(abs(mean) / max(deviation, float(np.finfo(np.float32).tiny)))),
        Outcome(pairs.outcome[number]),
        known.strength if known else None,
        known.reason if known else "",
    )


def _rows_of(table: PairTable, source: NDArray[np.int32], target: NDArray[np.int32]) -> NDArray[np.int32]:
    """Where each pair stands in the table, int32; -1 for one it does not list."""
    n = len(table.catalogue)
    keys = table.source.astype(np.int64) * n + table.target
    order = np.argsort(keys, kind="stable")
    wanted = source.astype(np.int64) * n + target
    place = np.minimum(np.searchsorted(keys, wanted, sorter=order), max(len(keys) - 1, 0))
    if not len(keys):
        return np.full(len(wanted), _NOWHERE, dtype=np.int32)
    row = order[place]
    return np.where(keys[row] == wanted, row, _NOWHERE).astype(np.int32)


def _goodness(config: DatasetConfig, label: str) -> float:
    """How many more + than - pairs the middle of a label's ranges has, as a share of all pairs."""
    params = config.label_params[label]
    return sum(params.pos_frac_range) / 2 - sum(params.neg_frac_range) / 2


def _between(pairs: ComparedPairs, table: PairTable, modalities: tuple[str, str]) -> NDArray[np.bool_]:
    known = table.catalogue.modalities
    a, b = (known.index(name) if name in known else _NOWHERE for name in modalities)
    source, target = table.modality_number[pairs.source], table.modality_number[pairs.target]
    between: NDArray[np.bool_] = ((source == a) & (target == b)) | ((source == b) & (target == a))
    return between


def _holds(pairs: ComparedPairs, table: PairTable, word: str, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether the word is in a value or in the reason of each pair; reasons are read of pairs in `among` only."""
    named = np.array([word in value for value in table.folded_values], dtype=np.bool_)
    found: NDArray[np.bool_] = named[pairs.source] | named[pairs.target]
    if table.reasons is not None:
        for number in np.flatnonzero(among & ~found & (pairs.row >= 0)).tolist():
            found[number] = word in folded_text(table.reasons[pairs.row[number]])
    return found
