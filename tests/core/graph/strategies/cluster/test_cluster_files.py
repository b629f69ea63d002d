import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import CorruptArtefact, Problem
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.calls import Stage, StageCalls
from core.graph.strategies.cluster.files import STAGES_FILE, read_stages, stages_id, write_stages
from core.graph.strategies.cluster.scores import score_table
from core.graph.strategies.cluster.stages import Stages, empty_stages, with_score
from tests.core.graph.strategies.cluster.planted import catalogue_of, planted_stages


def full_stages() -> Stages:
    stages = with_score(with_score(planted_stages(), 0, 3, None), 0, 4, 0.1 + 0.2)
    unscored = stages.scores.state.copy()
    unscored[5] = 2
    value = stages.scores.value.copy()
    value[5] = np.nan
    return replace(
        stages,
        scores=replace(stages.scores, state=unscored, value=value),
        edited=frozenset({1, 4}),
        made_by={Stage.SCORE: "b", Stage.DESCRIBE: "Größe “a”"},
        calls=StageCalls(1, 2, 3, 0),
        problems=(Problem("What.", "Do this.", field="m0-1"),),
        stopped="Stopped.",
    )


@pytest.mark.parametrize("stages", [full_stages(), empty_stages(catalogue_of([2, 1]))], ids=["full", "empty"])
def test_stages_come_back_without_loss(stages: Stages) -> None:
    files = write_stages(stages)
    back = read_stages(files, stages.catalogue)
    assert stages_id(back) == stages_id(stages)
    assert write_stages(back) == files
    assert back.descriptions == stages.descriptions
    assert (back.edited, back.calls, back.problems, back.stopped) == (
        stages.edited,
        stages.calls,
        stages.problems,
        stages.stopped,
    )
    assert dict(back.made_by) == dict(stages.made_by)
    for name in ("a", "b", "value", "state", "is_edited"):
        one, other = getattr(back.scores, name), getattr(stages.scores, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other, equal_nan=name == "value")
    if stages.clustering is not None:
        assert back.clustering is not None
        assert back.clustering.id == stages.clustering.id


def test_an_edit_gives_another_id() -> None:
    stages = full_stages()
    changed = [
        with_score(stages, 1, 3, 5.5),
        replace(stages, descriptions=("Other.", *stages.descriptions[1:])),
        replace(stages, clustering=None, scores=score_table([], [], [])),
    ]
    assert len({stages_id(one) for one in (stages, *changed)}) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"catalogue": "0" * 24}, "another catalogue"),
        ({"descriptions": ["one"]}, "another number of attributes"),
        ({"edited": [99]}, "none of the catalogue's"),
        ({"clustering": "0" * 24}, "not those it was written with"),
        ({"scheme": 2}, "another version"),
        ({"surprise": 1}, "cannot be read"),
        ({"scores": [{"a": 0, "b": 99, "value": 1.0, "state": "scored", "is_edited": False}]}, "not there"),
        ({"scores": [{"a": 0, "b": 3, "value": None, "state": "scored", "is_edited": False}]}, "cannot be read"),
        ({"scores": [{"a": 0, "b": 3, "value": 1.0, "state": "not_viable", "is_edited": False}]}, "cannot be read"),
        ({"scores": [{"a": 0, "b": 3, "value": 1.0, "state": "scored", "is_edited": False}] * 2}, "out of order"),
    ],
)
def test_a_changed_file_is_refused_with_the_reason(change: dict[str, object], message: str) -> None:
    stages = full_stages()
    files = write_stages(stages)
    record = {**json.loads(files[STAGES_FILE]), **change}
    with pytest.raises(CorruptArtefact, match=message):
        read_stages({**files, STAGES_FILE: json.dumps(record).encode()}, stages.catalogue)


def test_missing_and_broken_files_are_refused() -> None:
    stages = full_stages()
    files = write_stages(stages)
    for name in files:
        with pytest.raises(CorruptArtefact):
            read_stages({other: data for other, data in files.items() if other != name}, stages.catalogue)
    with pytest.raises(CorruptArtefact):
        read_stages({**files, STAGES_FILE: files[STAGES_FILE][:-40]}, stages.catalogue)


def test_not_viable_zero_and_unscored_stay_three_things_in_the_file() -> None:
    stages = with_score(with_score(planted_stages(), 0, 3, None), 0, 4, 0.0)
    back = read_stages(write_stages(stages), stages.catalogue)
    assert back.scores.score(back.scores.row(0, 3)) == Score(None)
    assert back.scores.score(back.scores.row(0, 4)) == Score(0.0)
