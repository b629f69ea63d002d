"""What is said when a training budget does not reach."""

import pytest

from core.errors import ValenceError
from core.tabular.budget import Budget


def test_a_need_below_a_second_is_not_called_none() -> None:
    with pytest.raises(
        ValenceError, match=r"^The tree needs about 0\.3 s of computing time, and 0\.\d s of 0\.2 s are"
    ):
        Budget(0.2).check(0.3, "The tree")


def test_a_budget_that_is_spent_says_so() -> None:
    with pytest.raises(ValenceError, match=r"^The tree is not done, and the 0 s of computing time are used up\."):
        Budget(0.0).check(0.0, "The tree")


def test_a_large_need_is_said_in_whole_seconds() -> None:
    with pytest.raises(
        ValenceError, match=r"about 1,200 s of computing time, and 60 s of 60 s are left\. Allow more time"
    ):
        Budget(60.0).check(1200.4, "The network")
