"""The first layer of every network: one linear map per modality of the mean content vector of a row's attributes.

The mean of linear maps is the linear map of the mean, so each attribute is mapped once per batch and its map is pooled:
far fewer products than mapping every row's mean, and no row's mean vector is ever stored.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.errors import ValenceError
from core.models.encoders import vector_widths
from core.models.row_bags import RowBags, RowBatch, row_bags
from core.models.tables import AttributeTable, CampaignRows


class ModalityContent(NamedTuple):
    """Content by modality: `vectors`, float32 [A_m, D_m] for each modality m, centred and of mean square 1.

    `place`, int64 [A]: where each attribute stands when the modalities are put one after the other. `known`, bool [A]:
    whether anything is known of it.
    """

    vectors: tuple[Tensor, ...]
    place: NDArray[np.int64]
    known: NDArray[np.bool_]


def modality_content(attributes: AttributeTable) -> ModalityContent:
    """Scale each modality's content vectors; a modality without any becomes categories, a 1 for each attribute.

    An attribute without a vector in a modality that has some is unknown: it stays zeros, the modality's mean.
    """
    known = np.asarray(attributes.vectors.any(axis=1))
    place = np.empty(len(attributes), dtype=np.int64)
    vectors, start = [], 0
    for modality, width in enumerate(vector_widths(attributes)):
        own = np.flatnonzero(attributes.modality == modality)
        raw = attributes.vectors[own, :width] if width else np.eye(len(own), dtype=np.float32)
        known[own] |= width == 0
        vectors.append(torch.from_numpy(_scaled(raw.astype(np.float64), known[own])))
        place[own] = start + np.arange(len(own))
        start += len(own)
    if not known.any():
        raise ValenceError("There is no attribute to learn from.", "Choose a dataset version with a catalogue.")
    return ModalityContent(tuple(vectors), place, known)


class AttributeLinear(nn.Module):
    """One linear map per modality, without bias, of every attribute's content: [A, H] in the order of the table."""

    def __init__(self, content: ModalityContent, width: int) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(own.shape[1], width, bias=False) for own in content.vectors)
        for number, own in enumerate(content.vectors):
            self.register_buffer(f"content_{number}", own, persistent=False)  # [A_m, D_m]
        self.register_buffer("place", torch.from_numpy(content.place), persistent=False)  # [A]

    def forward(self) -> Tensor:
        """Every attribute's content mapped, [A, H]."""
        mapped = [linear(self.get_buffer(f"content_{number}")) for number, linear in enumerate(self.maps)]
        return torch.cat(mapped)[self.get_buffer("place")]  # [A_m, H] each -> [A, H]


class PooledLinear(nn.Module):
    """Linear of the mean content of each modality: [B, M, H]; zeros where a row holds nothing known of a modality."""

    def __init__(self, content: ModalityContent, width: int) -> None:
        super().__init__()
        self.attributes = AttributeLinear(content, width)
        self.bias = nn.Parameter(torch.zeros(len(content.vectors), width))  # [M, H]

    def forward(self, batch: RowBatch) -> Tensor:
        """The map of each modality's mean content, [B, M, H]."""
        pooled = batch.pooled(self.attributes(), "mean") + self.bias  # [B, M, H]
        return pooled * batch.present()[:, :, None]


def modality_bags(attributes: AttributeTable, content: ModalityContent, rows: CampaignRows) -> RowBags:
    """Bags of known attributes by modality: what is unknown counts neither in a mean nor as present."""
    kept = rows.keep(content.known[rows.nodes])
    return row_bags(kept, attributes.modality, len(attributes.modalities))


def _scaled(raw: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Centre the known rows of [A_m, D_m] and divide by the root mean square of what is left; the rest stays 0."""
    centred = np.zeros_like(raw)
    centred[known] = raw[known] - raw[known].mean(axis=0, keepdims=True) if known.any() else 0.0
    size = np.sqrt((centred[known] ** 2).mean()) if known.any() and raw.shape[1] else 0.0
    return (centred / (size if size > 0 else 1.0)).astype(np.float32)
