"""The page's part on privacy."""

from collections.abc import Iterator, Sequence

from core.tabular.report.drawn.methods import Shown, shown_methods
from core.tabular.report.drawn.svg import Bar, bars
from core.tabular.report.drawn.tables import interval_text, table
from core.tabular.report.model import Report
from core.tabular.report.privacy_model import Privacy


def privacy_part(report: Report) -> str:
    """What may be said of each method, then distances, copies and every attack."""
    found = [(shown, shown.method.privacy) for shown in shown_methods(report)]
    judged = [(shown, privacy) for shown, privacy in found if privacy is not None]
    head = "<h2>Privacy: which attacks succeeded?</h2>"
    statements = table(("method", "what may be said"), [(s.title, p.statement) for s, p in judged])
    return "".join((head, statements, *_distances(judged), *_attacks(judged)))


def _distances(judged: Sequence[tuple[Shown, Privacy]]) -> Iterator[str]:
    own = judged[0][1]
    highest = max(own.holdout_dcr.p50, *(p.dcr.p50 for _, p in judged)) * 1.1
    yield "<h3>Distance to the closest training row (median), beside the holdout's own</h3>"
    yield bars([Bar(s.title, s.colour, p.dcr.p50) for s, p in judged], 0, highest, own.holdout_dcr.p50, "holdout's own")
    yield "<h3>Closest by second closest (median NNDR), beside the holdout's own</h3>"
    yield bars([Bar(s.title, s.colour, p.nndr.p50) for s, p in judged], 0, 1, own.holdout_nndr.p50, "holdout's own")
    yield "<h3>Closer to a training row than to a holdout row</h3>"
    items = [Bar(s.title, s.colour, p.dcr_share.value, p.dcr_share) for s, p in judged]
    yield bars(items, 0, 1, 0.5, "nobody's rows")
    head = ("method", "exact copies", "near copies", "exact in the holdout", "near in the holdout", "nearest 5 %")
    rows = [
        (s.title, p.copies.exact_share, p.copies.near_share, p.copies.holdout_exact_share, p.copies.holdout_near_share,
         p.dcr.p5)
        for s, p in judged
    ]  # fmt: skip
    yield table(head, rows)


def _attacks(judged: Sequence[tuple[Shown, Privacy]]) -> Iterator[str]:
    yield "<h3>Every attack, beside the same attack where nothing can leak</h3>"
    head = ("method", "attack", "measure", "on training rows", "control", "advantage", "succeeded")
    yield table(
        head,
        [
            (s.title, a.title, a.measure, interval_text(a.success), interval_text(a.control),
             interval_text(a.advantage), "yes" if a.succeeded else "no")
            for s, p in judged
            for a in p.attacks
        ],
    )  # fmt: skip
