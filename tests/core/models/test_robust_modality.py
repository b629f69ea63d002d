from typing import Any

import numpy as np
import pytest
import torch

from core.models.network_settings import RobustModalitySettings, SearchSettings, TrainerSettings
from core.models.pooled_linear import modality_bags, modality_content
from core.models.robust_modality import RobustModalityNetwork, fit
from core.models.row_bags import RowBatch

N = 300


def make_network(made_up: Any, **settings: Any) -> RobustModalityNetwork:
    torch.manual_seed(2)
    chosen = RobustModalitySettings(projection=16, hidden=20, **settings)
    return RobustModalityNetwork(modality_content(made_up.training.attributes), 3, chosen)


@pytest.fixture
def batch(made_up: Any) -> RowBatch:
    table = made_up.training.attributes
    return modality_bags(table, modality_content(table), made_up.training.rows).batch(np.arange(N))


def test_shapes(made_up: Any, batch: RowBatch) -> None:
    network = make_network(made_up)
    assert network.projections(batch).shape == (N, 5, 16)
    assert network(batch).shape == (N, 3)


def test_in_training_whole_modalities_are_zeroed_and_nothing_else_changes(made_up: Any, batch: RowBatch) -> None:
    network = make_network(made_up, dropout=0.0, modality_dropout=0.4)
    whole = network.eval().projections(batch)
    dropped = network.train().projections(batch)
    zeroed = (dropped == 0).all(dim=2)
    torch.testing.assert_close(dropped[~zeroed], whole[~zeroed])
    there = batch.present() == 1
    share = (zeroed & there).sum() / there.sum()
    assert share.item() == pytest.approx(0.4, abs=5 * np.sqrt(0.24 / int(there.sum())))
    assert zeroed[~there].all()


def test_afterwards_no_modality_is_dropped(made_up: Any, batch: RowBatch) -> None:
    network = make_network(made_up, modality_dropout=0.9).eval()
    projected = network.projections(batch)
    assert ((projected == 0).all(dim=2) == (batch.present() == 0)).all()
    assert torch.equal(projected, network.projections(batch))


def test_ordinary_dropout_works_inside_a_projection_only_in_training(made_up: Any, batch: RowBatch) -> None:
    network = make_network(made_up, dropout=0.5, modality_dropout=0.0)
    assert not torch.equal(network.train().projections(batch), network.projections(batch))
    assert torch.equal(network.eval()(batch), network(batch))


def test_an_absent_modality_looks_like_a_dropped_one(made_up: Any, batch: RowBatch) -> None:
    network = make_network(made_up).eval()
    absent = network.projections(batch)[batch.present() == 0]
    assert len(absent)
    assert (absent == 0).all()


def finish(made_up: Any, settings: RobustModalitySettings) -> Any:
    steps, work = [], fit(made_up.training.take(np.arange(400)), settings, 7)
    while True:
        try:
            steps.append(next(work))
        except StopIteration as end:
            return end.value, steps


def test_the_first_try_of_a_search_is_what_was_set(made_up: Any) -> None:
    search = SearchSettings(n_trials=1, search_rows=200, search_epochs=1)
    settings = RobustModalitySettings(
        trainer=TrainerSettings(epochs=1), search=search, projection=10, hidden=11, dropout=0.7, modality_dropout=0.6
    )
    model, _ = finish(made_up, settings)
    assert model.found == settings.model_copy(update={"search": search.model_copy(update={"n_trials": 0})})


def test_a_search_tries_others_and_names_its_tries(made_up: Any) -> None:
    search = SearchSettings(n_trials=4, search_rows=200, search_epochs=2)
    settings = RobustModalitySettings(trainer=TrainerSettings(epochs=2), search=search, projection=12, hidden=12)
    model, steps = finish(made_up, settings)
    assert [step.note.split(";")[0] for step in steps[:8:2]] == [f"try {n} of 4" for n in (1, 2, 3, 4)]
    assert {step.total for step in steps} == {4 * 2 + 2}
    found = model.found
    assert 6 <= found.projection <= 24
    assert 6 <= found.hidden <= 24
    assert settings.learning_rate / 4 <= found.learning_rate <= settings.learning_rate * 4
    again, _ = finish(made_up, settings)
    assert again.found == found
