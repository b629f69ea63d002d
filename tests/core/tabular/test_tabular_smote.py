"""The SMOTE families against imbalanced-learn, and against what interpolation cannot do."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, SMOTENC, SVMSMOTE
from imblearn.under_sampling import TomekLinks
from numpy.typing import NDArray
from sklearn.svm import SVC

from core.errors import ValenceError
from core.progress import finish
from core.tabular.budget import Budget
from core.tabular.engines import gmm_smote, smote_knn, smote_nc, smote_svm, smote_tomek
from core.tabular.engines.smote.distances import as_matrix, features, places_of, scale_of, squared_distances
from core.tabular.engines.smote.ground import ground_of
from core.tabular.engines.smote.interpolation import Interpolator, classes_of
from core.tabular.engines.smote.neighbours import nearest
from core.tabular.engines.smote.partners import of_components, of_lists
from core.tabular.engines.smote_settings import (
    GmmSmoteSettings,
    SmoteKnnSettings,
    SmoteNcSettings,
    SmoteSvmSettings,
    SmoteTomekSettings,
)
from core.tabular.plain import PlainColumn, PlainTable

N_ROWS, N_POSITIVE = 300, 40


def made_table(n_codes: int = 3, seed: int = 0) -> PlainTable:
    """Two numbers with deviation one, a code column (none for 0), and two classes that overlap."""
    rng = np.random.default_rng(seed)
    y = np.zeros(N_ROWS, np.int32)
    y[:N_POSITIVE] = 1
    numbers = rng.normal(size=(N_ROWS, 2)) + 1.2 * y[:, None]
    numbers = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    columns = [PlainColumn(name, 0, -9.0, 9.0) for name in ("a", "b")]
    values: dict[str, Any] = {"a": numbers[:, 0], "b": numbers[:, 1]}
    if n_codes:
        columns.append(PlainColumn("code", n_codes))
        values["code"] = rng.integers(0, n_codes, N_ROWS).astype(np.int32)
    return PlainTable((*columns, PlainColumn("y", 2)), values | {"y": y}, "y")


def numbers_of(table: PlainTable) -> NDArray[np.float64]:
    return np.stack([table.numbers("a"), table.numbers("b")], axis=1)


def fitted(module: Any, settings: Any, table: PlainTable) -> Interpolator:
    synthesizer = finish(module.fit(table, settings, 0, 60.0))
    assert isinstance(synthesizer, Interpolator)
    return synthesizer


def pairs_of(model: Interpolator, low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ends of all segments on which the model may place a positive row, from part `low` to `high`."""
    fit = model.fitted
    positions = numbers_of(fit.base)
    ends = []
    for row in np.flatnonzero((classes_of(fit.base) == 1) & (fit.partners.group >= 0)):
        if (fit.reach.least[row], fit.reach.most[row]) != (low, high):
            continue
        group = fit.partners.group[row]
        for partner in fit.partners.members[fit.partners.start[group] : fit.partners.start[group + 1]]:
            step = positions[partner] - positions[row]
            ends.append((positions[row] + low * step, positions[row] + high * step))
    starts, stops = zip(*ends, strict=True) if ends else ((), ())
    return np.reshape(starts, (-1, 2)), np.reshape(stops, (-1, 2))


