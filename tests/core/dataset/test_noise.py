"""Noise in rows: its rates, what it may never do, and that no cut into parts shows in it."""

from collections.abc import Callable
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chisquare

from core.catalogue.model import Attribute, Catalogue
from core.dataset.chances import chances
from core.dataset.noise import KINDS, NoiseKind, NoisyRows, add_noise
from core.dataset.rows import LabelledRows, join_rows
from core.sampler.configuration import NoiseSettings

CHANCE_OF_ALARM = 1e-6
LABELS = ("pos", "neg", "avg")


def catalogue_of(**sizes: int) -> Catalogue:
    """Types of these sizes, two types to a modality, their attributes mixed."""
    kinds = [(name, i) for name, size in sizes.items() for i in range(size)]
    modality = {name: f"m{place // 2}" for place, name in enumerate(sizes)}
    order = np.random.default_rng(5).permutation(len(kinds)).tolist()
    return Catalogue(
        tuple(Attribute(f"{kinds[i][0]}-{kinds[i][1]}", f"v{i}", modality[kinds[i][0]], kinds[i][0]) for i in order)
    )


def rows_of(catalogue: Catalogue, quotas: dict[str, tuple[int, int]], n: int, seed: int = 1) -> LabelledRows:
    """Random rows within quotas, in the order that datasets keep."""
    rng = np.random.default_rng(seed)
    nodes, sizes = [], []
    for _ in range(n):
        row: list[int] = []
        for name, (low, high) in quotas.items():
            members = catalogue.positions_by_type[name]
            row += sorted(rng.choice(members, rng.integers(low, high + 1), replace=False).tolist())
        nodes += row
        sizes.append(len(row))
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    label = rng.integers(0, len(LABELS), n).astype(np.int32)
    return LabelledRows(tuple(quotas), LABELS, label, np.array(nodes, dtype=np.int32), offsets)


SMALL = catalogue_of(a=2, b=9, c=40, d=1)
QUOTAS = {"c": (1, 5), "a": (0, 2), "d": (0, 1), "b": (2, 4)}
ROWS = rows_of(SMALL, QUOTAS, 3_000)


def spoil(noise: NoiseSettings, rows: LabelledRows = ROWS, first: int = 0, seed: int = 7) -> NoisyRows:
    return add_noise(rows, SMALL, noise, seed, np.arange(first, first + len(rows)))


def require_likely(hits: int, n: int, chance: float) -> None:
    low, high = binom.interval(1 - CHANCE_OF_ALARM, n, chance)
    assert low <= hits <= high, (hits, n, chance)


def kinds_of(rows: LabelledRows, row: int, catalogue: Catalogue = SMALL) -> list[str]:
    return [catalogue.attributes[node].attribute_type for node in rows.of_row(row).tolist()]


def test_no_noise_changes_nothing() -> None:
    made = spoil(NoiseSettings(missing={"m0": 0.0}))
    for name in ("label", "nodes", "offsets"):
        np.testing.assert_array_equal(getattr(made.rows, name), getattr(ROWS, name))
        assert getattr(made.rows, name).dtype == getattr(ROWS, name).dtype
    assert (len(made.events), made.events.n_impossible, made.events.n_emptied) == (0, 0, 0)


@pytest.mark.parametrize("chance", [0.01, 0.2, 0.9])
def test_labels_are_wrong_as_often_as_asked_and_every_other_label_as_often_as_the_next(chance: float) -> None:
    made = spoil(NoiseSettings(label=chance))
    changed = made.rows.label != ROWS.label
    require_likely(int(changed.sum()), len(ROWS), chance)
    assert made.events.count(NoiseKind.LABEL) == changed.sum()
    for own in range(3):
        given_instead = np.bincount(made.rows.label[changed & (ROWS.label == own)], minlength=3)
        assert given_instead[own] == 0
        assert chisquare(np.delete(given_instead, own)).pvalue > CHANCE_OF_ALARM
    np.testing.assert_array_equal(made.rows.nodes, ROWS.nodes)


def test_at_a_chance_of_one_every_label_is_wrong() -> None:
    assert not (spoil(NoiseSettings(label=1.0)).rows.label == ROWS.label).any()


