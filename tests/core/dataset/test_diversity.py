"""Rows kept apart: the choice against a plain loop over the label's stream, failures with reasons, same bytes."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.dataset.files import jsonl_bytes
from core.dataset.generation import GeneratedDataset, generate_dataset
from core.dataset.row_choice import RowChoice, row_keys
from core.graph.model import SignedGraph, signed_graph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, parse_config
from core.sampler.encoding import encode_config
from core.sampler.label_search import prepare_label
from core.sampler.search import LabelRequest

Rows = list[tuple[int, ...]]


def tight(n: int = 60, **diversity: object) -> dict[str, object]:
    """Few attributes, so that rows repeat."""
    return {
        "type_ranges": {"brand": [1, 1], "interest": [1, 2]},
        "label_params": {"any": {"pos_frac_range": [0, 1], "neg_frac_range": [0, 0.5], "num_samples": n}},
        "diversity": diversity,
        "seed": 4,
    }


@pytest.fixture(scope="module")
def little() -> SignedGraph:
    """4 brands and 5 interests: 4 x (5 + 10) = 60 different rows."""
    kinds = [("brand", i) for i in range(4)] + [("interest", i) for i in range(5)]
    catalogue = Catalogue(tuple(Attribute(f"{kind}-{i}", f"{kind} {i}", kind, kind) for kind, i in kinds))
    source, target = np.repeat(np.arange(4), 5), np.tile(np.arange(4, 9), 4)
    return signed_graph(catalogue, source.astype(np.int32), target.astype(np.int32), np.ones(20, dtype=np.int8))


def rows_in(dataset: GeneratedDataset) -> Rows:
    return [tuple(dataset.rows.of_row(row).tolist()) for row in range(len(dataset.rows))]


def stream(graph: SignedGraph, config: DatasetConfig, label: str, n: int) -> Rows:
    """The label's rows as they are drawn, without a choice."""
    request = LabelRequest(label, config.label_params[label], config.sampler, config.seed)
    drawn = finish(prepare_label(encode_config(graph, config), request)).draw(range(n))
    return [tuple(row.tolist()) for row in np.split(drawn.nodes, np.cumsum(drawn.sizes)[:-1])]


def chosen_one_by_one(rows: Rows, n: int, caps: dict[int, int], *, is_distinct: bool) -> Rows:
    """What the choice means: a plain loop."""
    taken: Rows = []
    held: Counter[int] = Counter()
    seen = set()
    for row in rows:
        is_new = not is_distinct or row not in seen
        seen.add(row)
        if len(taken) < n and is_new and all(held[node] < caps.get(node, n) for node in row):
            taken.append(row)
            held.update(row)
    return taken


def test_without_diversity_rows_repeat(little: SignedGraph) -> None:
    rows = rows_in(finish(generate_dataset(little, parse_config(tight()))))
    assert len(set(rows)) < len(rows)


@pytest.mark.parametrize("n", [25, 55])
def test_refused_duplicates_are_replaced_by_later_rows_of_the_stream(little: SignedGraph, n: int) -> None:
    config = parse_config(tight(n, duplicates="refuse"))
    rows = rows_in(finish(generate_dataset(little, config)))
    assert rows == chosen_one_by_one(stream(little, config, "any", 5_000), n, {}, is_distinct=True)
    assert len(set(rows)) == n


def test_as_many_rows_as_there_are_at_all(little: SignedGraph) -> None:
    assert len(set(rows_in(finish(generate_dataset(little, parse_config(tight(60, duplicates="refuse"))))))) == 60


@pytest.mark.parametrize("duplicates", ["count", "refuse"])
def test_no_attribute_is_in_more_rows_than_its_share_allows(
    graph: SignedGraph, config: DatasetConfig, duplicates: str
) -> None:
    diversity = {"duplicates": duplicates, "max_exposure": {"brand": 0.16, "país": 0.2}}
    wanted = parse_config({**config.model_dump(mode="json"), "diversity": diversity})
    made = finish(generate_dataset(graph, wanted))
    names = {"brand": 0.16, "país": 0.2}
    kinds = [a.attribute_type for a in graph.catalogue.attributes]
    for label, n in (("pos", 150), ("“rest” 😀", 90)):
        number = made.rows.labels.index(label)
        rows = [tuple(made.rows.of_row(i).tolist()) for i in np.flatnonzero(made.rows.label == number)]
        caps = {node: int(names[kind] * n + 1e-9) for node, kind in enumerate(kinds) if kind in names}
        held = Counter(node for row in rows for node in row)
        assert max(held[node] - cap for node, cap in caps.items()) == 0  # the cap is reached, and not passed
        expected = chosen_one_by_one(stream(graph, wanted, label, 4_000), n, caps, is_distinct=duplicates == "refuse")
        assert rows == expected


