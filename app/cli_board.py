"""The `valence leaderboard` commands: what they accept, and what they call."""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app import cli_text
from app.cli_parts import Report, add_command, add_group
from app.workspaces_home import workspaces_home

# Written out, so that `valence --help` does not import the program; a test holds them against the program's own.
TRACKS = ("blind", "graph-aware")
KINDS = ("random", "cold")
SOURCES = ("verified", "self-reported")


def add_board_commands(commands: Any) -> None:
    """Add `valence leaderboard ...` to the program's commands."""
    board = add_group(commands, "leaderboard", "who scores what on a dataset version")
    shown = add_command(board, "list", "show one board, and which there are", _list, _listed)
    taken = add_command(board, "ingest", "take in evaluation logs: a file, or a folder of files", _ingest, _ingested)
    out = add_command(board, "export", "write one board as CSV or JSON", _export, _exported)
    taken.add_argument("path", type=Path, metavar="FILE|FOLDER")
    for command in (shown, taken, out):
        command.add_argument("--workspace", required=True, metavar="NAME|FOLDER")
    for command in (shown, out):
        _add_choice(command)
    out.add_argument("--out", type=Path, required=True, metavar="FILE", help="a .csv or .json that is not there yet")


def _add_choice(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--dataset", default="", metavar="ID|TITLE", help="default: the one with the newest board version"
    )
    command.add_argument("--version", default="", metavar="ID", help="a board version of it (default: the newest)")
    command.add_argument("--split", choices=KINDS, help="which kind of split (default: random where there is one)")
    command.add_argument("--track", choices=TRACKS, default=TRACKS[0])
    command.add_argument("--scores", choices=SOURCES, default=SOURCES[0])
    command.add_argument("--family", action="append", default=[], metavar="NAME", help="may be given several times")
    command.add_argument("--team", action="append", default=[], metavar="NAME", help="may be given several times")
    command.add_argument("--since", type=day, metavar="YYYY-MM-DD", help="first day (UTC)")
    command.add_argument("--until", type=day, metavar="YYYY-MM-DD", help="last day (UTC)")


def day(text: str) -> str:
    """A date, written as 2026-07-27."""
    from datetime import date

    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-07-27")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: {error}") from error


def _list(options: argparse.Namespace) -> Report:
    from core.workflows import headless_board

    return headless_board.list_board(_folder(options), _wanted(options))


def _export(options: argparse.Namespace) -> Report:
    from core.workflows import headless_board

    return headless_board.export_board(_folder(options), _wanted(options), options.out)


def _ingest(options: argparse.Namespace) -> Report:
    from core.workflows import headless_board

    return headless_board.ingest_folder(_folder(options), options.path)


def _folder(options: argparse.Namespace) -> Path:
    from core.workflows.headless_reviews import find_workspace

    return find_workspace(options.workspace, workspaces_home().folder)


def _wanted(options: argparse.Namespace) -> Any:
    from core.models.protocol import Track
    from core.workflows.board import BoardChoice, BoardFilters, ScoreSource
    from core.workflows.board_versions import VersionKind
    from core.workflows.headless_board import WantedBoard

    return WantedBoard(
        BoardChoice(
            dataset=options.dataset,
            track=Track(options.track),
            source=ScoreSource(options.scores),
            version=options.version,
        ),
        BoardFilters(tuple(options.family), tuple(options.team), options.since or "", options.until or ""),
        VersionKind(options.split) if options.split else None,
    )


def _listed(report: Mapping[str, Any]) -> str:
    if report["board"] is None:
        return "No board yet: split a dataset and open it for submissions, or take in evaluation logs."
    lines = []
    for one in report["datasets"]:
        versions = ", ".join(f"{v['id'][:8]} {v['split_kind']} {v['state']}" for v in one["versions"]) or "none"
        name = f"{cli_text.inert(one['title'])} ({cli_text.inert(one['dataset'])[:8]})"
        lines.append(f"{name}: board versions {versions}; {one['n_logs']:,} evaluation logs")
    return "\n".join([*lines, "", *_board_lines(report["board"])])


def _board_lines(board: Mapping[str, Any]) -> list[str]:
    state = f", {board['state']}" if board["state"] else ""
    head = f"{cli_text.inert(board['title'])}: {board['scores']}, {board['track']}, {board['split_kind']} split{state}"
    if not board["entries"]:
        return [head, "no entry to show"]
    rows = [["rank", "team", "model", "macro F1", "95 % interval", "entries"]]
    for entry in board["entries"]:
        score = entry["score"]
        span = "not known" if score["low"] is None else f"{score['low']:.3f} to {score['high']:.3f}"
        names = [cli_text.inert(entry[name]) for name in ("team", "model")]
        rows.append([_ranks(entry), *names, f"{score['macro_f1']:.3f}", span, f"{entry['entries']:,}"])
    return [head, cli_text.table(rows), *_reference(board["lines"]), board["method"]]


def _ranks(entry: Mapping[str, Any]) -> str:
    low, high = entry["rank_low"], entry["rank_high"]
    return f"{low}" if low == high else f"{low}-{high}"


def _reference(lines: Mapping[str, Any] | None) -> list[str]:
    if lines is None:
        return []
    known = [f"{name} {lines[name]:.3f}" for name in ("oracle", "ceiling", "majority") if lines[name] is not None]
    return [f"lines: {', '.join(known)}"]


def _ingested(report: Mapping[str, Any]) -> str:
    lines = [
        f"{report['n_logs']:,} logs in {report['n_files']:,} files: {len(report['new']):,} new, "
        f"{report['n_known']:,} were known"
    ]
    if report["unknown_versions"]:
        names = ", ".join(map(cli_text.inert, report["unknown_versions"]))
        lines.append(f"not in this workspace, shown under the name in the logs: {names}")
    if report["skipped"]:
        names = ", ".join(map(cli_text.inert, report["skipped"][:5]))
        lines.append(f"left out, no logs by their names: {len(report['skipped']):,} files ({names})")
    return "\n".join(lines)


def _exported(report: Mapping[str, Any]) -> str:
    name = f"{cli_text.inert(report['title'])} ({cli_text.inert(report['dataset'])[:8]})"
    counts = f"{report['n_entries']:,} ranked entries of {report['n_history']:,} in all"
    return f"{name}: {counts}, written to {report['file']}"
