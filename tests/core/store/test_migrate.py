import pytest

from core.errors import ValenceError
from core.store.database import Database
from core.store.migrate import MIGRATIONS, migrate, schema_version
from core.store.workspace import open_workspace


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "workspace.duckdb")
    yield database
    database.close()


def tables(database):
    return {row["table_name"] for row in database.read("SELECT table_name FROM duckdb_tables()")}


def write_migrations(folder, *texts):
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(texts, start=1):
        (folder / f"{number:04}_step.sql").write_text(text)
    return folder


def test_shipped_migrations_build_the_tables_from_nothing_and_run_once(database):
    names = tuple(path.stem for path in sorted(MIGRATIONS.glob("*.sql")))
    assert schema_version(database) == 0
    assert migrate(database) == names
    assert {"artefacts", "artefact_parents", "jobs", "write_keys", "schema_versions"} <= tables(database)
    assert migrate(database) == ()
    assert schema_version(database) == len(names) >= 2


def test_only_the_missing_ones_are_applied(database, tmp_path):
    folder = write_migrations(tmp_path / "steps", "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1);")
    migrate(database, folder)
    write_migrations(folder, "CREATE TABLE a (x INTEGER)", "ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 7")
    assert migrate(database, folder) == ("0002_step",)
    assert database.read("SELECT * FROM a") == [{"x": 1, "y": 7}]


def test_a_failing_migration_is_named_and_leaves_nothing(database, tmp_path):
    good, bad = "CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x INTEGER); INSERT INTO b VALUES (1); SELEC;"
    folder = write_migrations(tmp_path / "steps", good, bad)
    with pytest.raises(ValenceError, match=r"0002_step\.sql .* nothing of it was stored"):
        migrate(database, folder)
    assert "b" not in tables(database)
    assert schema_version(database) == 1
    write_migrations(folder, good, "CREATE TABLE b (x INTEGER)")
    assert migrate(database, folder) == ("0002_step",)


def test_statements_before_the_failing_one_are_rolled_back(database, tmp_path):
    folder = write_migrations(tmp_path / "steps", "CREATE TABLE b (x INTEGER); INSERT INTO b SELECT * FROM nowhere;")
    with pytest.raises(ValenceError):
        migrate(database, folder)
    assert tables(database) == set()


def test_database_of_a_newer_program_is_refused_untouched(tmp_path):
    root = tmp_path / "demo"
    with open_workspace(root) as workspace:
        workspace.database.write("INSERT INTO schema_versions VALUES (999, '0999_future', '2030')")
        workspace.database.write("CREATE TABLE from_the_future (x INTEGER)")
    with pytest.raises(ValenceError, match=r"newer Valence \(its schema is version 999") as refused:
        open_workspace(root)
    assert "Install the newer Valence" in refused.value.fix
    database = Database(root / "workspace.duckdb")
    assert "from_the_future" in tables(database)
    database.close()


@pytest.mark.parametrize("names", [("0002_a.sql",), ("0001_a.sql", "0001_b.sql"), ("0001_a.sql", "0003_b.sql")])
def test_gaps_and_doubles_in_the_numbers_are_refused(database, tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(ValenceError, match="not numbered 1, 2, 3"):
        migrate(database, tmp_path)
