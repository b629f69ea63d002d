"""Made-up graphs to try things on, kept in the workspace by a click."""

import streamlit as st

from app.components.failure import show_failure
from app.services import current
from app.state import select
from core.errors import ValenceError
from core.sampler.example_graphs import EXAMPLES, ExampleGraph
from core.workflows.catalogues import CATALOGUE
from core.workflows.examples import save_example


def made_up_graphs() -> None:
    """A button per example: its catalogue, edges and quotas are kept and chosen."""
    st.caption(
        "Nothing at hand? Take a made-up graph: its attributes have numbers for names, its size and densities follow a "
        "published one. Good for trying ranges and speed, not for conclusions."
    )
    with st.container(horizontal=True):
        wanted = [name for name, example in EXAMPLES.items() if _is_wanted(name, example)]
    for name in wanted:
        _keep(name)


def _is_wanted(name: str, example: ExampleGraph) -> bool:
    n_attributes = sum(kind.n for kind in example.types.values())
    title = f"Use a made-up graph of {n_attributes:,} attributes"
    return st.button(title, icon=":material/casino:", key=f"made-up-{name}", help=example.about)


def _keep(name: str) -> None:
    try:
        with st.spinner("Making the graph…"):
            saved = save_example(current().workspace, name)
    except ValenceError as error:
        show_failure(error)
        return
    select(catalogue=saved.manifest.parents[CATALOGUE], graph=saved.id)
    st.rerun()
