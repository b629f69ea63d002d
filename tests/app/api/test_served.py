"""The API of a real server: curl from a clean shell, bodies that never end, tokens that must not be logged."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.cli import OK
from app.cli import main as valence
from core.leaderboard.submission_limits import MAX_SUBMISSION_BYTES
from tests.browser.conftest import Server
from tests.fakes.board import guesses
from tests.fakes.served_board import ServedBoard

DOCS = Path(__file__).parents[3] / "docs" / "blind-protocol.md"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedBoard]:
    folder = tmp_path_factory.mktemp("served")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(folder / "home", port)
    board = ServedBoard(server, folder / "home" / "lab", teams=12, n_rows=150)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VALENCE_WORKSPACE", str(board.workspace))
        server.start()
    yield board
    server.stop()


@pytest.fixture
def talk(served: ServedBoard) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=60) as connection:
        yield connection


def blocks() -> dict[str, str]:
    """The shell blocks of the page, by what they do."""
    auth, curl, predict = re.findall(r"```bash\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return {"auth": auth, "curl": curl, "predict": predict}


def test_the_page_has_five_lines_of_curl() -> None:
    lines = blocks()["curl"].splitlines()
    assert len(lines) == 5
    assert all(line.startswith("curl ") for line in lines)
    assert f"{MAX_SUBMISSION_BYTES // 1_000_000} MB" in DOCS.read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_curl_alone_takes_part_from_a_clean_shell(served: ServedBoard, tmp_path: Path) -> None:
    found = blocks()
    first, second, third, fourth, fifth = found["curl"].splitlines(keepends=True)
    script = "".join([found["auth"], first, second, third, found["predict"], fourth, fifth])
    known = {"URL": served.server.url, "TOKEN": served.tokens[0], "VERSION": served.versions[0], "LABEL": "good"}
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **known},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert '"public_score":' in done.stdout
    assert done.stdout.count('"repeated":false') == 1
    assert re.search(r'"team":"Team 0".*"submissions":\[\{"id":"', done.stdout)
    assert (tmp_path / "train.jsonl").read_text().count('"label"') > 0
    assert '"label"' not in (tmp_path / "test.jsonl").read_text()
    assert (tmp_path / "auth").stat().st_mode & 0o077 == 0


def test_the_shipped_client_submits(
    served: ServedBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{p['row_id']},{p['label']}" for p in guesses(served.row_ids(), 1)]
    file = tmp_path / "mine.csv"
    file.write_text("\n".join(["row_id,label", *lines]))
    (tmp_path / "token").write_text(f"{served.tokens[1]}\n")
    command = ["submit", str(file), "--version", served.versions[0], "--url", served.server.url, "--model", "by chance"]
    assert valence([*command, "--token-file", str(tmp_path / "token")]) == OK
    told = capsys.readouterr().out
    assert re.search(r"Team 1, by chance: macro F1 0\.\d{3} \(95 % interval", told)
    assert "4 today, 99 in total" in told
    monkeypatch.setenv("VALENCE_TOKEN", served.tokens[1])
    assert valence([*command, "--json"]) == OK
    assert '"repeated": true' in capsys.readouterr().out


def test_the_shipped_client_says_what_is_wrong(
    served: ServedBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VALENCE_TOKEN", served.tokens[2])
    (tmp_path / "bad.csv").write_text("row_id,label\nnobody,good\n")
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04.")
    where = ["--version", served.versions[0], "--url", served.server.url]

    def told(file: str, *more: str) -> str:
        assert valence(["submit", str(tmp_path / file), *where, *more]) != OK
        found = capsys.readouterr().err
        assert served.tokens[2] not in found
        return found

    assert "nobody" in told("bad.csv")
    assert "ends with .json, .csv, .parquet" in told("model.pkl")
    assert "cannot be read" in told("absent.csv")
    assert "no token has" in told("bad.csv", "--token-file", str(tmp_path / "bad.csv"))
    assert "no token that can be read" in told("bad.csv", "--token-file", str(tmp_path / "model.pkl"))
    assert "cannot be reached" in told("bad.csv", "--url", "http://127.0.0.1:9")
    assert "no address" in told("bad.csv", "--url", "ftp://localhost")
    assert "not as a board does" in told("bad.csv", "--url", f"{served.server.url}/nowhere")


def request_head(served: ServedBoard, token: str, *headers: str) -> bytes:
    lines = [
        f"POST /api/v1/versions/{served.versions[0]}/submissions HTTP/1.1",
        f"Host: localhost:{served.server.port}",
        f"Authorization: Bearer {token}",
        "Content-Type: text/csv",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer_of(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_an_endless_chunked_body_is_answered_and_cut(served: ServedBoard, talk: socket.socket) -> None:
    talk.sendall(request_head(served, served.tokens[3], "Transfer-Encoding: chunked"))
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    n_sent = 0
    try:
        while n_sent < 3 * MAX_SUBMISSION_BYTES:
            talk.sendall(chunk)
            n_sent += len(chunk)
    except (BrokenPipeError, ConnectionResetError):
        pass
    else:
        pytest.fail("The server read on and on.")
    assert n_sent < MAX_SUBMISSION_BYTES + 32_000_000


@pytest.mark.parametrize("length", ["99999999999", str(MAX_SUBMISSION_BYTES + 1)])
def test_a_body_that_is_too_large_by_its_own_word_is_not_waited_for(
    served: ServedBoard, talk: socket.socket, length: str
) -> None:
    talk.sendall(request_head(served, served.tokens[3], f"Content-Length: {length}", "Expect: 100-continue"))
    answer = answer_of(talk)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


def test_a_stranger_cannot_make_the_server_read(served: ServedBoard, talk: socket.socket) -> None:
    wrong = served.tokens[3][:-4] + "AAAA"
    talk.sendall(request_head(served, wrong, f"Content-Length: {MAX_SUBMISSION_BYTES}") + b"x" * 1_000)
    answer = answer_of(talk)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"application/problem+json" in answer


def test_a_refusal_reaches_a_client_that_sends_everything_first(served: ServedBoard) -> None:
    answer = httpx.post(f"{served.api}/versions/{served.versions[0]}/submissions", content=b"x" * 1_500_000)
    assert (answer.status_code, answer.json()["title"]) == (401, "A token is needed")


def test_no_token_reaches_the_log(served: ServedBoard) -> None:
    for number, place in enumerate((f"versions?token={served.tokens[4]}", f"{served.tokens[5]}/versions")):
        answer = httpx.get(f"{served.api}/{place}")
        assert (answer.status_code, number) == (401, number)
        assert "compromised" in answer.json()["detail"]
    for token in served.tokens:
        assert token.rpartition(".")[2] not in served.log
    assert "Traceback" not in served.log


def test_the_workbench_is_still_there(served: ServedBoard) -> None:
    assert httpx.get(f"{served.server.url}/health").json() == {"status": "ok"}
    assert "<title>Streamlit</title>" in httpx.get(served.server.url).text
    page = httpx.get(f"{served.api}/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
