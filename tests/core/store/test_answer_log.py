import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import NotFound, ValenceError, WorkspaceBusy
from core.store import sqlite_file
from core.store.answer_log import open_answer_log
from core.store.answer_rows import Answer, Attempt
from core.store.answer_schema import APPLICATION_ID, MIGRATIONS
from core.store.failures import CorruptDatabase
from core.store.sqlite_file import SqliteFile


@pytest.fixture
def log(tmp_path):
    log = open_answer_log(tmp_path / "answers.sqlite")
    yield log
    log.close()


def answer(name="f", again=0, reply="hello", **changes):
    request = {"model": "m", "prompt": f"prompt of {name}", "schema": None}
    return replace(Answer(name, request, "provider", reply, "complete", 10, 5, again), **changes)


def attempt(name="f", outcome="answered", run="r", **changes):
    return replace(Attempt(run, "sign", f"subject {name}", name, outcome), **changes)


def paid(name="f", cost=0.25, **changes):
    counts = {"input_tokens": 10, "output_tokens": 5, "charged_input_tokens": 10, "charged_output_tokens": 5}
    return attempt(name, is_paid=True, cost=cost, **{**counts, **changes})


def without_time(found):
    assert found.answered_at
    return replace(found, answered_at="")


def test_answers_are_found_again_after_closing(tmp_path):
    path = tmp_path / "answers.sqlite"
    log = open_answer_log(path)
    assert log.find("f") is None
    assert without_time(log.record(answer())) == answer()
    log.record(answer(again=1, reply="other", input_tokens=None, output_tokens=None))
    log.close()
    assert [found.name for found in tmp_path.iterdir()] == ["answers.sqlite"]
    log = open_answer_log(path)
    assert without_time(log.find("f")) == answer()
    found = log.find("f", 1)
    assert (found.reply, found.input_tokens, found.request) == ("other", None, answer().request)
    assert log.find("f", 2) is None and log.find("g") is None
    log.close()
    log.close()
    with pytest.raises(ValenceError, match="is closed"):
        log.find("f")
    with pytest.raises(ValenceError, match="is closed"):
        log.record(answer())


def test_first_answer_stands(log):
    log.record(answer(reply="first"), attempt())
    assert log.record(answer(reply="second"), attempt()).reply == "first"
    assert log.find("f").reply == "first"
    assert log.run_summary("r").last_at
    assert log.calls("r").n_matching == 2


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_every_text_comes_back_as_it_was(tmp_path_factory, reply, prompt):
    log = open_answer_log(tmp_path_factory.mktemp("log") / "answers.sqlite")
    number = log.begin(attempt(outcome="in flight", subject=prompt), {"prompt": prompt})
    log.record(answer(reply=reply, request={"prompt": prompt}), attempt(message=reply, subject=prompt), number)
    record = log.call("r", number)
    assert (record.answer.reply, record.request) == (reply, {"prompt": prompt})
    assert (record.call.attempt.message, record.call.attempt.subject) == (reply, prompt)
    assert log.find("f").reply == reply
    log.close()


def test_half_a_surrogate_pair_and_a_nul_are_kept_and_found(log):
    reply = 'a\ud800b\x00c "quoted"\nline 100%'
    log.record(answer(reply=reply), attempt())
    assert log.find("f").reply == reply
    assert log.calls("r", text="\ud800").n_matching == 1


