"""Tables of vectors, or of coordinates, that people bring: one row per attribute or per place."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.catalogue.decoding import decode
from core.catalogue.model import Catalogue
from core.errors import CorruptArtefact, InvalidInput, Problem
from core.models.place_vectors import place_vectors

MAX_BYTES: Final = 256_000_000
MAX_ROWS: Final = 200_000
MAX_DIMENSIONS: Final = 8_192
KEY_COLUMNS: Final = ("id", "value")
VECTOR_COLUMN: Final = "vector"
COORDINATES: Final = ("latitude", "longitude")

_WHAT: Final = "The table of vectors"
_PARQUET_SIGNATURE: Final = b"PAR1"
_HIGHEST: Final = (90.0, 180.0)  # degrees, by place in COORDINATES


@dataclass(frozen=True, eq=False)
class VectorTable:
    """N rows as they were brought: `key` is `id` or `value`, the column that names the attribute in `names`.

    `numbers`, float32 [N, D]: vectors, or (latitude, longitude) in degrees where `are_coordinates`. A name may come
    several times: its vector is the mean of its members' vectors.
    """

    key: str
    names: tuple[str, ...]
    numbers: NDArray[np.float32]
    are_coordinates: bool


@dataclass(frozen=True, eq=False)
class KnownVectors:
    """Vectors of length 1 for some attributes: catalogue positions int64 [n], ascending, and float32 [n, D].

    `unused`: names of the table that no attribute carries.
    """

    positions: NDArray[np.int64]
    vectors: NDArray[np.float32]
    unused: tuple[str, ...]


def read_vector_table(data: bytes) -> VectorTable:
    """Read a CSV, or a Parquet file whose `vector` column holds lists; its content decides which.

    One column is `id` or `value`. The others are numbers: `latitude` and `longitude`, or the vector's. `InvalidInput`
    names every row that is wrong.
    """
    if not data or len(data) > MAX_BYTES:
        problem = Problem(f"It has {len(data):,} bytes.", f"Bring a file of 1 to {MAX_BYTES:,} bytes.")
        raise InvalidInput(_WHAT, [problem])
    header, rows = _read_parquet(data) if data.startswith(_PARQUET_SIGNATURE) else _read_csv(data)
    key, columns = _columns(header)
    are_coordinates = {header[column] for column in columns} == set(COORDINATES)
    problems: list[Problem] = []
    names: list[str] = []
    numbers: list[list[float]] = []
    for number, row in rows:
        if len(names) + len(problems) > MAX_ROWS:
            raise InvalidInput(_WHAT, [Problem(f"It has more than {MAX_ROWS:,} rows.", "Keep those that are needed.")])
        values, wrong = _checked_row(number, row, header, key, columns)
        if are_coordinates and not wrong:
            wrong = _off_the_globe(number, values)
        problems += wrong
        names.append(str(row[key] if key < len(row) else "").strip())
        numbers.append(values)
    if not are_coordinates and numbers and not any(map(any, numbers)):
        problems.append(Problem("All its numbers are 0.", "Bring vectors that say something."))
    if not names:
        problems.append(Problem("It has no rows.", "Write one row per attribute or place below the header."))
    if problems:
        raise InvalidInput(_WHAT, problems)
    return VectorTable(header[key], tuple(names), np.array(numbers, dtype=np.float32), are_coordinates)


def vector_table_bytes(table: VectorTable) -> bytes:
    """The table as a Parquet file that `read_vector_table` reads again."""
    columns: dict[str, pa.Array] = {table.key: pa.array(table.names, pa.string())}
    if table.are_coordinates:
        columns |= {name: pa.array(table.numbers[:, place].copy()) for place, name in enumerate(COORDINATES)}
    else:
        columns[VECTOR_COLUMN] = _lists(table.numbers)
    return parquet_bytes(pa.table(columns))


def vectors_file(ids: Sequence[str], vectors: NDArray[np.float32]) -> bytes:
    """Vectors of attributes as a Parquet file: `id`, and `vector`, a list of float32 of one length."""
    return parquet_bytes(pa.table({"id": pa.array(ids, pa.string()), VECTOR_COLUMN: _lists(vectors)}))


def read_vectors_file(data: bytes) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """What `vectors_file` wrote: ids and float32 [N, D]; `CorruptArtefact` for anything else."""
    try:
        table = pq.read_table(io.BytesIO(data), use_threads=False, pre_buffer=False)
        ids = tuple(table.column("id").to_pylist())
        column = table.column(VECTOR_COLUMN).combine_chunks()
        vectors = column.flatten().to_numpy(zero_copy_only=False).astype(np.float32).reshape(len(ids), -1)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise CorruptArtefact("The vectors cannot be read.", "Make them again.") from error
    return ids, vectors


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as a Parquet file: the same bytes for the same content."""
    held = io.BytesIO()
    pq.write_table(table, held, compression="zstd", use_dictionary=False, write_statistics=False)
    return held.getvalue()


