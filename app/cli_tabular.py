"""The `valence tabular` commands: what they accept, and what they call."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.cli_parts import Report, add_command, add_group, positive, seed, share, with_progress
from app.workspaces_home import workspaces_home

_SECONDS = 600.0  # as the program's own default; a test holds them together


def add_tabular_commands(commands: Any) -> None:
    """Add `valence tabular ...` to the program's commands."""
    group = add_group(commands, "tabular", "synthesise a real table and judge the result")
    schema = add_command(group, "schema", "keep a table and detect or confirm its schema", _schema, _schema_text)
    fit = add_command(group, "fit", "fit a synthesizer on a confirmed schema's training rows", _fit, _made_text)
    sample = add_command(group, "sample", "sample rows from a fitted synthesizer", _sample, _made_text)
    report = add_command(group, "report", "judge synthetic tables side by side", _report, _report_text)
    compare = add_command(group, "compare", "fit several families and rank what was judged", _compare, _compare_text)
    _add_schema_options(schema)
    _add_fit_options(fit)
    _add_sample_options(sample)
    report.add_argument("tables", nargs="+", metavar="SYNTHETIC", help="ids of synthetic tables, or first letters")
    report.add_argument("--title", default="", metavar="TEXT")
    report.add_argument("--out", type=Path, metavar="FILE.html", help="write the report as one HTML file")
    compare.add_argument("on", metavar="SCHEMA", help="id of a confirmed schema, or its first letters")
    compare.add_argument("--families", type=_names, default=(), metavar="F,F", help="fit these and judge them first")
    compare.add_argument("--budget", type=float, default=_SECONDS, metavar="S", help="CPU seconds a family")
    for command in (schema, fit, sample, report, compare):
        command.add_argument("--workspace", required=True, metavar="NAME|FOLDER")
        command.add_argument("--seed", type=seed, default=0, metavar="S")


def _add_schema_options(schema: argparse.ArgumentParser) -> None:
    what = schema.add_mutually_exclusive_group(required=True)
    what.add_argument("file", type=Path, nargs="?", metavar="TABLE", help="a CSV, Parquet or XLSX file")
    what.add_argument("--demo", action="store_true", help="the made-up table of 20,000 ad clicks")
    how = schema.add_mutually_exclusive_group()
    how.add_argument("--schema", type=Path, metavar="FILE.json", help="confirm this schema")
    how.add_argument("--accept", action="store_true", help="confirm the schema as detected")
    schema.add_argument("--target", metavar="COLUMN", help="the column to predict ('' for none)")
    schema.add_argument("--holdout", type=share, default=0.3, metavar="SHARE", help="rows no synthesizer sees")
    schema.add_argument("--out", type=Path, metavar="FILE.json", help="write the schema here, to be edited")


def _add_fit_options(fit: argparse.ArgumentParser) -> None:
    fit.add_argument("on", metavar="SCHEMA", help="id of a confirmed schema, or its first letters")
    fit.add_argument("--family", required=True, metavar="F", help="such as tree-sampler; a wrong name lists them all")
    fit.add_argument("--settings", type=Path, metavar="FILE", help="a JSON file with settings of the family")
    fit.add_argument("--budget", type=float, default=_SECONDS, metavar="S", help="CPU seconds it may take")
    fit.add_argument("--title", default="", metavar="TEXT")
    fit.add_argument("--no-rows", action="store_true", help="only fit; sample later")
    _add_wanted_options(fit)


def _add_sample_options(sample: argparse.ArgumentParser) -> None:
    sample.add_argument("on", metavar="MODEL", help="id of a fitted synthesizer, or its first letters")
    sample.add_argument("--out", type=Path, metavar="FILE", help="write the rows to this .csv or .parquet file")
    sample.add_argument("--with-training-rows", action="store_true", help="put the real training rows before them")
    _add_wanted_options(sample)


def _add_wanted_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--rows", type=positive, metavar="N", help="default: as many as the training rows")
    command.add_argument(
        "--where", action="append", default=[], metavar="CONDITION", help="COLUMN=VALUE|VALUE, COLUMN>=X or COLUMN<=X"
    )
    command.add_argument("--ratio", type=share, metavar="R", help="rows that bring the rarest class to this ratio")


