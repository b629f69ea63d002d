"""Reports as JSON data: what a manifest keeps and `--json` prints."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np


def record(value: Any) -> Any:
    """Render dataclasses and named tuples as objects, enums as their values, and a number that is none as null.

    `TypeError` for anything that has no JSON form, arrays included: a report is no place for columns.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: record(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return record(value._asdict())
    if isinstance(value, Enum):
        return record(value.value)
    if isinstance(value, Mapping):
        return {str(record(key)): record(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [record(item) for item in value]
    if isinstance(value, np.generic):
        return record(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no JSON form")
