"""Reviews out of a workspace folder as a CSV file and in again: `valence review export` and `valence review import`."""

from collections.abc import Iterable
from pathlib import Path

from core.errors import NotFound, ValenceError
from core.graph.review.review_csv import read_review_csv
from core.store.artefacts import Artefact
from core.store.review_log import PairEnds
from core.store.workspace import DATABASE_FILE, Workspace, open_workspace
from core.workflows.catalogues import CATALOGUE, load_catalogue
from core.workflows.graphs import GRAPH
from core.workflows.headless import Report, read_file
from core.workflows.out_files import check_out_file, write_files
from core.workflows.records import record
from core.workflows.review_files import ExportedPairs, export_reviews, import_reviews
from core.workflows.review_queues import open_queue


def export_review_file(
    folder: Path,
    graph: str,
    out: Path,
    *,
    which: ExportedPairs,
    queue: str = "",
    reviewer: str = "",
    is_blind: bool = False,
) -> Report:
    """Write the reviews of a graph, named by its id or the first letters of it, to a file that is not there yet.

    `queue`: list the cards of this queue instead of `which`; a blind queue gives a blind file. `NotFound` for what
    there is not, `WorkspaceBusy` while the workbench holds the workspace.
    """
    check_out_file(out, [])
    if out.exists():
        raise ValenceError(f"{out} is there already and may hold decisions that nobody imported.", "Name another file.")
    with _opened(folder) as workspace:
        found = _graph(workspace, graph)
        cards = open_queue(workspace, queue) if queue else None
        pairs = [PairEnds(*card.pair) for card in cards.cards] if cards else None
        is_blind = is_blind or bool(cards and cards.settings.is_blind)
        data = export_reviews(workspace, found.id, which, reviewer=reviewer, pairs=pairs, is_blind=is_blind)
        catalogue = load_catalogue(workspace, found.manifest.parents[CATALOGUE])
    written = read_review_csv(data, out.name, catalogue, found.id)
    write_files({out: data})
    counts = {"n_lines": written.n_lines, "n_decided": len(written.decided)}
    return {"ok": True, "file": str(out), "graph": found.id, "title": found.manifest.title, **counts}


def import_review_file(folder: Path, graph: str, file: Path, *, reviewer: str = "") -> Report:
    """Record the decisions of a filled-in file; `InvalidInput` lists every problem of it, and nothing is recorded.

    `reviewer`: who decided the lines that name nobody.
    """
    data = read_file(file)
    with _opened(folder) as workspace:
        found = _graph(workspace, graph)
        report = import_reviews(workspace, found.id, data, file.name, reviewer)
    counts = {"n_lines": report.n_lines, "n_new": len(report.new)}
    return {"ok": True, "file": str(file), "graph": found.id, "title": found.manifest.title, **counts, **record(report)}


def find_workspace(name: str, home: Path) -> Path:
    """The folder of a workspace given by its path or by its name under `home`; `NotFound` lists the names."""
    for folder in (Path(name).expanduser(), home / name):
        if (folder / DATABASE_FILE).is_file():
            return folder
    known = sorted(path.parent.name for path in home.glob(f"*/{DATABASE_FILE}"))
    raise NotFound(f"There is no workspace {name!r}.", f"Those in {home}: {', '.join(known) or 'none'}.")


def _opened(folder: Path) -> Workspace:
    if not (folder / DATABASE_FILE).is_file():
        raise NotFound(f"{folder} is no workspace.", "Name the folder of one, or its name.")
    return open_workspace(folder)


def _graph(workspace: Workspace, text: str) -> Artefact:
    """The graph whose id is the text, or alone begins with it."""
    found = workspace.artefacts.list(GRAPH)
    meant = [a for a in found if a.id == text] or [a for a in found if text and a.id.startswith(text)]
    if len(meant) == 1:
        return meant[0]
    fault = f"{len(meant)} graphs have an id that begins with {text!r}." if meant else f"There is no graph {text!r}."
    raise NotFound(fault, f"The graphs are: {_listed(meant or found)}.")


def _listed(graphs: Iterable[Artefact]) -> str:
    return ", ".join(f"{graph.id} ({graph.manifest.title})" for graph in graphs) or "none yet"
