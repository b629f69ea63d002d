import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from core.errors import ValenceError, WorkspaceBusy
from core.store.database import Database, Transaction
from core.store.failures import CorruptDatabase, StatementFailed, Trouble

N_THREADS, N_ROUNDS = 8, 25


@pytest.fixture
def database(tmp_path, new_workspace):
    shutil.copy(new_workspace / "workspace.duckdb", tmp_path)
    database = Database(tmp_path / "workspace.duckdb")
    database.write("CREATE TABLE counters (name VARCHAR PRIMARY KEY, n BIGINT NOT NULL)")
    database.write("INSERT INTO counters VALUES ('shared', 0)")
    yield database
    database.close()


def count(database, name="shared"):
    return database.read("SELECT n FROM counters WHERE name = ?", [name])[0]["n"]


def test_eight_threads_lose_no_call_and_see_only_their_own_rows(database):
    start = threading.Barrier(N_THREADS)

    def work(thread):
        start.wait()
        for number in range(N_ROUNDS):

            def step(tx, number=number):
                [row] = tx.read("SELECT n FROM counters WHERE name = 'shared'")
                tx.write("UPDATE counters SET n = ? WHERE name = 'shared'", [row["n"] + 1])
                tx.write("INSERT INTO counters VALUES (?, ?)", [f"{thread}-{number}", number])

            database.transaction(step)
            own = database.read("SELECT name, n FROM counters WHERE name = ?", [f"{thread}-{number}"])
            assert own == [{"name": f"{thread}-{number}", "n": number}]

    with ThreadPoolExecutor(N_THREADS) as pool:
        for future in [pool.submit(work, thread) for thread in range(N_THREADS)]:
            future.result()
    assert count(database) == N_THREADS * N_ROUNDS
    assert database.read("SELECT count(*) AS n FROM counters")[0]["n"] == N_THREADS * N_ROUNDS + 1


def test_same_key_writes_once_whatever_the_number_of_threads(database):
    start = threading.Barrier(N_THREADS)

    def work(_):
        start.wait()
        return [
            database.write("UPDATE counters SET n = n + 1 WHERE name = 'shared'", key=f"click {k}") for k in range(20)
        ]

    with ThreadPoolExecutor(N_THREADS) as pool:
        written = list(pool.map(work, range(N_THREADS)))
    assert count(database) == 20
    assert np.sum(written, axis=0).tolist() == [1] * 20


def test_key_taken_by_a_commit_in_progress_is_waited_for(database, monkeypatch):
    pauses, write = [], Transaction.write

    def not_yet_visible(tx, sql, parameters=()):
        if "write_keys" in sql and len(pauses) < 20:
            raise StatementFailed(duckdb.ConstraintException('Constraint Error: Duplicate key "k"'), sql)
        return write(tx, sql, parameters)

    monkeypatch.setattr(database, "_pause", pauses.append)
    monkeypatch.setattr(Transaction, "write", not_yet_visible)
    assert database.write("UPDATE counters SET n = n + 1 WHERE name = 'shared'", key="k") == 1
    assert (count(database), len(pauses)) == (1, 20)


def test_a_failed_write_does_not_use_up_its_key(database):
    with pytest.raises(StatementFailed):
        database.write("INSERT INTO counters VALUES ('shared', 1)", key="once")
    assert database.write("INSERT INTO counters VALUES ('other', 1)", key="once") == 1


def test_conflict_runs_the_transaction_again(database):
    n_runs = 0

    def work(tx):
        nonlocal n_runs
        n_runs += 1
        [row] = tx.read("SELECT n FROM counters WHERE name = 'shared'")
        if n_runs == 1:  # somebody else is faster
            database.write("UPDATE counters SET n = n + 10 WHERE name = 'shared'")
        tx.write("UPDATE counters SET n = ? WHERE name = 'shared'", [row["n"] + 1])

    database.transaction(work)
    assert (n_runs, count(database)) == (2, 11)


def test_transaction_is_stored_whole_or_not_at_all(database):
    def work(tx):
        tx.write("UPDATE counters SET n = 99 WHERE name = 'shared'")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.transaction(work)
    assert count(database) == 0
    assert database.write("UPDATE counters SET n = 1 WHERE name = 'shared'") == 1


def test_every_failure_names_its_statement(database):
    for sql, parameters in (
        ("SELEC 1", ()),
        ("SELECT * FROM nowhere", ()),
        ("INSERT INTO counters VALUES ('shared', 3)", ()),
        ("INSERT INTO counters VALUES (?, ?)", ["a"]),
        ("INSERT INTO counters VALUES ('x', ?)", [object()]),
        ("INSERT INTO counters VALUES (?, 1)", ["\ud800"]),
    ):
        with pytest.raises(StatementFailed) as failed:
            database.write(sql, parameters)
        assert sql in str(failed.value)
        assert failed.value.statement == sql
        assert isinstance(failed.value.__cause__, duckdb.Error)
    assert count(database) == 0


