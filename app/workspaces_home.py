"""Where the server finds its workspaces: one folder given for all, or one workspace given alone."""

import os
from pathlib import Path
from typing import Final, NamedTuple

HOME_VARIABLE: Final = "VALENCE_HOME"
SINGLE_VARIABLE: Final = "VALENCE_WORKSPACE"
DEMO: Final = "demo"


class WorkspacesHome(NamedTuple):
    """The folder that holds workspaces; `only` names the single one to serve, or is empty."""

    folder: Path
    only: str

    @property
    def first(self) -> Path:
        """The workspace that the server holds from its start on."""
        return self.folder / (self.only or DEMO)


def workspaces_home() -> WorkspacesHome:
    """What the environment says; by default `workspaces/` beside the program."""
    if single := os.environ.get(SINGLE_VARIABLE, ""):
        path = Path(single).expanduser().resolve()
        return WorkspacesHome(path.parent, path.name)
    default = Path(__file__).parents[1] / "workspaces"
    return WorkspacesHome(Path(os.environ.get(HOME_VARIABLE) or default).expanduser().resolve(), "")