def off_segments(
    points: NDArray[np.float64], starts: NDArray[np.float64], stops: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How far each point lies from the nearest segment."""
    step = stops - starts
    way = ((points[:, None] - starts) * step).sum(axis=2) / (step**2).sum(axis=1)
    nearest_point = starts + np.clip(way, 0, 1)[:, :, None] * step
    return np.linalg.norm(points[:, None] - nearest_point, axis=2).min(axis=1)


def test_distances_are_those_of_the_matrix_with_a_column_for_each_code() -> None:
    table = made_table()
    places = places_of(table, scale_of(table))
    matrix = as_matrix(places, features(table)).toarray()
    expected = ((matrix[:, None] - matrix) ** 2).sum(axis=2)
    assert np.allclose(squared_distances(places, places), expected)


def test_neighbours_are_the_nearest_and_never_the_row_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.tabular.engines.smote.distances.BLOCK_CELLS", 4_000)  # many blocks
    table = made_table()
    ground = ground_of(table, 1_000, 0)
    of, among = np.arange(0, 300, 7), np.arange(300)
    found = finish(nearest(ground.places, of, among, 6, Budget(60)))
    squares = squared_distances(ground.places, ground.places)
    np.fill_diagonal(squares, np.inf)
    assert np.array_equal(found.rows, np.argsort(squares, axis=1)[of, :6])
    assert np.allclose(found.squares, np.sort(squares, axis=1)[of, :6])


def test_rows_of_imbalanced_learn_lie_on_the_segments_of_ours() -> None:
    table = made_table(n_codes=0)
    model = fitted(smote_knn, SmoteKnnSettings(n_neighbours=4), table)
    theirs, _ = SMOTE(sampling_strategy={1: 400}, k_neighbors=4, random_state=1).fit_resample(
        numbers_of(table), table.codes("y")
    )
    starts, stops = pairs_of(model, 0.0, 1.0)
    assert off_segments(theirs[N_ROWS:], starts, stops).max() < 1e-9
    ours = finish(model.sample(2_000, 1))
    assert off_segments(numbers_of(ours)[ours.codes("y") == 1], starts, stops).max() < 1e-9


def test_codes_follow_the_nearer_end() -> None:
    columns = (PlainColumn("a", 0, 0.0, 10.0), PlainColumn("code", 2))
    table = PlainTable(columns, {"a": np.array([0.0, 10.0]), "code": np.array([0, 1], np.int32)})
    made = finish(fitted(smote_knn, SmoteKnnSettings(), table).sample(500, 1))
    far = np.abs(made.numbers("a") - 5) > 1e-9
    assert np.array_equal(made.codes("code")[far], (made.numbers("a") > 5)[far])
    assert made.numbers("a").std() == pytest.approx(10 / 12**0.5, rel=0.05)  # anywhere in between, evenly


def test_neighbours_and_votes_of_smote_nc_are_those_of_imbalanced_learn() -> None:
    """On standardised numbers, where the median deviation that it weighs codes by is one."""
    whole = made_table(n_codes=3)
    rows = whole.take(np.arange(N_POSITIVE))
    positives = PlainTable(rows.columns[:3], {name: rows.values[name] for name in ("a", "b", "code")})
    model = fitted(smote_nc, SmoteNcSettings(n_neighbours=5), positives)
    scaled, codes = places_of(positives, scale_of(positives)).numbers, positives.codes("code")
    others = np.column_stack([np.full((60, 2), 50.0), np.arange(60) % 3])
    given = np.concatenate([np.column_stack([scaled, codes]), others])
    classes = np.repeat([1, 0], [N_POSITIVE, 60])
    theirs = SMOTENC([2], sampling_strategy={1: 600}, random_state=1).fit_resample(given, classes)[0][len(given) :]
    lists = model.fitted.partners.members.reshape(N_POSITIVE, 5)
    tied = [np.flatnonzero(np.bincount(codes[own]) == np.bincount(codes[own]).max()) for own in lists]
    for x, y, code in theirs:
        starts, stops = np.repeat(scaled, 5, axis=0), scaled[lists.ravel()]
        step = stops - starts
        way = np.clip((([x, y] - starts) * step).sum(axis=1) / (step**2).sum(axis=1), 0, 1)
        seeds = np.flatnonzero(np.linalg.norm(starts + way[:, None] * step - [x, y], axis=1) < 1e-9) // 5
        assert len(seeds)
        assert any(code in tied[seed] for seed in seeds)
    assert all(model.fitted.voted["code"][row] in tied[row] for row in range(N_POSITIVE))


def test_a_vote_goes_to_the_most_frequent_code_and_a_tie_to_the_nearest() -> None:
    codes = np.array([0, 1, 1, 2, 2, 3], np.int32)
    lists = np.array([[1, 2, 3], [3, 1, 4], [5, 1, 3], [3, 1, 2], [4, 1, -1], [0, -1, -1]])
    assert smote_nc.voted_codes(codes, lists).tolist() == [1, 2, 3, 1, 2, 0]


def test_support_vectors_extrapolate_where_safe_as_in_imbalanced_learn() -> None:
    table = made_table(n_codes=0)
    model = fitted(smote_svm, SmoteSvmSettings(n_neighbours=4, n_around=6), table)
    theirs, _ = SVMSMOTE(sampling_strategy={1: 600}, k_neighbors=4, m_neighbors=6, random_state=1).fit_resample(
        numbers_of(table), table.codes("y")
    )
    between, outwards = pairs_of(model, 0.0, 1.0), pairs_of(model, -0.5, 0.0)
    assert len(between[0]) and len(outwards[0])
    segments = [np.concatenate(ends) for ends in zip(between, outwards, strict=True)]
    assert off_segments(theirs[N_ROWS:], *segments).max() < 1e-9
    ours = finish(model.sample(2_000, 1))
    mine = numbers_of(ours)[ours.codes("y") == 1]
    assert off_segments(mine, *segments).max() < 1e-9
    assert (off_segments(mine, *between) > 1e-3).any()


def test_a_support_vector_among_other_classes_alone_is_noise_unless_all_are() -> None:
    table = made_table(n_codes=0)
    fit = fitted(smote_svm, SmoteSvmSettings(n_around=3), table).fitted
    squares = squared_distances(places_of(table, scale_of(table)), places_of(table, scale_of(table)))
    np.fill_diagonal(squares, np.inf)
    y = table.codes("y")
    is_noise = (y[np.argsort(squares, axis=1)[:, :3]] != y[:, None]).all(axis=1)
    support = np.isin(np.arange(N_ROWS), SVC(C=1.0).fit(numbers_of(table), y).support_)
    assert (support & is_noise).any()
    assert np.array_equal(fit.partners.group >= 0, support & ~is_noise)
    lone = np.full(N_ROWS, 0, np.int32)
    lone[np.flatnonzero(is_noise & (y == 1))[:2]] = 1  # too far apart to be each other's neighbours
    alone = PlainTable(table.columns, {**table.values, "y": lone}, "y")
    seeds = fitted(smote_svm, SmoteSvmSettings(n_around=3), alone).fitted.partners.group >= 0
    assert seeds[lone == 1].all()


def test_tomek_links_are_those_of_imbalanced_learn() -> None:
    table, made = made_table(), made_table(seed=5)
    scale = scale_of(table)
    kept, mine = places_of(table, scale), places_of(made, scale)
    own = squared_distances(kept, kept)
    np.fill_diagonal(own, np.inf)
    found = smote_tomek.linked(mine, classes_of(made), kept, classes_of(table), own.min(axis=1))
    joined = np.concatenate([as_matrix(part, features(table)).toarray() for part in (kept, mine)])
    classes = np.concatenate([classes_of(table), classes_of(made)])
    cleaner = TomekLinks(sampling_strategy="all")
    cleaner.fit_resample(joined, classes)
    expected = ~np.isin(np.arange(len(joined)), cleaner.sample_indices_)
    assert expected[N_ROWS:].sum() > 5
    assert np.array_equal(found, expected[N_ROWS:])


def test_no_row_of_smote_tomek_forms_a_link_with_a_training_row() -> None:
    table = made_table()
    model = finish(smote_tomek.fit(table, SmoteTomekSettings(), 0, 60.0))
    plain = finish(fitted(smote_knn, SmoteKnnSettings(), table).sample(400, 1))
    scale = scale_of(table)
    kept = places_of(table, scale)
    own = squared_distances(kept, kept)
    np.fill_diagonal(own, np.inf)

    def n_links(made: PlainTable) -> int:
        """Of each made row with the training rows alone."""
        rows = (made.take(np.array([row])) for row in range(len(made)))
        return sum(
            bool(smote_tomek.linked(places_of(row, scale), classes_of(row), kept, classes_of(table), own.min(axis=1)))
            for row in rows
        )

    assert n_links(plain) > n_links(finish(model.sample(400, 1)))


def test_components_of_a_mixture_are_the_neighbourhoods() -> None:
    """Two clouds far apart: a row between them would come from a component that holds both."""
    rng = np.random.default_rng(0)
    centre = np.repeat([0.0, 100.0], 60)
    table = PlainTable(
        (PlainColumn("a", 0, -10.0, 110.0), PlainColumn("b", 0, -10.0, 10.0)),
        {"a": centre + rng.normal(size=120), "b": rng.normal(size=120)},
    )
    made = finish(fitted(gmm_smote, GmmSmoteSettings(n_components=2), table).sample(500, 1))
    assert (np.minimum(np.abs(made.numbers("a")), np.abs(made.numbers("a") - 100)) < 5).all()
    one = finish(fitted(gmm_smote, GmmSmoteSettings(n_components=1), table).sample(500, 1))
    assert ((one.numbers("a") > 20) & (one.numbers("a") < 80)).mean() > 0.2


def test_partners_are_drawn_from_the_group_and_never_the_row_itself() -> None:
    rng = np.random.default_rng(0)
    lists = of_lists(np.array([[1, 2], [2, -1], [-1, -1]]))
    assert lists.group.tolist() == [0, 1, -1]
    assert set(lists.drawn(np.zeros(50, np.int64), rng).tolist()) == {1, 2}
    assert set(lists.drawn(np.ones(50, np.int64), rng).tolist()) == {2}
    components = of_components(np.array([7, 3, 7, 9, 7]))
    assert (components.group >= 0).tolist() == [True, False, True, False, True]
    rows = np.tile([0, 2, 4], 50)
    partners = components.drawn(rows, rng)
    assert set(partners.tolist()) == {0, 2, 4} and (partners != rows).all()


def test_classes_occur_as_often_as_in_the_table_whatever_rows_are_kept() -> None:
    table = made_table()
    model = fitted(smote_knn, SmoteKnnSettings(most_rows=50), table)
    assert np.bincount(classes_of(model.fitted.base)).tolist() == [50, 40]
    made = finish(model.sample(20_000, 1))
    assert made.codes("y").mean() == pytest.approx(N_POSITIVE / N_ROWS, abs=0.008)


def test_numbers_are_on_the_grid_exactly_as_they_are_read() -> None:
    values = np.array([0.07, 0.29, 0.57, 1.13])
    table = PlainTable((PlainColumn("a", 0, 0.07, 1.13, 0.01),), {"a": values})
    made = finish(fitted(smote_knn, SmoteKnnSettings(), table).sample(300, 1)).numbers("a")
    assert all(float(f"{value:.2f}") == value for value in made)
    assert len(set(made)) > 50


def test_progress_comes_class_by_class_and_one_row_of_a_class_is_refused() -> None:
    table = made_table()
    steps = list(smote_knn.fit(table, SmoteKnnSettings(), 0, 60.0))
    assert [step.total for step in steps] == [N_ROWS - N_POSITIVE, N_POSITIVE]
    assert all(later.done >= 0 for _, later in pairwise(steps))
    with pytest.raises(ValenceError, match="one row with code 1"):
        finish(smote_knn.fit(table.take(np.arange(N_POSITIVE - 1, N_ROWS)), SmoteKnnSettings(), 0, 60.0))
    lone = PlainTable((PlainColumn("y", 2),), {"y": table.codes("y")}, "y")
    with pytest.raises(ValenceError, match="no column beside its target"):
        finish(smote_knn.fit(lone, SmoteKnnSettings(), 0, 60.0))
