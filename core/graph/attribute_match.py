"""Which attributes of a changed catalogue a judge would see as it saw them before.

A judge sees an attribute's value, modality, attribute type and facts; the id, the order of the rows and the order of
the facts are nothing to it. So an attribute is the *same* when these are unchanged, first under its own id, else under
any other id (a renamed id, two ids exchanged). Each attribute of either catalogue is matched at most once.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Attribute, Catalogue

_Content = tuple[str, str, str, tuple[tuple[str, str], ...]]


class AttributeMatch(NamedTuple):
    """`old_position`: int32 [N], the parent's position of each attribute that is the same, -1 of the others.

    n_same + n_changed + n_new attributes make the catalogue, n_same + n_changed + n_removed the parent.
    """

    old_position: NDArray[np.int32]
    n_new: int
    n_changed: int
    n_removed: int

    @property
    def n_same(self) -> int:
        """Attributes that both catalogues have unchanged."""
        return int(np.count_nonzero(self.old_position >= 0))


def match_attributes(parent: Catalogue, catalogue: Catalogue) -> AttributeMatch:
    """Match by id and content, then what is left by content alone; an id that got another content is a changed one."""
    old_of = dict[int, int]()
    for position, attribute in enumerate(catalogue.attributes):
        old = parent.position_of.get(attribute.id)
        if old is not None and _content(parent.attributes[old]) == _content(attribute):
            old_of[position] = old
    is_matched = set(old_of.values())
    free: dict[_Content, list[int]] = {}
    for old, attribute in enumerate(parent.attributes):
        if old not in is_matched:
            free.setdefault(_content(attribute), []).append(old)
    for position, attribute in enumerate(catalogue.attributes):
        if position not in old_of and free.get(_content(attribute)):
            old_of[position] = free[_content(attribute)].pop(0)
    is_matched = set(old_of.values())
    others = [a for position, a in enumerate(catalogue.attributes) if position not in old_of]
    n_changed = sum(a.id in parent.position_of and parent.position_of[a.id] not in is_matched for a in others)
    return AttributeMatch(
        np.array([old_of.get(position, -1) for position in range(len(catalogue))], dtype=np.int32),
        n_new=len(others) - n_changed,
        n_changed=n_changed,
        n_removed=len(parent) - len(old_of) - n_changed,
    )


def _content(attribute: Attribute) -> _Content:
    return attribute.value, attribute.modality, attribute.attribute_type, tuple(sorted(attribute.facts.items()))
