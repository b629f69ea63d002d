"""Answers kept until the next change: none may outlive it, whoever reads while it happens."""

import pytest

from core.store.remembered import Remembered


def test_an_answer_is_read_once_until_something_changes() -> None:
    asked: list[str] = []
    remembered: Remembered[str, int] = Remembered()

    def read() -> int:
        asked.append("")
        return len(asked)

    assert [remembered.get("a", read), remembered.get("a", read), remembered.get("b", read)] == [1, 1, 2]
    with remembered.changing():
        pass
    assert remembered.get("a", read) == 3


def test_what_was_read_before_a_change_that_ended_meanwhile_is_not_kept() -> None:
    remembered: Remembered[str, str] = Remembered()

    def read() -> str:
        with remembered.changing():  # another thread writes between our statement and our answer
            pass
        return "old"

    assert remembered.get("a", read) == "old"
    assert remembered.get("a", lambda: "new") == "new"


def test_a_change_that_fails_is_forgotten_too() -> None:
    remembered: Remembered[str, int] = Remembered()
    assert remembered.get("a", lambda: 1) == 1
    with pytest.raises(OSError), remembered.changing():
        raise OSError
    assert remembered.get("a", lambda: 2) == 2
