"""Estimated pairs survive the way through their file, and nothing else is taken for one."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import CorruptArtefact
from core.models.pair_files import read_pairs, write_pairs
from core.models.pair_kernel.edge_table import PairEstimates
from core.models.tables import AttributeTable


def attributes(ids: tuple[str, ...]) -> AttributeTable:
    n = len(ids)
    numbers = np.zeros(n, dtype=np.int32)
    return AttributeTable(ids, ids, ids, ("m",), ("t",), numbers, numbers, np.zeros((n, 0), dtype=np.float32))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ids = tuple(f"=id,{i}\n" for i in range(20))
    ends = rng.integers(0, 20, size=(2, 50)).astype(np.int32)
    mean, deviation = rng.normal(size=(2, 50)).astype(np.float32)
    write_pairs(tmp_path / "p", PairEstimates(*ends, mean, deviation, "gut", "schlecht – ≠"), attributes(ids))
    read = read_pairs((tmp_path / "p").read_bytes())
    assert read.source == tuple(ids[i] for i in ends[0]) and read.target == tuple(ids[i] for i in ends[1])
    np.testing.assert_array_equal(read.mean, mean)
    np.testing.assert_array_equal(read.deviation, deviation)
    assert (read.spoken_for, read.spoken_against) == ("gut", "schlecht – ≠")


def test_other_files_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"source": ["a"], "target": ["b"], "mean": [0.5], "deviation": [0.1]}), tmp_path / "p")
    for data in (b"", b"nonsense", (tmp_path / "p").read_bytes()):
        with pytest.raises(CorruptArtefact, match="cannot be read"):
            read_pairs(data)
