import contextlib
import logging
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import InvalidInput, NotFound, Problem, ValenceError
from core.jobs import InlineJobRunner, JobRunner, JobState
from core.progress import Progress
from core.store.job_table import new_job_id
from core.store.workspace import open_workspace


@pytest.fixture(scope="module")
def new_workspace(tmp_path_factory):
    """A workspace nobody has used, to be copied: three times faster than making one."""
    root = tmp_path_factory.mktemp("new") / "demo"
    open_workspace(root).close()
    return root


@pytest.fixture
def workspace(tmp_path, new_workspace):
    shutil.copytree(new_workspace, tmp_path / "demo")
    with open_workspace(tmp_path / "demo") as workspace:
        yield workspace


def count_up(workspace, parameters):
    for number in range(parameters["n"]):
        yield Progress(number + 1, parameters["n"], f"step {number + 1}")
    return {"sum": sum(range(parameters["n"]))}


def fails_plainly(workspace, parameters):
    yield Progress(1, 2, "looking")
    raise ValenceError("The catalogue is empty.", "Add an attribute.")


def fails_with_problems(workspace, parameters):
    raise InvalidInput("sampling configuration", [Problem("too big", "Make it smaller.", field="num_samples")])
    yield


def fails_unexpectedly(workspace, parameters):
    yield Progress(1, 2)
    raise RuntimeError("secret: /home/me/key")


def leaves_the_program(workspace, parameters):
    yield Progress(1, 2)
    raise SystemExit(3)


def returns_no_dictionary(workspace, parameters):
    yield Progress(1, 1)
    return 7


def returns_no_json(workspace, parameters):
    yield Progress(1, 1)
    return {"x": object()}


def is_no_generator(workspace, parameters):
    return {"x": 1}


WORKS = {
    work.__name__: work
    for work in (
        count_up,
        fails_plainly,
        fails_with_problems,
        fails_unexpectedly,
        leaves_the_program,
        returns_no_dictionary,
        returns_no_json,
        is_no_generator,
    )
}


class Stepped:
    """A work that stands still at every step until the test lets it go on."""

    def __init__(self, n_steps=3):
        self.n_steps = n_steps
        self.reached, self.go_on = threading.Semaphore(0), threading.Semaphore(0)
        self.cleaned_up: list[str] = []

    def __call__(self, workspace, parameters):
        try:
            for step in range(self.n_steps):
                self.reached.release()
                self.go_on.acquire()
                yield Progress(step + 1, self.n_steps, "stepped")
            return {"steps": self.n_steps}
        finally:
            self.cleaned_up.append(threading.current_thread().name)


@pytest.fixture(params=["inline", "threads"])
def runner(request, workspace):
    runner = InlineJobRunner(workspace, WORKS) if request.param == "inline" else JobRunner(workspace, WORKS)
    yield runner
    runner.close()


def test_job_runs_to_its_end(runner):
    job_id = runner.submit("count_up", {"n": 5}, "Counting")
    job = runner.wait(job_id)
    assert (job.id, job.action, job.title, job.parameters) == (job_id, "count_up", "Counting", {"n": 5})
    assert (job.state, job.done, job.total, job.note) == (JobState.DONE, 5, 5, "step 5")
    assert (job.result, job.error, job.fix, job.attempt) == ({"sum": 10}, "", "", 1)
    assert job.created_at < job.started_at < job.finished_at
    assert runner.list() == (job,)


def test_valence_error_becomes_the_jobs_error(runner):
    job = runner.wait(runner.submit("fails_plainly", {}))
    assert (job.state, job.error, job.fix) == (JobState.FAILED, "The catalogue is empty.", "Add an attribute.")
    assert (job.done, job.total, job.note, job.title) == (1, 2, "looking", "fails_plainly")
    assert job.finished_at is not None
    job = runner.wait(runner.submit("fails_with_problems", {}))
    assert job.error == "sampling configuration: num_samples: too big Make it smaller."


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("fails_unexpectedly", "RuntimeError"),
        ("leaves_the_program", "SystemExit"),
        ("returns_no_dictionary", "TypeError"),
        ("is_no_generator", "TypeError"),
    ],
)
def test_any_other_error_becomes_a_sentence_and_its_traceback_a_log_entry(runner, caplog, action, kind):
    with caplog.at_level(logging.ERROR):
        job = runner.wait(runner.submit(action, {}, "My job"))
    assert job.state is JobState.FAILED
    assert job.error == f"The job 'My job' stopped because of an unexpected error ({kind})."
    assert job.id in job.fix
    assert "secret" not in str(job)
    [record] = caplog.records
    assert record.exc_info[0].__name__ == kind
    assert job.id in record.getMessage()
    assert runner.wait(runner.submit("count_up", {"n": 1})).state is JobState.DONE


