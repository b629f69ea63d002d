"""Tokens for a terminal: a workspace folder in, a report out."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import ValenceError, WorkspaceBusy
from core.store.workspace import Workspace, open_workspace
from core.workflows.tokens import TokenFacts, create_token, revoke_token, token_request, tokens_of

Report = dict[str, Any]


def make_token(folder: Path, values: Mapping[str, object], out: Path | None = None) -> Report:
    """Give a team a token; with `out` its text goes into that new file, which only its owner may read.

    `InvalidInput` for values that make no token, `ValenceError` where the file cannot be made; then there is no token.
    """
    request = token_request(values)
    with _opened(folder) as workspace, _secret_file(out) as descriptor:
        made = create_token(workspace, request)
        if descriptor is None:
            return {**_report(made.facts), "token": made.text}
        os.write(descriptor, f"{made.text}\n".encode())
        return {**_report(made.facts), "file": str(out)}


def withdraw_token(folder: Path, token_id: str) -> Report:
    """Revoke a token; `NotFound` lists those there are."""
    with _opened(folder) as workspace:
        return _report(revoke_token(workspace, token_id))


def list_tokens(folder: Path) -> Report:
    """All tokens ever given out, newest first."""
    with _opened(folder) as workspace:
        return {"tokens": [_report(facts) for facts in tokens_of(workspace)]}


def _report(facts: TokenFacts) -> Report:
    return {**asdict(facts), "scopes": list(facts.scopes)}


@contextmanager
def _opened(folder: Path) -> Iterator[Workspace]:
    try:
        workspace = open_workspace(folder)
    except WorkspaceBusy as error:
        raise WorkspaceBusy(error.message, "While the workbench runs, tokens are made on its Settings page.") from error
    with workspace:
        yield workspace


@contextmanager
def _secret_file(path: Path | None) -> Iterator[int | None]:
    """A new file open for writing; it goes again when the block fails."""
    if path is None:
        yield None
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ValenceError(f"{path} cannot be made: {error.strerror}.", "Name a file that is not there yet.") from error
    try:
        yield descriptor
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(descriptor)
