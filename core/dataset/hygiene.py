"""How varied the rows of a dataset are, as they stand in its files: rows that look alike, attributes in many rows."""

from dataclasses import dataclass

import numpy as np

from core.catalogue.model import Catalogue
from core.dataset.near_rows import NearestRows, RowGroups, near_duplicate_groups, nearest_rows, summarise_groups
from core.dataset.rows import LabelledRows

MAX_GROUPED = 2_000_000  # rows: their groups take about 40 bytes per attribute


@dataclass(frozen=True, slots=True)
class TopAttribute:
    """The attribute of a type that most rows of a label hold; `share` (0..1) of them do."""

    label: str
    attribute_type: str
    attribute: str
    value: str
    n_rows: int
    share: float


@dataclass(frozen=True, slots=True)
class Hygiene:
    """`groups` is None where there are too many rows to group them; `nearest` where there is one row only.

    `exposure` has an entry for each label that has rows and each attribute type that its rows hold.
    """

    n_rows: int
    nearest: NearestRows | None
    groups: RowGroups | None
    exposure: tuple[TopAttribute, ...]


def measure_hygiene(rows: LabelledRows, catalogue: Catalogue, seed: int = 0) -> Hygiene:
    """Compare rows with each other and count their attributes; the same rows and seed give the same figures."""
    return Hygiene(
        n_rows=len(rows),
        nearest=nearest_rows(rows, seed=seed) if len(rows) > 1 else None,
        groups=summarise_groups(near_duplicate_groups(rows)) if len(rows) <= MAX_GROUPED else None,
        exposure=most_exposed(rows, catalogue),
    )


def most_exposed(rows: LabelledRows, catalogue: Catalogue) -> tuple[TopAttribute, ...]:
    """For each label and type the attribute that most rows hold, the first in the catalogue among equals."""
    label_of = np.repeat(rows.label, np.diff(rows.offsets))
    found = []
    for number, label in enumerate(rows.labels):
        n_rows = int(np.count_nonzero(rows.label == number))
        counts = np.bincount(rows.nodes[label_of == number], minlength=len(catalogue))
        for name in rows.types:
            positions = np.array(catalogue.positions_by_type.get(name, ()), dtype=np.int64)
            if not len(positions) or not counts[positions].any():
                continue
            top = int(positions[np.argmax(counts[positions])])
            attribute = catalogue.attributes[top]
            n = int(counts[top])
            found.append(TopAttribute(label, name, attribute.id, attribute.value, n, n / n_rows))
    return tuple(found)
