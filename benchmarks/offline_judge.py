"""The embedded judge on the final third of the check set, and its speed over the large catalogue."""

import time
from pathlib import Path

from benchmarks.table import Row
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.checks.shipped import shipped_report
from core.graph.model import Outcome
from core.progress import finish
from core.workflows.graph_runs import run_graph
from core.workflows.graph_settings import GraphSettings
from core.workflows.graph_strategies import Start
from core.workflows.graph_tools import Sources, open_tools

LARGE = Path(__file__).parents[1] / "data" / "catalogues" / "large.csv"


def run() -> list[Row]:
    """Accuracy against the limits of 98 % and 85 %, flips against none, and CPU seconds for 8,700 pairs."""
    report = shipped_report("final")
    signed = report.accuracy("final", Outcome.POSITIVE, Outcome.NEGATIVE)
    neutral = report.accuracy("final", Outcome.NEUTRAL)
    return [
        Row("offline judge, obvious + and -, final third", signed, 0.98, signed / 0.98, "share right", "at least"),
        Row("offline judge, obviously neutral, final third", neutral, 0.85, neutral / 0.85, "share right", "at least"),
        Row("offline judge, + for - or - for +", len(report.flips), 0, None, "flips", "at most"),
        _speed(),
    ]


def _speed() -> Row:
    catalogue = catalogue_or_error(read_catalogue_file(LARGE))
    started = time.process_time()
    with open_tools(GraphSettings(), Sources(run="benchmark")) as tools:
        made = finish(run_graph(catalogue, GraphSettings(), tools, Start()))
    seconds = time.process_time() - started
    shares = (made.graph.n_positive / catalogue.n_pairs, made.graph.n_negative / catalogue.n_pairs)
    return Row(
        "offline judge, 8,700 pairs with loading",
        seconds,
        None,
        None,
        "CPU s",
        f"{shares[0]:.1%} +, {shares[1]:.1%} -, the rest neutral",
    )
