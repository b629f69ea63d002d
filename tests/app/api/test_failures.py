"""When the server itself fails: a problem for the client, a place for the log, and no text of the exception."""

import logging
from typing import Any

import pytest

from app.api import submissions, versions
from app.api.serving import ApiLimits
from core.errors import CorruptArtefact
from tests.app.api.conftest import Board, Serve
from tests.app.api.test_access import check_problem

SECRET = "row 0123456789abcdef is good"


@pytest.mark.parametrize("error", [ValueError(SECRET), CorruptArtefact(SECRET, SECRET), AssertionError(SECRET)])
def test_the_text_of_an_exception_stays_out_of_answers_and_logs(
    board: Board, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(submissions, "submit", fail)
    with caplog.at_level(logging.DEBUG):
        answer = board.submit(board.token("unlucky"), b"{}")
    check_problem(answer, 500, "failed")
    assert SECRET not in answer.text
    [record] = [record for record in caplog.records if record.name == "app.api.envelope"]
    assert type(error).__name__ in record.getMessage()
    assert "submissions.py" in record.getMessage()  # where it happened
    assert SECRET not in caplog.text


def test_a_failure_while_reading_is_a_problem_too(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "board_versions", lambda _: 1 / 0)
    check_problem(board.get("/versions", board.token("reader of none")), 500, "failed")


def test_a_full_queue_says_when_to_come_back(board: Board, serve: Serve) -> None:
    board.client = serve(ApiLimits(scoring_threads=1, waiting=-1))
    answer = board.submit(board.token("late comer"), b"{}")
    check_problem(answer, 503, "busy")
    assert int(answer.headers["retry-after"]) > 0
