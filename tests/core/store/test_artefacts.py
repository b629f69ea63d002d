import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import CorruptArtefact, InvalidInput, NotFound, ValenceError
from core.store.workspace import open_workspace

names = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,20}\Z").filter(lambda name: name.lower() != "manifest.json")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def store(workspace):
    return workspace.artefacts


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory):
    with open_workspace(tmp_path_factory.mktemp("property") / "demo") as workspace:
        yield workspace


def rows_on_disk(workspace):
    return sorted(str(path.relative_to(workspace.root)) for path in workspace.root.glob("artefacts/*/*"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    files=st.dictionaries(names, st.binary(max_size=200), max_size=4),
    facts=st.dictionaries(texts, json_values, max_size=4),
    title=texts.filter(str.strip),
    parents=st.dictionaries(texts, st.from_regex(r"\A[a-z0-9]{1,24}\Z"), max_size=3),
    data=st.data(),
)
def test_what_is_saved_comes_back(long_lived, files, facts, title, parents, data):
    by_function = data.draw(st.sets(st.sampled_from(sorted(files)))) if files else set()
    contents = {
        name: (lambda path, content=content: path.write_bytes(content)) if name in by_function else content
        for name, content in files.items()
    }
    store = long_lived.artefacts
    id = hashlib.sha256(repr((files, facts, title, parents)).encode()).hexdigest()[:24]
    saved = store.save("example", id, title, contents, facts, parents)
    found = store.get("example", id)
    assert found == saved
    assert {name: store.read(found, name) for name in files} == files
    assert {name: store.path(found, name).read_bytes() for name in files} == files
    assert (found.manifest.facts, found.manifest.title, found.manifest.parents) == (facts, title, parents)
    assert {name: (record.bytes, record.sha256) for name, record in found.manifest.files.items()} == {
        name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()
    }
    assert store.verify("example", id) == ()
    assert store.save("example", id, "another title", files) == saved
    [row] = long_lived.database.read("SELECT title, facts FROM artefacts WHERE id = ?", [id])
    assert (row["title"], json.loads(row["facts"])) == (title, facts)


def test_manifest_is_the_documented_file(store):
    artefact = store.save("rows", "r1", "Rows", {"a.csv": b"xyz"}, {"n": 1}, {"graph": "g1"})
    manifest = json.loads((artefact.folder / "manifest.json").read_text())
    created = datetime.fromisoformat(manifest.pop("created_at"))
    assert created.tzinfo == UTC
    assert manifest == {
        "scheme": 1,
        "kind": "rows",
        "id": "r1",
        "title": "Rows",
        "parents": {"graph": "g1"},
        "facts": {"n": 1},
        "files": {"a.csv": {"bytes": 3, "sha256": hashlib.sha256(b"xyz").hexdigest()}},
    }


def test_list_is_newest_first_and_of_one_kind(store):
    for number in range(5):
        store.save("rows", f"r{number}", f"Rows {number}", {})
    store.save("graph", "g", "Graph", {})
    assert [artefact.id for artefact in store.list("rows")] == ["r4", "r3", "r2", "r1", "r0"]
    assert store.list("rows")[0] == store.get("rows", "r4")
    assert store.list("nothing") == ()


def test_facts_can_be_asked_in_sql(workspace):
    workspace.artefacts.save("graph", "g", "Graph", {}, {"n_edges": 191, "signs": {"+": 147}})
    sql = "SELECT CAST(facts->>'$.n_edges' AS INTEGER) AS n, facts->'signs'->>'+' AS positive FROM artefacts"
    assert workspace.database.read(sql) == [{"n": 191, "positive": "147"}]


def test_not_found_lists_what_exists(store):
    with pytest.raises(NotFound, match="Kinds it holds: none yet"):
        store.get("rows", "r1")
    store.save("rows", "r1", "First rows", {"a": b""})
    with pytest.raises(NotFound, match=r"no rows 'r2'.*r1 \(First rows\)"):
        store.get("rows", "r2")
    with pytest.raises(NotFound, match="Kinds it holds: rows"):
        store.get("graph", "g")
    with pytest.raises(NotFound, match=r"has no file 'b'.*It has: a"):
        store.read(store.get("rows", "r1"), "b")
    assert not store.exists("rows", "r2")


def test_names_cannot_leave_the_folder(store):
    for name in ("..", ".", "", "a/b", "/etc/passwd", "../x", "a\\b", ".hidden", "a\0b", "a\n", "é"):
        for kind, id, files in ((name, "r", {}), ("rows", name, {}), ("rows", "r", {name: b""})):
            with pytest.raises(InvalidInput, match="artefact"):
                store.save(kind, id, "Rows", files)
        for call in (store.get, store.verify, store.delete):
            with pytest.raises(InvalidInput):
                call("rows", name)
        assert not store.exists("rows", name)
        assert not store.exists(name, "manifest.json")
    assert not store.root.exists()


def test_all_problems_of_a_call_are_reported_at_once(store):
    with pytest.raises(InvalidInput) as refused:
        store.save("Rows!", "../r", "  ", {"manifest.json": b"", "a/b": b""}, parents={"graph": "../g"})
    fields = [problem.field for problem in refused.value.problems]
    assert fields == ["kind", "id", "files", "files", "parents.graph", "title"]


def test_facts_that_are_no_json_are_refused(workspace):
    for value in (float("nan"), np.int64(3), {1, 2}, "\ud800"):
        with pytest.raises(InvalidInput, match="facts of rows r"):
            workspace.artefacts.save("rows", "r", "Rows", {}, {"x": value})
    assert rows_on_disk(workspace) == []


def test_same_id_with_other_content_is_refused_and_named(store):
    first = store.save("rows", "r", "Rows", {"a": b"1", "b": b"2"})
    with pytest.raises(CorruptArtefact, match="differs in: a, c"):
        store.save("rows", "r", "Rows", {"a": b"other", "b": b"2", "c": b""})
    assert store.read(store.get("rows", "r"), "a") == b"1"
    assert store.list("rows") == (first,)


def test_writer_that_fails_leaves_nothing(workspace):
    def fails(path):
        path.write_bytes(b"half")
        raise ZeroDivisionError

    def writes_nothing(path):
        pass

    def writes_too_much(path):
        path.write_bytes(b"")
        path.with_name("second").write_bytes(b"")

    def cannot_write(path):
        (path / "below").write_bytes(b"")

    for writer, error, sentence in (
        (fails, ZeroDivisionError, None),
        (writes_nothing, ValenceError, "made no file"),
        (writes_too_much, ValenceError, "nobody asked for: second"),
        (cannot_write, ValenceError, "could not be written: No such file"),
    ):
        with pytest.raises(error, match=sentence):
            workspace.artefacts.save("rows", "r", "Rows", {"ok": b"1", "bad": writer})
        assert not workspace.artefacts.exists("rows", "r")
    assert rows_on_disk(workspace) == []
    assert list(workspace.artefacts.drafts.iterdir()) == []


def test_eight_threads_saving_the_same_make_one(workspace):
    def save(number):
        return workspace.artefacts.save("rows", f"r{number % 3}", "Rows", {"a": str(number % 3).encode()})

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(save, range(48)))
    assert len({artefact.manifest.created_at for artefact in saved}) == 3
    assert rows_on_disk(workspace) == ["artefacts/rows/r0", "artefacts/rows/r1", "artefacts/rows/r2"]
    assert len(workspace.artefacts.list("rows")) == 3


