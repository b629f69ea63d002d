"""Submitted files to predictions: what is read, and what is refused unread."""

from collections.abc import Callable
from typing import Final

from core.leaderboard.faults import Faults, refused
from core.leaderboard.predictions import Predictions, TestForm
from core.leaderboard.refusals import RefusalKind, SubmissionRefused
from core.leaderboard.submission_columns import SubmittedColumns, match_columns
from core.leaderboard.submission_csv import read_csv
from core.leaderboard.submission_json import read_json
from core.leaderboard.submission_limits import MAX_SUBMISSION_BYTES
from core.leaderboard.submission_parquet import read_parquet

JSON: Final = "application/json"
CSV: Final = "text/csv"
PARQUET: Final = "application/vnd.apache.parquet"

_READERS: Final[dict[str, Callable[[bytes, TestForm, Faults], SubmittedColumns]]] = {
    JSON: read_json,
    CSV: read_csv,
    PARQUET: read_parquet,
}
MEDIA_TYPES: Final = tuple(_READERS)
_PARQUET_MARK: Final = b"PAR1"
_NEVER_READ: Final = {  # by the bytes they begin with; none of them is opened, let alone loaded
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "a zip archive (as .npz, .pt and .xlsx are)",
    b"\x93NUMPY": "a NumPy file",
    b"\x89HDF": "an HDF5 file",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    **{b"\x80" + bytes([protocol]): "a pickle" for protocol in range(2, 6)},
}


def read_submission(data: bytes, media_type: str, form: TestForm) -> Predictions:
    """Read JSON, CSV or Parquet and match it with the form by row id, in any order.

    `InvalidInput` lists everything wrong, by row and field, each kind in a few examples; `SubmissionRefused` for too
    many bytes and for media types that are none of these. Nothing is repaired, and no answer is known here.
    """
    if len(data) > MAX_SUBMISSION_BYTES:
        message = f"The file has {len(data):,} bytes; at most {MAX_SUBMISSION_BYTES:,} are read."
        raise SubmissionRefused(RefusalKind.TOO_LARGE, message, "Send Parquet, or fewer decimals.")
    kind = media_type.split(";")[0].strip().lower()
    if kind not in _READERS:
        message = f"The media type {media_type[:100]!r} is not read."
        raise SubmissionRefused(RefusalKind.MEDIA_TYPE, message, f"Send {', '.join(MEDIA_TYPES)}.")
    _refuse_other_formats(data, kind)
    faults = Faults()
    return match_columns(_READERS[kind](data, form, faults), form, faults)


def _refuse_other_formats(data: bytes, kind: str) -> None:
    if not data:
        raise refused("The file is empty.", "Answer each test row once.")
    for mark, name in _NEVER_READ.items():
        if data.startswith(mark):
            raise refused(f"The file is {name}.", "Send JSON, CSV or Parquet as it is, not packed.")
    if data.startswith(_PARQUET_MARK) and kind != PARQUET:
        raise refused(f"The file is Parquet, sent as {kind}.", f"Send it as {PARQUET}.")
    if kind == PARQUET and not data.startswith(_PARQUET_MARK):
        raise refused("The file is no Parquet.", f"Send {JSON} or {CSV} under its own media type.")
