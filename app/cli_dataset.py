"""The commands around a dataset's configuration and its rows: recipes, published configurations, variety."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.cli_parts import Report, add_command, add_group


def add_dataset_commands(commands: Any) -> None:
    """Add `valence config ...` and `valence hygiene` to the program's commands."""
    config = add_group(commands, "config", "configurations: recipes of difficulty, and those that were published")
    add_command(config, "list", "every recipe and every published configuration", _list, _listed)
    recipe = add_command(config, "recipe", "change a configuration by recipes", _recipe, _written)
    recipe.add_argument("names", nargs="+", metavar="RECIPE", help="recipes, used one after the other")
    recipe.add_argument("--edges", type=Path, required=True, metavar="EDGES", help="the graph they fit themselves to")
    recipe.add_argument("--config", type=Path, required=True, metavar="CONFIG.json")
    published = add_command(config, "published", "bring a published configuration to a catalogue", _published, _written)
    published.add_argument("name", metavar="NAME", help="V25, V26, V27 or V28")
    published.add_argument(
        "--type",
        action="append",
        default=[],
        type=_mapped,
        metavar="TYPE=OWN",
        help="which type of the catalogue stands for a published one; TYPE= leaves it out (may be repeated)",
    )
    for command in (recipe, published):
        command.add_argument("--catalogue", type=Path, required=True, metavar="FILE")
        command.add_argument("--out", type=Path, required=True, metavar="CONFIG.json")
    hygiene = add_command(commands, "hygiene", "how varied the rows of a dataset are", _hygiene, _hygiene_text)
    hygiene.add_argument("dataset", type=Path, metavar="DATASET.jsonl")
    hygiene.add_argument("--catalogue", type=Path, required=True, metavar="FILE")
    hygiene.add_argument("--config", type=Path, required=True, metavar="CONFIG.json")


def _mapped(text: str) -> tuple[str, str]:
    name, equals, own = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not TYPE=OWN, such as geo=country, or geo= to leave it out")
    return name, own


def _list(options: argparse.Namespace) -> Report:  # noqa: ARG001
    from core.workflows.recipes import list_recipes

    return list_recipes()


def _recipe(options: argparse.Namespace) -> Report:
    from core.workflows.recipes import recipe_to_file

    return recipe_to_file(options.edges, options.catalogue, options.config, options.names, options.out)


def _published(options: argparse.Namespace) -> Report:
    from core.workflows.recipes import published_to_file

    return published_to_file(options.name, options.catalogue, dict(options.type), options.out)


def _hygiene(options: argparse.Namespace) -> Report:
    from core.workflows.hygiene import hygiene_of_file

    return hygiene_of_file(options.dataset, options.catalogue, options.config)


def _listed(report: Mapping[str, Any]) -> str:
    lines = ["Recipes:", *(f"  {r['name']}@{r['version']}: {r['about']}" for r in report["recipes"])]
    lines += ["Published:", *(f"  {p['name']} ({p['n_rows']:,} rows): {p['about']}" for p in report["published"])]
    return "\n".join(lines)


def _written(report: Mapping[str, Any]) -> str:
    lines = [f"written to {report['file']}"]
    for label, params in report["label_params"].items():
        pos, neg = (" to ".join(f"{bound:g}" for bound in params[f"{sign}_frac_range"]) for sign in ("pos", "neg"))
        lines.append(f"  {label}: {params['num_samples']:,} rows, pos_frac {pos}, neg_frac {neg}")
    for lower in report.get("lowered", ()):
        asked, given = (" to ".join(map(str, lower[name])) for name in ("asked", "given"))
        lines.append(f"  the catalogue has too few of {lower['attribute_type']}: {given} in a row instead of {asked}")
    return "\n".join(lines)


def _hygiene_text(report: Mapping[str, Any]) -> str:
    lines, nearest, groups = [f"{report['n_rows']:,} rows"], report["nearest"], report["groups"]
    if nearest:
        n = nearest["n_compared"]
        lines += [
            f"nearest other row of {n:,} rows (each with {nearest['n_against']:,} others): median likeness "
            f"{nearest['median_likeness']:.2f}, {nearest['median_differing']:g} attributes differ",
            f"  with a twin: {nearest['n_identical']:,}; with a near-duplicate: {nearest['n_near']:,}; nearest to one "
            f"of another label: {nearest['n_other_label']:,}",
        ]
    if groups:
        lines.append(f"groups of near-duplicates: {groups['n_groups']:,}, the largest of {groups['largest']:,} rows")
    lines += [
        f"  {top['label']}, {top['attribute_type']}: {top['value']} in {top['n_rows']:,} rows ({top['share']:.1%})"
        for top in sorted(report["exposure"], key=lambda top: -top["share"])
    ]
    return "\n".join(lines)
