"""The version a request is about: it must be one of the token's workspace, and the team's quota for it is told."""

from collections.abc import MutableMapping
from typing import Any

from app.api.access import Caller
from app.api.problems import refused
from core.workflows.board_versions import BoardVersion, board_version
from core.workflows.submissions import remaining_quota


def check_version(caller: Caller, version: str) -> None:
    """Raise `Refused` (404) where the token's workspace has no version of this id."""
    if caller.workspace.versions.find(version) is None:
        raise refused(404, "not-found", "There is no such version here.", "GET /versions lists them.")


def known_version(caller: Caller, version: str, scope: MutableMapping[str, Any]) -> BoardVersion:
    """The version of this id, the team's quota for it noted; `Refused` (404) where the workspace has none."""
    check_version(caller, version)
    note_quota(caller, version, scope)
    return board_version(caller.workspace, version)


def note_quota(caller: Caller, version: str, scope: MutableMapping[str, Any]) -> None:
    """Have the answer to this request say what is left of the team's quota."""
    left = remaining_quota(caller.workspace, version, caller.grant.team)
    headers = scope["state"].setdefault("headers", {})
    headers |= {"X-Quota-Remaining-Today": str(left.today), "X-Quota-Remaining-Total": str(left.total)}
