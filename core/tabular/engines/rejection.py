"""Conditional rows from an engine that draws whole rows only: draw batches, and keep the rows that meet."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem, ValenceError
from core.progress import Progress, Steps
from core.tabular.engines.rows import stacked
from core.tabular.plain import Condition, PlainColumn, PlainTable
from core.tabular.synthesizer import rows_met

BATCH_ROWS: Final = 4_096
DRAWS_PER_ROW: Final = 1_000  # a condition met less often than once in so many is given up
LEAST_DRAWS: Final = 10_000

_FIX: Final = "Ask for fewer rows or a wider condition; of all families the tree sampler meets rare ones best."

_ROUNDING: Final = 1e-9

Draw = Callable[[int, np.random.Generator], PlainTable]  # as many rows as asked, or fewer


def sample_by_rejection(
    draw: Draw,
    columns: tuple[PlainColumn, ...],
    target: str,
    n: int,
    seed: int,
    where: Sequence[Condition] = (),
    batch_rows: int = BATCH_ROWS,
) -> Steps[PlainTable]:
    """The first `n` rows met among batches of `draw(rows, rng)`, with a progress after each batch.

    `columns` and `target` are those of the drawn tables. `ValenceError` once `LEAST_DRAWS` were drawn and less than
    one in `DRAWS_PER_ROW` met; it says how often each condition was. Size `batch_rows` for about a second.
    """
    check_where(columns, where)
    rng = np.random.default_rng(seed)
    kept: list[PlainTable] = []
    n_kept = n_drawn = 0
    n_each = np.zeros(len(where), dtype=np.int64)
    while n_kept < n:
        if n_drawn >= LEAST_DRAWS and n_drawn > n_kept * DRAWS_PER_ROW:
            raise _too_rare(columns, where, n, n_kept, n_drawn, n_each)
        n_asked = _next_batch(n - n_kept, n_kept, n_drawn, batch_rows)
        rows = draw(n_asked, rng)
        n_each += np.array([rows_met(rows, [condition]).sum() for condition in where], dtype=np.int64)
        met = np.flatnonzero(rows_met(rows, where))[: n - n_kept]
        kept.append(rows.take(met))
        n_kept, n_drawn = n_kept + len(met), n_drawn + n_asked
        yield Progress(n_kept, n, f"{n_kept:,} rows kept of {n_drawn:,} drawn")
    return stacked(columns, target, kept)


def check_where(columns: Sequence[PlainColumn], where: Sequence[Condition]) -> None:
    """`InvalidInput` with every condition that no row can meet: an unknown column, no code of it, or no number."""
    problems = list(_problems({column.name: column for column in columns}, where))
    if problems:
        raise InvalidInput("No row can meet the condition", problems)


def _problems(columns: dict[str, PlainColumn], where: Sequence[Condition]) -> Iterator[Problem]:
    for condition in where:
        column = columns.get(condition.column)
        if column is None:
            yield Problem(
                f"There is no column {condition.column!r}.", f"There are: {', '.join(columns)}.", field=condition.column
            )
        elif column.is_coded and not any(0 <= code < column.n_codes for code in condition.codes):
            fix = "Choose values that occur in the table."
            yield Problem("None of the values asked for occurs in it.", fix, field=column.name)
        elif not column.is_coded and not _has_number(column, condition):
            asked = f"No number lies from {condition.low:g} to {condition.high:g}"
            steps = f" in steps of {column.step:g}" if column.step else ""
            fix = f"Its numbers go from {column.low:g} to {column.high:g}{steps}."
            yield Problem(f"{asked}.", fix, field=column.name)


def _has_number(column: PlainColumn, condition: Condition) -> bool:
    """Whether a number of the column's range and grid lies within the condition."""
    low, high = max(condition.low, column.low), min(condition.high, column.high)
    if column.step and np.isfinite(low):
        low = np.ceil(low / column.step - _ROUNDING) * column.step - _ROUNDING
    return bool(low <= high)


def _next_batch(n_missing: int, n_kept: int, n_drawn: int, batch_rows: int) -> int:
    """As many draws as the share met so far needs for the missing rows, and some; a whole batch while none was met."""
    if not n_drawn:
        return min(n_missing, batch_rows)
    share = n_kept / n_drawn
    return min(int(n_missing / share * 1.1) + 16, batch_rows) if share else batch_rows


def _too_rare(
    columns: Sequence[PlainColumn],
    where: Sequence[Condition],
    n: int,
    n_kept: int,
    n_drawn: int,
    n_each: NDArray[np.int64],
) -> ValenceError:
    coded = {column.name for column in columns if column.is_coded}
    each = ", ".join(
        f"{described(condition, condition.column in coded)} by {met:,}"
        for condition, met in zip(where, n_each, strict=True)
    )
    message = f"Of {n_drawn:,} rows drawn {n_kept:,} meet the condition, and {n:,} are asked for; met: {each}."
    return ValenceError(message, _FIX)


def described(condition: Condition, is_coded: bool) -> str:
    """A condition in words: the column and what it asks of it."""
    if is_coded:
        count = len(condition.codes)
        return f"{condition.column} in {count} chosen value{'s' if count > 1 else ''}"
    return f"{condition.column} from {condition.low:g} to {condition.high:g}"
