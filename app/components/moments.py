"""Points in time and spans as people say them."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def reader_zone() -> tzinfo:
    """The time zone of the reader's browser; UTC where the browser does not say."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def when_text(moment: str, now: datetime, zone: tzinfo) -> str:
    """A UTC ISO time as clock time in `zone` and as age at `now`: `14:03 · 5 min ago`.

    The date is added once it is not today's; a time that lies ahead, as after a clock was set back, has no age.
    """
    then = parse_utc(moment)
    local, today = then.astimezone(zone), now.astimezone(zone).date()
    clock = f"{local:%H:%M}{' UTC' if zone is UTC else ''}"
    if local.date() != today:
        clock = f"{local.day} {local:%B}{'' if local.year == today.year else f' {local.year}'}, {clock}"
    age = (now - then).total_seconds()
    return clock if age < 0 else f"{clock} · {_age_text(age)}"


def duration_text(start: str | None, end: str | None) -> str:
    """The span between two UTC ISO times; empty where one is missing."""
    if not (start and end):
        return ""
    seconds = (parse_utc(end) - parse_utc(start)).total_seconds()
    if seconds < 0.1:
        return "under 0.1 s"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min {int(seconds % _MINUTE)} s"
    return f"{int(seconds // _HOUR)} h {int(seconds % _HOUR // _MINUTE)} min"


def parse_utc(text: str) -> datetime:
    """ISO text as an aware time; text without a zone is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _age_text(seconds: float) -> str:
    """Whole units, rounded down: nothing is called older than it is."""
    if seconds < _MINUTE:
        return "under a minute ago"
    for size, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "min")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 and name != 'min' else ''} ago"
    raise AssertionError(seconds)
