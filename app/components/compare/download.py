"""The differing pairs as a file that is safe to open in a spreadsheet."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.components.compare.pickers import Compared
from app.components.pairs_download import pairs_download
from core.catalogue.cells import escaped
from core.catalogue.writing import csv_bytes
from core.graph.differences import Difference
from core.graph.model import Outcome

_HEADER = (
    *("source", "target", "source_value", "target_value", "source_modality", "target_modality"),
    *("a", "b", "a_strength", "b_strength", "a_reason", "b_reason"),
)


def difference_download(compared: Compared, tell: Callable[[int], Difference], numbers: NDArray[np.int32]) -> None:
    """Offer the pairs found; they are written only when somebody clicks."""
    pairs_download(
        len(numbers),
        lambda: differences_csv([tell(number) for number in numbers.tolist()]),
        f"differences-{compared.key}.csv",
        f"download-differences-{compared.key}",
        "The pairs found with what both graphs say",
    )


def differences_csv(differences: list[Difference]) -> bytes:
    """UTF-8 CSV, one line per pair; outcomes as words, since a lone sign reads as a formula."""
    return csv_bytes(_HEADER, map(_line, differences))


def _line(found: Difference) -> tuple[str, ...]:
    ends = (found.source, found.target)
    return (
        *(escaped(end.id) for end in ends),
        *(escaped(end.value) for end in ends),
        *(escaped(end.modality) for end in ends),
        *map(_word, (found.outcome_a, found.outcome_b)),
        *("" if strength is None else f"{strength:.3f}" for strength in (found.strength_a, found.strength_b)),
        *map(escaped, (found.reason_a, found.reason_b)),
    )


def _word(outcome: Outcome) -> str:
    return outcome.name.lower()