def test_calls_are_numbered_within_their_run_and_ended_by_number(log):
    first = log.begin(attempt(outcome="in flight", is_paid=True, charged_input_tokens=100, cost=0.9), {"prompt": "p"})
    second = log.begin(attempt("g", "in flight"), {"prompt": "q"})
    other = log.begin(attempt("g", "in flight", run="s"), {"prompt": "q"})
    assert (first, second, other) == (1, 2, 1)
    in_flight = log.call("r", 1)
    assert (in_flight.request, in_flight.answer, in_flight.call.attempt.ended_at) == ({"prompt": "p"}, None, None)
    assert log.run_summary("r").n_in_flight == 2

    assert log.note_attempt(attempt("g", "timeout", message="too slow", seconds=60.0), second) == second
    log.record(answer(), paid(), first)
    summary = log.run_summary("r")
    assert (summary.n_in_flight, summary.n_calls, summary.n_errors_by_kind) == (0, 1, {"timeout": 1})
    assert log.call("r", 1).answer.reply == "hello"
    assert log.call("r", 2).call.attempt.seconds == 60.0
    with pytest.raises(NotFound, match=r"no call 9\.") as missing:
        log.call("r", 9)
    assert missing.value.fix == "Its calls are numbered 1 to 2."
    with pytest.raises(NotFound, match="It has no calls yet"):
        log.call("unknown", 1)
    with pytest.raises(NotFound, match="no call 9"):
        log.record(answer("new"), attempt("new"), 9)
    assert log.find("new") is None  # stored whole, or not at all


def test_summary_adds_up_what_was_paid_and_met(log):
    assert (log.run_summary("r").n_calls, log.run_summary("r").cost, log.run_summary("r").first_at) == (0, 0.0, "")
    times = [f"2026-01-01T10:0{minute}:00.000000Z" for minute in range(6)]
    log.record(answer("a"), paid("a", started_at=times[0], ended_at=times[1]))
    log.record(answer("b"), paid("b", 0.5, started_at=times[1], ended_at=times[4], purpose="probe"))
    log.note_attempt(attempt("a", "cached", started_at=times[2], ended_at=times[2]))
    log.note_attempt(paid("c", 0.75, outcome="timeout", input_tokens=None, started_at=times[2], ended_at=times[4]))
    log.note_attempt(attempt("c", "rate limit", started_at=times[2], ended_at=times[3]))
    log.note_attempt(attempt("c", "rate limit", started_at=times[3], ended_at=times[4]))
    log.begin(paid("d", outcome="in flight", started_at=times[5], charged_input_tokens=999), {})
    log.note_attempt(paid("x", run="other"))

    summary = log.run_summary("r", now="2026-01-01T10:04:59.000000Z")
    assert (summary.n_calls, summary.n_cached, summary.n_in_flight, summary.n_unmeasured) == (3, 1, 1, 1)
    assert (summary.input_tokens, summary.output_tokens, summary.cost) == (30, 15, 1.5)
    assert summary.n_errors_by_kind == {"rate limit": 2, "timeout": 1}
    assert list(summary.n_errors_by_kind) == ["rate limit", "timeout"]
    assert summary.n_errors == 3
    assert summary.n_calls_by_purpose == {"sign": 6, "probe": 1}
    assert (summary.first_at, summary.last_at) == (times[0], times[5])
    assert summary.n_last_minute == 2
    spent = log.spent("r")
    assert (spent.n_calls, spent.n_cached, spent.input_tokens, spent.cost) == (4, 1, 1_029, 1.75)

    log.record(answer("e"), paid("e", None))
    assert log.run_summary("r").cost is None
    assert (log.spent("r").unpriced_input_tokens, log.spent("r").unpriced_output_tokens) == (10, 5)


def test_runs_come_latest_begun_first(log):
    for number, run in enumerate(("old", "new", "middle")):
        started = f"2026-01-0{[1, 3, 2][number]}T00:00:00.000000Z"
        log.note_attempt(attempt(run=run, started_at=started, ended_at=started))
    assert [summary.run for summary in log.runs()] == ["new", "middle", "old"]
    assert log.runs()[0] == log.run_summary("new")


