"""Judging what an earlier report on the same rows and seed has not judged yet."""

from collections.abc import Sequence

from core.progress import Steps
from core.tabular.report.judging import as_part, ground_of, judge
from core.tabular.report.method import Method
from core.tabular.report.model import Report
from core.tabular.schema import TableSchema
from core.tabular.table import RawTable


def extend_report(
    known: Report, methods: Sequence[Method], train: RawTable, holdout: RawTable, schema: TableSchema
) -> Steps[Report]:
    """The known report with these methods after its own; it must be on the same rows and schema, and lends its seed.

    `InvalidInput` for a method that cannot be judged.
    """
    if not methods:
        return known
    total = len(methods) + 1
    ground = yield from ground_of(train, holdout, schema, known.seed)
    found = list(known.methods)
    for done, method in enumerate(methods, start=1):
        steps = judge(method, train, holdout, schema, known.seed, ground)
        found.append((yield from as_part(steps, done, total, method.title)))
    return known.model_copy(update={"methods": tuple(found)})
