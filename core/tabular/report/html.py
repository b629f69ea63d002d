"""The report as one file that opens without network: tables and inline SVG, no script."""

from typing import Final

from core.tabular.report.drawn.fidelity import fidelity_part, projections
from core.tabular.report.drawn.methods import shown_methods
from core.tabular.report.drawn.privacy import privacy_part
from core.tabular.report.drawn.svg import text
from core.tabular.report.drawn.tables import Drawn, table
from core.tabular.report.drawn.utility import utility_part
from core.tabular.report.headlines import HEADLINES
from core.tabular.report.model import Report

_STYLE: Final = """
body{font:14px/1.45 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem;color:#111827}
h2{margin-top:2.5rem;border-top:1px solid #e5e7eb;padding-top:1rem}h3{margin-top:1.8rem}
table{border-collapse:collapse;margin:.6rem 0}th,td{padding:.25rem .6rem;border-bottom:1px solid #e5e7eb}
th{text-align:left;font-weight:600}td.n{text-align:right;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}.row{display:flex;flex-wrap:wrap;gap:.8rem}figure{margin:0}figcaption{font-weight:600}
svg text{font:11px system-ui,sans-serif;fill:#374151}i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 .9em}
""".strip()


def to_html(report: Report) -> bytes:
    """One self-contained HTML page, UTF-8; every text of a table or user is escaped."""
    title = "Report on synthetic tables"
    rows = f"{report.n_train:,} training and {report.n_holdout:,} holdout rows, seed {report.seed}"
    body = "".join(
        (
            f"<h1>{title}</h1><p>{rows}. The holdout was seen by no method. Grey are the five anchors.</p>",
            _headlines(report),
            _notes(report),
            fidelity_part(report),
            projections(report),
            utility_part(report),
            privacy_part(report),
        )
    )
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'.encode()


def _headlines(report: Report) -> str:
    """Every headline figure of every method, and what it means on hover."""
    names = ("", *(shown.title for shown in shown_methods(report)))
    rows = [
        (Drawn(f'<span title="{text(line.about)}">{text(line.title)}</span>'), *map(line.read, report.methods))
        for line in HEADLINES
    ]
    return f"<h2>At a glance</h2>{table(names, rows)}"


def _notes(report: Report) -> str:
    noted = [(method.title, note) for method in report.methods for note in method.notes]
    items = "".join(f"<li>{text(title)}: {text(note)}</li>" for title, note in noted)
    return f"<ul>{items}</ul>" if items else ""
