"""Reports put together from earlier ones say what a report made at once would have said."""

import numpy as np

from core.progress import finish
from core.tabular.rejudging import extend_report
from core.tabular.report.judging import judge_all
from core.tabular.report.method import Method
from core.tabular.report.model import Report
from core.tabular.report_merging import chosen_methods, joined_reports
from core.tabular.split import split_holdout
from tests.fakes.tabular_lab import PLAIN_SCHEMA, plain_table


def without_cost(report: Report) -> Report:
    methods = tuple(method.model_copy(update={"cpu_s": 0.0}) for method in report.methods)
    return report.model_copy(update={"methods": methods})


def test_a_table_judged_later_is_judged_alike() -> None:
    table = plain_table(200)
    rows = split_holdout(table, PLAIN_SCHEMA, 0.3, 0)
    train, holdout = table.take(rows.train), table.take(rows.holdout)
    rng = np.random.default_rng(0)
    first = Method("a", "A", train.take(rng.integers(len(train), size=90)))
    second = Method("b", "B", holdout.take(rng.integers(len(holdout), size=90)))
    at_once = finish(judge_all([first, second], train, holdout, PLAIN_SCHEMA, 3))
    alone = finish(judge_all([first], train, holdout, PLAIN_SCHEMA, 3))
    extended = finish(extend_report(alone, [second], train, holdout, PLAIN_SCHEMA))
    assert without_cost(extended) == without_cost(at_once)
    assert finish(extend_report(alone, [], train, holdout, PLAIN_SCHEMA)) is alone
    chosen = chosen_methods(extended, {"b": "Second"})
    assert [(m.name, m.title) for m in chosen.methods if not m.is_anchor] == [("b", "Second")]
    assert chosen.anchors == alone.anchors
    whole = joined_reports([alone, chosen])
    assert whole is not None
    assert {method.name for method in whole.methods} == {method.name for method in at_once.methods}
    assert whole.method("b").title == "Second"
    assert joined_reports([]) is None
