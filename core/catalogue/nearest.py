"""Known names nearest to a misspelt one, without comparing it to every name."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from core.catalogue.text_checks import comparison_key

MIN_SIMILARITY = 0.3  # Dice coefficient of the three-letter pieces; below it two names have little in common


class NearestNames:
    """An index of names by their three-letter pieces; a query touches only the names that share one."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._by_piece: dict[str, list[int]] = defaultdict(list)
        self._n_pieces: list[int] = []
        for i, name in enumerate(self._names):
            pieces = _pieces(name)
            self._n_pieces.append(len(pieces))
            for piece in pieces:
                self._by_piece[piece].append(i)

    def nearest(self, text: str, n: int = 3) -> tuple[str, ...]:
        """Up to `n` names by falling Dice similarity (2 x shared / total pieces), ties in the order they were given."""
        pieces = _pieces(text)
        shared = Counter(i for piece in pieces for i in self._by_piece.get(piece, ()))
        scores = {i: 2 * count / (len(pieces) + self._n_pieces[i]) for i, count in shared.items()}
        ranked = sorted((i for i in scores if scores[i] >= MIN_SIMILARITY), key=lambda i: (-scores[i], i))
        return tuple(self._names[i] for i in ranked[:n])


def _pieces(name: str) -> frozenset[str]:
    padded = f"  {comparison_key(name)} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))