def _names(text: str) -> tuple[str, ...]:
    """Names divided by commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _folder(options: argparse.Namespace) -> Path:
    from core.workflows.headless_reviews import find_workspace

    return find_workspace(options.workspace, workspaces_home().folder)


def _wanted(options: argparse.Namespace) -> Any:
    from core.workflows.tabular_conditions import read_wanted

    return read_wanted(options.where, n_rows=options.rows, ratio=options.ratio, seed=options.seed)


def _schema(options: argparse.Namespace) -> Report:
    from core.errors import NotFound
    from core.workflows.headless_tabular import SchemaCommand, keep_schema

    command = SchemaCommand(
        file=options.file,
        schema=options.schema,
        accept=options.accept,
        target=options.target,
        holdout_share=options.holdout,
        seed=options.seed,
        out=options.out,
    )
    try:
        folder = _folder(options)
    except NotFound:  # the first command of a new workspace makes it
        path = Path(options.workspace).expanduser()
        folder = path if len(path.parts) > 1 else workspaces_home().folder / path
    return keep_schema(folder, command)


def _fit(options: argparse.Namespace) -> Report:
    from core.errors import ValenceError
    from core.workflows.headless_tabular import FitCommand, fit_in_folder

    if options.no_rows and (options.rows or options.where or options.ratio):
        raise ValenceError(
            "--no-rows samples nothing, and --rows, --where and --ratio say what to sample.", "Drop one."
        )
    command = FitCommand(
        on=options.on,
        family=options.family,
        settings=options.settings,
        seed=options.seed,
        budget_s=options.budget,
        wanted=None if options.no_rows else _wanted(options),
        title=options.title,
    )
    return with_progress(fit_in_folder(_folder(options), command), options)


def _sample(options: argparse.Namespace) -> Report:
    from core.workflows.headless_tabular import sample_in_folder

    steps = sample_in_folder(_folder(options), options.on, _wanted(options), options.out, options.with_training_rows)
    return with_progress(steps, options)


def _report(options: argparse.Namespace) -> Report:
    from core.workflows.headless_tabular import report_in_folder

    steps = report_in_folder(_folder(options), options.tables, options.seed, options.title, options.out)
    return with_progress(steps, options)


def _compare(options: argparse.Namespace) -> Report:
    from core.workflows.headless_tabular import compare_in_folder

    steps = compare_in_folder(_folder(options), options.on, options.families, options.seed, options.budget)
    return with_progress(steps, options)


def _schema_text(report: Mapping[str, Any]) -> str:
    lines = [f"{report['title']}: {report['n_rows']:,} rows, table {report['table']}"]
    lines += [
        f"  {column['name']}: {column['kind']}, {column['missing']:.1%} missing; {column['evidence']}"
        for column in report["columns"]
    ]
    for rule in report["rules"]:
        lines.append(f"  {_rule_text(rule['rule'])}: holds in {rule['rows_held']:,} of {rule['rows_checked']:,} rows")
    lines.append(f"target: {report['schema']['target'] or 'none'}")
    if report["out"]:
        lines.append(f"written to {report['out']}; edit it and confirm it with --schema")
    confirmed = report["confirmed"]
    if not confirmed:
        return "\n".join([*lines, "nothing is confirmed yet: --accept takes it as detected, --schema FILE as edited"])
    counts = f"{confirmed['n_train']:,} training rows, {confirmed['n_holdout']:,} held out"
    return "\n".join([*lines, f"confirmed as {confirmed['id']}: {counts}"])


def _rule_text(rule: Mapping[str, Any]) -> str:
    if "dependent" in rule:
        return f"{', '.join(rule['determinants'])} -> {rule['dependent']}"
    return f"{rule['smaller']} <= {rule['larger']}"


def _made_text(report: Mapping[str, Any]) -> str:
    fit, sample = report["fit"], report["sample"]
    cost = f"{fit['fit_cpu_s']:.1f} CPU s, {fit['peak_memory_mb']:,.0f} MB"
    lines = [f"{fit['title']} fitted on {fit['n_training_rows']:,} rows in {cost}: model {report['tabular_model']}"]
    if sample:
        broken = sum(rule["n_rows"] for rule in sample["broken"])
        said = f"{sample['n_rows']:,} rows in {sample['cpu_s']:.1f} CPU s, {broken:,} breaches of the schema's rules"
        lines.append(f"{said}: synthetic table {report['synthetic_table']}")
        lines += [f"  {rule['rule']}: {rule['n_rows']:,} rows" for rule in sample["broken"]]
    return "\n".join([*lines, *([f"written to {report['out']}"] if report.get("out") else [])])


def _report_text(report: Mapping[str, Any]) -> str:
    lines = [f"{report['title']}: report {report['report']}", _HEAD]
    lines += [_line(line) for line in report["lines"]]
    return "\n".join([*lines, *([f"written to {report['out']}"] if report["out"] else [])])


def _compare_text(report: Mapping[str, Any]) -> str:
    if not report["standings"]:
        return f"nothing was judged on {report['title']} yet: --families F,F fits and judges"
    lines = [f"{report['title']}, by the discriminator's AUC (.5 is best)", f"rank  {_HEAD}"]
    for standing in report["standings"]:
        remark = "" if standing["line"]["is_anchor"] else standing["why_unranked"]
        lines.append(f"{standing['rank'] or '':>4}  {_line(standing['line'])}  {remark}".rstrip())
    return "\n".join(lines)


_FIGURES = ("discriminator", "pair-trends", "boosted-ratio", "logistic-ratio", "dcr-share", "membership", "attacks")
_HEAD = f"{'':<34}" + "".join(f"{name:>15}" for name in _FIGURES)


def _line(line: Mapping[str, Any]) -> str:
    name = f"({line['title']})" if line["is_anchor"] else str(line["title"])
    figures = (line["figures"].get(figure) for figure in _FIGURES)
    return f"{name:<34}" + "".join(f"{'–' if value is None else format(value, '.3f'):>15}" for value in figures)
