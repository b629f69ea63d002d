"""The traps page: on the demo table at one click, on a table of one's own, and with the core's own figures."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.tabular import trap_start
from app.components.tabular.trap_view import figure_name
from core.store.workspace import Workspace
from core.workflows import tabular_reports
from core.workflows.tabular_reports import TRAPS, traps_of
from core.workflows.tabular_schemas import confirm_schema, schemas
from core.workflows.tabular_tables import keep_raw_table
from tests.fakes.tabular_lab import PLAIN_SCHEMA, demo_rows, plain_table, work_here

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabular_reports, "run_child", work_here)


@pytest.fixture
def held(home: Any) -> Workspace:
    return services.workbench().create("work").workspace


def checked(test: AppTest) -> AppTest:
    assert not test.exception, [element.value for element in test.exception]
    return test


def texts(test: AppTest) -> str:
    kinds = (test.markdown, test.caption, test.error, test.warning, test.success, test.info)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def pressed(test: AppTest, label: str) -> AppTest:
    return checked(next(element for element in test.button if element.label == label).click().run())


def test_every_figure_is_the_cores_and_stands_on_its_side(open_page: Open, held: Workspace) -> None:
    confirm_schema(held, keep_raw_table(held, plain_table(300), "Mine").id, PLAIN_SCHEMA)
    test = pressed(checked(open_page("tabular_traps", "work")), "Spring the traps")
    [artefact] = held.artefacts.list(TRAPS)
    traps = traps_of(held, artefact.id)
    shown = [(element.label, element.value) for element in test.metric]
    expected = [
        (figure_name(figure.name), f"{figure.value:.3f}")
        for trap in traps.traps
        for misleads in (True, False)
        for figure in trap.figures
        if figure.misleads is misleads and not figure.name.startswith("published-")
    ]
    assert shown == expected
    said = texts(test)
    for trap in traps.traps:
        assert trap.title in said and trap.lesson in said
    assert "accuracy **0.9843**" in said  # 62.7 of 63.7: the row of the published comparison, to four digits
    assert f"{traps.n_train:,} rows to learn from" in said
    assert not [element for element in test.button if element.label == "Spring the traps"]


def test_the_demo_is_one_click_away(open_page: Open, held: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, _ = demo_rows(400)
    monkeypatch.setattr(trap_start, "keep_demo_table", lambda workspace: keep_raw_table(workspace, rows, "Demo"))
    test = pressed(checked(open_page("tabular_traps", "work")), "Use the demo table")
    [schema] = schemas(held)
    assert test.query_params["tabular_schema"] == schema.id
    assert len(held.artefacts.list(TRAPS)) == 1
    assert "Target: converted = 1" in texts(checked(test.run()))


def test_without_a_target_there_is_nothing_to_spring(open_page: Open, held: Workspace) -> None:
    schema = PLAIN_SCHEMA.model_copy(update={"target": ""})
    confirm_schema(held, keep_raw_table(held, plain_table(), "Mine").id, schema)
    test = checked(open_page("tabular_traps", "work"))
    assert "this schema names none" in texts(test)
    assert not [element for element in test.button if element.label == "Spring the traps"]
