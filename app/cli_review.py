"""The `valence review` commands: what they accept, and what they call."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app import cli_text
from app.cli_parts import Report, add_command, add_group
from app.workspaces_home import workspaces_home
from core.errors import Problem

# Written out, so that `valence --help` does not import the program; a test holds them against the program's own.
PAIRS = ("edges", "judged", "reviewed")


def add_review_commands(commands: Any) -> None:
    """Add `valence review ...` to the program's commands."""
    review = add_group(commands, "review", "expert reviews, as a table for a spreadsheet")
    out = add_command(review, "export", "write pairs and their reviews as CSV, to be filled in", _export, _exported)
    out.add_argument("--out", type=Path, required=True, metavar="FILE", help="a file that is not there yet")
    out.add_argument("--pairs", choices=PAIRS, default=PAIRS[0], help="which pairs to list (default: the edges)")
    out.add_argument("--queue", default="", metavar="ID", help="list the cards of this review queue instead")
    taken = add_command(review, "import", "record the decisions of a filled-in CSV or XLSX", _import, _imported)
    taken.add_argument("file", type=Path, metavar="FILE")
    out.add_argument("--blind", action="store_true", help="leave out what the judge said")
    for command in (out, taken):
        command.add_argument("--workspace", required=True, metavar="NAME|FOLDER")
        command.add_argument("--graph", required=True, metavar="ID", help="its id, or the first letters of it")
    out.add_argument("--reviewer", default="", metavar="NAME", help="show the decisions of this person only")
    taken.add_argument("--reviewer", default="", metavar="NAME", help="who decided the lines that name nobody")


def _export(options: argparse.Namespace) -> Report:
    from core.workflows import headless_reviews
    from core.workflows.review_files import ExportedPairs

    folder = headless_reviews.find_workspace(options.workspace, workspaces_home().folder)
    return headless_reviews.export_review_file(
        folder,
        options.graph,
        options.out,
        which=ExportedPairs(options.pairs),
        queue=options.queue,
        reviewer=options.reviewer,
        is_blind=options.blind,
    )


def _import(options: argparse.Namespace) -> Report:
    from core.workflows import headless_reviews

    folder = headless_reviews.find_workspace(options.workspace, workspaces_home().folder)
    return headless_reviews.import_review_file(folder, options.graph, options.file, reviewer=options.reviewer)


def _exported(report: Mapping[str, Any]) -> str:
    lines = f"{report['n_lines']:,} lines, {report['n_decided']:,} of them decided"
    return f"{report['title']} ({report['graph'][:8]}): {lines}, written to {report['file']}"


def _imported(report: Mapping[str, Any]) -> str:
    lines = [
        f"{report['title']} ({report['graph'][:8]}): {report['n_new']:,} new reviews of {report['n_lines']:,} lines; "
        f"{report['n_unchanged']:,} were known, {report['n_undecided']:,} hold no decision"
    ]
    for name, meaning in (("outdated", "left out"), ("conflicts", "conflicts"), ("warnings", "warnings")):
        found = [Problem(**problem) for problem in report[name]]
        lines += [f"{meaning}:", *cli_text.problems(found)] if found else []
    return "\n".join(lines)
