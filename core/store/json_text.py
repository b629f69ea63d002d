"""JSON text that both a file and a database column accept."""

import json
from typing import Any

from core.errors import InvalidInput, Problem


def to_json_text(value: Any, what: str) -> str:
    """Render `value` in the order it has; `InvalidInput` naming `what` when it is not JSON data (NaN, numpy, dates)."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode("utf-8")
    except (TypeError, ValueError) as error:  # UnicodeEncodeError, half a surrogate pair, is a ValueError
        fix = "Use text, whole or finite numbers, true or false, null, lists, and dictionaries with text keys."
        raise InvalidInput(what, [Problem(f"This cannot be stored as JSON: {error}.", fix)]) from error
    return text


def json_copy(value: Any, what: str) -> Any:
    """What `value` will be after a round trip through storage (tuples become lists); same errors as `to_json_text`."""
    return json.loads(to_json_text(value, what))
