"""Shards: any range of rows on its own is that range of the whole, whoever makes it, and outcomes add up."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dataset import shards
from core.dataset.executors import ThreadExecutor
from core.dataset.generation import GeneratedDataset, generate_dataset
from core.dataset.part_stores import RowsInMemory, make_parts, outcomes_of
from core.dataset.rows import LabelledRows
from core.dataset.shards import Shard, ShardJob, make_shard, shard_job
from core.dataset.streaming import Block, regrid
from core.errors import InvalidInput, ValenceError
from core.graph.model import SignedGraph
from core.progress import Progress, finish
from core.sampler import search
from core.sampler.configuration import DatasetConfig, SearchMethod, parse_config
from core.sampler.encoding import encode_config
from core.sampler.feasibility import UnmetLabel
from core.sampler.label_search import prepare_label
from core.sampler.sampling import sample_label
from core.sampler.search import LabelRequest


@pytest.fixture
def job(graph: SignedGraph, config: DatasetConfig, monkeypatch: pytest.MonkeyPatch) -> ShardJob:
    monkeypatch.setattr(shards, "SHARD_ROWS", 64)
    return shard_job(graph, config)


@pytest.mark.parametrize("method", list(SearchMethod))
def test_any_range_of_a_label_is_drawn_as_within_the_whole(
    graph: SignedGraph, config: DatasetConfig, method: SearchMethod
) -> None:
    encoding = encode_config(graph, config)
    sampler = config.sampler.model_copy(update={"method": method, "max_iters": 200, "patience": 100})
    request = LabelRequest("pos", config.label_params["pos"], sampler, config.seed)
    whole = finish(sample_label(encoding, request))
    search = finish(prepare_label(encoding, request))
    drawn = search.draw(range(37, 111))
    np.testing.assert_array_equal(drawn.nodes, whole.nodes[whole.offsets[37] : whole.offsets[111]])
    np.testing.assert_array_equal(drawn.sizes, np.diff(whole.offsets)[37:111])
    assert (search.method, search.random_share, search.mixing_proposals) == (
        whole.method,
        whole.random_share,
        whole.mixing_proposals,
    )
    every = [search.draw(rows) for rows in search.chunks(range(150))]
    assert sum(chunk.n_proposals for chunk in every) / 150 == whole.proposals_per_row
    assert sum(chunk.n_retried for chunk in every) == whole.n_retried


def test_the_grid_covers_every_row_once(job: ShardJob) -> None:
    assert [row for shard in job.shards() for row in shard.rows] == list(range(280))
    pieces = [(piece.label, row) for shard in job.shards() for piece in job.pieces(shard) for row in piece.rows]
    assert pieces == [(name, row) for name, p in job.config.label_params.items() for row in range(p.num_samples)]


@settings(deadline=None, max_examples=25)
@given(bounds=st.tuples(st.integers(0, 279), st.integers(1, 280)))
def test_a_shard_of_any_bounds_holds_the_rows_of_the_whole(
    graph: SignedGraph, config: DatasetConfig, dataset: GeneratedDataset, bounds: tuple[int, int]
) -> None:
    first, n_rows = bounds[0], min(bounds[1], 280 - bounds[0])
    made = make_shard(shard_job(graph, config), Shard("g", "c", first, n_rows))
    # Rows 150 to 189 belong to the label that cannot be met.
    number = np.concatenate((np.arange(150), np.arange(190, 280)))
    start, stop = np.searchsorted(number, [first, first + n_rows]).tolist()
    expected = dataset.rows.part(start, stop)
    for name in ("label", "nodes", "offsets"):
        np.testing.assert_array_equal(getattr(made.rows, name), getattr(expected, name))
    assert made.labels[0].first_row == first
    assert sum(part.n_rows for part in made.labels) == len(made.rows)


def test_outcomes_and_rows_do_not_show_the_grid(
    job: ShardJob, graph: SignedGraph, config: DatasetConfig, dataset: GeneratedDataset
) -> None:
    again = finish(generate_dataset(graph, config, 3))
    assert again.outcomes == dataset.outcomes
    np.testing.assert_array_equal(again.rows.nodes, dataset.rows.nodes)
    np.testing.assert_array_equal(again.rows.offsets, dataset.rows.offsets)


def test_a_label_that_fails_late_fails_as_in_one_go(
    job: ShardJob, graph: SignedGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row in the middle of a label is not found: no row of the label is delivered, and the reason is that row's."""
    honest = search.Search.chunk

    def unlucky(self: search.Search, rows: range) -> object:
        chunk = honest(self, rows)
        if 100 in rows and self.box[0].any() and len(rows) > 1:  # "pos" alone asks for some pos_frac
            facts = chunk.facts[: 100 - rows.start + 1].copy()
            facts[-1, 0] = 0
            return chunk._replace(facts=facts)
        return chunk

    monkeypatch.setattr(search.Search, "chunk", unlucky)
    with pytest.raises(UnmetLabel) as alone:
        request = LabelRequest("pos", job.config.label_params["pos"], job.config.sampler, job.config.seed)
        finish(sample_label(encode_config(graph, job.config), request))
    made = finish(generate_dataset(graph, job.config))
    assert {outcome.label: outcome.n_rows for outcome in made.outcomes} == {"pos": 0, "never": 0, "“rest” 😀": 90}
    assert made.outcomes[0].failure is not None
    assert made.outcomes[0].failure.reason == f"{alone.value.message} {alone.value.fix}"
    assert set(made.rows.label.tolist()) == {2}


