"""Submissions that are not scored for a reason other than their rows, and which kind of reason it is."""

from enum import StrEnum

from core.errors import ValenceError


class RefusalKind(StrEnum):
    """Why a submission was not taken, where its content is not to blame."""

    CONFLICT = "conflict"  # the idempotency key belongs to another submission
    QUOTA = "quota"  # no submissions left, today or at all
    CLOSED = "closed"  # the version takes no more submissions
    TOO_LARGE = "too_large"  # more bytes than a submission may have
    MEDIA_TYPE = "media_type"  # neither JSON, CSV nor Parquet


class SubmissionRefused(ValenceError):
    """A submission that was not taken; nothing was stored, and no quota was used. `kind` says why in one word."""

    def __init__(self, kind: RefusalKind, message: str, fix: str = "") -> None:
        super().__init__(message, fix)
        self.kind = kind
