"""Recipes and published configurations brought to a graph, from its files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.dataset.recipes import apply_recipe, recipe_named, recipe_names
from core.errors import InvalidInput, Problem, ValenceError
from core.graph.model import SignedGraph
from core.sampler.configuration import DatasetConfig, config_id, config_json
from core.sampler.configuration_check import check_config
from core.sampler.density import measure_density
from core.sampler.noise_check import modalities_in_use
from core.sampler.published import likely_types, lowered_quotas, published_config, published_names, with_types
from core.workflows.headless import Report, catalogue_file, graph_and_config
from core.workflows.out_files import check_out_file


def with_recipes(graph: SignedGraph, config: DatasetConfig, names: Sequence[str]) -> DatasetConfig:
    """The configuration after these recipes, one after the other; `NotFound`, `InvalidInput` as `apply_recipe`."""
    recipes = [recipe_named(name) for name in names]
    if not recipes:
        return config
    if problems := check_config(config, graph.catalogue):
        raise InvalidInput("The configuration does not fit the catalogue", problems)
    density = measure_density(graph, config.type_ranges, seed=config.seed)
    for recipe in recipes:
        config = apply_recipe(config, recipe, density, modalities_in_use(config, graph.catalogue))
    return config


def list_recipes() -> Report:
    """Every recipe and every published configuration, with what it is."""
    recipes = [recipe_named(name) for name in recipe_names()]
    published = [published_config(name) for name in published_names()]
    return {
        "recipes": [{"name": r.name, "version": r.version, "title": r.title, "about": r.about} for r in recipes],
        "published": [
            {
                "name": p.name,
                "about": p.about,
                "n_rows": sum(label.num_samples for label in p.config.label_params.values()),
                "types": list(p.config.type_ranges),
            }
            for p in published
        ],
    }


def recipe_to_file(edges: Path, catalogue: Path, config: Path, names: Sequence[str], out: Path) -> Report:
    """Write the configuration that recipes make of one for a graph."""
    check_out_file(out, (edges, catalogue, config))
    graph, settings = graph_and_config(edges, catalogue, config)
    return _written(with_recipes(graph, settings, names), out)


def published_to_file(name: str, catalogue_path: Path, mapping: Mapping[str, str], out: Path) -> Report:
    """Write a published configuration in a catalogue's own types.

    `mapping` adds to the types of the same name; `InvalidInput` lists the types that are then still mapped to none; the
    empty text leaves one out on purpose. Lowered quotas are part of the report.
    """
    check_out_file(out, (catalogue_path,))
    catalogue, config = catalogue_file(catalogue_path), published_config(name).config
    types = {**likely_types(config, catalogue), **mapping}
    lost = [kind for kind, own in types.items() if not own and kind not in mapping]
    if lost:
        fix = f"The catalogue's types: {', '.join(catalogue.attribute_types)}. Write TYPE= to leave it out."
        raise InvalidInput(
            f"{name} cannot be used on this catalogue yet",
            [Problem(f"{kind!r} is not mapped to a type of the catalogue.", fix, field=kind) for kind in lost],
        )
    lowered = [lower._asdict() for lower in lowered_quotas(config, types, catalogue)]
    return {**_written(with_types(config, types, catalogue), out), "lowered": lowered}


def _written(config: DatasetConfig, out: Path) -> Report:
    text = config_json(config)
    try:
        out.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ValenceError(f"{out} cannot be written: {error.strerror}.", "Choose another place.") from error
    labels = json.loads(text)["label_params"]
    return {"file": str(out), "id": config_id(config), "recipe": config.recipe, "label_params": labels}
