"""Work told as a part of longer work: the same result, other progress, and closed with whoever looks at it."""

import pytest

from core.progress import Progress, Steps, finish, retold


def work(ended: list[str]) -> Steps[str]:
    try:
        yield Progress(1, 2, "one")
        yield Progress(2, 2, "two")
    finally:
        ended.append("closed")
    return "made"


def test_the_result_stays_and_every_progress_is_told_anew() -> None:
    seen: list[Progress] = []
    made = finish(retold(work([]), lambda part: Progress(7, 9, f"part: {part.note}")), seen.append)
    assert made == "made"
    assert seen == [Progress(7, 9, "part: one"), Progress(7, 9, "part: two")]


def test_closing_it_or_a_failing_teller_closes_the_work_at_once() -> None:
    ended: list[str] = []
    steps = retold(work(ended), lambda part: part)
    next(steps)
    steps.close()
    assert ended == ["closed"]

    def refuse(part: Progress) -> Progress:
        raise RuntimeError(part.note)

    held: Steps[str] = work(ended)
    with pytest.raises(RuntimeError, match="one"):
        next(retold(held, refuse))
    assert ended == ["closed", "closed"]
