"""Check sets as delimited text, in and out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from core.catalogue.cells import escaped, restored
from core.catalogue.columns import plain_name
from core.catalogue.decoding import decode
from core.catalogue.delimited import read_delimited
from core.catalogue.limits import TableLimits
from core.catalogue.table_model import Table
from core.catalogue.tables import check_size
from core.catalogue.text_checks import shown
from core.catalogue.writing import csv_bytes
from core.errors import InvalidInput, NotFound, Problem, ValenceError
from core.graph.checks.written import COLUMNS, EXPECTED_WORDS, MAX_PAIRS, REQUIRED, Line, WrittenSet, written_pairs

DATA: Final = Path(__file__).resolve().parents[3] / "data"
SHIPPED_CHECKS: Final = DATA / "checks" / "obvious_pairs.csv"
CHECK_LIMITS: Final = TableLimits(max_bytes=32_000_000, max_rows=MAX_PAIRS, rows_are="pairs")


def read_written_set(data: bytes, filename: str) -> WrittenSet:
    """Read a file of `COLUMNS` (`split` and `why` may be missing); `InvalidInput` lists every fault by row."""
    written, problems = read_pairs(data, filename)
    if problems:
        raise unusable(filename, problems)
    return written


def read_pairs(data: bytes, filename: str) -> tuple[WrittenSet, list[Problem]]:
    """The pairs of a file's faultless rows, and every fault by row; `InvalidInput` for a file that is no such table."""
    check_size(data, CHECK_LIMITS)
    table = read_delimited(decode(data), CHECK_LIMITS, lambda header: sum(plain_name(n) in COLUMNS for n in header))
    if faults := list(_column_faults(table)):
        raise unusable(filename, [*faults, *table.problems])
    position = {name: i for i, name in enumerate(map(plain_name, table.header)) if name}
    lines = (Line(row.number, {c: restored(row.cells[i].strip()) for c, i in position.items()}) for row in table.rows)
    pairs, problems = written_pairs(lines)
    problems = sorted([*table.problems, *problems], key=lambda problem: problem.row or 0)
    if not pairs and not problems:
        problems = [Problem("There is a header but no pair below it.", "Write one pair a row.")]
    return WrittenSet(pairs), problems


def unusable(filename: str, problems: Sequence[Problem]) -> InvalidInput:
    """The error of a check set that has faults, named by its file."""
    return InvalidInput(f"The check set {filename} cannot be used", problems)


def read_written_file(path: Path) -> WrittenSet:
    """Read a check set from a path; `NotFound` where there is no file, else as `read_written_set`."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.", "Check the path.") from error
    except OSError as error:
        raise ValenceError(f"{path} cannot be read: {error.strerror}.") from error
    return read_written_set(data, path.name)


def write_check_set(written: WrittenSet) -> bytes:
    """UTF-8 CSV that `read_written_set` reads back as the same set, and that a spreadsheet opens without running it."""
    return csv_bytes(
        COLUMNS,
        (
            (*map(escaped, (p.source, p.target)), EXPECTED_WORDS[p.expected], p.split, escaped(p.why))
            for p in written.pairs
        ),
    )


def _column_faults(table: Table) -> Iterator[Problem]:
    names = [plain_name(name) for name in table.header]
    listed = ", ".join(map(shown, table.header[:10]))
    for name in REQUIRED:
        if name not in names:
            fix = f"The columns are {', '.join(COLUMNS)}."
            yield Problem(f"There is no column {name!r}; the columns are {listed}.", fix, table.header_row, name)
    for i, (name, header) in enumerate(zip(names, table.header, strict=True)):
        if name in names[:i] and name:
            yield Problem(f"The column {shown(header)} occurs twice.", "Delete one.", table.header_row, header)
        elif name not in COLUMNS and (name or any(row.cells[i].strip() for row in table.rows)):
            fix = f"Delete it: the columns are {', '.join(COLUMNS)}."
            yield Problem(f"The column {shown(header)} is none of a check set.", fix, table.header_row, header)