def test_shards_after_a_failure_of_all_their_labels_are_not_made(job: ShardJob) -> None:
    never = job.config.label_params["never"].model_copy(update={"num_samples": 500})
    config = job.config.model_copy(update={"label_params": {**job.config.label_params, "never": never}})
    wide = shard_job(job.graph, config)
    store = RowsInMemory()
    n_made = finish(make_parts(wide, wide.shards(), ThreadExecutor(2), store))
    outcomes = outcomes_of(wide, store)
    assert n_made < len(wide.shards())
    assert [outcome.n_rows for outcome in outcomes] == [150, 0, 90]


def test_parts_that_are_there_are_not_made_again(job: ShardJob) -> None:
    store, made = RowsInMemory(), []
    finish(make_parts(job, job.shards()[1:3], ThreadExecutor(2), store))
    before = {shard: store.get(shard) for shard in job.shards()[1:3]}

    class Watched(ThreadExecutor):
        def run(self, job: ShardJob, wanted: object, finish: object) -> Iterator[object]:  # type: ignore[override]
            made.extend(wanted)  # type: ignore[arg-type]
            return super().run(job, wanted, finish)  # type: ignore[arg-type]

    assert finish(make_parts(job, job.shards(), Watched(2), store)) == 3
    assert made == [shard for shard in job.shards() if shard not in before]
    assert all(store.get(shard) is rows for shard, rows in before.items())


def test_missing_parts_are_all_named(job: ShardJob) -> None:
    store = RowsInMemory()
    finish(make_parts(job, job.shards()[1:3], ThreadExecutor(2), store))
    with pytest.raises(InvalidInput) as caught:
        outcomes_of(job, store)
    assert [p.message for p in caught.value.problems] == [
        "Part 1 of 5 (rows 0 to 63) was not made.",
        "Part 4 of 5 (rows 192 to 255) was not made.",
        "Part 5 of 5 (rows 256 to 279) was not made.",
    ]


def test_a_row_out_of_range_stops_the_shard(job: ShardJob, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = search.Search.chunk

    def wrong(self: search.Search, rows: range) -> object:
        chunk = honest(self, rows)
        chunk.nodes[chunk.sizes[0] : chunk.sizes[:2].sum()] = chunk.nodes[chunk.sizes[0]]
        return chunk

    monkeypatch.setattr(search.Search, "chunk", wrong)
    with pytest.raises(ValenceError, match="breaks its constraints on recount"):
        make_shard(job, job.shards()[0])


def test_closing_the_run_stops_between_chunks(job: ShardJob) -> None:
    steps = ThreadExecutor(2).run(job, job.shards(), lambda _, made: made)
    assert isinstance(next(steps), Progress)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


def test_no_worker_is_refused(graph: SignedGraph, config: DatasetConfig) -> None:
    with pytest.raises(InvalidInput, match="at least 1"):
        ThreadExecutor(0)
    data = config.model_dump(mode="json") | {"type_ranges": {"brnd": [0, 2]}}
    with pytest.raises(InvalidInput, match="does not fit"):
        shard_job(graph, parse_config(data))


@given(
    sizes=st.lists(st.integers(0, 9), min_size=1, max_size=8).filter(any),
    n_rows=st.integers(1, 12),
    data=st.data(),
)
def test_a_new_grid_keeps_rows_numbers_and_order(sizes: list[int], n_rows: int, data: st.DataObject) -> None:
    total = sum(sizes)
    widths = data.draw(st.lists(st.integers(0, 3), min_size=total, max_size=total))
    offsets = np.cumsum([0, *widths]).astype(np.int64)
    nodes = np.arange(offsets[-1], dtype=np.int32)
    rows = LabelledRows(("t",), ("a",), np.zeros(total, np.int32), nodes, offsets)
    bounds = np.cumsum([0, *sizes]).tolist()
    given_blocks = [Block(rows.part(start, stop), np.arange(start, stop)) for start, stop in pairwise(bounds)]
    made = list(regrid(given_blocks, n_rows))
    assert [len(block.rows) for block in made[:-1]] == [n_rows] * (len(made) - 1)
    np.testing.assert_array_equal(np.concatenate([block.number for block in made]), np.arange(total))
    found = [block.rows.of_row(row).tolist() for block in made for row in range(len(block.rows))]
    assert found == [rows.of_row(row).tolist() for row in range(total)]