def test_calls_in_flight_of_a_dead_process_are_interrupted(log):
    log.begin(paid(outcome="in flight", charged_input_tokens=100), {})
    log.begin(paid(outcome="in flight", run="other"), {})
    log.note_attempt(attempt(outcome="timeout"))
    assert log.interrupt("r") == 1
    assert log.interrupt("r") == 0
    call = log.call("r", 1).call.attempt
    assert (call.outcome, call.is_paid, call.charged_input_tokens) == ("interrupted", True, 100)
    assert "program ended" in call.message
    summary = log.run_summary("r")
    assert (summary.n_calls, summary.n_in_flight, summary.n_errors) == (1, 0, 1)
    assert log.interrupt() == 1


def test_pages_of_calls_by_purpose_outcome_and_text(log):
    for number in range(7):
        name = f"f{number}"
        text = f'Reply {number}: "50%_off" \\ done' if number < 2 else f"reply {number}"
        request = {"prompt": f'Is "Brand {number}" fit?\nyes or no'}
        log.record(answer(name, reply=text, request=request), attempt(name, purpose=("sign", "probe")[number % 2]))
    log.note_attempt(attempt("f9", "timeout", message="Took too LONG."))

    def numbers(**search):
        page = log.calls("r", **search)
        assert page.n_matching == len(log.calls("r", **{**search, "offset": 0, "limit": 100}).calls)
        return [call.number for call in page.calls]

    assert numbers() == [8, 7, 6, 5, 4, 3, 2, 1]
    assert numbers(offset=2, limit=3) == [6, 5, 4]
    assert numbers(offset=100) == []
    assert numbers(purpose="probe") == [6, 4, 2]
    assert numbers(outcome="timeout") == [8]
    assert numbers(purpose="probe", outcome="timeout") == []
    assert numbers(text="too long") == [8]
    assert numbers(text="subject f3") == [4]
    assert numbers(text='"Brand 5" fit?\nyes') == [6]
    assert numbers(text='"50%_off" \\') == [2, 1]
    assert numbers(text="5_%off") == [] == numbers(text="%")[2:]
    assert numbers(text="REPLY 6") == [7]
    assert log.calls("nobody").n_matching == 0


def test_batches_are_kept_with_their_order_and_state(log):
    batch = log.add_batch("r", "batches/1", ["c", "a", "b"], "pending")
    assert (batch.fingerprints, batch.state, batch.collected_at) == (("c", "a", "b"), "pending", None)
    assert log.add_batch("r", "batches/1", ["z"], "running") == batch  # known: nothing changes
    second = log.add_batch("s", "batches/2", [], "pending")
    log.update_batch("r", "batches/1", "running")
    assert log.batches("r")[0].collected_at is None
    log.update_batch("r", "batches/1", "succeeded", is_collected=True)
    collected_at = log.batches("r")[0].collected_at
    assert collected_at >= batch.submitted_at
    log.update_batch("r", "batches/1", "succeeded")
    assert log.batches() == (replace(batch, state="succeeded", collected_at=collected_at), second)
    with pytest.raises(NotFound, match=r"no batch 'x'.* are: batches/1"):
        log.update_batch("r", "x", "running")


def test_many_threads_write_and_read_at_once(log):
    n_threads, n_each = 8, 25

    def work(thread):
        for number in range(n_each):
            name = f"{thread}-{number}"
            call = log.begin(attempt(name, "in flight"), {"prompt": name})
            log.record(answer(name, reply=name), paid(name), call)
            assert log.find(name).reply == name
            assert log.run_summary("r").n_calls >= number

    with ThreadPoolExecutor(n_threads) as pool:
        for done in [pool.submit(work, thread) for thread in range(n_threads)]:
            done.result()
    assert log.run_summary("r").n_calls == n_threads * n_each
    numbers = [call.number for call in log.calls("r", limit=1_000).calls]
    assert numbers == list(range(n_threads * n_each, 0, -1))