def test_failed_commit_names_the_last_statement(database):
    def work(tx):
        tx.write("INSERT INTO counters VALUES ('twin', 1)")
        if not database.read("SELECT n FROM counters WHERE name = 'twin'"):
            database.write("INSERT INTO counters VALUES ('twin', 2)")

    with pytest.raises(StatementFailed) as failed:
        database.transaction(work)  # the second run meets the twin itself
    assert failed.value.statement == "INSERT INTO counters VALUES ('twin', 1)"
    assert failed.value.trouble is Trouble.STALE
    assert count(database, "twin") == 2


def test_read_cannot_write(database):
    with pytest.raises(StatementFailed, match="read-only"):
        database.read("DELETE FROM counters")
    assert count(database) == 0


def test_two_columns_of_one_name_are_refused(database):
    with pytest.raises(ValenceError, match="same name: n, n"):
        database.read("SELECT n, n FROM counters")


def test_nothing_outside_can_be_reached(database, tmp_path, monkeypatch):
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    stray = pa.table({"x": [1]})  # a Python variable that must stay invisible to SQL
    monkeypatch.setattr("core.store.database.stray_table", stray, raising=False)
    for sql in (
        f"SELECT * FROM read_csv('{outside}')",
        f"COPY counters TO '{tmp_path / 'leak.csv'}'",
        f"ATTACH '{tmp_path / 'other.duckdb'}' AS other",
        f"SELECT * FROM read_csv('{tmp_path}/.staging/../outside.csv')",
        "SET enable_external_access = true",
        "SET memory_limit = '64GB'",
        "SELECT * FROM stray_table",
    ):
        with pytest.raises(StatementFailed):
            database.write(sql)
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".csv", ".duckdb")] == [
        path.name for path in tmp_path.iterdir() if path.name in ("outside.csv", "workspace.duckdb")
    ]


def test_statement_that_takes_too_long_is_stopped(tmp_path):
    database = Database(tmp_path / "slow.duckdb", time_limit_s=0.05)
    with pytest.raises(StatementFailed, match="maximum execution time") as failed:
        database.read("SELECT count(*) AS n FROM range(100000000000) AS t(i) WHERE i % 7 = 3")
    assert failed.value.fix
    database.close()


def test_statement_that_needs_too_much_memory_is_refused(tmp_path):
    database = Database(tmp_path / "small.duckdb", memory_limit="20MiB")
    with pytest.raises(StatementFailed, match="Out of Memory") as failed:
        database.read("SELECT string_agg(repeat('x', 1000), '') AS text FROM range(100000)")
    assert failed.value.fix == "Ask for fewer rows at once."
    assert database.read("SELECT 1 AS x") == [{"x": 1}]
    database.close()


def test_append_inserts_columns_by_name(database):
    database.write("CREATE TABLE verdicts (source INTEGER, reason VARCHAR, strength FLOAT)")
    columns = {"reason": ["fits", None, "x"], "source": np.arange(3, dtype=np.int32)}
    assert database.append("verdicts", columns, key="run 1") == 3
    assert database.append("verdicts", columns, key="run 1") == 0
    assert database.read("SELECT * FROM verdicts ORDER BY source") == [
        {"source": 0, "reason": "fits", "strength": None},
        {"source": 1, "reason": None, "strength": None},
        {"source": 2, "reason": "x", "strength": None},
    ]
    with pytest.raises(ValenceError, match="do not make rows of 'verdicts'"):
        database.append("verdicts", {"source": [1, 2], "reason": ["a"]})
    with pytest.raises(StatementFailed, match="unknown_column"):
        database.append("verdicts", {"unknown_column": [1]})


def test_file_is_readable_by_duckdb_1_5(tmp_path):
    path = tmp_path / "workspace.duckdb"
    Database(path).close()
    with duckdb.connect(str(path), read_only=True) as connection:
        [(tags,)] = connection.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchall()
    assert tags["storage_version"] == "v1.5.0+"


def test_full_disk_is_survived_by_opening_again(children, tmp_path):
    child = children.run("run_out_of_disk", root=str(tmp_path / "demo"))
    too_much, small, checkpoint, between, after, rows = child.hear_all()
    assert "did not store a change" in too_much
    assert "Free some disk space" in too_much
    assert small == 1
    assert "FATAL" in checkpoint
    assert between == [{"n": 1, "filler": "kept"}]
    assert after == 1
    assert rows == [{"n": 1, "filler": "kept"}, {"n": 2, "filler": "after"}]
    assert child.status == 0


