from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.models.encoders import drop_modality
from core.models.network_settings import PairInteractionSettings, TrainerSettings
from core.models.pair_interaction import PairInteractionNetwork, attribute_kinds, fit
from core.models.pooled_linear import modality_content
from core.models.row_bags import RowBags, row_bags
from core.models.scores import score_probabilities
from core.models.tables import AttributeTable, CampaignRows, TrainingSet
from core.progress import finish

N = 60


@pytest.fixture
def table(made_up: Any) -> AttributeTable:
    """Audiences of two types, one of them named as a type of another modality is."""
    whole = made_up.training.attributes
    kind = whole.attribute_type.copy()
    kind[np.flatnonzero(whole.modality == 1)[::2]] = 2
    return replace(whole, attribute_type=kind)


def make_network(table: AttributeTable, **settings: Any) -> PairInteractionNetwork:
    torch.manual_seed(4)
    chosen = PairInteractionSettings(width=3, hidden=8, **settings)
    network = PairInteractionNetwork(modality_content(table), attribute_kinds(table), 3, chosen)
    torch.nn.init.normal_(network.residual)
    return network.eval()


def bags(table: AttributeTable, rows: CampaignRows) -> RowBags:
    kinds = attribute_kinds(table)
    return row_bags(rows, kinds.of_attribute, len(kinds.modality))


def pair_by_pair(network: PairInteractionNetwork, table: AttributeTable, nodes: list[int]) -> Any:
    """The same fractions by a double loop over the pairs of one row."""
    kinds, size = attribute_kinds(table), network.n_numbers
    e, w, total = network.embeddings().detach().double(), network.interaction.detach().double(), np.zeros(2)
    for i in nodes:
        for j in nodes:
            t, u = int(kinds.of_attribute[i]), int(kinds.of_attribute[j])
            if t < u and table.modality[i] != table.modality[j]:
                own = w[:, t * size : (t + 1) * size, u * size : (u + 1) * size]
                total += torch.einsum("a,cab,b->c", e[i], own, e[j]).numpy()
    return total / max(len(nodes) * (len(nodes) - 1) / 2, 1)


def test_kinds_are_types_within_modalities(table: AttributeTable) -> None:
    kinds = attribute_kinds(table)
    assert kinds.modality.tolist() == [0, 1, 1, 2, 3, 4]
    pairs = set(zip(table.modality.tolist(), table.attribute_type.tolist(), kinds.of_attribute.tolist(), strict=True))
    assert len(pairs) == 6
    assert np.array_equal(kinds.modality[kinds.of_attribute], table.modality)


def test_the_fractions_are_means_over_pairs(table: AttributeTable, made_up: Any) -> None:
    network, rows = make_network(table), made_up.training.rows.take(np.arange(N))
    batch = bags(table, rows).batch(np.arange(N))
    found = network.fractions(batch, torch.ones_like(batch.counts)).detach().numpy()
    assert found.shape == (N, 2)
    for row in range(N):
        nodes = rows.nodes[rows.offsets[row] : rows.offsets[row + 1]].tolist()
        np.testing.assert_allclose(found[row], pair_by_pair(network, table, nodes), atol=1e-4)


def test_a_row_without_a_modality_is_judged_by_the_pairs_it_has(table: AttributeTable, made_up: Any) -> None:
    """Looking away from a modality is the same as a row that never held it."""
    network, rows = make_network(table), made_up.training.rows.take(np.arange(N))
    batch, without = (bags(table, part).batch(np.arange(N)) for part in (rows, drop_modality(table, rows, 1)))
    kept = torch.tensor([1.0, 0, 0, 1, 1, 1]).expand(N, 6)
    torch.testing.assert_close(network.fractions(batch, kept), network.fractions(without, torch.ones_like(kept)))


def test_rows_of_one_attribute_or_none_have_no_pairs(table: AttributeTable) -> None:
    batch = bags(table, CampaignRows(np.array([3], dtype=np.int32), np.array([0, 1, 1]))).batch(np.arange(2))
    network = make_network(table)
    assert (network.fractions(batch, torch.ones_like(batch.counts)) == 0).all()
    assert torch.isfinite(network(batch)).all()