def test_readers_do_not_wait_for_the_writer(log):
    log.record(answer(), paid())
    is_writing, may_end = threading.Event(), threading.Event()

    def slow(cursor):
        cursor.execute("DELETE FROM calls")
        is_writing.set()
        assert may_end.wait(60)

    thread = threading.Thread(target=log._file.write, args=[slow])
    thread.start()
    assert is_writing.wait(60)
    assert log.run_summary("r").n_calls == 1  # as it was before the transaction that is not over
    may_end.set()
    thread.join()
    assert log.run_summary("r").n_calls == 0


def test_what_the_log_says_is_durable(log, monkeypatch):
    """Full synchronisation for what was paid, less for what costs nothing to lose."""
    modes = []
    real = log._file.write

    def spy(work, **settings):
        def seen(cursor):
            modes.append(cursor.execute("PRAGMA synchronous").fetchone()[0])
            return work(cursor)

        return real(seen, **settings)

    monkeypatch.setattr(log._file, "write", spy)
    log.begin(attempt(outcome="in flight"), {})
    log.record(answer(), attempt(), 1)
    log.note_attempt(attempt(outcome="timeout"))
    log.note_attempt(attempt(outcome="cached"))
    log.add_batch("r", "b", [], "pending")
    normal, full = 1, 2
    assert modes == [normal, full, full, normal, full]


def test_a_failed_write_leaves_nothing_and_the_log_usable(log):
    def fails(cursor):
        cursor.execute("DELETE FROM calls")
        raise ZeroDivisionError

    log.note_attempt(attempt())
    with pytest.raises(ZeroDivisionError):
        log._file.write(fails)
    with pytest.raises(ValenceError, match="refused a statement"):
        log._file.write(lambda cursor: cursor.execute("SELEC"))
    with pytest.raises(ValenceError, match=r"cannot be opened or written"), log._file.reading() as cursor:
        cursor.execute("DELETE FROM calls")  # readers cannot write
    assert log.calls("r").n_matching == 1


# Files that cannot be used


def broken(data):
    middle = len(data) // 2
    return {
        "empty": b"",
        "text": b"no database\n" * 400,
        "cut": data[:middle],
        "header": b"XXXX" + data[4:],
        "page": data[:4096] + b"\xff" * 8192 + data[4096 + 8192 :],
    }


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "header", "page"])
def test_damaged_file_says_so_and_what_to_do(tmp_path, damage):
    path = tmp_path / "answers.sqlite"
    log = open_answer_log(path)
    log.record(answer(), attempt())
    log.close()
    damaged = broken(path.read_bytes())[damage]
    path.write_bytes(damaged)
    with pytest.raises(CorruptDatabase, match=r"answers\.sqlite (cannot be read|is no answer log)") as refused:
        log = open_answer_log(path)
        try:
            log.find("f")
            log.runs()
            log.batches()
        finally:
            log.close()
    assert "from a backup, or move answers.sqlite* out of the folder" in refused.value.fix
    assert path.read_bytes() == damaged
    for file in tmp_path.glob("answers.sqlite*"):
        file.rename(tmp_path / f"moved-{file.name}")
    log = open_answer_log(path)
    assert log.find("f") is None
    log.close()


def test_database_of_another_program_is_not_taken_over(tmp_path):
    path = tmp_path / "answers.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(CorruptDatabase, match="is no answer log"):
        open_answer_log(path)
    assert sqlite3.connect(path).execute("SELECT name FROM sqlite_schema").fetchall() == [("theirs",)]


