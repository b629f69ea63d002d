"""Instants of one process: UTC, in microseconds, never the same twice."""

import threading
import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_guard = threading.Lock()
_last_us = 0


def next_instant_us() -> int:
    """Microseconds since 1970; strictly increasing within the process, so that newest first has no ties."""
    global _last_us
    with _guard:
        _last_us = max(_last_us + 1, time.time_ns() // 1000)
        return _last_us


def utc_now() -> str:
    """The instant as fixed-width ISO text (`2026-07-27T10:11:12.123456Z`), which sorts as time does."""
    moment = _EPOCH + timedelta(microseconds=next_instant_us())
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
