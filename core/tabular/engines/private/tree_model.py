"""A distribution over coded columns as a root and one conditional table per further column, and exact sampling."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.tabular.engines.private.inference import Marginals, Walk

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class TreeModel:
    """`chances` of each column's codes: [1, K] of a root, [K of parent, K] of any other; every line adds up to 1."""

    walk: Walk
    chances: tuple[Floats, ...]

    @classmethod
    def of(cls, walk: Walk, marginals: Marginals) -> "TreeModel":
        """The conditionals of consistent marginals; after a parent's code without any share all codes are alike."""
        chances = []
        for column, above in enumerate(walk.parent):
            shares = marginals.columns[column][None, :] if above < 0 else marginals.pairs[above, column]
            rows = shares.sum(axis=1, keepdims=True)
            chances.append(np.where(rows > 0, shares / np.maximum(rows, 1e-300), 1 / shares.shape[1]))
        return cls(walk, tuple(chances))

    def given(self, evidence: Sequence[Floats]) -> tuple["TreeModel", float]:
        """The distribution of rows that meet, and the share of rows that do.

        `evidence` [K] of each column: the share of each code that meets. Exact: what the columns below a code make of
        the evidence is sent up to it. Where no row meets the share is 0 and the distribution means nothing.
        """
        met = [np.array(own, dtype=np.float64) for own in evidence]
        chances = list(self.chances)
        share = 1.0
        for column in reversed(self.walk.order):
            weighted = self.chances[column] * met[column][None, :]
            rows = weighted.sum(axis=1)
            chances[column] = weighted / np.maximum(rows, 1e-300)[:, None]
            above = self.walk.parent[column]
            if above >= 0:
                met[above] = met[above] * rows
            else:
                share *= float(rows[0])
        return TreeModel(self.walk, tuple(chances)), share

    def draw(self, n: int, rng: np.random.Generator) -> list[Codes]:
        """`n` rows: every column's codes [n]."""
        drawn: list[Codes] = [np.zeros(0, dtype=np.int32)] * len(self.chances)
        for column in self.walk.order:
            above = self.walk.parent[column]
            lines = drawn[above] if above >= 0 else np.zeros(n, dtype=np.int32)
            drawn[column] = _draw_lines(self.chances[column], lines, rng.random(n))
        return drawn


def _draw_lines(chances: Floats, lines: Codes, random: Floats) -> Codes:
    """One code from each asked line of chances [L, K], which add up to 1 or, in lines never asked, to 0."""
    running = chances.cumsum(axis=1)
    running = running / np.maximum(running[:, -1:], 1e-300) + np.arange(len(chances))[:, None]
    places = np.searchsorted(running.ravel(), lines + random, side="right")
    # Rounding may step over the line's last code of any chance.
    last = chances.shape[1] - 1 - (chances[:, ::-1] > 0).argmax(axis=1)
    codes: Codes = np.minimum(places - lines.astype(np.int64) * chances.shape[1], last[lines]).astype(np.int32)
    return codes
