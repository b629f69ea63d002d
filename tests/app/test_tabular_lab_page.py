"""The tabular lab: a table is taken in and confirmed, rows are made and judged, and every figure is the core's own."""

import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.tabular import engines_form
from app.components.tabular.dp_domains import domains_of
from app.components.tabular.engine_fields import fields_of
from app.components.tabular.engine_words import grouped_engines, setting_words
from app.components.tabular.report_view import VIEWS
from app.components.tabular.report_words import summary
from app.components.tabular.schema_frames import columns_frame, dependencies_frame, inequalities_frame, schema_of
from core.errors import InvalidInput
from core.progress import finish
from core.store.workspace import Workspace, open_workspace
from core.tabular.engines.registry import FAMILIES
from core.tabular.report.frozen import Interval
from core.tabular.report.headlines import HEADLINES
from core.tabular.report.model import Report
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.table import RawTable
from core.workflows import tabular_reports, tabular_synthesis
from core.workflows.tabular_downloads import synthetic_csv, synthetic_parquet
from core.workflows.tabular_reports import judge_tables, report_of, reports
from core.workflows.tabular_schemas import confirm_schema, divided_table, schemas
from core.workflows.tabular_schemas import schema_of as confirmed_of
from core.workflows.tabular_standings import standings
from core.workflows.tabular_synthesis import FIT_SYNTHESIZER, fit_synthesizer, sample_synthetic
from core.workflows.tabular_synthetics import models, synthetic_rows, synthetic_tables
from core.workflows.tabular_tables import detection_of, keep_raw_table, tables
from tests.fakes.tabular_lab import demo_rows, plain_csv, work_here

Open = Callable[..., AppTest]
N_ROWS = 700
LEFT_OUT = ("hour", "device", "screen_inches", "device_price", "connection", "campaign")
SCHEMA, MAKE, MADE, COMPARE = (
    ":material/rule: Schema",
    ":material/play_circle: Make rows",
    ":material/table: Tables made",
    ":material/compare: Compare",
)