class Flaky:
    """A database whose next transactions fail as DuckDB does when it shuts itself down."""

    def __init__(self, database, monkeypatch, n_failures=1):
        self.n_left = n_failures
        self.n_connects = 0
        attempt, connect = database._attempt, database._connect

        def failing_attempt(work, begin):
            if self.n_left and begin == "BEGIN TRANSACTION":
                self.n_left -= 1
                if self.is_stored_first:
                    attempt(work, begin)
                raise StatementFailed(duckdb.FatalException("FATAL Error: disk gone"), "UPDATE", is_commit=True)
            return attempt(work, begin)

        def counted_connect():
            self.n_connects += 1
            return connect()

        self.is_stored_first = False
        monkeypatch.setattr(database, "_attempt", failing_attempt)
        monkeypatch.setattr(database, "_connect", counted_connect)


@pytest.mark.parametrize("is_stored_first", [False, True])
def test_commit_broken_off_is_repeated_only_with_a_key(database, monkeypatch, is_stored_first):
    flaky = Flaky(database, monkeypatch)
    flaky.is_stored_first = is_stored_first
    assert database.write("UPDATE counters SET n = n + 1 WHERE name = 'shared'", key="k") == (not is_stored_first)
    assert (count(database), flaky.n_connects) == (1, 1)

    flaky.n_left = 1
    with pytest.raises(ValenceError, match="whether this change was stored is not known"):
        database.write("UPDATE counters SET n = n + 1 WHERE name = 'shared'")
    assert (count(database), flaky.n_connects) == (1 + is_stored_first, 2)


def test_fatal_error_that_stays_is_reported(database, monkeypatch):
    Flaky(database, monkeypatch, n_failures=2)
    with pytest.raises(StatementFailed, match="disk gone"):
        database.write("UPDATE counters SET n = 5 WHERE name = 'shared'", key="k")
    assert count(database) == 0


def test_eight_threads_survive_a_reopening(database, monkeypatch):
    start = threading.Barrier(N_THREADS)
    attempt, broken = database._attempt, set()

    def first_attempt_of_a_thread_fails(work, begin):
        if threading.get_ident() not in broken:
            broken.add(threading.get_ident())
            raise StatementFailed(duckdb.FatalException("FATAL Error: disk gone"), "UPDATE", is_commit=True)
        return attempt(work, begin)

    monkeypatch.setattr(database, "_attempt", first_attempt_of_a_thread_fails)

    def work(thread):
        start.wait()
        for number in range(10):
            database.write("UPDATE counters SET n = n + 1 WHERE name = 'shared'", key=f"{thread} {number}")
            database.read("SELECT n FROM counters")

    with ThreadPoolExecutor(N_THREADS) as pool:
        for future in [pool.submit(work, thread) for thread in range(N_THREADS)]:
            future.result()
    assert (count(database), len(broken)) == (N_THREADS * 10, N_THREADS + 1)


def test_fatal_error_inside_a_transaction_does_not_wait_for_itself(database, monkeypatch):
    def outer(tx):
        database.write("UPDATE counters SET n = 1 WHERE name = 'shared'")  # a call inside a call

    flaky = Flaky(database, monkeypatch, n_failures=0)
    original = database._attempt

    def second_fails(work, begin):
        if database._gate.is_passed:
            raise StatementFailed(duckdb.FatalException("FATAL Error: inner"), "UPDATE")
        return original(work, begin)

    monkeypatch.setattr(database, "_attempt", second_fails)
    with pytest.raises(StatementFailed, match="inner"):
        database.transaction(outer)
    assert flaky.n_connects == 2  # the outer call opened it again, twice: it tried once more


def test_closed_database_says_so(tmp_path):
    database = Database(tmp_path / "workspace.duckdb")
    database.close()
    database.close()
    with pytest.raises(ValenceError, match="closed"):
        database.read("SELECT 1 AS x")


@pytest.mark.parametrize("content", [b"", b"hello, this is text" * 1000, b"\0" * 5000])
def test_file_that_is_no_database_is_named(tmp_path, content):
    path = tmp_path / "workspace.duckdb"
    path.write_bytes(content)
    with pytest.raises(CorruptDatabase, match=r"workspace\.duckdb cannot be read"):
        Database(path)


def test_database_open_in_another_program_is_busy(children, tmp_path):
    path = tmp_path / "workspace.duckdb"
    holder = children.run("hold_file", path=str(path))
    holder.hear()
    with pytest.raises(WorkspaceBusy, match=rf"Another program .*PID {holder.pid}"):
        Database(path)
    holder.kill()
    with duckdb.connect(str(path)), pytest.raises(WorkspaceBusy, match="different configuration"):
        Database(path)