def test_result_that_is_no_json_fails_the_job(runner):
    job = runner.wait(runner.submit("returns_no_json", {}))
    assert job.state is JobState.FAILED
    assert "result of returns_no_json" in job.error


def test_unknown_action_lists_the_actions(runner):
    with pytest.raises(NotFound, match=r"no action 'cuont_up'.*count_up, fails_plainly"):
        runner.submit("cuont_up", {})
    assert runner.list() == ()


def test_parameters_must_be_json(runner):
    with pytest.raises(InvalidInput, match="parameters of count_up"):
        runner.submit("count_up", {"n": {1, 2}})
    assert runner.list() == ()


def test_unknown_job_lists_the_latest(runner):
    for call in (runner.get, runner.cancel, runner.resume, runner.wait):
        with pytest.raises(NotFound, match="none yet"):
            call("nothing")
    job_id = runner.submit("count_up", {"n": 1}, "Counting")
    with pytest.raises(NotFound, match=rf"{job_id} \(Counting\)"):
        runner.get("nothing")


def test_same_key_is_the_same_job(runner):
    first = runner.submit("count_up", {"n": 2}, key="click 1")
    assert runner.submit("count_up", {"n": 2}, key="click 1") == first
    assert runner.submit("count_up", {"n": 2}, key="click 2") != first
    assert runner.submit("count_up", {"n": 2}) != first
    with pytest.raises(ValenceError, match=f"belongs to another job .{first}"):
        runner.submit("count_up", {"n": 3}, key="click 1")
    assert len(runner.list()) == 3
    assert runner.wait(first).attempt == 1


def test_double_clicks_from_eight_threads_make_one_job_each(workspace):
    runner = JobRunner(workspace, WORKS)
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda number: runner.submit("count_up", {"n": 1}, key=f"k{number % 5}"), range(40)))
    assert len(set(ids)) == len(runner.list()) == 5
    assert {runner.wait(job_id).state for job_id in ids} == {JobState.DONE}
    runner.close()


def test_list_is_newest_first_and_limited(runner):
    ids = [runner.submit("count_up", {"n": 0}) for _ in range(4)]
    assert [job.id for job in runner.list(3)] == ids[:0:-1]