def test_file_that_another_program_holds_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("core.store.sqlite_file._PATIENCE_S", 0.0)
    path = tmp_path / "answers.sqlite"
    log = open_answer_log(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(WorkspaceBusy, match=r"in use by another program\. Close that program"):
        log.record(answer())
    assert log.find("f") is None  # reading goes on
    other.execute("ROLLBACK")
    log.record(answer())
    log.close()
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(WorkspaceBusy, match="in use by another program"):
        open_answer_log(path)
    other.close()


def test_log_of_a_newer_program_is_refused_untouched(tmp_path):
    path = tmp_path / "answers.sqlite"
    SqliteFile(path, "answer log", APPLICATION_ID, [*MIGRATIONS, "CREATE TABLE new (x)"]).close()
    before = path.read_bytes()
    with pytest.raises(ValenceError, match=r"newer Valence \(its schema is version 2, this program knows up to 1\)"):
        open_answer_log(path)
    assert path.read_bytes() == before


def test_missing_steps_are_applied_whole_or_not_at_all(tmp_path):
    path = tmp_path / "answers.sqlite"
    log = open_answer_log(path)
    log.record(answer(), attempt())
    log.close()
    with pytest.raises(ValenceError, match="no such table: nowhere"):
        SqliteFile(path, "log", APPLICATION_ID, [*MIGRATIONS, "CREATE TABLE a (x); INSERT INTO nowhere VALUES (1)"])
    file = SqliteFile(path, "log", APPLICATION_ID, [*MIGRATIONS, "CREATE TABLE a (x); INSERT INTO a VALUES (1)"])
    with file.reading() as cursor:
        assert cursor.execute("SELECT x FROM a").fetchall() == [(1,)]
        assert cursor.execute("SELECT count(*) FROM answers").fetchall() == [(1,)]
        assert cursor.execute("PRAGMA user_version").fetchone() == (2,)
    file.close()


def test_half_made_file_is_made_again_and_an_orphaned_log_is_not_replayed(tmp_path):
    path = tmp_path / "answers.sqlite"
    (tmp_path / ".new-answers.sqlite").write_bytes(b"half")
    (tmp_path / ".new-answers.sqlite-journal").write_bytes(b"half")
    open_answer_log(path).close()
    assert [file.name for file in tmp_path.iterdir()] == ["answers.sqlite"]
    path.rename(tmp_path / "away")
    (tmp_path / "answers.sqlite-wal").write_bytes(b"left over")
    with pytest.raises(CorruptDatabase, match=r"is gone, but its log answers\.sqlite-wal is there"):
        open_answer_log(path)


def test_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(ValenceError, match="unable to open database file") as refused:
        open_answer_log(tmp_path / "nowhere" / "answers.sqlite")
    assert "permissions" in refused.value.fix


# Copies


def test_copy_is_one_moment_of_a_log_that_grows(log, tmp_path):
    is_over = threading.Event()

    def write():
        number = 0
        while not is_over.is_set():
            log.record(answer(str(number)), attempt(str(number)))
            number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(3):
            (tmp_path / str(number)).mkdir()
            log.copy_to(tmp_path / str(number) / "answers.sqlite")
    finally:
        is_over.set()
        thread.join()
    for number in range(3):
        assert [file.name for file in (tmp_path / str(number)).iterdir()] == ["answers.sqlite"]
        copy = open_answer_log(tmp_path / str(number) / "answers.sqlite")
        calls = copy.calls("r", limit=100_000).calls
        assert all(copy.find(call.attempt.fingerprint) for call in calls)  # both were written together
        copy.close()


def test_copy_is_counted(log, tmp_path, monkeypatch):
    log.record(answer(), attempt())
    real = sqlite_file._n_rows_by_table
    seen = []

    def counts(cursor):
        seen.append(real(cursor))
        return seen[-1] if len(seen) == 1 else {**seen[-1], "answers": 0}

    monkeypatch.setattr("core.store.sqlite_file._n_rows_by_table", counts)
    with pytest.raises(CorruptDatabase, match=r"copy of the answer log is damaged: it holds .*'answers': 0"):
        log.copy_to(tmp_path / "copy.sqlite")


def test_request_is_stored_once_and_as_json(log, tmp_path):
    for again in range(3):
        log.record(answer(again=again))
    with sqlite3.connect(tmp_path / "answers.sqlite") as connection:
        [(text,)] = connection.execute("SELECT request FROM requests").fetchall()
    assert json.loads(text) == answer().request
