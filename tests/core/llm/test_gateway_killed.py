"""Runs killed with `kill -9` at random lines: no answer is lost, and only what was in flight is paid again."""

import random

import pytest

from tests.fakes.killed_run import Order, books, runs

N_QUESTIONS, N_WORKERS, N_KILLS = 40, 4, 5


@pytest.fixture(scope="module")
def processes():
    with runs() as processes:
        yield processes


WHOLE = {number: f"REQUEST {number}" for number in range(N_QUESTIONS)}


@pytest.mark.parametrize("seed", range(3))
def test_killed_run_repeats_no_more_than_was_in_flight(processes, tmp_path, seed):
    order = Order(str(tmp_path / "run"), N_QUESTIONS, N_WORKERS)
    killed = processes.kill_again_and_again(order, N_KILLS, random.Random(seed))
    assert killed.n_kills == N_KILLS
    assert killed.answers == WHOLE
    assert killed.n_repeated <= N_WORKERS * N_KILLS
    # A call is on record before it is made: the books of the run hold all that was paid, and what may have been.
    assert killed.n_calls <= killed.n_calls_in_log <= killed.n_calls + N_WORKERS * N_KILLS

    unkilled = books(Order(str(tmp_path / "run" / "whole"), N_QUESTIONS, N_WORKERS), 0)
    assert unkilled.answers == killed.answers
    assert (unkilled.n_calls, unkilled.n_repeated, unkilled.n_calls_in_log) == (N_QUESTIONS, 0, N_QUESTIONS)


def test_kills_do_not_overrun_the_budget(processes, tmp_path):
    order = Order(str(tmp_path / "run"), N_QUESTIONS, N_WORKERS, max_calls=25)
    killed = processes.kill_again_and_again(order, 3, random.Random(9))
    assert killed.n_calls <= 25 == killed.n_calls_in_log
