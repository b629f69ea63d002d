"""Reports put together from earlier ones on the same rows and seed, so that a table is judged once.

What is found of a method depends on its rows, the training rows, the holdout and the seed, and on no other method.
"""

from collections.abc import Mapping, Sequence

from core.tabular.report.model import Report


def chosen_methods(report: Report, titles: Mapping[str, str]) -> Report:
    """The report with its anchors and the methods of these names, in their order and under these titles."""
    methods = [report.method(name).model_copy(update={"title": title}) for name, title in titles.items()]
    return report.model_copy(update={"methods": (*report.anchors, *methods)})


def joined_reports(reports: Sequence[Report]) -> Report | None:
    """One report with every method of these, which are on the same rows and seed; None where there are none."""
    found = {method.name: method for report in reversed(reports) for method in report.methods}
    return reports[0].model_copy(update={"methods": tuple(found.values())}) if reports else None
