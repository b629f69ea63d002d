"""The `valence submit` command: predictions to a board, over HTTP as everyone else's."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from app.cli_parts import Report, add_command
from core.errors import ValenceError

TOKEN_VARIABLE: Final = "VALENCE_TOKEN"
URL_VARIABLE: Final = "VALENCE_URL"
_FACTS: Final = ("model", "code_ref", "config")


def add_submit_command(commands: Any) -> None:
    """Add `valence submit` to the program's commands."""
    submit = add_command(commands, "submit", "send predictions to a board and see their score", _submit, _submitted)
    submit.add_argument("file", type=Path, metavar="FILE", help="predictions as .json, .csv or .parquet")
    submit.add_argument("--version", required=True, metavar="ID", help="the version they are for")
    submit.add_argument(
        "--url", default=os.environ.get(URL_VARIABLE, "http://localhost:8501"), help=f"the server (or ${URL_VARIABLE})"
    )
    submit.add_argument("--token-file", type=Path, metavar="FILE", help=f"holds the token (default: ${TOKEN_VARIABLE})")
    submit.add_argument("--model", default="", metavar="NAME", help="what the model is called on the board")
    submit.add_argument("--code-ref", default="", metavar="REF", help="the commit or address of its code")
    submit.add_argument("--config", default="", metavar="JSON", help="its settings")
    submit.add_argument("--key", default="", help="an idempotency key (default: the file itself)")


def _submit(options: argparse.Namespace) -> Report:
    from app.board_client import BoardClient

    client = BoardClient(options.url, _token(options.token_file))
    try:
        facts = {name: getattr(options, name) for name in _FACTS}
        return client.submit(options.version, options.file, facts, options.key)
    finally:
        client.close()


def _token(file: Path | None) -> str:
    """The token of a file, else of the environment; a command line would leave it in the shell's history."""
    if file is None:
        if token := os.environ.get(TOKEN_VARIABLE, "").strip():
            return token
        raise ValenceError("There is no token.", f"Put it into a file for --token-file, or into ${TOKEN_VARIABLE}.")
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValenceError(f"{file} holds no token that can be read.", "Give a text file with the token.") from error


def _submitted(report: Mapping[str, Any]) -> str:
    interval = f"95 % interval {report['low']:.3f} to {report['high']:.3f}"
    left = report["remaining"]
    return "\n".join(
        [
            f"{report['team']}, {report['model']}: macro F1 {report['public_score']:.3f} ({interval})",
            f"{report['note']} Submission {report['id']}.",
            f"Left for this version: {left['today']} today, {left['total']} in total.",
        ]
    )