def test_a_row_loses_at_most_one_modality_and_only_in_training(table: AttributeTable, made_up: Any) -> None:
    network = make_network(table, masked=0.5)
    batch = bags(table, made_up.training.rows).batch(np.arange(1000))
    present = network.kept_modalities(batch)
    lost = (present - network.train().kept_modalities(batch)).sum(dim=1)
    assert set(lost.tolist()) == {0.0, 1.0}
    assert lost.mean().item() == pytest.approx(0.5, abs=5 * np.sqrt(0.25 / 1000))
    assert torch.equal(network.eval().kept_modalities(batch), present)


def run(training: TrainingSet, settings: PairInteractionSettings, seed: int = 5) -> Any:
    work = fit(training, settings, seed)
    return finish(work)


QUICK = PairInteractionSettings(trainer=TrainerSettings(epochs=12, weight_decay=0.1), batch_size=64)


def test_attributes_never_seen_are_judged_by_content_alone(made_up: Any) -> None:
    training = made_up.training.take(np.arange(600))
    table = training.attributes
    brands = np.flatnonzero(table.modality == 0)
    unseen = brands[-4:]
    seen_rows = training.rows.keep(~np.isin(training.rows.nodes, unseen))
    vectors = table.vectors.copy()
    vectors[unseen[1]] = vectors[unseen[0]]  # two new brands of the same content
    model = run(replace(training, rows=seen_rows, attributes=replace(table, vectors=vectors)), QUICK)
    residual = model.network.residual.detach().numpy()
    assert (residual[unseen] == 0).all()
    assert (residual[brands[:-4]] != 0).any(axis=1).all()
    others = made_up.test.rows.keep(~np.isin(made_up.test.rows.nodes, brands))

    def with_brand(brand: int) -> Any:
        nodes = np.insert(others.nodes, others.offsets[:-1], brand).astype(np.int32)
        return model.probabilities(CampaignRows(nodes, others.offsets + np.arange(len(others) + 1)))

    np.testing.assert_allclose(with_brand(unseen[0]), with_brand(unseen[1]), atol=1e-6)
    assert np.abs(with_brand(unseen[0]) - with_brand(unseen[2])).max() > 0.01


def test_it_learns_what_only_pairs_tell() -> None:
    """Two modalities of 8 values; the label is a random sign of the pair, so that no value tells anything alone."""
    rng = np.random.default_rng(12)
    sign = np.array([[1, -1] * 4, [-1, 1] * 4] * 4)[:, rng.permutation(8)]
    flips = np.outer(rng.choice([-1, 1], size=8), rng.choice([-1, 1], size=8))
    sign = sign * flips
    ids = tuple(f"a{i}" for i in range(16))
    modality = np.repeat([0, 1], 8).astype(np.int32)
    table = AttributeTable(
        ids, ids, ids, ("x", "y"), ("x", "y"), modality, modality, np.zeros((16, 1), dtype=np.float32)
    )
    first, second = rng.integers(0, 8, size=(2, 900))
    rows = CampaignRows(np.stack((first, 8 + second), axis=1).ravel().astype(np.int32), np.arange(0, 1801, 2))
    label = (sign[first, second] > 0).astype(np.int32)
    everything = TrainingSet(table, rows, ("no", "yes"), label, np.arange(900))
    settings = PairInteractionSettings(
        trainer=TrainerSettings(epochs=40, weight_decay=0.0), batch_size=32, learning_rate=0.01, masked=0.0
    )
    model = run(everything.take(np.arange(700)), settings)
    test = everything.take(np.arange(700, 900))
    assert score_probabilities(model.probabilities(test.rows), test.label).macro_f1 > 0.95


def test_residuals_are_drawn_to_zero_the_more_the_stronger_their_decay(made_up: Any) -> None:
    training = made_up.training.take(np.arange(600))
    size = [
        float(run(training, QUICK.model_copy(update={"residual_decay": decay})).network.residual.detach().norm())
        for decay in (0.0, 5.0, 50.0)
    ]
    assert size[0] > size[1] > size[2]