def test_job_ids_are_short_unique_and_sorted_by_time():
    ids = [new_job_id() for _ in range(2000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 2000
    assert {len(job_id) for job_id in ids} == {14}


@pytest.mark.parametrize("interval_s", [0.0, 0.25, 10.0])
def test_progress_is_written_now_and_then_and_at_the_end(workspace, monkeypatch, interval_s):
    written, now = [], [100.0]
    report = workspace.jobs.report

    def spy(job_id, progress):
        written.append(progress.done)
        report(job_id, progress)

    def hundred_steps(workspace, parameters):
        for step in range(1, 101):
            now[0] += 0.0625  # exact in binary
            yield Progress(step, 100)
        return {}

    monkeypatch.setattr(workspace.jobs, "report", spy)
    works = {"steps": hundred_steps}
    runner = InlineJobRunner(workspace, works, clock=lambda: now[0], progress_interval_s=interval_s)
    job = runner.get(runner.submit("steps", {}))
    assert written == {0.0: list(range(1, 101)), 0.25: list(range(1, 101, 4)), 10.0: [1]}[interval_s]
    assert (job.done, job.total) == (100, 100)


def test_progress_can_be_watched_while_the_job_runs(workspace):
    work = Stepped()
    runner = JobRunner(workspace, {"work": work}, progress_interval_s=0.0)
    job_id = runner.submit("work", {})
    for step in range(3):
        work.reached.acquire()
        job = runner.get(job_id)
        assert (job.state, job.done) == (JobState.RUNNING, step)
        assert job.finished_at is None
        work.go_on.release()
    assert runner.wait(job_id).result == {"steps": 3}
    runner.close()


def test_cancel_takes_effect_at_the_next_progress_and_cleans_up(workspace):
    work = Stepped()
    runner = JobRunner(workspace, {"work": work})
    job_id = runner.submit("work", {})
    work.reached.acquire()
    assert not runner.is_stopping(job_id)
    assert runner.cancel(job_id).state is JobState.RUNNING
    assert runner.is_stopping(job_id)
    work.go_on.release()
    job = runner.wait(job_id)
    assert (job.state, job.error, job.done, job.result) == (JobState.CANCELLED, "", 1, {})
    assert work.cleaned_up == ["job-worker-0"] or work.cleaned_up == ["job-worker-1"]
    assert not runner.is_stopping(job_id)
    runner.close()


def test_cancel_of_a_waiting_job_is_immediate_and_it_never_runs(workspace):
    first, second = Stepped(), Stepped()
    runner = JobRunner(workspace, {"first": first, "second": second}, n_workers=1)
    running, waiting = runner.submit("first", {}), runner.submit("second", {})
    first.reached.acquire()
    assert runner.get(waiting).state is JobState.QUEUED
    assert runner.cancel(waiting).state is JobState.CANCELLED
    for _ in range(3):
        first.go_on.release()
    assert runner.wait(running).state is JobState.DONE
    runner.close()
    assert second.cleaned_up == []
    assert runner.get(waiting).state is JobState.CANCELLED


def test_a_paused_job_stops_at_its_next_progress_and_goes_on_when_resumed(workspace):
    work = Stepped()
    with contextlib.closing(JobRunner(workspace, {"stepped": work})) as runner:
        job_id = runner.submit("stepped", {})
        work.reached.acquire()
        runner.pause(job_id)
        assert runner.is_stopping(job_id)
        work.go_on.release()
        assert runner.wait(job_id).state is JobState.PAUSED
        runner.resume(job_id)
        for _ in range(3):
            work.go_on.release()
        assert runner.wait(job_id).state is JobState.DONE
        assert runner.get(job_id).attempt == 2


def test_cancel_of_a_finished_job_changes_nothing(runner):
    job = runner.wait(runner.submit("count_up", {"n": 1}))
    assert runner.cancel(job.id) == job


def test_job_may_cancel_itself_inline(workspace):
    steps = []

    def work(workspace, parameters):
        for step in range(5):
            steps.append(step)
            if step == 2:
                runner.cancel(runner.list()[0].id)
            yield Progress(step, 5)
        return {}

    runner = InlineJobRunner(workspace, {"work": work})
    assert runner.get(runner.submit("work", {})).state is JobState.CANCELLED
    assert steps == [0, 1, 2]


def test_clean_up_that_fails_after_cancel_is_told(workspace):
    def work(workspace, parameters):
        try:
            runner.cancel(runner.list()[0].id)
            yield Progress(1, 2)
        finally:
            raise ValenceError("The scratch file could not be removed.")

    runner = InlineJobRunner(workspace, {"work": work})
    job = runner.get(runner.submit("work", {}))
    assert (job.state, job.error) == (JobState.FAILED, "The scratch file could not be removed.")


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED])
def test_resume_runs_again_with_the_same_parameters(workspace, state):
    seen, outcomes = [], iter([state])

    def work(workspace, parameters):
        seen.append(parameters)
        match next(outcomes, None):
            case JobState.FAILED:
                raise ValenceError("no", "luck")
            case JobState.CANCELLED:
                runner.cancel(job_ids[0])
            case JobState.INTERRUPTED:
                runner._active[job_ids[0]] = JobState.INTERRUPTED
        yield Progress(7, 7, "seven")
        return {"ok": True}

    runner = InlineJobRunner(workspace, {"work": work})
    job_ids = [runner._workspace.jobs.add("work", "Work", {"n": [1, {"a": None}]}).id]
    runner._run(job_ids[0])
    assert runner.get(job_ids[0]).state is state
    runner.resume(job_ids[0])
    job = runner.get(job_ids[0])
    assert (job.state, job.attempt, job.error, job.fix, job.result) == (JobState.DONE, 2, "", "", {"ok": True})
    assert seen == [{"n": [1, {"a": None}], "job": job.id}] * 2


