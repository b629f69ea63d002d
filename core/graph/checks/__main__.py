"""`python -m core.graph.checks tune` (or `final`) prints the offline judge's report on the shipped check set."""

import sys

from core.graph.checks.shipped import report_lines, shipped_report

print("\n".join(report_lines(shipped_report(*sys.argv[1:] or ["tune"]))))