def test_wrong_labels_are_labels_that_have_rows() -> None:
    rows = LabelledRows(ROWS.types, ROWS.labels, np.where(ROWS.label == 1, 2, ROWS.label), ROWS.nodes, ROWS.offsets)
    made = add_noise(rows, SMALL, NoiseSettings(label=0.5), 7, np.arange(len(rows)), ("avg", "pos"))
    assert set(made.rows.label.tolist()) == {0, 2}
    require_likely(int((made.rows.label != rows.label).sum()), len(rows), 0.5)


def test_a_label_that_stands_alone_stays_and_is_counted() -> None:
    alone = LabelledRows(ROWS.types, ROWS.labels, np.full_like(ROWS.label, 1), ROWS.nodes, ROWS.offsets)
    made = add_noise(alone, SMALL, NoiseSettings(label=1.0), 7, np.arange(len(alone)), ("neg",))
    assert set(made.rows.label.tolist()) == {1}
    assert (len(made.events), made.events.n_impossible) == (0, len(alone))


@pytest.mark.parametrize("chance", [0.03, 0.3])
def test_attributes_are_exchanged_as_often_as_asked(chance: float) -> None:
    made = spoil(NoiseSettings(attribute=chance))
    require_likely(made.events.count(NoiseKind.ATTRIBUTE) + made.events.n_impossible, len(ROWS.nodes), chance)
    np.testing.assert_array_equal(made.rows.label, ROWS.label)
    np.testing.assert_array_equal(made.rows.offsets, ROWS.offsets)


@pytest.mark.parametrize("chance", [0.3, 1.0])
def test_an_exchange_keeps_the_types_and_the_order_and_repeats_nothing(chance: float) -> None:
    made = spoil(NoiseSettings(attribute=chance))
    events = made.events
    for row in range(len(ROWS)):
        before, after = ROWS.of_row(row).tolist(), made.rows.of_row(row).tolist()
        assert kinds_of(made.rows, row) == kinds_of(ROWS, row)
        assert len(set(after)) == len(after)
        place = [
            (made.rows.types.index(kind), node) for kind, node in zip(kinds_of(made.rows, row), after, strict=True)
        ]
        assert place == sorted(place)
        own = events.row == row
        out, come = events.before[own].tolist(), events.after[own].tolist()
        assert sorted([*(set(before) - set(out)), *come]) == sorted(after)
        assert not set(come) & set(before)  # nobody comes back into the row it was in


def test_every_newcomer_is_as_likely_as_the_next() -> None:
    """One attribute per row, each time the same one: what comes is uniform over the others of its type."""
    kind = SMALL.positions_by_type["b"]
    n = 16_000
    one = LabelledRows(
        ("b",), LABELS, np.zeros(n, np.int32), np.full(n, kind[3], np.int32), np.arange(n + 1, dtype=np.int64)
    )
    made = add_noise(one, SMALL, NoiseSettings(attribute=1.0), 1, np.arange(n))
    counts = [int((made.rows.nodes == node).sum()) for node in kind]
    assert counts.pop(3) == 0
    assert sum(counts) == n
    assert chisquare(counts).pvalue > CHANCE_OF_ALARM


def test_types_too_small_for_an_exchange_are_left_and_counted() -> None:
    """A type of one attribute, and one of which the row holds all: nothing can come in their place."""
    a, d = SMALL.positions_by_type["a"], SMALL.positions_by_type["d"]
    rows = LabelledRows(
        ("a", "d"), LABELS, np.zeros(2, np.int32), np.array([*a, *d, a[0]], np.int32), np.array([0, 3, 4], np.int64)
    )
    made = add_noise(rows, SMALL, NoiseSettings(attribute=1.0), 1, np.arange(2))
    assert made.rows.of_row(0).tolist() == [*a, *d]
    assert made.rows.of_row(1).tolist() == [a[1]]
    assert made.events.n_impossible == 3


def test_a_crowded_type_gives_its_last_attributes_away() -> None:
    """Rows hold 4 of 9: the first five exchanges find somebody, and whoever came may not come again."""
    rows = rows_of(SMALL, {"b": (4, 4)}, 400)
    made = add_noise(rows, SMALL, NoiseSettings(attribute=1.0), 3, np.arange(400))
    assert made.events.n_impossible == 0
    for row in range(400):
        assert len(set(made.rows.of_row(row).tolist()) | set(rows.of_row(row).tolist())) == 8


