"""Stages as files, and back without loss: `stages.json`, and beside it the files of the clusters."""

from collections.abc import Mapping
from typing import Final, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from core.catalogue.model import Catalogue
from core.errors import CorruptArtefact, Problem
from core.fingerprint import content_id
from core.graph.clusters.files import read_clustering, write_clustering
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.calls import Stage, StageCalls
from core.graph.strategies.cluster.scores import ClusterPairScores, ScoreState
from core.graph.strategies.cluster.stages import Stages

STAGES_FILE: Final = "stages.json"
_SCHEME: Final = 1
_STATES: Final = {state.name.lower(): state for state in ScoreState}


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _ScoreRecord(_Strict):
    """One cluster pair; `value` is there exactly if the state is `scored`."""

    a: int
    b: int
    value: float | None
    state: str
    is_edited: bool

    @model_validator(mode="after")
    def _value_fits_state(self) -> Self:
        if self.state not in _STATES or (self.value is not None) != (_STATES[self.state] is ScoreState.SCORED):
            raise ValueError("value and state contradict each other")
        return self


class _StagesRecord(_Strict):
    scheme: int
    catalogue: str
    descriptions: tuple[str, ...]
    edited: tuple[int, ...]
    scores: tuple[_ScoreRecord, ...]
    made_by: dict[Stage, str]
    calls: StageCalls
    problems: tuple[Problem, ...]
    stopped: str
    clustering: str


def stages_id(stages: Stages) -> str:
    """Content id over everything that the files hold, so that one id always has the same files."""
    return content_id("stages", _record(stages).model_dump(mode="json"))


def write_stages(stages: Stages) -> dict[str, bytes]:
    """The files by name: UTF-8 JSON, and the files of the clusters where there are any."""
    text = _record(stages).model_dump_json(indent=1)
    clusters = write_clustering(stages.clustering) if stages.clustering else {}
    return {STAGES_FILE: text.encode("utf-8"), **clusters}


def read_stages(files: Mapping[str, bytes], catalogue: Catalogue) -> Stages:
    """Read what `write_stages` wrote; `CorruptArtefact` when a file is missing, damaged or of another catalogue."""
    if STAGES_FILE not in files:
        raise _damaged("it is missing")
    try:
        record = _StagesRecord.model_validate_json(files[STAGES_FILE])
    except ValidationError as error:
        raise _damaged(f"{error.error_count()} values in it cannot be read") from error
    if record.catalogue != catalogue.id:
        raise _damaged("it belongs to another catalogue")
    clustering = read_clustering(files, catalogue) if record.clustering else None
    numbers = set(clustering.by_number) if clustering else set()
    faults = {
        "it was written by another version": record.scheme != _SCHEME,
        "it describes another number of attributes": len(record.descriptions) != len(catalogue),
        "an edited description is none of the catalogue's": any(not 0 <= p < len(catalogue) for p in record.edited),
        "the clusters beside it are not those it was written with": record.clustering
        != (clustering.id if clustering else ""),
        "its scores are out of order": _keys(record.scores) != sorted(set(_keys(record.scores))),
        "it scores clusters that are not there": not {n for score in record.scores for n in (score.a, score.b)}
        <= numbers,
    }
    if any(faults.values()):
        raise _damaged("; ".join(text for text, is_so in faults.items() if is_so))
    return Stages(
        catalogue=catalogue,
        descriptions=record.descriptions,
        edited=frozenset(record.edited),
        clustering=clustering,
        scores=_scores(record.scores),
        made_by=record.made_by,
        calls=record.calls,
        problems=record.problems,
        stopped=record.stopped,
    )


def _record(stages: Stages) -> _StagesRecord:
    return _StagesRecord(
        scheme=_SCHEME,
        catalogue=stages.catalogue.id,
        descriptions=stages.descriptions,
        edited=tuple(sorted(stages.edited)),
        scores=_score_records(stages.scores),
        made_by={stage: stages.made_by[stage] for stage in Stage if stage in stages.made_by},
        calls=stages.calls,
        problems=stages.problems,
        stopped=stages.stopped,
        clustering=stages.clustering.id if stages.clustering else "",
    )


def _keys(records: tuple[_ScoreRecord, ...]) -> list[tuple[int, int]]:
    return [(record.a, record.b) for record in records]


def _score_records(scores: ClusterPairScores) -> tuple[_ScoreRecord, ...]:
    return tuple(
        _ScoreRecord(
            a=int(scores.a[row]),
            b=int(scores.b[row]),
            value=(scores.score(row) or Score(None)).value,
            state=ScoreState(int(scores.state[row])).name.lower(),
            is_edited=bool(scores.is_edited[row]),
        )
        for row in range(len(scores))
    )


def _scores(records: tuple[_ScoreRecord, ...]) -> ClusterPairScores:
    return ClusterPairScores(
        a=np.array([record.a for record in records], dtype=np.int32),
        b=np.array([record.b for record in records], dtype=np.int32),
        value=np.array([np.nan if record.value is None else record.value for record in records], dtype=np.float64),
        state=np.array([_STATES[record.state] for record in records], dtype=np.int8),
        is_edited=np.array([record.is_edited for record in records], dtype=np.bool_),
    )


def _damaged(why: str) -> CorruptArtefact:
    return CorruptArtefact(f"{STAGES_FILE} cannot be used: {why}.", "Prepare the stages again.")
