"""What every command of `valence` is made of: a parser that knows its function, and progress for who watches."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from core.progress import Progress, Steps, finish

Report = dict[str, Any]
Command = Callable[[argparse.Namespace], Report]
Text = Callable[[Report], str]

_Commands = Any  # argparse has no public name for what add_subparsers returns


def add_group(commands: _Commands, name: str, summary: str) -> _Commands:
    """A command that has commands of its own."""
    return commands.add_parser(name, help=summary, description=summary).add_subparsers(required=True, metavar="COMMAND")


def add_command(commands: _Commands, name: str, summary: str, command: Command, text: Text) -> argparse.ArgumentParser:
    """A command that returns a report; `text` shows it to people where `--json` is not given."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument("--json", action="store_true", help="machine-readable output on stdout")
    parser.set_defaults(command=command, text=text)
    return parser


def positive(text: str) -> int:
    """A whole number from 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not a positive whole number")
    return value


def seed(text: str) -> int:
    """A whole number from 0 that fits in 31 bits."""
    value = int(text)
    if not 0 <= value < 2**31:
        raise argparse.ArgumentTypeError(f"{value} is not a seed (0 to {2**31 - 1})")
    return value


def share(text: str) -> float:
    """A share above 0 and up to 1."""
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{value} is not a share (above 0, at most 1)")
    return value


def port(text: str) -> int:
    """A TCP port."""
    value = int(text)
    if not 1 <= value <= 65_535:
        raise argparse.ArgumentTypeError(f"{value} is not a port (1 to 65535)")
    return value


def array_job(text: str) -> tuple[int, int]:
    """Job I of N, written I/N."""
    number, _, n_jobs = text.partition("/")
    if not (number.isdecimal() and n_jobs.isdecimal() and 1 <= int(number) <= int(n_jobs)):
        raise argparse.ArgumentTypeError(f"{text!r} is not I/N with I from 1 to N, such as 3/8")
    return int(number), int(n_jobs)


def with_progress(steps: Steps[Report], options: argparse.Namespace) -> Report:
    """Run a command's work and show its progress on stderr when a person is watching."""
    if options.json or not sys.stderr.isatty():
        return finish(steps)

    def show(progress: Progress) -> None:
        print(f"\r{progress.done:,}/{progress.total:,} {progress.note:<60}", end="", file=sys.stderr, flush=True)

    report = finish(steps, show)
    print("\r" + " " * 90 + "\r", end="", file=sys.stderr)
    return report
