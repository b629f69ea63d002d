"""The `valence graph` commands: what they accept, and what they call."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import cli_text
from app.cli_parts import Report, add_command, add_group, positive, share, with_progress
from app.workspaces_home import workspaces_home
from core.graph.call_plan import PlanMethod
from core.llm.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from core.workflows.graph_settings import GraphSettings
    from core.workflows.headless_graphs import RunFiles

# Written out, so that `valence --help` does not import the program; a test holds them against the program's own.
STRATEGIES = ("brute-force", "cluster", "adaptive")
JUDGES = ("offline", "gemini", "openai-compatible")
EMBEDDERS = ("offline", "gemini", "openai-compatible")


def add_graph_commands(commands: Any) -> None:
    """Add `valence graph ...` to the program's commands."""
    graph = add_group(commands, "graph", "signed graphs")
    estimate = add_command(graph, "estimate", "the cost of a run, before any call", _estimate, cli_text.estimate)
    build = add_command(graph, "build", "judge pairs and write the edges", _build, cli_text.graph)
    for command in (estimate, build):
        command.add_argument("file", type=Path, metavar="FILE", help="a catalogue")
        _add_settings(command)
    build.add_argument("--out", type=Path, required=True, metavar="EDGES.csv")
    build.add_argument("--insist", action="store_true", help="go on although the model misjudges obvious pairs")
    build.add_argument("--answers", type=Path, metavar="FILE", help="the answer log (default: beside the edges)")
    estimate.add_argument("--answers", type=Path, metavar="FILE", help="an answer log: what it holds is free")
    for command in (estimate, build):
        command.add_argument(
            "--resume", action="store_true", help="go on with a run that stopped; nothing is paid twice"
        )
    runs = add_command(graph, "runs", "what runs have asked and spent", _runs, cli_text.runs)
    runs.add_argument(
        "answers",
        type=Path,
        nargs="?",
        metavar="ANSWERS",
        help="an answer log or a workspace (default: all)",
    )
    stats = add_command(graph, "stats", "count the pairs of an edges file", _stats, cli_text.graph)
    stats.add_argument("edges", type=Path, metavar="EDGES")
    stats.add_argument("--catalogue", type=Path, required=True, metavar="FILE")
    compare = add_command(graph, "compare", "how far two edges files agree", _compare, cli_text.comparison)
    compare.add_argument("a", type=Path, metavar="A", help="edges")
    compare.add_argument("b", type=Path, metavar="B", help="other edges of the same catalogue")
    compare.add_argument("--catalogue", type=Path, required=True, metavar="FILE")
    check = add_command(graph, "check", "hold edges against pairs whose sign is obvious", _check, cli_text.checks)
    check.add_argument("edges", type=Path, metavar="EDGES")
    check.add_argument("--catalogue", type=Path, required=True, metavar="FILE")
    check.add_argument("--checks", type=Path, required=True, metavar="FILE", help="CSV: source, target, expected, why")
    check.add_argument(
        "--absent-is-neutral",
        action="store_true",
        help="count a pair without an edge as no signal, where no verdict file lies beside the edges",
    )


def _add_settings(command: argparse.ArgumentParser) -> None:
    command.add_argument("--strategy", choices=STRATEGIES, default=STRATEGIES[0])
    command.add_argument("--plan", choices=[p.value for p in PlanMethod], default=PlanMethod.PACKED.value)
    command.add_argument("--batch-size", type=positive, metavar="N", help="targets per call (default 25)")
    command.add_argument("--judge", choices=JUDGES, default=JUDGES[0])
    command.add_argument("--model", help=f"the judge's model (default {DEFAULT_MODEL})")
    command.add_argument("--base-url", default="", metavar="URL", help="where the provider answers")
    command.add_argument("--embedder", choices=EMBEDDERS, default=EMBEDDERS[0])
    command.add_argument("--embedder-model", metavar="MODEL", help="the embedder's model")
    command.add_argument("--embedder-url", metavar="URL", help="where it answers (default: where the judge does)")
    command.add_argument("--delivery", choices=("live", "batch"), default="live", help="batch: by the batch service")
    command.add_argument("--max-calls", type=positive, metavar="N")
    command.add_argument("--max-tokens", type=positive, metavar="N")
    command.add_argument("--max-cost", type=float, metavar="MONEY", help="in the currency of the price table")
    command.add_argument("--prices", type=Path, metavar="PRICES.toml", help="your own price table")
    command.add_argument("--target-recall", type=share, metavar="SHARE", help="adaptive: stop at this recall (0 to 1)")
    command.add_argument("--evidence", type=Path, action="append", default=[], metavar="FILE", help="expert rules")


def _settings(options: argparse.Namespace) -> "GraphSettings":
    from core.workflows.headless_graphs import graph_settings

    return graph_settings(
        judge=options.judge,
        model={"model": options.model, "base_url": options.base_url},
        embedder={"provider": options.embedder, "model": options.embedder_model, "base_url": _embedder_url(options)},
        target_recall=options.target_recall,
        strategy=options.strategy,
        plan=options.plan,
        batch_size=options.batch_size,
        budget={"max_calls": options.max_calls, "max_tokens": options.max_tokens, "max_cost": options.max_cost},
        safeguards={"insist": getattr(options, "insist", False)},
        delivery=options.delivery,
    )


def _embedder_url(options: argparse.Namespace) -> str:
    """Named, or the judge's where one provider does both."""
    is_one = options.embedder == options.judge
    return options.embedder_url or (options.base_url if is_one else "")


def _files(options: argparse.Namespace) -> "RunFiles":
    from core.workflows.headless_graphs import RunFiles

    return RunFiles(options.evidence, options.answers, options.prices)


def _estimate(options: argparse.Namespace) -> Report:
    from core.workflows import headless_graphs

    return headless_graphs.estimate_graph(options.file, _settings(options), _files(options), resume=options.resume)


def _build(options: argparse.Namespace) -> Report:
    from core.workflows import headless_graphs

    steps = headless_graphs.build_graph_file(
        options.file, options.out, _settings(options), _files(options), resume=options.resume
    )
    return with_progress(steps, options)


def _runs(options: argparse.Namespace) -> Report:
    from core.workflows import headless_graphs

    if options.answers:
        return headless_graphs.graph_runs([options.answers])
    home = workspaces_home()
    folders = [home.first] if home.only else home.folder.glob("*/")
    return headless_graphs.graph_runs(headless_graphs.answer_logs(folders))


def _stats(options: argparse.Namespace) -> Report:
    from core.workflows import headless

    return headless.graph_stats(options.edges, options.catalogue)


def _compare(options: argparse.Namespace) -> Report:
    from core.workflows import headless_compare

    return headless_compare.compare_files(options.a, options.b, options.catalogue)


def _check(options: argparse.Namespace) -> Report:
    from core.workflows import headless_checks

    return headless_checks.check_graph_file(
        options.edges, options.catalogue, options.checks, absent_is_neutral=options.absent_is_neutral
    )