def clicks() -> tuple[RawTable, TableSchema]:
    """Demo rows with a column of every kind and a rule of either, and no more."""
    rows, whole = demo_rows(N_ROWS)
    schema = TableSchema(
        columns=tuple(column for column in whole.columns if column.name not in LEFT_OUT),
        target=whole.target,
        dependencies=tuple(rule for rule in whole.dependencies if rule.dependent not in LEFT_OUT),
        inequalities=whole.inequalities,
    )
    return rows.select(column.name for column in schema.columns), schema


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular_synthesis, "run_child", work_here)
    monkeypatch.setattr(tabular_reports, "run_child", work_here)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace folder with demo rows, two whole tables and one of the rare class, and a report; judged only once."""
    folder = tmp_path_factory.mktemp("made") / "work"
    with pytest.MonkeyPatch.context() as patch, open_workspace(folder) as held:
        patch.setattr(tabular_synthesis, "run_child", work_here)
        patch.setattr(tabular_reports, "run_child", work_here)
        rows, schema = clicks()
        confirmed = confirm_schema(held, keep_raw_table(held, rows, "Clicks").id, schema)
        tree = finish(fit_synthesizer(held, {"table_schema": confirmed.id, "family": "tree-sampler"}))
        finish(sample_synthetic(held, {"model": tree["tabular_model"], "wanted": {"ratio": 0.1}}))
        finish(judge_tables(held, {"tables": [tree["synthetic_table"]]}))
    return folder


@pytest.fixture
def held(home: Path, filled: Path) -> Workspace:
    shutil.copytree(filled, home / "work")
    return services.workbench().open("work").workspace


def checked(test: AppTest) -> AppTest:
    assert not test.exception, [element.value for element in test.exception]
    return test


def texts(test: AppTest) -> str:
    kinds = (test.markdown, test.caption, test.error, test.warning, test.success, test.info)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def metric(test: AppTest, label: str) -> str:
    return next(element.value for element in test.metric if element.label == label)


def button(test: AppTest, label: str) -> Any:
    return next(element for element in test.button if element.label == label)


def labelled(test: AppTest, kind: str, label: str) -> Any:
    return next(element for element in test.get(kind) if element.label == label)


def show(open_page: Open, held: Workspace, tab: str) -> AppTest:
    test = open_page("tabular_lab", "work")
    return go(test, held, tab)


def go(test: AppTest, held: Workspace, tab: str) -> AppTest:
    test.session_state[f"tabular-tabs-{schemas(held)[0].id}"] = tab
    return checked(test.run())


# --- a table and its schema


def test_a_file_is_read_confirmed_and_made_more_of(open_page: Open, home: Path) -> None:
    test = checked(open_page("tabular_lab", "fresh"))
    held = services.workbench().open("fresh").workspace
    test.file_uploader[0].set_value(("clicks.csv", plain_csv(), "text/csv")).run()
    checked(button(test, "Read and keep this table").click().run())
    [table] = tables(held)
    assert table.manifest.title == "clicks" and "120 rows, 3 columns" in texts(test)
    detection = detection_of(held, table.id)
    assert labelled(test, "selectbox", "Target").value == detection.schema.target == "clicked"
    checked(button(test, "Confirm the schema").click().run())
    [schema] = schemas(held)
    assert confirmed_of(held, schema.id).schema == detection.schema
    assert metric(test, "To learn from") == f"{schema.manifest.facts['n_train']:,}"
    assert metric(test, "Set aside") == f"{schema.manifest.facts['n_holdout']:,}" == "36"
    train = divided_table(held, schema.id).train.column("clicked")
    assert metric(test, "Rarest class") == f"{train.count('yes') / len(train):.1%}"
    checked(button(test, "Make the rows").click().run())
    [made] = synthetic_tables(held, schema.id)
    assert made.manifest.facts["family"] == "tree-sampler" and made.manifest.facts["n_rows"] == len(train)


def test_a_bad_file_says_everything_and_keeps_nothing(open_page: Open, home: Path) -> None:
    test = checked(open_page("tabular_lab", "fresh"))
    test.file_uploader[0].set_value(("bad.csv", b"a,b,a,\n1,2,3,4\n", "text/csv")).run()
    checked(button(test, "Read and keep this table").click().run())
    said = texts(test)
    assert "all called 'a'" in said and "without a name" in said and "Nothing was kept" in said
    assert not tables(services.workbench().open("fresh").workspace)


def test_a_schema_that_the_rows_contradict_is_not_confirmed(open_page: Open, home: Path) -> None:
    test = checked(open_page("tabular_lab", "fresh"))
    held = services.workbench().open("fresh").workspace
    data = plain_csv().replace(b"\nside,", b"\nside,oops", 1)
    test.file_uploader[0].set_value(("clicks.csv", data, "text/csv")).run()
    checked(button(test, "Read and keep this table").click().run())
    [table] = tables(held)
    key = f"tabular-columns-{table.id}"
    test.session_state[key] = {"edited_rows": {1: {"Read as": "Whole number"}}, "added_rows": [], "deleted_rows": []}
    test.run()
    checked(button(test, "Confirm the schema").click().run())
    assert "oops" in texts(test) and "Nothing was confirmed" in texts(test) and not schemas(held)


def test_another_share_is_another_schema_and_the_same_is_none(open_page: Open, held: Workspace) -> None:
    test = show(open_page, held, SCHEMA)
    assert button(test, "Confirm as a new schema").disabled and "This is the confirmed schema" in texts(test)
    checked(labelled(test, "slider", "Real rows set aside").set_value(20).run())
    checked(button(test, "Confirm as a new schema").click().run())
    newest, oldest = schemas(held)
    assert test.query_params["tabular_schema"] == newest.id
    assert newest.manifest.facts["n_holdout"] < oldest.manifest.facts["n_holdout"]


def test_the_tables_of_the_schema_form_say_the_schema(held: Workspace) -> None:
    found = detection_of(held, tables(held)[0].id)
    schema = found.schema
    frames = (
        columns_frame(schema, found.columns),
        dependencies_frame(schema.dependencies, found.rules),
        inequalities_frame(schema.inequalities, found.rules),
    )
    assert schema_of(*frames, schema.target) == schema
    kinds = dict(zip(frames[0]["Column"], frames[0]["Read as"], strict=True))
    assert kinds["interests"] == "List of values" and kinds["row_id"] == "Identifier, not learnt"
    assert f"{N_ROWS} of {N_ROWS} rows" in set(frames[1]["In this table"])


def test_a_decimal_comma_is_shown_and_read_in_the_schema_form() -> None:
    columns = (
        Column(name="price", kind=ColumnKind.NUMBER, decimals=2, decimal_mark=","),
        Column(name="visits", kind=ColumnKind.INTEGER, decimal_mark=","),
        Column(name="bid", kind=ColumnKind.NUMBER, decimals=1),
    )
    frame = columns_frame(TableSchema(columns=columns), ())
    assert list(frame["Written with"]) == [",2", ",0", "1"]
    assert schema_of(frame, dependencies_frame((), ()), inequalities_frame((), ()), "").columns == columns


def test_half_a_rule_and_a_form_that_cannot_be_are_named_together(held: Workspace) -> None:
    found = detection_of(held, tables(held)[0].id)
    columns = columns_frame(found.schema, found.columns)
    columns.loc[columns["Column"] == "bid", "Written with"] = "two"
    columns.loc[columns["Column"] == "interests", "Written with"] = " and "
    half = pd.DataFrame({"These columns": [["city"], None], "Look up": [None, None], "In this table": ["", ""]})
    with pytest.raises(InvalidInput) as raised:
        schema_of(columns, half, inequalities_frame((), ()), "")
    assert sorted(problem.field for problem in raised.value.problems) == ["Look up", "bid", "interests"]


def test_a_form_left_over_from_another_kind_means_nothing(held: Workspace) -> None:
    found = detection_of(held, tables(held)[0].id)
    columns = columns_frame(found.schema, found.columns)
    columns.loc[columns["Column"] == "day", "Read as"] = "Category"
    empty = dependencies_frame((), ()), inequalities_frame((), ())
    day = schema_of(columns, *empty, "").column("day")
    assert day.kind is ColumnKind.CATEGORY and day.date_format == ""


# --- making rows


def test_every_engine_is_offered_and_every_setting_has_words(home: Path) -> None:
    offered = [family.name for families in grouped_engines().values() for family in families]
    assert sorted(offered) == sorted(family.name for family in FAMILIES)
    for family in FAMILIES:
        assert fields_of(family), family.name
        assert [f.path for f in fields_of(family) if not f.words.help] == [], family.name


def test_a_setting_without_words_here_takes_those_of_its_docstring() -> None:
    words = setting_words("trainer.n_owls", "Birds. `n_owls`: how many owls there\n    are; `n_cats`: none.")
    assert words.label == "N owls" and words.help == "How many owls there are."
    assert setting_words("n_dogs", "Birds.").help == ""


def test_several_engines_are_several_jobs(open_page: Open, held: Workspace) -> None:
    test = show(open_page, held, MAKE)
    labelled(test, "button_group", "In seconds").set_value(["smote-knn", "smote-nc"]).run()
    labelled(test, "number_input", "Rows to make").set_value(50).run()
    checked(button(test, "Make the rows with 2 engines").click().run())
    newest = synthetic_tables(held)[:2]
    assert {table.manifest.facts["family"] for table in newest} == {"smote-knn", "smote-nc"}
    assert {table.manifest.facts["n_rows"] for table in newest} == {50}


def test_conditions_are_asked_in_the_tables_own_values_and_met(open_page: Open, held: Workspace) -> None:
    test = show(open_page, held, MAKE)
    labelled(test, "button_group", "What to make").set_value("conditional").run()
    assert button(test, "Make the rows").disabled and "Say first which rows" in texts(test)
    labelled(test, "multiselect", "Conditions on").set_value(["slot", "age"]).run()
    labelled(test, "multiselect", "slot").set_value(["story"]).run()
    labelled(test, "text_input", "age: at least").set_value("40").run()
    labelled(test, "number_input", "Rows to make").set_value(30).run()
    assert "slot is 'story', age is at least 40" in texts(test)
    checked(button(test, "Make the rows").click().run())
    made = synthetic_rows(held, synthetic_tables(held)[0].id)
    assert set(made.column("slot")) == {"story"} and all(int(age) >= 40 for age in made.column("age") if age)


def test_more_of_the_rare_class_is_counted_before_it_is_made(open_page: Open, held: Workspace) -> None:
    [schema] = schemas(held)
    train = divided_table(held, schema.id).train.column("converted")
    rare, common = train.count("1"), train.count("0")
    test = show(open_page, held, MAKE)
    labelled(test, "button_group", "What to make").set_value("augmentation").run()
    slider = next(element for element in test.slider if element.label.startswith("Rows of"))
    checked(slider.set_value(10).run())
    to_add = -(-common * 10 // 100) - rare
    assert f"**{to_add:,} rows**" in texts(test)
    checked(button(test, "Make the rows").click().run())
    made = synthetic_tables(held)[0]
    assert made.manifest.facts["n_rows"] == to_add
    assert set(synthetic_rows(held, made.id).column("converted")) == {"1"}


def test_a_condition_that_no_row_meets_is_a_message(open_page: Open, held: Workspace) -> None:
    test = show(open_page, held, MAKE)
    labelled(test, "button_group", "What to make").set_value("conditional").run()
    labelled(test, "multiselect", "Conditions on").set_value(["age"]).run()
    test = labelled(test, "text_input", "age: at least").set_value("400").run()
    assert "No row has such a value" in texts(checked(test))
    assert button(test, "Make the rows").disabled
    checked(labelled(test, "text_input", "age: at least").set_value("old").run())
    assert "'old' is not a number" in texts(test) and button(test, "Make the rows").disabled
    checked(labelled(test, "text_input", "age: at least").set_value("40").run())
    assert not button(test, "Make the rows").disabled and len(synthetic_tables(held)) == 2


def test_a_missing_library_and_a_wrong_setting_stop_it_before_it_starts(
    open_page: Open, held: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines_form, "missing_libraries", lambda family: family.needs)
    test = show(open_page, held, MAKE)
    assert not button(test, "Make the rows").disabled
    checked(labelled(test, "button_group", "Networks, minutes").set_value(["masked-transformer"]).run())
    assert "torch is not installed here" in texts(test)
    assert button(test, "Make the rows with 2 engines").disabled
    monkeypatch.undo()
    checked(labelled(test, "number_input", "Attention heads").set_value(5).run())
    assert "cannot be shared by 5 heads" in texts(test) and "Mend what is marked first" in texts(test)


@pytest.mark.parametrize("minutes", [0.0, -1.0, 121.0])
def test_a_time_that_cannot_be_kept_is_named_below_its_field(open_page: Open, held: Workspace, minutes: float) -> None:
    test = show(open_page, held, MAKE)
    checked(labelled(test, "number_input", "Time allowed per engine, minutes").set_value(minutes).run())
    assert f"{minutes:g} minutes cannot be kept. Give more than 0 and at most 120." in texts(test)
    assert button(test, "Make the rows").disabled and "Mend what is marked first" in texts(test)
    checked(labelled(test, "number_input", "Time allowed per engine, minutes").set_value(0.05).run())
    assert not button(test, "Make the rows").disabled


def test_the_private_engine_is_told_what_is_public_or_refuses(open_page: Open, held: Workspace) -> None:
    test = show(open_page, held, MAKE)
    checked(labelled(test, "button_group", "In seconds").set_value(["dp-mst"]).run())
    names = test.dataframe[0].value["column"].tolist()
    assert "interests (length)" in names and "row_id" not in names and "city_rank" not in names
    assert "DP-MST must be told what is public" in texts(test) and button(test, "Make the rows").disabled
    key = f"tabular-domains-{schemas(held)[0].id}"
    test.session_state[key] = {"edited_rows": {0: {"bins": 8}}, "added_rows": [], "deleted_rows": []}
    checked(test.run())
    assert button(test, "Make the rows").disabled and len(test.error) + len(test.warning) == 1
    label = "The lists of values and the ranges are public"
    checked(labelled(test, "toggle", label).set_value(True).run())
    assert not test.dataframe
    checked(button(test, "Make the rows").click().run())
    newest = synthetic_tables(held)[0]
    assert newest.manifest.facts["family"] == "dp-mst" and newest.manifest.facts["n_broken"] == 0


def test_failures_of_before_are_folded_away(open_page: Open, held: Workspace) -> None:
    jobs = services.workbench().open("work").jobs
    for seed in (1, 2, 3):
        jobs.submit(
            FIT_SYNTHESIZER, {"table_schema": "none", "family": "tree-sampler", "seed": seed}, title=f"Fit {seed}"
        )
    test = checked(open_page("tabular_lab", "work"))
    [earlier] = [one for one in test.expander if "did not finish" in one.label]
    assert earlier.label == "2 earlier jobs did not finish" and not earlier.proto.expanded
    assert not any("Fit 3" in element.value for element in earlier.markdown) and "Fit 3" in texts(test)


def test_only_lines_that_say_something_are_domains() -> None:
    blank = {"n_codes": None, "low": float("nan"), "high": pd.NA, "bins": None, "spacing": ""}
    rows = [{"column": "a", **blank}, {"column": "b", **blank, "n_codes": 3.0}, {"column": "c", **blank, "low": 0.5}]
    assert domains_of(rows) == [{"column": "b", "n_codes": 3}, {"column": "c", "low": 0.5}]


def test_a_fitted_engine_makes_more_without_learning_anew(open_page: Open, held: Workspace) -> None:
    test = show(open_page, held, MAKE)
    fields = [element for element in test.number_input if element.label == "Rows to make"]
    fields[-1].set_value(25).run()
    checked(button(test, "Make more rows").click().run())
    assert len(models(held)) == 1 and synthetic_tables(held)[0].manifest.facts["n_rows"] == 25


# --- what was made


def test_made_tables_are_listed_shown_and_downloaded_as_the_core_has_them(open_page: Open, held: Workspace) -> None:
    test = show(open_page, held, MADE)
    made = synthetic_tables(held)
    listed = test.dataframe[0].value
    assert listed["Id"].tolist() == [table.id[:8] for table in made]
    assert listed["Rules broken"].tolist() == [0, 0]
    assert listed["What it holds"].tolist() == ["Rare class", "Whole table"]
    head = test.dataframe[1].value
    rows = synthetic_rows(held, made[0].id)
    assert head["city"].fillna("").tolist() == [cell or "" for cell in rows.column("city")][:200]
    assert "Every row keeps every rule" in texts(test)
    train = divided_table(held, schemas(held)[0].id).train
    whole = synthetic_csv(held, made[0].id, with_training_rows=True)
    assert whole.count(b"\n") == len(train) + len(rows) + 1
    assert pq.read_table(BytesIO(synthetic_parquet(held, made[1].id))).num_rows == len(train)


# --- the report


@pytest.mark.parametrize("view", list(VIEWS))
def test_every_view_of_a_report_is_drawn(open_page: Open, held: Workspace, view: str) -> None:
    [report] = reports(held)
    test = show(open_page, held, COMPARE)
    test.session_state[f"tabular-report-{report.id}"] = view
    checked(test.run())
    assert not test.error
    if "Likeness" in view:
        for part in ("Single columns", "Rows", "Lists, gaps and rules"):
            checked(labelled(test, "button_group", "Look at").set_value(part).run())


def test_the_headlines_are_the_reports_own(open_page: Open, held: Workspace) -> None:
    [artefact] = reports(held)
    report = report_of(held, artefact.id)
    test = show(open_page, held, COMPARE)
    table = test.dataframe[0].value
    assert table["Table"].tolist() == [method.title for method in report.methods]
    assert len(report.anchors) == 5
    for headline in HEADLINES:
        scale = 100 if headline.name == "exact-copies" else 1
        expected = [headline.read(method) for method in report.methods]
        shown = table[headline.title].astype(float).fillna(-1).tolist()
        assert shown == pytest.approx([-1 if value is None else scale * value for value in expected]), headline.name
    own = next(method for method in report.methods if not method.is_anchor)
    assert own.privacy is not None and own.privacy.statement in texts(test)
    assert f"{own.fidelity.discriminator.auc.value:.3f}" in texts(test)


def test_nothing_is_said_of_usefulness_where_real_rows_teach_nothing(held: Workspace) -> None:
    report = report_of(held, reports(held)[0].id)
    own = next(method for method in report.methods if not method.is_anchor)
    assert "Cannot be judged here" not in summary(with_real_auc(report, 0.9), own)
    assert "Cannot be judged here" in summary(with_real_auc(report, 0.45), own)


def with_real_auc(report: Report, auc: float) -> Report:
    """The report as if models learnt from the real rows had an interval from `auc` upwards by a tenth."""
    exact = Interval(value=auc + 0.05, low=auc, high=auc + 0.1)
    methods = []
    for method in report.methods:
        if method.name == "verbatim-copy" and method.utility:
            models = tuple(one.model_copy(update={"roc_auc": exact}) for one in method.utility.models)
            method = method.model_copy(update={"utility": method.utility.model_copy(update={"models": models})})
        methods.append(method)
    return report.model_copy(update={"methods": tuple(methods)})


def test_judging_again_leads_to_the_same_report_and_the_board_ranks_it(open_page: Open, held: Workspace) -> None:
    test = show(open_page, held, COMPARE)
    checked(button(test, "Judge them against the real rows").click().run())
    [report] = reports(held)
    checked(test.run())
    assert test.query_params["tabular_report"] == report.id
    checked(next(element for element in test.button if element.key == "tabular-see-board").click().run())
    assert test.title[0].value == "Leaderboard"
    found = standings(held, schemas(held)[0].id)
    table = test.dataframe[0].value
    assert table["Table"].tolist() == [one.line.title for one in found]
    assert table["Rank"].fillna(0).astype(int).tolist() == [one.rank or 0 for one in found]
    assert max(one.rank or 0 for one in found) == 1


def test_the_board_of_predictors_is_untouched_where_no_table_was_judged(open_page: Open, home: Path) -> None:
    test = checked(open_page("leaderboard", "fresh"))
    assert "Nothing to rank yet" in texts(test)
    assert not [element for element in test.get("button_group") if element.label == "Ranking of"]


def test_stale_links_are_said_and_lead_somewhere(open_page: Open, held: Workspace) -> None:
    test = checked(open_page("tabular_lab", "work", tabular_table="nothing", tabular_schema="nothing"))
    assert "The table this link points to is not here" in texts(test)
    assert metric(test, "Rows") == f"{N_ROWS}"


def test_a_link_to_the_only_report_after_its_deletion_says_so(open_page: Open, held: Workspace) -> None:
    [report] = reports(held)
    held.artefacts.delete(report.kind, report.id)
    test = open_page("tabular_lab", "work", tabular_report=report.id)
    test = go(test, held, COMPARE)
    assert "The report this link points to is not here any more" in texts(test)


def test_words_of_users_are_shown_as_text(open_page: Open, home: Path) -> None:
    held = services.workbench().create("odd").workspace
    keep_raw_table(held, demo_rows(60)[0], "**bold** $x$ [a](b)")
    test = checked(open_page("tabular_lab", "odd"))
    assert "**bold** $x$" not in "\n".join(element.value for element in test.markdown)
