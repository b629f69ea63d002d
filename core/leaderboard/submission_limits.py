"""How large a submission may be, and how much of what is wrong with it is told; every refusal names its limit."""

from typing import Final

MAX_SUBMISSION_BYTES: Final = 64_000_000  # 240 bytes for each of 266,000 rows
MAX_PAGES: Final = 10_000  # of a Parquet file
MAX_ROW_GROUPS: Final = 1_000
MAX_DECODED_BYTES: Final = 256_000_000  # of a Parquet file's columns, decompressed
MAX_TOLD: Final = 20  # problems of one kind; the rest is counted
SUM_TOLERANCE: Final = 1e-3  # how far the probabilities of a row may be from 1: four decimals each are enough


def max_rows(n_expected: int) -> int:
    """The most rows of a file that are looked at one by one, where so many are expected."""
    return 2 * n_expected + 1_000
