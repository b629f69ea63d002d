"""How large a catalogue and its texts may be; every refusal names the limit it enforces."""

from typing import NamedTuple

MAX_ATTRIBUTES = 20_000  # 20,000 attributes already make up to 200 million candidate pairs
MAX_CATALOGUE_BYTES = 32_000_000  # 1,600 bytes for each of 20,000 attributes
MAX_COLUMNS = 200
MAX_ID_LENGTH = 200
MAX_VALUE_LENGTH = 200
MAX_NAME_LENGTH = 100  # a modality, an attribute type, the name of an extra column
MAX_FACT_LENGTH = 10_000  # one cell of an extra column: room for a description of two pages


class TableLimits(NamedTuple):
    """How much of a file is read: bytes, rows below the header, and what one row is called (plural)."""

    max_bytes: int
    max_rows: int
    rows_are: str


CATALOGUE_LIMITS = TableLimits(MAX_CATALOGUE_BYTES, MAX_ATTRIBUTES, "attributes")
