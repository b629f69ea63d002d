"""What lives as long as the server: open workspaces and their job runners.

The only `st.cache_resource` of the workbench, but for the charts in `app.components.stored_chart`.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import streamlit as st

from app.state import current_selection
from app.workspaces_home import DEMO, workspaces_home
from core.errors import ValenceError
from core.graph.grouping import Grouping
from core.graph.pair_table import PairTable, pair_table
from core.graph.review.lookalikes import AlikePairs
from core.jobs import JobRunner, Runner
from core.store.workspace import Workspace, check_workspace_name, open_workspace
from core.workflows.demo import fill_demo_workspace
from core.workflows.graphs import StoredGraph, load_graph
from core.workflows.groupings import group_attributes
from core.workflows.review_queues import prepare_look_alikes
from core.workflows.works import WORKS


@dataclass(frozen=True, slots=True)
class OpenWorkspace:
    """A workspace held by this server, with the runner of its jobs and the graphs it read last.

    `graph` loads a stored graph by id, `pairs` its searchable table of pairs, `groups` its attributes' groups, by the
    clusters of the stages of the second id where it is not empty, `alike` what finds look-alikes of its pairs by those
    groups; the last few of each stay in memory, shared by all sessions, since they never change.
    """

    workspace: Workspace
    jobs: Runner
    graph: Callable[[str], StoredGraph]
    pairs: Callable[[str], PairTable]
    groups: Callable[[str, str], Grouping]
    alike: Callable[[str, str], AlikePairs]


RUNNER: type[Runner] = JobRunner  # tests put the inline runner here
_GRAPHS_IN_MEMORY = 4


class Workbench:
    """Opens workspaces under `home` on first use and holds them until `close`; safe to call from many threads.

    With `only` set, the workbench serves that one workspace and offers no other.
    """

    def __init__(self, home: Path, only: str = "") -> None:
        self.home = home
        self.only = only
        self._open: dict[str, OpenWorkspace] = {}
        self._guard = threading.Lock()

    def names(self) -> tuple[str, ...]:
        """Workspaces to choose from, the demo first; a fresh home offers the demo."""
        if self.only:
            return (self.only,)
        found = {path.name for path in self.home.iterdir() if path.is_dir()} if self.home.is_dir() else set()
        return tuple(sorted(found | {DEMO}, key=lambda name: (name != DEMO, name)))

    def open(self, name: str) -> OpenWorkspace:
        """Open a workspace or return the one already held; `ValenceError` for a name that is not on offer."""
        if name not in self.names():
            raise ValenceError(f"There is no workspace {name!r} here.", f"Choose one of: {', '.join(self.names())}.")
        return self._hold(name)

    def create(self, name: str) -> OpenWorkspace:
        """Make and open an empty workspace; `ValenceError` when the name is taken or unusable."""
        check_workspace_name(name)
        if self.only:
            raise ValenceError("This server was started for one workspace and cannot make another.")
        if name in self.names():
            raise ValenceError(f"There is a workspace {name!r} already.", "Choose another name, or open that one.")
        return self._hold(name)

    def close(self) -> None:
        """Interrupt running jobs and let go of every workspace."""
        with self._guard:
            for held in self._open.values():
                held.jobs.close()
                held.workspace.close()
            self._open.clear()

    def _hold(self, name: str) -> OpenWorkspace:
        with self._guard:
            if name not in self._open:
                workspace = open_workspace(self.home / name)
                if name == DEMO:
                    fill_demo_workspace(workspace)
                self._open[name] = _serve_workspace(workspace)
            return self._open[name]


def _serve_workspace(workspace: Workspace) -> OpenWorkspace:
    graph = lru_cache(maxsize=_GRAPHS_IN_MEMORY)(partial(load_graph, workspace))

    def pairs(graph_id: str) -> PairTable:
        stored = graph(graph_id)
        return pair_table(stored.graph, stored.answers)

    def groups(graph_id: str, stages_id: str) -> Grouping:
        return group_attributes(workspace, graph(graph_id), stages_id)

    pairs_kept = lru_cache(maxsize=_GRAPHS_IN_MEMORY)(pairs)
    groups_kept = lru_cache(maxsize=_GRAPHS_IN_MEMORY)(groups)

    def alike(graph_id: str, stages_id: str) -> AlikePairs:
        return prepare_look_alikes(workspace, graph(graph_id), groups_kept(graph_id, stages_id))

    alike_kept = lru_cache(maxsize=_GRAPHS_IN_MEMORY)(alike)
    return OpenWorkspace(workspace, RUNNER(workspace, WORKS), graph, pairs_kept, groups_kept, alike_kept)


@st.cache_resource(show_spinner=False)
def workbench() -> Workbench:
    """The server's one workbench."""
    return Workbench(*workspaces_home())


def current() -> OpenWorkspace:
    """The workspace this session works in."""
    return workbench().open(current_selection().workspace)
