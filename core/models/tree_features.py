"""Rows as one table of numbers for trees: mean vectors per modality, then one category per modality of few values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.models.encoders import category_of, pool_modalities, single_valued, vector_widths
from core.models.tables import AttributeTable, CampaignRows

ROWS_AT_ONCE = 8_192  # keeps the mean vectors of all modalities at once to a few hundred megabytes


@dataclass(frozen=True, eq=False)
class TreeFeatures:
    """How rows become columns, decided once from the training rows.

    `widths`: int64 [M], columns of mean vector per modality, 0 for none. `categories`: modality to the attributes that
    training rows held of it, int32, ascending; the code of a category is its place there.
    """

    attributes: AttributeTable
    widths: NDArray[np.int64]
    categories: dict[int, NDArray[np.int32]]

    @property
    def n_columns(self) -> int:
        """Numbers first, then categories."""
        return int(self.widths.sum()) + len(self.categories)

    @property
    def category_columns(self) -> list[int]:
        """Which columns hold codes."""
        return list(range(int(self.widths.sum()), self.n_columns))

    def encode(self, rows: CampaignRows) -> NDArray[np.float32]:
        """Float32 [R, columns]; NaN where a modality is absent, or its category was in no training row."""
        table = np.empty((len(rows), self.n_columns), dtype=np.float32)
        for start in range(0, len(rows), ROWS_AT_ONCE):
            numbers = np.arange(start, min(start + ROWS_AT_ONCE, len(rows)), dtype=np.int64)
            self._fill(table[numbers[0] : numbers[-1] + 1], rows.take(numbers))
        return table

    def _fill(self, table: NDArray[np.float32], rows: CampaignRows) -> None:
        at = 0
        pooled = pool_modalities(self.attributes, rows)
        for modality, width in enumerate(self.widths.tolist()):
            part = table[:, at : at + width]
            part[:] = pooled.vectors[:, modality, :width]
            part[~pooled.present[:, modality]] = np.nan
            at += width
        for column, (modality, known) in enumerate(self.categories.items(), start=at):
            held = category_of(self.attributes, rows, modality)
            code = np.minimum(np.searchsorted(known, held), len(known) - 1)
            table[:, column] = np.where(known[code] == held, code, np.nan)


def tree_features(attributes: AttributeTable, rows: CampaignRows, most_categories: int) -> TreeFeatures:
    """Decide by the training rows: a modality of one value per row and few values in all is a category, else a vector.

    A modality of one value per row of which no vector is known is a category whatever the number of its values.
    """
    widths = vector_widths(attributes)
    categories = {}
    for modality in np.flatnonzero(single_valued(attributes, rows)).tolist():
        known = np.unique(rows.nodes[attributes.modality[rows.nodes] == modality])
        if len(known) <= most_categories or not widths[modality]:
            categories[modality] = known
            widths[modality] = 0
    return TreeFeatures(attributes, widths, categories)