def test_modalities_are_missing_whole_and_as_often_as_asked() -> None:
    made = spoil(NoiseSettings(missing={"m0": 0.25, "m1": 0.0}))
    modality = [a.modality for a in SMALL.attributes]
    lost = []
    for row in range(len(ROWS)):
        before, after = ROWS.of_row(row).tolist(), made.rows.of_row(row).tolist()
        kept = [node for node in before if modality[node] != "m0"]
        assert after in (before, kept)
        lost.append(after == kept and before != kept)
    require_likely(sum(lost), len(ROWS), 0.25)  # every row has 2 to 4 of b, and so something to lose
    assert made.events.rows_touched(NoiseKind.MISSING) == sum(lost)
    assert made.events.count(NoiseKind.MISSING) == len(ROWS.nodes) - len(made.rows.nodes)


def test_rows_that_lose_everything_are_counted() -> None:
    made = spoil(NoiseSettings(missing={"m0": 1.0, "m1": 1.0}))
    assert len(made.rows.nodes) == 0
    assert len(made.rows) == len(ROWS)
    assert made.events.n_emptied == len(ROWS)


ALL = NoiseSettings(label=0.2, attribute=0.3, missing={"m1": 0.3})


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 500), max_size=6), first=st.integers(0, 10**12), seed=st.integers(0, 2**63 - 1))
def test_no_cut_into_parts_shows(cuts: list[int], first: int, seed: int) -> None:
    rows = ROWS.part(0, 500)
    whole = spoil(ALL, rows, first, seed)
    bounds = [0, *sorted(cuts), 500]
    parts = [spoil(ALL, rows.part(start, stop), first + start, seed) for start, stop in pairwise(bounds)]
    joined = join_rows([part.rows for part in parts])
    for name in ("label", "nodes", "offsets"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole.rows, name))
    found = np.concatenate([part.events.row + start for part, start in zip(parts, bounds, strict=False)])
    np.testing.assert_array_equal(found, whole.events.row)
    for name in ("kind", "before", "after"):
        np.testing.assert_array_equal(
            np.concatenate([getattr(part.events, name) for part in parts]), getattr(whole.events, name)
        )
    assert sum(part.events.n_impossible for part in parts) == whole.events.n_impossible


def test_small_tables_make_the_same_rows_as_one_large(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = spoil(ALL)
    monkeypatch.setattr("core.dataset.swaps._CELLS_AT_ONCE", 200)
    np.testing.assert_array_equal(spoil(ALL).rows.nodes, whole.rows.nodes)


def test_the_kinds_of_noise_do_not_depend_on_each_other() -> None:
    """More of one kind leaves what the others do to a row as it is; an exchange needs an attribute that is not lost."""
    together = spoil(ALL)
    np.testing.assert_array_equal(together.rows.label, spoil(NoiseSettings(label=0.2)).rows.label)
    alone = spoil(NoiseSettings(missing={"m1": 0.3}))
    np.testing.assert_array_equal(np.diff(together.rows.offsets), np.diff(alone.rows.offsets))


def test_events_are_in_the_order_of_rows() -> None:
    events = spoil(ALL).events
    keys = list(zip(events.row.tolist(), events.kind.tolist(), events.before.tolist(), strict=True))
    assert keys == sorted(keys)
    assert {KINDS[kind] for kind in events.kind} == set(NoiseKind)


def test_chances_are_uniform_and_streams_do_not_resemble_each_other() -> None:
    row = np.arange(20_000)
    zero = np.zeros_like(row)
    streams: list[Callable[[], np.ndarray]] = [
        lambda: chances(1, "a", row, zero),
        lambda: chances(1, "b", row, zero),
        lambda: chances(2, "a", row, zero),
        lambda: chances(1, "a", zero, row),
        lambda: chances(1, "a", row, zero + 1),
        lambda: chances(1, "a", row + 1, zero),
    ]
    drawn = [stream() for stream in streams]
    for values in drawn:
        assert values.min() >= 0 and values.max() < 1
        assert chisquare(np.histogram(values, bins=50, range=(0, 1))[0]).pvalue > CHANCE_OF_ALARM
    for one, other in combinations(drawn, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.04
