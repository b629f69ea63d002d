"""The `valence split` and `valence board-version` commands: what they accept, and what they call."""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.cli_parts import Report, add_command, add_group, share, with_progress
from app.workspaces_home import workspaces_home

# Written out, so that `valence --help` does not import the program; a test holds them against the program's own.
TRAIN, PUBLIC, PRIVATE = 0.6, 0.2, 0.2


def add_split_commands(commands: Any) -> None:
    """Add `valence split` and `valence board-version ...` to the program's commands."""
    split = add_command(commands, "split", "divide a dataset into training and hidden test rows", _split, _split_text)
    split.add_argument("dataset", metavar="DATASET", help="its id, or the first letters of it")
    split.add_argument("--train", type=share, default=TRAIN, metavar="SHARE", help=f"default: {TRAIN}")
    split.add_argument("--public", type=share, default=PUBLIC, metavar="SHARE", help=f"default: {PUBLIC}")
    split.add_argument("--private", type=share, default=PRIVATE, metavar="SHARE", help=f"default: {PRIVATE}")
    split.add_argument(
        "--held-out-attributes",
        type=_held_out,
        default=0.0,
        metavar="SHARE",
        help="share of the attributes that no training row holds and every test row holds one of (a cold split)",
    )
    split.add_argument("--seed", type=int, default=0)
    split.add_argument("--title", default="", metavar="TEXT")
    version = add_group(commands, "board-version", "splits on the board: open for submissions, or closed")
    listed = add_command(version, "list", "what is on the board, and what was never opened", _list, _listed)
    opened = add_command(version, "open", "take submissions to a split", _open, _state)
    opened.add_argument("--title", default="", metavar="TEXT", help="what the board calls it (default: as the split)")
    closed = add_command(
        version, "close", "take no more; private scores and the dataset's rows come out", _close, _state
    )
    for command in (opened, closed):
        command.add_argument("split", metavar="SPLIT", help="its id, or the first letters of it")
        command.add_argument("--by", default="", metavar="NAME", help="who does it, for the record")
    for command in (split, listed, opened, closed):
        command.add_argument("--workspace", required=True, metavar="NAME|FOLDER")


def _held_out(text: str) -> float:
    """A share, or 0 for a random split."""
    return 0.0 if re.fullmatch(r"0(\.0*)?", text) else share(text)


def _folder(options: argparse.Namespace) -> Path:
    from core.workflows.headless_reviews import find_workspace

    return find_workspace(options.workspace, workspaces_home().folder)


def _split(options: argparse.Namespace) -> Report:
    from core.workflows.headless_splits import split_stored_dataset

    names = ("train", "public", "private", "held_out_attributes", "seed")
    settings = {name: getattr(options, name) for name in names}
    return with_progress(split_stored_dataset(_folder(options), options.dataset, settings, options.title), options)


def _list(options: argparse.Namespace) -> Report:
    from core.workflows.headless_splits import list_versions

    return list_versions(_folder(options))


def _open(options: argparse.Namespace) -> Report:
    from core.workflows.headless_splits import open_board_version

    return open_board_version(_folder(options), options.split, options.title, options.by)


def _close(options: argparse.Namespace) -> Report:
    from core.workflows.headless_splits import close_board_version

    return close_board_version(_folder(options), options.split, options.by)


def _split_text(report: Mapping[str, Any]) -> str:
    counts = f"{report['n_train']:,} training, {report['n_public']:,} public and {report['n_private']:,} private rows"
    lines = [f"split {report['id']} ({report['kind']}): {counts}"]
    if report["n_held_out"]:
        lines.append(f"  {report['n_held_out']:,} attributes held out, {report['n_left_out']:,} rows left out")
    return "\n".join([*lines, _lines_text(report["lines"]), "  the dataset's rows are sealed until it is closed"])


def _lines_text(lines: Mapping[str, float | None]) -> str:
    names = {"oracle": "knows the graph", "ceiling": "the labels allow", "majority": "guessing"}
    told = [f"{text} {value:.3f}" for name, text in names.items() if (value := lines[name]) is not None]
    return f"  macro F1: {', '.join(told)}"


def _listed(report: Mapping[str, Any]) -> str:
    lines = []
    for version in report["versions"]:
        lines.append(f"{version['id']}  {version['state']:<6}  {version['kind']:<6}  {version['title']}")
        lines.append(_lines_text(version["lines"]))
    lines += [f"{split['id']}  never opened    {split['title']}" for split in report["unopened"]]
    return "\n".join(lines) or "no splits yet: valence split DATASET makes one"


def _state(report: Mapping[str, Any]) -> str:
    return f"{report['title']} ({report['id']}) is {report['state']}"
