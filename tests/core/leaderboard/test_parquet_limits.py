"""Small Parquet files that unpack to far more are refused before a page is decompressed."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.leaderboard import parquet_pages, submission_parquet
from core.leaderboard import predictions as board
from core.leaderboard.submission_files import PARQUET, read_submission

FORM = board.TestForm(tuple(f"r{n}" for n in range(100)), ("pos", "neg"))


def written(columns, **options):
    held = io.BytesIO()
    pq.write_table(pa.table(columns), held, **options)
    return held.getvalue()


def answers(label="pos"):
    return {"row_id": list(FORM.row_ids), "label": [label] * len(FORM)}


def refusal(data):
    with pytest.raises(InvalidInput) as caught:
        read_submission(data, PARQUET, FORM)
    return str(caught.value)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["none", "snappy", "gzip", "zstd", "brotli", "lz4"]),
    st.booleans(),
    st.sampled_from(["1.0", "2.0"]),
    st.integers(1, 400),
    st.integers(1, 60),
)
def test_pages_are_counted_as_their_writer_did(compression, use_dictionary, version, n_rows, group):
    rng = np.random.default_rng(n_rows)
    columns = {"row_id": rng.integers(0, 50, n_rows).astype(str), "x": rng.random(n_rows)}
    options = {"compression": compression, "use_dictionary": use_dictionary, "data_page_version": version}
    data = written(columns, row_group_size=group, data_page_size=128, write_batch_size=16, **options)
    metadata = pq.ParquetFile(io.BytesIO(data)).metadata
    sizes = parquet_pages.page_sizes(data, metadata, 10**6)
    chunks = [metadata.row_group(g).column(c) for g in range(metadata.num_row_groups) for c in range(2)]
    told = sum(chunk.total_uncompressed_size for chunk in chunks)  # with the headers, which a well-meant footer counts
    assert sizes.n_pages >= len(chunks) and told - 120 * sizes.n_pages <= sizes.n_bytes < told
    if compression == "none":
        stored = sum(chunk.total_compressed_size for chunk in chunks)
        assert stored - 120 * sizes.n_pages <= sizes.n_bytes < stored


def test_a_small_file_of_one_huge_text_is_refused_unpacked(monkeypatch):
    monkeypatch.setattr(submission_parquet, "MAX_DECODED_BYTES", 1_000_000)
    data = written(answers("pos" + " " * 2_000_000), compression="zstd")
    assert len(data) < 10_000
    monkeypatch.setattr(submission_parquet, "_values", lambda column: pytest.fail("it was unpacked"))
    assert "unpacks to 2,0" in refusal(data)


def test_a_footer_that_belittles_its_pages_is_not_believed(monkeypatch):
    """What the pages themselves say counts, since readers allocate that."""
    data = written(answers("pos" + " " * 2_000_000), compression="zstd")
    metadata = pq.ParquetFile(io.BytesIO(data)).metadata

    class Belittled:
        num_row_groups, num_columns, num_rows = metadata.num_row_groups, metadata.num_columns, metadata.num_rows

        def row_group(self, number):
            return metadata.row_group(number)

    assert parquet_pages.page_sizes(data, Belittled(), 100).n_bytes > 2_000_000


def test_a_text_that_all_rows_share_is_held_once():
    label = "x" * 1_000_000
    values = submission_parquet._values(pa.chunked_array([pa.array([label, None] * 50).dictionary_encode()]))
    assert values == [label, None] * 50
    assert len({id(value) for value in values}) == 2
    assert "There is no label" in refusal(written(answers(label), compression="zstd"))


def test_too_many_rows_groups_pages_and_columns_are_refused(monkeypatch):
    many = {"row_id": ["a"] * 5_000, "label": ["pos"] * 5_000}
    assert "5,000 rows; the form has 100" in refusal(written(many))
    monkeypatch.setattr(submission_parquet, "MAX_ROW_GROUPS", 9)
    assert "10 row groups" in refusal(written(answers(), row_group_size=10))
    monkeypatch.undo()
    monkeypatch.setattr(submission_parquet, "MAX_PAGES", 9)
    assert "more than 9 pages" in refusal(written(answers(), row_group_size=10))
    assert "columns" in refusal(written({**answers(), **{f"c{n}": [1.0] * 100 for n in range(9)}}))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_files_are_refused_or_read_never_worse(data):
    good = bytearray(written(answers(), compression="zstd"))
    for _ in range(data.draw(st.integers(1, 6))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(good)))
    for damaged in (bytes(good), bytes(good[:cut])):
        try:
            predictions = read_submission(damaged, PARQUET, FORM)
        except InvalidInput as error:
            assert str(error)
        else:
            assert len(predictions.label) == len(FORM)