def match_attributes(catalogue: Catalogue, table: VectorTable, n_place_dimensions: int) -> KnownVectors:
    """Give the catalogue's attributes their vectors, coordinates as `place_vectors`, means of members normalised.

    `InvalidInput` for a value that attributes of several modalities carry, and where no attribute is named at all.
    """
    positions_of = {attribute.id: (place,) for place, attribute in enumerate(catalogue.attributes)}
    known = positions_of if table.key == "id" else catalogue.positions_by_value
    problems = [
        Problem(f"{name!r} is the value of {len(known[name])} attributes.", "Name it by its id.", field=table.key)
        for name in dict.fromkeys(table.names)
        if len(known.get(name, ())) > 1
    ]
    unused = tuple(name for name in dict.fromkeys(table.names) if name not in known)
    if len(unused) == len(set(table.names)):
        shown = ", ".join(map(repr, unused[:3]))
        message = f"None of its {len(unused):,} names is the {table.key} of an attribute ({shown} ...)."
        problems.append(Problem(message, "Name attributes as the catalogue does, by id or by value.", field=table.key))
    if problems:
        raise InvalidInput(_WHAT, problems)
    rows = [row for row, name in enumerate(table.names) if name in known]
    position = np.array([known[table.names[row]][0] for row in rows], dtype=np.int64)
    return _means(position, _as_vectors(table, n_place_dimensions)[rows], unused)


def catalogue_coordinates(catalogue: Catalogue, columns: tuple[str, str]) -> VectorTable:
    """Coordinates from two of the catalogue's own columns, of the attributes where both are filled.

    `InvalidInput` for every cell that is no coordinate, and where no attribute has any.
    """
    names, numbers, problems = [], [], []
    for attribute in catalogue.attributes:
        cells = [attribute.facts.get(column, "").strip() for column in columns]
        if not any(cells):
            continue
        values = [_number(cell) for cell in cells]
        names.append(attribute.id)
        numbers.append(values)
        problems += [
            Problem(f"{attribute.value!r} has {cell!r} for {what}.", "Write degrees, such as -33.45.", field=column)
            for value, cell, what, column, highest in zip(values, cells, COORDINATES, columns, _HIGHEST, strict=True)
            if value is None or abs(value) > highest
        ]
    if not names:
        message = f"No attribute has anything in the columns {columns[0]!r} and {columns[1]!r}."
        problems.append(Problem(message, "Name the columns that hold the coordinates.", field="coordinates"))
    if problems:
        raise InvalidInput("The catalogue's coordinates", problems)
    return VectorTable("id", tuple(names), np.array(numbers, dtype=np.float32), are_coordinates=True)


def _as_vectors(table: VectorTable, n_place_dimensions: int) -> NDArray[np.float32]:
    if not table.are_coordinates:
        return table.numbers
    latitude, longitude = table.numbers.T.astype(np.float64)
    return place_vectors(latitude, longitude, n_place_dimensions)


def _means(position: NDArray[np.int64], vectors: NDArray[np.float32], unused: tuple[str, ...]) -> KnownVectors:
    """The mean of the rows of each position, of length 1; zeros where members cancel each other out."""
    positions, row_of = np.unique(position, return_inverse=True)
    sums = np.zeros((len(positions), vectors.shape[1]))
    np.add.at(sums, row_of.ravel(), vectors.astype(np.float64))
    norm = np.linalg.norm(sums, axis=1, keepdims=True)
    return KnownVectors(positions, (sums / np.where(norm > 0, norm, 1)).astype(np.float32), unused)


