"""Tables and their confirmed schemas in a workspace."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import CorruptArtefact, InvalidInput, NotFound, ValenceError
from core.store.workspace import Workspace
from core.tabular.demo import DEMO_SCHEMA
from core.tabular.schema import ColumnKind, TableSchema
from core.workflows.tabular_schemas import (
    confirm_schema,
    divided_table,
    read_schema,
    schema_json,
    schema_of,
    schemas,
)
from core.workflows.tabular_tables import (
    DEMO_TITLE,
    detection_of,
    keep_demo_table,
    keep_table,
    table_of,
    tables,
)
from tests.fakes.tabular_lab import PLAIN_SCHEMA, plain_csv, plain_table


def test_a_table_is_kept_cell_by_cell_and_once(workspace: Workspace, tmp_path: Path) -> None:
    kept = keep_table(workspace, plain_csv(), "clicks.csv")
    assert table_of(workspace, kept.id).fingerprint() == plain_table().fingerprint()
    assert kept.manifest.title == "clicks.csv"
    assert kept.manifest.facts == {"n_rows": 120, "n_columns": 3, "columns": ["slot", "bid", "clicked"]}
    written = plain_table()
    columns = {name: pa.array(written.column(name), pa.string()) for name in written.columns}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    again = keep_table(workspace, (tmp_path / "t.parquet").read_bytes(), "same.parquet", "Same")
    assert again.id == kept.id
    assert [table.id for table in tables(workspace)] == [kept.id]


def test_codes_with_zeros_and_countries_called_na_stay_what_they_are(workspace: Workspace) -> None:
    kept = keep_table(workspace, b"code,country\n007,NA\n042,\n", "codes.csv")
    table = table_of(workspace, kept.id)
    assert table.column("code") == ["007", "042"]
    assert table.column("country") == ["NA", None]


def test_a_file_that_is_no_table_is_refused_and_nothing_is_kept(workspace: Workspace) -> None:
    with pytest.raises(ValenceError):
        keep_table(workspace, b"a,a\n1,2\n", "twice.csv")
    with pytest.raises(ValenceError):
        keep_table(workspace, b"", "empty.csv")
    with pytest.raises(ValenceError):
        keep_table(workspace, b"a\n1\n", "table.pdf")
    assert tables(workspace) == ()


def test_the_demo_table_is_made_once_and_is_as_its_schema_says(workspace: Workspace) -> None:
    kept = keep_demo_table(workspace)
    assert keep_demo_table(workspace).id == kept.id
    assert (kept.manifest.title, kept.manifest.facts["n_rows"]) == (DEMO_TITLE, 20_000)
    confirmed = confirm_schema(workspace, kept.id, DEMO_SCHEMA)
    assert (confirmed.manifest.facts["n_train"], confirmed.manifest.facts["target"]) == (14_000, DEMO_SCHEMA.target)


def test_what_is_detected_can_be_confirmed(workspace: Workspace) -> None:
    kept = keep_table(workspace, plain_csv(), "clicks.csv")
    found = detection_of(workspace, kept.id)
    kinds = {column.name: column.kind for column in found.schema.columns}
    assert kinds == {"slot": ColumnKind.CATEGORY, "bid": ColumnKind.NUMBER, "clicked": ColumnKind.CATEGORY}
    assert confirm_schema(workspace, kept.id, found.schema).manifest.facts["n_rows"] == 120


def test_a_confirmed_schema_divides_every_row_and_is_the_same_twice(workspace: Workspace) -> None:
    kept = keep_table(workspace, plain_csv(), "clicks.csv")
    confirmed = confirm_schema(workspace, kept.id, PLAIN_SCHEMA, 0.25, seed=3)
    assert confirm_schema(workspace, kept.id, PLAIN_SCHEMA, 0.25, seed=3).id == confirmed.id
    other = confirm_schema(workspace, kept.id, PLAIN_SCHEMA, 0.25, seed=4)
    assert [schema.id for schema in schemas(workspace, kept.id)] == [other.id, confirmed.id]
    assert schemas(workspace, "another") == ()
    stored = schema_of(workspace, confirmed.id)
    assert stored.schema == PLAIN_SCHEMA
    assert stored.table == kept.id
    assert np.array_equal(np.sort(np.concatenate(stored.rows)), np.arange(120))
    parts = divided_table(workspace, confirmed.id)
    assert parts.holdout.column("clicked").count("yes") == 6  # a quarter of the 24
    assert len(parts.train) + len(parts.holdout) == 120
    assert parts.train.column("bid") == [plain_table().column("bid")[row] for row in stored.rows.train]


def test_a_schema_that_the_table_does_not_meet_is_refused_with_all_problems(workspace: Workspace) -> None:
    kept = keep_table(workspace, plain_csv(), "clicks.csv")
    columns = [column.model_copy(update={"kind": ColumnKind.INTEGER}) for column in PLAIN_SCHEMA.columns]
    with pytest.raises(InvalidInput) as caught:
        confirm_schema(workspace, kept.id, TableSchema(columns=tuple(columns[:2]) + PLAIN_SCHEMA.columns[2:]))
    assert {problem.field for problem in caught.value.problems} == {"slot", "bid"}
    with pytest.raises(ValenceError, match="90%"):
        confirm_schema(workspace, kept.id, PLAIN_SCHEMA, 0.9)
    with pytest.raises(NotFound, match=r"clicks\.csv"):
        confirm_schema(workspace, "nothing", PLAIN_SCHEMA)
    assert schemas(workspace) == ()


def test_a_changed_byte_is_found(workspace: Workspace) -> None:
    kept = keep_table(workspace, plain_csv(), "clicks.csv")
    confirmed = confirm_schema(workspace, kept.id, PLAIN_SCHEMA)
    for artefact, read in ((kept, table_of), (confirmed, schema_of)):
        for name in artefact.manifest.files:
            path = artefact.folder / name
            whole = path.read_bytes()
            path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
            with pytest.raises(CorruptArtefact, match="differs from what was saved"):
                read(workspace, artefact.id)
            path.write_bytes(whole)


def test_a_schema_file_is_read_as_it_was_written_and_its_problems_are_named() -> None:
    assert read_schema(schema_json(DEMO_SCHEMA)) == DEMO_SCHEMA
    for data, told in (
        (b'{"columns": [], "aim": "x"}', "aim"),
        (b"{", "Not valid JSON"),
        (b"[]", "list, not an object"),
        (b'{"columns": [{"name": "a", "kind": "category"}], "target": "b"}', "no column 'b'"),
        (b'{"columns": [{"name": "a", "kind": "colour"}]}', "kind"),
        (b'{"columns": [{"name": "a", "kind": "category"}], "target": "a", "target": "a"}', "target"),
    ):
        with pytest.raises(InvalidInput, match="The table's schema cannot be used") as caught:
            read_schema(data)
        assert told in str(caught.value)
