"""The judges on offer, by name."""

from collections.abc import Callable, Mapping
from typing import Final

from core.errors import NotFound
from core.graph.judges.offline import offline_judge
from core.graph.judges.protocol import Judge

JUDGES: Final[Mapping[str, Callable[[], Judge]]] = {"offline": offline_judge}


def make_judge(name: str) -> Judge:
    """Create the judge of that name; `NotFound` lists the judges there are."""
    if name not in JUDGES:
        raise NotFound(f"There is no judge {name!r}.", f"Choose one of: {', '.join(JUDGES)}.")
    return JUDGES[name]()
