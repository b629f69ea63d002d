"""The `valence token` commands: what they accept, and what they call."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.cli_parts import Report, add_command, add_group
from app.workspaces_home import workspaces_home

# Written out, so that `valence --help` does not import the program; a test holds them against the program's own.
SCOPES = ("read", "submit")
TRACKS = ("blind", "graph-aware")
DAYS = 90


def add_token_commands(commands: Any) -> None:
    """Add `valence token ...` to the program's commands."""
    token = add_group(commands, "token", "bearer tokens of the teams that submit")
    create = add_command(token, "create", "give a team a token, shown once", _create, _created)
    create.add_argument("--team", required=True, metavar="NAME")
    create.add_argument("--scopes", nargs="+", choices=SCOPES, default=list(SCOPES), help="default: read submit")
    create.add_argument("--track", choices=TRACKS, default=TRACKS[0], help="a team's track is fixed by its first token")
    create.add_argument("--days", type=int, default=DAYS, help=f"how long it is good (default: {DAYS})")
    create.add_argument("--note", default="", help="what you want to remember of it")
    create.add_argument("--token-file", type=Path, metavar="FILE", help="write it to this new file, not to the screen")
    revoke = add_command(token, "revoke", "take a token back, at once and for good", _revoke, _revoked)
    revoke.add_argument("id", metavar="ID")
    listed = add_command(token, "list", "who holds which token", _list, _listed)
    for command in (create, revoke, listed):
        command.add_argument("--workspace", required=True, metavar="NAME|FOLDER")


def _folder(options: argparse.Namespace) -> Path:
    from core.workflows.headless_reviews import find_workspace

    return find_workspace(options.workspace, workspaces_home().folder)


def _create(options: argparse.Namespace) -> Report:
    from core.workflows.headless_tokens import make_token

    values = {name: getattr(options, name) for name in ("team", "scopes", "track", "days", "note")}
    return make_token(_folder(options), values, options.token_file)


def _revoke(options: argparse.Namespace) -> Report:
    from core.workflows.headless_tokens import withdraw_token

    return withdraw_token(_folder(options), options.id)


def _list(options: argparse.Namespace) -> Report:
    from core.workflows.headless_tokens import list_tokens

    return list_tokens(_folder(options))


def _created(report: Mapping[str, Any]) -> str:
    place = f"It is in {report['file']}." if "file" in report else f"It is shown this once: {report['token']}"
    return f"{_line(report)}\n{place}"


def _revoked(report: Mapping[str, Any]) -> str:
    return f"{_line(report)}, on {report['revoked_at'][:10]}"


def _listed(report: Mapping[str, Any]) -> str:
    return "\n".join(map(_line, report["tokens"])) or "No token was given out yet."


def _line(token: Mapping[str, Any]) -> str:
    scopes = " and ".join(token["scopes"])
    note = f" ({token['note']})" if token["note"] else ""
    ends = f"until {token['expires_at'][:10]}"
    return f"{token['id']}  {token['team']}{note}: {scopes}, {token['track']} track, {ends}, {token['state']}"
