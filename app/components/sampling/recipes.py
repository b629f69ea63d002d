"""Recipes of difficulty: a list with what each does, and those that made the settings shown."""

import streamlit as st

from app import queries
from app.components.configuration.draft import Draft, replace_draft
from app.components.failure import show_failure
from app.components.notice import give_notice
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from core.dataset.recipes import apply_recipe, recipe_named, recipe_names, recipes_of
from core.errors import ValenceError
from core.sampler.density import N_SUBGRAPHS
from core.sampler.noise_check import modalities_in_use


def recipe_list(draft: Draft) -> None:
    """A list of recipes, and a button that changes the settings by the chosen one."""
    with st.popover("Recipes …", icon=":material/skillet:"):
        recipes = {name: recipe_named(name) for name in recipe_names()}
        chosen = st.selectbox(
            "Recipe",
            list(recipes),
            format_func=lambda name: recipes[name].title,
            key="recipe",
            help="A recipe makes rows easier or harder to tell apart. It changes the settings you see, and its ranges "
            "follow what this graph offers.",
        )
        st.caption(plain(recipes[chosen].about))
        st.button(
            "Use this recipe",
            type="primary",
            key="use-recipe",
            disabled=bool(draft.problems),
            on_click=_use,
            args=(draft.graph_id, draft, chosen),
        )


def recipes_used(draft: Draft) -> None:
    """The recipes that the settings went through; nothing where there is none."""
    used = recipes_of(draft.config)
    if used:
        names = ", ".join(plain(name) for name in used)
        st.caption(f":material/skillet: Made with the recipe {names}. The dataset will record it, beside all settings.")


def _use(graph_id: str, draft: Draft, name: str) -> None:
    config = draft.config
    try:
        density = queries.density(
            current_selection().workspace, graph_id, dict(config.type_ranges), N_SUBGRAPHS, config.seed
        )
        modalities = modalities_in_use(config, current().graph(graph_id).graph.catalogue)
        replace_draft(graph_id, apply_recipe(config, recipe_named(name), density, modalities))
    except ValenceError as error:
        show_failure(error)
        return
    give_notice("The form shows the settings of the recipe now.", icon=":material/check_circle:")
