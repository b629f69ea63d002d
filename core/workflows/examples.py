"""Made-up graphs, as plain files or in a workspace: something to try before there is a catalogue of one's own."""

import csv
import io
from pathlib import Path
from typing import Final

from core.catalogue.writing import catalogue_csv
from core.errors import ValenceError
from core.graph.edges_csv import write_edges
from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, config_json
from core.sampler.density import measure_density
from core.sampler.example_graphs import ExampleGraph, example_named, make_example
from core.sampler.example_vectors import N_DIMENSIONS, example_vectors
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.drafts import create_draft, newest_draft, starting_config
from core.workflows.graphs import save_uploaded_graph
from core.workflows.headless import Report, read_file
from core.workflows.out_files import check_out_file, write_files
from core.workflows.vectors import make_vectors, save_vector_table

CATALOGUE_FILE: Final = "catalogue.csv"
EDGES_FILE: Final = "edges.csv"
CONFIG_FILE: Final = "config.json"
VECTORS_FILE: Final = "vectors.csv"


def write_example(name: str, out: Path) -> Report:
    """Write catalogue, edges, a configuration and content vectors into the folder `out`.

    A file there that holds anything else is kept.

    `NotFound` for an unknown name; `ValenceError` where files cannot be written or would be lost.
    """
    example = example_named(name)
    graph = make_example(example)
    contents = {
        out / CATALOGUE_FILE: catalogue_csv(graph.catalogue),
        out / EDGES_FILE: write_edges(graph),
        out / CONFIG_FILE: (config_json(_config(example, graph)) + "\n").encode(),
        out / VECTORS_FILE: _vectors_csv(example, graph),
    }
    for path, data in contents.items():
        check_out_file(path, ())
        if path.is_file() and read_file(path) != data:
            raise ValenceError(f"{path} holds something else; nothing was replaced.", "Choose another folder.")
    write_files(contents)
    return {
        "name": example.name,
        "about": example.about,
        "n_attributes": len(graph.catalogue),
        "n_positive": example.n_positive,
        "n_negative": example.n_negative,
        "folder": str(out),
        "files": [path.name for path in contents],
    }


def save_example(workspace: Workspace, name: str) -> Artefact:
    """Keep an example in a workspace: catalogue, graph, content vectors, and a first draft of its quotas.

    Returns the graph. The same example twice is one graph; what was tuned for it meanwhile stays.
    """
    example = example_named(name)
    graph = make_example(example)
    title = f"Made up: {len(graph.catalogue):,} attributes"
    catalogue = save_catalogue(workspace, graph.catalogue, title)
    saved = save_uploaded_graph(workspace, catalogue.id, write_edges(graph), title)
    table = save_vector_table(workspace, title, _vectors_csv(example, graph))
    settings = {"embedding": None, "tables": [table.id]}
    finish(make_vectors(workspace, {"catalogue": catalogue.id, "settings": settings, "title": title}))
    if not newest_draft(workspace, saved.id):
        create_draft(workspace, saved.id, _config(example, graph))
    return saved


def _config(example: ExampleGraph, graph: SignedGraph) -> DatasetConfig:
    """The published quotas, and the ranges that the density under them suggests."""
    return starting_config(measure_density(graph, example.type_ranges, seed=example.seed))


def _vectors_csv(example: ExampleGraph, graph: SignedGraph) -> bytes:
    """The example's content vectors as a table that can be uploaded: `id`, and one column per dimension."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["id", *(f"v{n + 1}" for n in range(N_DIMENSIONS))])
    for attribute, vector in zip(graph.catalogue.attributes, example_vectors(example), strict=True):
        rows.writerow([attribute.id, *(f"{number:.9g}" for number in vector)])
    return text.getvalue().encode()
