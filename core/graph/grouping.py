"""Attributes put into groups and in an order, so that a picture of a graph shows its blocks."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue


class GroupOrigin(StrEnum):
    """What made attributes one group: prepared clusters, likeness of their known facts, or of their edges."""

    CLUSTERS = "clusters"
    FACTS = "facts"
    EDGES = "edges"


@dataclass(frozen=True, eq=False)
class Grouping:
    """Groups within modalities. `group`: int32 [N], dense numbers from 0, no group in two modalities; `names`: one per
    group; `order`: int32 [N], all positions, modality by modality in the catalogue's order and group by group.
    """

    catalogue: Catalogue
    group: NDArray[np.int32]
    names: tuple[str, ...]
    order: NDArray[np.int32]
    origin: GroupOrigin

    def members(self, group: int) -> NDArray[np.int64]:
        """Catalogue positions of a group, ascending."""
        return np.flatnonzero(self.group == group)
