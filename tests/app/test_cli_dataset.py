"""`valence config` and `valence hygiene` as a script sees them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.cli import BAD_USAGE, FAILED, OK
from core.dataset.recipes import recipe_names
from core.sampler.configuration import parse_config
from core.sampler.published import published_names

DATA = Path(__file__).parents[2] / "data"
SMALL, CONFIG = DATA / "catalogues" / "small.csv", DATA / "configs" / "small.json"
Run = Callable[..., tuple[int, str, str]]


def test_every_recipe_and_published_configuration_is_listed(run: Run) -> None:
    code, out, _ = run("config", "list", "--json")
    report: dict[str, Any] = json.loads(out)
    assert code == OK
    assert [recipe["name"] for recipe in report["recipes"]] == list(recipe_names())
    assert [(p["name"], p["n_rows"]) for p in report["published"]] == list(
        zip(published_names(), (60_000, 60_000, 13_000, 120_000), strict=True)
    )
    text = run("config", "list")[1]
    assert "inverse@1" in text
    assert "V28 (120,000 rows)" in text


def test_a_recipe_is_used_and_its_rows_are_spoilt_and_compared(run: Run, tmp_path: Path) -> None:
    edges, config, out = tmp_path / "edges.csv", tmp_path / "hard.json", tmp_path / "rows"
    run("graph", "build", SMALL, "--out", edges)
    arguments = ("--edges", edges, "--catalogue", SMALL, "--config", CONFIG, "--out", config)
    code, text, err = run("config", "recipe", "medium-signal", "noisy-labels", *arguments)
    assert (code, err) == (OK, "")
    made = parse_config(config.read_bytes())
    assert made.recipe == "medium-signal@1, noisy-labels@1"
    assert made.noise.label == 0.1
    assert "pos_frac" in text
    code, out_text, err = run("sample", edges, "--catalogue", SMALL, "--config", config, "--out", out, "--json")
    assert (code, err) == (OK, "")
    report = json.loads(out_text)
    assert "noise.parquet" in report["files"]
    assert report["evaluation"]["noise"]["n_labels"] > 0
    assert json.loads((out / "manifest.json").read_text("utf-8"))["recipe"] == made.recipe
    again = run("sample", edges, "--catalogue", SMALL, "--config", config, "--out", out)
    assert again[0] == OK  # the same dataset, its files unchanged, may be replaced
    assert "then spoilt on purpose: " in again[1]
    files = ("--edges", edges, "--catalogue", SMALL, "--config", config)
    assert "rows out of range are expected here" in run("evaluate", out / "dataset.jsonl", *files)[1]
    rows = ("hygiene", out / "dataset.jsonl", "--catalogue", SMALL, "--config", config)
    hygiene = json.loads(run(*rows, "--json")[1])
    assert hygiene["n_rows"] == report["n_rows"]
    assert sum(hygiene["nearest"]["histogram"]) == hygiene["nearest"]["n_compared"]
    assert "groups of near-duplicates" in run(*rows)[1]


def test_a_published_configuration_needs_its_types_and_says_what_was_lowered(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "v27.json"
    code, _, err = run("config", "published", "V27", "--catalogue", SMALL, "--out", out)
    assert code == FAILED
    assert "'geo' is not mapped" in err
    assert err.count("is not mapped") == 9
    lost = ("campaign-objective", "device", "interest-and-other-attributes", "media-buy-billing-event")
    lost += ("brand-safety-content-filter-levels", "campaign-buying-type", "media-buy-cost-model")
    types = [f"--type={name}=" for name in lost]
    types += ["--type=geo=country", "--type=gender-generation=demographic"]
    code, text, err = run("config", "published", "V27", "--catalogue", SMALL, "--out", out, *types)
    assert (code, err) == (OK, "")
    assert "the catalogue has too few of demographic: 1 to 1 in a row instead of 3 to 6" in text
    assert parse_config(out.read_bytes()).type_ranges["country"] == (1, 3)
    assert run("config", "published", "V99", "--catalogue", SMALL, "--out", out)[0] == FAILED
    assert run("config", "published", "V27", "--catalogue", SMALL, "--out", out, "--type", "geo")[0] == BAD_USAGE
