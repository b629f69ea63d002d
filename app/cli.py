"""The `valence` command: the main job for scripts, CI and people without a browser.

Every command takes `--json` (machine-readable output on stdout). Exit code 0: done; 1: failed, the reason on
stderr; 2: the command line itself is wrong.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app import cli_text
from app.cli_board import add_board_commands
from app.cli_dataset import add_dataset_commands
from app.cli_density import add_density_commands
from app.cli_graph import add_graph_commands
from app.cli_parts import Report, add_command, add_group, array_job, port, positive, with_progress
from app.cli_review import add_review_commands
from app.cli_split import add_split_commands
from app.cli_submit import add_submit_command
from app.cli_tabular import add_tabular_commands
from app.cli_token import add_token_commands
from app.cli_train import add_train_command
from app.serve import DEFAULT_PORT, serve
from core.errors import InvalidInput, ValenceError

OK, FAILED, BAD_USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; argparse itself exits with 2 on bad usage."""
    options = _parser().parse_args(arguments)
    try:
        report = options.command(options)
    except InvalidInput as error:
        print(f"valence: {error.what}:", *cli_text.problems(error.problems), sep="\n", file=sys.stderr)
        return FAILED
    except ValenceError as error:
        print(f"valence: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("valence: stopped.", file=sys.stderr)
        return FAILED
    if not report.get("ok", True):
        print(*(f"valence: {reason}" for reason in cli_text.failures(report)), sep="\n", file=sys.stderr)
    written = _print(report, options)
    return OK if written and report.get("ok", True) else FAILED


def _print(report: Report, options: argparse.Namespace) -> bool:
    """Write the report to stdout, or say on stderr why it could not be written."""
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) if options.json else options.text(report)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:  # a terminal without these characters, or half of a broken one in a file's text
        text = (
            json.dumps(report, indent=2, allow_nan=False)
            if options.json
            else text.encode("ascii", "backslashreplace").decode()
        )
    try:
        print(text, flush=True)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        _silence_stdout()
    except OSError as error:
        _silence_stdout()
        print(f"valence: the report cannot be written to standard output: {error.strerror}.", file=sys.stderr)
        return False
    return True


def _silence_stdout() -> None:
    """What is left in the buffer goes nowhere, or Python would fail once more at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="valence", description="Labelled campaign data from marketing knowledge.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = add_command(
        commands, "demo", "the whole main job on the shipped catalogue of 160 attributes", _demo, cli_text.demo
    )
    demo.add_argument("--out", type=Path, help="keep the files in this folder")

    server = add_command(commands, "serve", "open the workbench in a browser", _serve, str)
    server.add_argument(
        "--workspace", type=Path, help="serve this one workspace folder (default: all under VALENCE_HOME)"
    )
    server.add_argument("--port", type=port, default=DEFAULT_PORT)

    catalogue = add_group(commands, "catalogue", "catalogue files")
    check = add_command(
        catalogue, "check", "list every problem of a catalogue file", _catalogue_check, cli_text.catalogue
    )
    check.add_argument("file", type=Path, metavar="FILE")

    add_graph_commands(commands)
    add_review_commands(commands)
    add_dataset_commands(commands)
    add_split_commands(commands)
    add_board_commands(commands)
    add_submit_command(commands)
    add_token_commands(commands)
    add_train_command(commands)
    add_tabular_commands(commands)

    add_density_commands(commands)
    sample = add_command(commands, "sample", "draw labelled rows", _sample, cli_text.sampled)
    evaluate = add_command(commands, "evaluate", "recount a dataset", _evaluate, cli_text.evaluation)
    evaluate.add_argument("dataset", type=Path, metavar="DATASET.jsonl")
    sample.add_argument("edges", type=Path, metavar="EDGES")
    sample.add_argument("--seed", type=int, help="use this seed instead of the configuration's")
    evaluate.add_argument("--edges", type=Path, required=True, metavar="EDGES")
    for command in (sample, evaluate):
        command.add_argument("--catalogue", type=Path, required=True, metavar="FILE")
        command.add_argument("--config", type=Path, required=True, metavar="CONFIG.json")
    _add_sample_options(sample)
    return parser


def _add_sample_options(sample: argparse.ArgumentParser) -> None:
    sample.add_argument("--out", type=Path, required=True, metavar="DIR")
    sample.add_argument("--workers", type=positive, default=2, help="threads of this process (default: 2)")
    sample.add_argument(
        "--rows", choices=("jsonl", "parquet", "both"), default="both", help="which files of rows to write"
    )
    where = sample.add_mutually_exclusive_group()
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="draw on the workers of a Dask scheduler, tcp://HOST:PORT"
    )
    where.add_argument(
        "--shard", type=array_job, metavar="I/N", help="make part I of N in DIR/parts, as one job of an array"
    )
    where.add_argument("--merge", action="store_true", help="join the parts in DIR/parts and make none")


# The commands import the program when they run: `serve` becomes another process, which imports it again.


def _demo(options: argparse.Namespace) -> Report:
    from core.workflows.demo import run_demo

    return with_progress(run_demo(options.out), options)


def _serve(options: argparse.Namespace) -> Report:
    return serve(options.workspace, options.port)


def _catalogue_check(options: argparse.Namespace) -> Report:
    from core.workflows import headless

    return headless.check_catalogue(options.file)


def _sample(options: argparse.Namespace) -> Report:
    from core.dataset.files import PARQUET_FILE, ROW_FILES, ROWS_FILE
    from core.workflows.sample_files import sample_to_folder
    from core.workflows.sample_inputs import SampleInputs, SampleOptions
    from core.workflows.shards import ArrayJob, make_array_job

    inputs = SampleInputs(options.edges, options.catalogue, options.config, options.seed)
    if options.shard:
        return with_progress(make_array_job(inputs, options.out, ArrayJob(*options.shard), options.workers), options)
    wanted = SampleOptions(
        n_workers=options.workers,
        scheduler=options.scheduler or "",
        row_files={"jsonl": (ROWS_FILE,), "parquet": (PARQUET_FILE,), "both": ROW_FILES}[options.rows],
        merge_only=options.merge,
    )
    return with_progress(sample_to_folder(inputs, options.out, wanted), options)


def _evaluate(options: argparse.Namespace) -> Report:
    from core.workflows import headless

    return headless.evaluate_file(options.dataset, options.edges, options.catalogue, options.config)


if __name__ == "__main__":
    sys.exit(main())
