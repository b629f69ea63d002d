"""What every method of one report is held against, made once: the encoded real rows, parts of columns, the plane."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.tabular.report.bins import Cut, coarse_cut, drawn_cut
from core.tabular.report.drawing import drawn_rows
from core.tabular.report.encoding import EncodedTable, Encoder, encoder_of
from core.tabular.report.fidelity_model import Reference
from core.tabular.report.joining import joined
from core.tabular.report.pairs import PAIR_PARTS, associations
from core.tabular.report.projection import Plane, plane_of
from core.tabular.report.rulebook import Rulebook, rulebook_of
from core.tabular.schema import TableSchema
from core.tabular.table import RawTable

LEAST_ROWS: Final = 20
MOST_TRAIN: Final = 20_000
MOST_HOLDOUT: Final = 10_000
_ASSOCIATED_PARTS: Final = 10


@dataclass(frozen=True, eq=False)
class Bench:
    """The real rows and all that is derived from them. `positive` is the code of the target's rarest class, or -1.

    `train` and `holdout` hold at most 20,000 and 10,000 rows, drawn by the seed; `raw_holdout` holds the
    same as `holdout`, `raw_train` all.
    """

    schema: TableSchema
    seed: int
    raw_train: RawTable
    raw_holdout: RawTable
    encoder: Encoder
    rulebook: Rulebook
    train: EncodedTable
    holdout: EncodedTable
    positive: int
    drawn: tuple[Cut, ...]
    coarse: tuple[Cut, ...]
    associated: tuple[Cut, ...]
    plane: Plane
    reference: Reference

    @property
    def positive_text(self) -> str:
        """The rarest class as it is written in the table, "" without a target."""
        return str(self.encoder.values[self.schema.target][self.positive].as_py()) if self.schema.target else ""

    def is_positive(self, table: EncodedTable) -> NDArray[np.bool_]:
        """Which rows are of the target's rarest class, bool [R]."""
        return np.asarray(table.codes[self.schema.target] == self.positive)

    def positive_share(self, table: EncodedTable) -> float | None:
        """Share of the rarest class, None without a target."""
        return float(self.is_positive(table).mean()) if self.schema.target else None


def bench_of(train: RawTable, holdout: RawTable, schema: TableSchema, seed: int) -> Bench:
    """`InvalidInput` where a side has fewer than 20 rows, or the holdout lacks the target's rarest class."""
    problems = [
        Problem(f"The {side} rows are {len(table)}; a report needs {LEAST_ROWS} or more.", fix)
        for side, table, fix in (
            ("training", train, "Take a larger table."),
            ("holdout", holdout, "Confirm the schema with a larger share set aside, or take a larger table."),
        )
        if len(table) < LEAST_ROWS
    ]
    if problems:
        raise InvalidInput("No report can be made", problems)
    drawn_train = train.take(drawn_rows(len(train), MOST_TRAIN, seed, "train"))
    drawn_holdout = holdout.take(drawn_rows(len(holdout), MOST_HOLDOUT, seed, "holdout"))
    encoder = encoder_of(schema, drawn_train.concat(drawn_holdout))
    learning, held = encoder.encode(drawn_train), encoder.encode(drawn_holdout)
    drawn, columns = zip(*(drawn_cut(column, held, encoder) for column in encoder.columns), strict=True)
    names = [column.name for column in encoder.columns]
    coarse = tuple(coarse_cut(name, held, encoder, PAIR_PARTS) for name in names)
    associated = tuple(coarse_cut(name, held, encoder, _ASSOCIATED_PARTS) for name in names)
    plane = plane_of(held, encoder)
    positive = _rarest(learning, held, schema)
    share = float((held.codes[schema.target] == positive).mean()) if schema.target else None
    reference = Reference(
        columns=columns,
        associations=associations(associated, held),
        projection=plane.points(held, seed),
        positive_share=share,
    )
    rulebook = rulebook_of(encoder, joined(learning, held))
    return Bench(
        schema, seed, train, drawn_holdout, encoder, rulebook, learning, held, positive,
        drawn, coarse, associated, plane, reference,
    )  # fmt: skip


def rarest_code(codes: NDArray[np.int32]) -> int:
    """The code of the fewest rows; of equally rare ones that of the later text."""
    found, counts = np.unique(codes, return_counts=True)
    return int(found[::-1][np.argmin(counts[::-1])])


def _rarest(train: EncodedTable, holdout: EncodedTable, schema: TableSchema) -> int:
    """The code of the training rows' rarest class that the holdout has too; -1 without a target."""
    if not schema.target:
        return -1
    if len(np.unique(train.codes[schema.target])) < 2:
        message = "Every training row has the same target: there is nothing to tell apart."
        raise InvalidInput("No report can be made", [Problem(message, "Choose another target.", field=schema.target)])
    rarest = rarest_code(train.codes[schema.target])
    if not (holdout.codes[schema.target] == rarest).any():
        message = "The holdout has no row of the rarest class."
        fix = "Hold out a larger share, or take the class's rows out."
        raise InvalidInput("No report can be made", [Problem(message, fix, field=schema.target)])
    return rarest