def test_folder_and_row_appear_together(workspace, monkeypatch):
    store, is_free = workspace.artefacts, []
    put = store._index.put

    def spy(manifest):
        with ThreadPoolExecutor(1) as other:
            is_free.append(other.submit(store._registry.acquire, blocking=False).result())
        put(manifest)

    monkeypatch.setattr(store._index, "put", spy)
    store.save("rows", "r", "Rows", {})
    store.retitle("rows", "r", "Other rows")
    assert is_free == [False, False]


def test_damage_is_found_by_read_and_verify(store):
    artefact = store.save("rows", "r", "Rows", {"a": b"1234", "b": b"5", "c": b"6"})
    store.path(artefact, "a").write_bytes(b"1235")
    store.path(artefact, "b").unlink()
    (artefact.folder / "extra").write_bytes(b"")
    with pytest.raises(CorruptArtefact, match="differs from what was saved"):
        store.read(artefact, "a")
    with pytest.raises(CorruptArtefact, match="cannot be read"):
        store.read(artefact, "b")
    assert store.read(artefact, "c") == b"6"
    assert [problem.field for problem in store.verify("rows", "r")] == ["a", "b", "extra"]


def test_damaged_manifest_is_named(store):
    artefact = store.save("rows", "r", "Rows", {})
    of_another = artefact.manifest.model_copy(update={"id": "other"}).model_dump_json()
    for text in ("", "{}", "not json", of_another):
        (artefact.folder / "manifest.json").write_text(text)
        with pytest.raises(CorruptArtefact, match=r"manifest\.json"):
            store.get("rows", "r")
        assert [problem.field for problem in store.verify("rows", "r")] == ["manifest.json"]


