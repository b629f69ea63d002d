"""What a number field may hold, read off the settings it belongs to."""

from typing import Any, Final

from pydantic.fields import FieldInfo

_LIMITS: Final = ("ge", "gt", "le", "lt")
_OPEN_END: Final = 1e-9  # how near a number may come to a bound that it must not reach


def number_bounds(field: FieldInfo, kind: type) -> tuple[Any, Any]:
    """The ends of a number's range, None where it has none."""
    limits: dict[str, float] = {}
    for rule in field.metadata:
        limits |= {name: getattr(rule, name) for name in _LIMITS if getattr(rule, name, None) is not None}
    low, high = limits.get("ge"), limits.get("le")
    if "gt" in limits:
        low = limits["gt"] + (1 if kind is int else _OPEN_END)
    if "lt" in limits:
        high = limits["lt"] - (1 if kind is int else _OPEN_END)
    return (None if low is None else kind(low)), (None if high is None else kind(high))