def _read_csv(data: bytes) -> tuple[list[str], Iterable[tuple[int, Sequence[object]]]]:
    lines = csv.reader(io.StringIO(decode(data), newline=""), strict=True)
    try:
        rows: list[tuple[int, Sequence[object]]] = [(n, row) for n, row in enumerate(lines, start=1) if row]
    except csv.Error as error:
        problem = Problem(f"It is no CSV: {error}.", "Save it as CSV with commas.", lines.line_num)
        raise InvalidInput(_WHAT, [problem]) from error
    return [str(name).strip() for name in rows[0][1]], rows[1:]


def _read_parquet(data: bytes) -> tuple[list[str], Iterable[tuple[int, Sequence[object]]]]:
    """The header and rows, with the list of a `vector` column spread over columns of its own."""
    try:
        table = pq.read_table(io.BytesIO(data), use_threads=False, pre_buffer=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        problem = Problem(f"It cannot be read as Parquet ({error}).", "Write it again.")
        raise InvalidInput(_WHAT, [problem]) from error
    others = [name for name in table.column_names if name != VECTOR_COLUMN]
    lists = table.column(VECTOR_COLUMN).to_pylist() if VECTOR_COLUMN in table.column_names else [[]] * len(table)
    lists = [item if isinstance(item, list) else [item] for item in lists]
    width = max(map(len, lists), default=0)
    columns = [table.column(name).to_pylist() for name in others]
    rows = [[*cells, *item] for *cells, item in zip(*columns, lists, strict=True)]
    return [*others, *(f"{VECTOR_COLUMN} {place + 1}" for place in range(width))], list(enumerate(rows, start=2))


def _columns(header: Sequence[str]) -> tuple[int, list[int]]:
    """The place of the column that names attributes, and those of the numbers, coordinates in their order."""
    keys = [place for place, name in enumerate(header) if name in KEY_COLUMNS]
    problems = []
    if len(keys) != 1:
        message = f"{len(keys)} of its columns are called {' or '.join(KEY_COLUMNS)}: {', '.join(header[:5])} ..."
        problems.append(Problem(message, "Call exactly one of them so.", row=1))
    if len(set(header)) != len(header):
        problems.append(Problem("Two of its columns have one name.", "Give each a name of its own.", row=1))
    numbers = [place for place in range(len(header)) if place not in keys]
    if not 1 <= len(numbers) <= MAX_DIMENSIONS:
        message = f"It has {len(numbers):,} columns of numbers."
        problems.append(Problem(message, f"A vector has 1 to {MAX_DIMENSIONS:,} numbers.", row=1))
    if problems:
        raise InvalidInput(_WHAT, problems)
    if {header[place] for place in numbers} == set(COORDINATES):
        numbers = [header.index(name) for name in COORDINATES]
    return keys[0], numbers


def _checked_row(
    number: int, row: Sequence[object], header: Sequence[str], key: int, columns: Sequence[int]
) -> tuple[list[float], list[Problem]]:
    """The numbers of one row, and all that is wrong with it."""
    if len(row) != len(header):
        message = f"It has {len(row)} cells, and the header {len(header)}."
        return [], [Problem(message, "Fill every cell.", number)]
    problems = []
    if not str(row[key] or "").strip():
        problems.append(Problem("It names no attribute.", "Write its id or value.", number, header[key]))
    values = [_number(row[column]) for column in columns]
    wrong = [column for column, value in zip(columns, values, strict=True) if value is None]
    if wrong:
        message = f"{row[wrong[0]]!r} is no number ({len(wrong)} such cells)."
        problems.append(Problem(message, "Write finite numbers with a decimal point.", number, header[wrong[0]]))
    return [0.0 if value is None else value for value in values], problems


def _off_the_globe(number: int, values: Sequence[float]) -> list[Problem]:
    return [
        Problem(f"{value:g} is no {name}.", f"It lies from -{highest:g} to {highest:g} degrees.", number, name)
        for value, name, highest in zip(values, COORDINATES, _HIGHEST, strict=True)
        if abs(value) > highest
    ]


def _number(cell: object) -> float | None:
    try:
        value = float(str(cell))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _lists(vectors: NDArray[np.float32]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel(), pa.float32()), vectors.shape[1])