def test_manifest_of_a_newer_program_is_refused(store):
    artefact = store.save("rows", "r", "Rows", {})
    manifest = json.loads((artefact.folder / "manifest.json").read_text()) | {"scheme": 2}
    (artefact.folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValenceError, match="newer Valence"):
        store.get("rows", "r")
    (artefact.folder / "manifest.json").write_text(json.dumps(manifest | {"unknown": 1}))
    with pytest.raises(ValenceError, match="newer Valence"):
        store.get("rows", "r")


def test_delete_waits_for_the_children(workspace):
    store = workspace.artefacts
    store.save("graph", "g", "Graph", {"edges.csv": b"x"})
    store.save("rows", "r1", "Rows one", {}, parents={"graph": "g", "catalogue": "elsewhere"})
    with pytest.raises(ValenceError, match=r"was used to make rows 'Rows one' \(r1\)") as refused:
        store.delete("graph", "g")
    assert refused.value.fix == "Delete those first."
    store.delete("rows", "r1")
    store.delete("graph", "g")
    assert rows_on_disk(workspace) == []
    assert workspace.database.read("SELECT * FROM artefact_parents") == []
    with pytest.raises(NotFound):
        store.delete("graph", "g")
    store.save("graph", "g", "Graph again", {"edges.csv": b"other"})


def test_an_artefact_is_no_child_of_itself(store):
    store.save("graph", "g", "Graph", {}, parents={"previous": "g"})
    store.delete("graph", "g")
    assert not store.exists("graph", "g")


def test_retitle_changes_the_title_only(workspace):
    store = workspace.artefacts
    before = store.save("rows", "r", "Rows", {"a": b"1"}, {"n": 1}, {"graph": "g"})
    after = store.retitle("rows", "r", "Better rows")
    assert after.manifest == before.manifest.model_copy(update={"title": "Better rows"})
    assert store.get("rows", "r") == after == store.list("rows")[0]
    assert store.verify("rows", "r") == ()
    with pytest.raises(InvalidInput, match="title is empty"):
        store.retitle("rows", "r", " ")


def test_nothing_is_saved_after_the_workspace_was_closed(workspace):
    workspace.close()
    with pytest.raises(ValenceError, match="closed"):
        workspace.artefacts.save("rows", "r", "Rows", {"a": b"1"})
    assert rows_on_disk(workspace) == []


def test_save_finds_its_row_again_after_the_row_could_not_be_written(workspace, monkeypatch):
    def no_database(manifest):
        raise ValenceError("no database")

    store = workspace.artefacts
    with monkeypatch.context() as patch:
        patch.setattr(store._index, "put", no_database)
        with pytest.raises(ValenceError, match="no database"):
            store.save("rows", "r", "Rows", {"a": b"1"})
    assert store.list("rows") == ()
    store.save("rows", "r", "Rows", {"a": b"1"})
    assert [artefact.id for artefact in store.list("rows")] == ["r"]


def test_files_are_readable_by_others_of_the_group(store):
    folder: Path = store.save("rows", "r", "Rows", {}).folder
    assert folder.stat().st_mode & 0o777 == 0o755