def test_the_same_bytes_for_any_number_of_workers(graph: SignedGraph, config: DatasetConfig) -> None:
    diversity = {"duplicates": "refuse", "max_exposure": {"interest": 0.3}}
    wanted = parse_config({**config.model_dump(mode="json"), "diversity": diversity})
    one, four = (finish(generate_dataset(graph, wanted, n)) for n in (1, 4))
    assert jsonl_bytes(one.rows, graph.catalogue) == jsonl_bytes(four.rows, graph.catalogue)
    assert one.outcomes == four.outcomes
    met = one.outcomes[0]
    assert met.random_share is not None
    assert met.proposals_per_row > 1 / met.random_share  # replaced rows were drawn too


def test_a_label_with_too_few_different_rows_says_how_many_it_has(little: SignedGraph) -> None:
    """Rows of one interest have one pair of one edge; the 40 others have 2 of 3 pairs."""
    data = tight(45, duplicates="refuse")
    data["label_params"] = {
        "few": {"pos_frac_range": [0.6, 0.7], "neg_frac_range": [0, 1], "num_samples": 45},
        "fine": {"pos_frac_range": [0.9, 1], "neg_frac_range": [0, 1], "num_samples": 20},
    }
    made = finish(generate_dataset(little, parse_config(data)))
    few, fine = made.outcomes
    assert few.failure is not None
    assert "only 40 of its 45 rows could be kept apart" in few.failure.reason
    assert "repeated an earlier row" in few.failure.reason
    assert few.failure.closest_pos_frac == pytest.approx(2 / 3)
    assert not few.failure.proven
    assert fine.failure is None
    assert len(set(rows_in(made))) == 20


def test_caps_that_leave_nothing_to_draw_say_so(little: SignedGraph) -> None:
    """Rows of two interests: five interests in 12 rows each are enough for 30 rows, not for 60."""
    data = tight(60, max_exposure={"interest": 0.2})
    data["label_params"] = {
        "two": {"pos_frac_range": [0.6, 0.7], "neg_frac_range": [0, 1], "num_samples": 60},
        "one": {"pos_frac_range": [0.9, 1], "neg_frac_range": [0, 1], "num_samples": 10},
    }
    config = parse_config(data)
    two, one = finish(generate_dataset(little, config)).outcomes
    assert two.failure is not None
    caps = dict.fromkeys(range(4, 9), 12)
    found = len(chosen_one_by_one(stream(little, config, "two", 2_000), 60, caps, is_distinct=False))
    assert f"only {found} of its 60 rows could be kept apart" in two.failure.reason
    assert "in as many rows as allowed" in two.failure.reason
    assert (one.failure, one.n_rows) == (None, 10)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_choice_is_that_of_a_plain_loop_for_any_cut(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.lists(st.integers(0, 5), max_size=4, unique=True).map(sorted).map(tuple), max_size=60))
    n = data.draw(st.integers(1, 40))
    caps = data.draw(st.lists(st.integers(0, 8) | st.just(10**6), min_size=6, max_size=6))
    is_distinct = data.draw(st.booleans())
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    choice = RowChoice(n, np.array(caps), is_distinct=is_distinct)
    taken: Rows = []
    for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        part = rows[start:stop]
        nodes = np.array([node for row in part for node in row], dtype=np.int32)
        offsets = np.concatenate(([0], np.cumsum([len(row) for row in part]))).astype(np.int64)
        taken += [part[i] for i in choice.take(nodes, offsets).tolist()]
    assert taken == chosen_one_by_one(rows, n, dict(enumerate(caps)), is_distinct=is_distinct)
    assert choice.n_taken == len(taken)
    if not choice.is_complete:
        assert choice.n_taken + choice.n_repeated + choice.n_over_cap == len(rows)


def test_keys_of_rows_depend_on_what_they_hold_alone() -> None:
    rows: Rows = [(1, 2, 3), (), (3, 2, 1), (1, 2), (2, 3), (0,), (), (4, 1, 2)]
    nodes = np.array([node for row in rows for node in row], dtype=np.int32)
    offsets = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64)
    keys = row_keys(nodes, offsets).tolist()
    for i, one in enumerate(rows):
        for j, other in enumerate(rows):
            assert (keys[i] == keys[j]) == (set(one) == set(other))