def test_only_what_has_stopped_short_can_be_resumed(runner):
    job_id = runner.submit("count_up", {"n": 1})
    runner.wait(job_id)
    with pytest.raises(ValenceError, match="is done and cannot be resumed") as refused:
        runner.resume(job_id)
    assert refused.value.fix == "Only a job that is failed, cancelled, interrupted or paused can."


def test_resume_of_an_action_that_is_gone_lists_the_actions(workspace):
    job_id = InlineJobRunner(workspace, WORKS).submit("fails_plainly", {})
    with pytest.raises(NotFound, match=r"no action 'fails_plainly'.* count_up"):
        InlineJobRunner(workspace, {"count_up": count_up}).resume(job_id)


def test_close_interrupts_what_runs_and_what_waits(workspace):
    works = {"first": Stepped(), "second": Stepped(), "third": Stepped()}
    runner = JobRunner(workspace, works, n_workers=2)
    ids = [runner.submit(action, {}) for action in works]
    for action in ("first", "second"):
        works[action].reached.acquire()
    runner.cancel(ids[1])
    closing = threading.Thread(target=runner.close)
    closing.start()
    while not runner.is_stopping(ids[0]):  # the close has begun
        pass
    for action in ("first", "second"):
        works[action].go_on.release()
    closing.join()
    jobs = [runner.get(job_id) for job_id in ids]
    assert [job.state for job in jobs] == [JobState.INTERRUPTED, JobState.CANCELLED, JobState.INTERRUPTED]
    assert "was closed" in jobs[0].error
    assert "Resume" in jobs[0].fix
    assert (len(works["first"].cleaned_up), works["third"].cleaned_up) == (1, [])
    for refused in (lambda: runner.submit("first", {}), lambda: runner.resume(ids[0])):
        with pytest.raises(ValenceError, match="No more jobs are accepted"):
            refused()
    runner.close()


def test_two_workers_run_two_jobs_at_a_time_in_order(workspace):
    meeting = threading.Barrier(2)
    order = []

    def meets(workspace, parameters):
        order.append(parameters["n"])
        meeting.wait()
        yield Progress(1, 1)
        return {}

    runner = JobRunner(workspace, {"meets": meets}, n_workers=2)
    ids = [runner.submit("meets", {"n": number}) for number in range(4)]
    assert [runner.wait(job_id).state for job_id in ids] == [JobState.DONE] * 4
    assert [sorted(order[:2]), sorted(order[2:])] == [[0, 1], [2, 3]]
    runner.close()


def test_worker_outlives_a_database_that_refuses_the_ending(workspace, monkeypatch, caplog):
    runner = JobRunner(workspace, WORKS, n_workers=1)
    with monkeypatch.context() as patch:
        patch.setattr(workspace.jobs, "end", lambda *arguments: 1 / 0)
        broken = runner.submit("count_up", {"n": 1})
        with pytest.raises(ValenceError, match="could not be written"):
            runner.wait(broken)
    assert runner.get(broken).state is JobState.RUNNING
    assert runner.cancel(broken).state is JobState.CANCELLED
    assert runner.wait(runner.submit("count_up", {"n": 1})).state is JobState.DONE
    assert f"The end of job {broken} could not be written" in caplog.text
    runner.close()


def test_keyboard_interrupt_inline_leaves_an_interrupted_job(workspace):
    cleaned_up = []

    def work(workspace, parameters):
        try:
            yield Progress(1, 2)
            raise KeyboardInterrupt
        finally:
            cleaned_up.append(True)

    runner = InlineJobRunner(workspace, {"work": work})
    with pytest.raises(KeyboardInterrupt):
        runner.submit("work", {})
    assert runner.list()[0].state is JobState.INTERRUPTED
    assert cleaned_up == [True]


def test_work_uses_the_workspace(workspace):
    def work(workspace, parameters):
        yield Progress(0, 1)
        artefact = workspace.artefacts.save("rows", "r", "Rows", {"a": b"1"}, facts=parameters)
        return {"rows": artefact.id}

    runner = JobRunner(workspace, {"work": work})
    job = runner.wait(runner.submit("work", {"n": 1}))
    runner.close()
    assert workspace.artefacts.get("rows", job.result["rows"]).manifest.facts == {"n": 1, "job": job.id}
