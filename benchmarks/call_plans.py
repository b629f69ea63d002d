"""Calls of the packed plan beside the published formula and the floor, and the time it takes to plan."""

import time

from benchmarks.table import Row
from core.catalogue.model import Attribute, Catalogue
from core.graph.call_plan import calls_floor, calls_published, plan_calls

# The published proportions at each size; the modalities' names play no part.
_SIZES = {27: (10, 10, 4, 3), 160: (60, 60, 30, 10), 320: (120, 120, 60, 20), 800: (300, 300, 150, 50)}


def run() -> list[Row]:
    """One row per catalogue size: calls, against the published formula; the note gives the floor and the seconds."""
    return [_row(n, sizes) for n, sizes in _SIZES.items()]


def _row(n: int, sizes: tuple[int, ...]) -> Row:
    catalogue = Catalogue(
        tuple(Attribute(f"{m}-{i}", f"{m}-{i}", str(m), str(m)) for m, size in enumerate(sizes) for i in range(size))
    )
    started = time.process_time()
    calls = plan_calls(catalogue).n_calls
    seconds = time.process_time() - started
    published = calls_published(catalogue)
    return Row(
        name=f"call plan, {n} attributes",
        measured=calls,
        limit_or_rival=published,
        ratio=calls / published,
        unit="calls",
        note=f"published formula; floor {calls_floor(catalogue)}; planned in {seconds:.2f} s",
    )
