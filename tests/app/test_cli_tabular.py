"""`valence tabular`, as typed: from a file to a ranking, and what is said when something is wrong."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import BAD_USAGE, FAILED, OK
from app.cli_tabular import _SECONDS
from core.store.workspace import open_workspace
from core.tabular.report.frozen import Interval
from core.tabular.report.headlines import HEADLINES
from core.workflows import tabular_synthesis
from core.workflows.tabular_reports import REPORT
from core.workflows.tabular_schemas import schemas
from core.workflows.tabular_standings import MethodLine
from core.workflows.tabular_synthesis import BUDGET_S
from tests.fakes.tabular_lab import plain_csv, work_here

Run = Callable[..., tuple[int, str, str]]
RunJson = Callable[..., dict[str, Any]]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "clicks.csv"
    path.write_bytes(plain_csv())
    return path


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """`--workspace` and its folder, which is not there yet; no process is started."""
    monkeypatch.setattr(tabular_synthesis, "run_child", work_here)
    return "--workspace", tmp_path / "lab"


def test_a_table_is_looked_at_edited_and_confirmed(
    run: Run, run_json: RunJson, table: Path, lab: tuple[str, Path], tmp_path: Path
) -> None:
    draft = tmp_path / "schema.json"
    seen = run_json("tabular", "schema", table, *lab, "--target", "clicked", "--out", draft)
    assert (seen["n_rows"], seen["confirmed"], seen["schema"]["target"]) == (120, None, "clicked")
    assert [column["name"] for column in seen["columns"]] == ["slot", "bid", "clicked"]
    edited = json.loads(draft.read_text())
    assert edited == seen["schema"]
    with open_workspace(lab[1]) as workspace:
        assert schemas(workspace) == ()
    confirmed = run_json("tabular", "schema", table, *lab, "--schema", draft, "--holdout", "0.25")["confirmed"]
    assert (confirmed["n_train"], confirmed["n_holdout"], confirmed["target"]) == (90, 30, "clicked")
    code, out, _ = run("tabular", "schema", table, *lab, "--accept", "--target", "clicked", "--holdout", "0.25")
    assert code == OK
    assert confirmed["id"] in out  # the same answers, the same schema
    assert "90 training rows, 30 held out" in out
    edited["columns"][0]["kind"] = "colour"
    draft.write_text(json.dumps(edited))
    code, _, err = run("tabular", "schema", table, *lab, "--schema", draft)
    assert code == FAILED
    assert "columns, entry 1, kind: 'colour' is not accepted. It should be 'category', 'number'" in err


def test_rows_are_fitted_sampled_and_written(
    run: Run, run_json: RunJson, table: Path, lab: tuple[str, Path], tmp_path: Path
) -> None:
    run_json("tabular", "schema", table, *lab, "--accept", "--target", "clicked")
    with open_workspace(lab[1]) as workspace:
        schema = schemas(workspace)[0].id
    made = run_json("tabular", "fit", schema[:8], *lab, "--family", "tree-sampler", "--rows", "25", "--seed", "3")
    assert (made["sample"]["n_rows"], made["sample"]["broken"], made["fit"]["seed"]) == (25, [], 3)
    out = tmp_path / "rows.csv"
    where = ("--where", "clicked=yes", "--where", "bid>=6")
    code, text, _ = run("tabular", "sample", made["tabular_model"][:9], *lab, "--rows", "12", *where, "--out", out)
    assert code == OK
    assert "12 rows in" in text
    assert "0 breaches" in text
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert len(rows) == 12
    assert all(row["clicked"] == "yes" and float(row["bid"]) >= 6 for row in rows)
    more = tmp_path / "more.parquet"
    run_json("tabular", "sample", made["tabular_model"], *lab, "--ratio", "1", "--with-training-rows", "--out", more)
    assert more.read_bytes()[:4] == b"PAR1"
    for arguments, told in (
        (("sample", made["tabular_model"], "--where", "slot=cellar"), "cellar"),
        (("sample", made["tabular_model"], "--where", "slot"), "no condition"),
        (("sample", made["tabular_model"], "--out", tmp_path / "rows.txt"), "neither .csv nor .parquet"),
        (("sample", "nothing"), "No id of a tabular model begins with 'nothing'"),
        (("fit", schema, "--family", "oracle"), "There are: tree-sampler"),
        (("fit", schema, "--family", "tree-sampler", "--no-rows", "--rows", "3"), "--no-rows samples nothing"),
        (("fit", schema, "--family", "tree-sampler", "--settings", table), "cannot be read as settings"),
        (("report", "nothing"), "No id of a synthetic table begins"),
        (("compare", schema, "--families", "tree-sampler,oracle"), "There are: tree-sampler"),
        (("compare", "nothing"), "No id of a tabular schema begins"),
    ):
        code, _, err = run("tabular", *arguments, *lab)
        assert code == FAILED, arguments
        assert told in err
    code, text, _ = run("tabular", "compare", schema, *lab)
    assert (code, "nothing was judged" in text) == (OK, True)


def test_a_ranking_is_read_by_people(run: Run, table: Path, lab: tuple[str, Path]) -> None:
    run("tabular", "schema", table, *lab, "--accept")
    none = dict.fromkeys((headline.name for headline in HEADLINES), None)
    lines = [
        MethodLine(
            method=name,
            title=title,
            family="",
            is_anchor=name == "real",
            n_rows=9,
            discriminator=Interval(value=auc, low=auc - 0.01, high=auc + 0.01),
            excess_copies=copies,
            figures={**none, "discriminator": auc},
        ).model_dump(mode="json")
        for name, title, auc, copies in (("real", "Real", 0.5, 0.0), ("a", "Trees", 0.53, 0.0), ("b", "Copy", 0.5, 0.9))
    ]
    with open_workspace(lab[1]) as workspace:
        schema = schemas(workspace)[0].id
        parents = {"tabular_schema": schema}
        workspace.artefacts.save(REPORT, "r", "R", {"report.json": b"{}"}, {"lines": lines}, parents)
    code, text, _ = run("tabular", "compare", schema[:8], *lab)
    assert code == OK
    shown = text.splitlines()
    assert [line.split()[0] for line in shown[2:]] == ["Copy", "(Real)", "1"]
    assert "exact copies" in shown[2]
    assert "0.530" in shown[4]


def test_families_to_compare_are_fitted_judged_and_ranked(
    run_json: RunJson, table: Path, lab: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.workflows import headless_tabular

    asked = []

    def judge(workspace: Any, parameters: Any) -> Any:
        asked.append(parameters)
        yield from ()
        return {REPORT: "r"}

    monkeypatch.setattr(headless_tabular, "judge_tables", judge)
    run_json("tabular", "schema", table, *lab, "--accept", "--target", "clicked")
    with open_workspace(lab[1]) as workspace:
        schema = schemas(workspace)[0].id
    run_json("tabular", "compare", schema, *lab, "--families", "tree-sampler,smote-knn", "--seed", "2")
    with open_workspace(lab[1]) as workspace:
        made = {t.id: t.manifest.facts["family"] for t in tabular_synthesis.synthetic_tables(workspace, schema)}
    assert [made[table_id] for table_id in asked[0]["tables"]] == ["tree-sampler", "smote-knn"]
    assert asked[0]["seed"] == 2


def test_a_wrong_command_line_is_bad_usage(run: Run, table: Path, lab: tuple[str, Path]) -> None:
    for arguments in (
        ("schema",),
        ("schema", table, "--demo"),
        ("schema", table, "--accept", "--schema", table),
        ("schema", table, "--holdout", "2"),
        ("fit", "s"),
        ("fit", "s", "--family", "f", "--ratio", "0"),
        ("sample", "m", "--rows", "0"),
        ("report",),
        ("schema", table, "--accept", "--seed", "-1"),
        ("compare", "s", "--families", "tree-sampler", "--seed", "-1"),
    ):
        assert run("tabular", *arguments, *lab)[0] == BAD_USAGE, arguments


def test_the_default_budget_is_the_programs_own() -> None:
    assert _SECONDS == BUDGET_S
