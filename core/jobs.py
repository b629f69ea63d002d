"""Background work: jobs run in worker threads, live in the database, and can be watched, cancelled and resumed."""

import contextlib
import logging
import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from typing import Any

from core.errors import NotFound, ValenceError
from core.progress import Progress, Steps, finish
from core.store.job_table import RESUME, Ending, Job, JobState, JobTable
from core.store.json_text import json_copy
from core.store.workspace import Workspace

__all__ = ["InlineJobRunner", "Job", "JobRunner", "JobState", "Runner", "Work"]

Work = Callable[[Workspace, Mapping[str, Any]], Steps[dict[str, Any]]]

JOB = "job"  # the parameter that tells a work which job it is: its spending is recorded under that id
PROGRESS_INTERVAL_S = 0.2

_CLOSED = "The program was closed while this job was waiting or running."

logger = logging.getLogger(__name__)


class _Stopped(Exception):
    """The job was asked to stop; `state` is how it shall end."""

    def __init__(self, state: JobState) -> None:
        super().__init__(state)
        self.state = state


class _Reporter:
    """Writes progress to the job's row, at most once per interval; `latest` is the last one seen."""

    def __init__(self, table: JobTable, job_id: str, clock: Callable[[], float], interval_s: float) -> None:
        self.latest: Progress | None = None
        self._table, self._job_id, self._clock, self._interval_s = table, job_id, clock, interval_s
        self._written_at = -float("inf")

    def report(self, progress: Progress) -> None:
        self.latest = progress
        now = self._clock()
        if now - self._written_at >= self._interval_s:
            self._table.report(self._job_id, progress)
            self._written_at = now


class Runner(ABC):
    """What a page, the command line or a test may do with jobs; where they run is the subclass's business."""

    def __init__(
        self,
        workspace: Workspace,
        works: Mapping[str, Work],
        *,
        clock: Callable[[], float] = time.monotonic,
        progress_interval_s: float = PROGRESS_INTERVAL_S,
    ) -> None:
        self._workspace = workspace
        self._works = works
        self._clock = clock
        self._progress_interval_s = progress_interval_s
        self._changed = threading.Condition(threading.RLock())
        self._active: dict[str, JobState | None] = {}  # running jobs, and how those asked to stop shall end
        self._is_closed = False

    def submit(self, action: str, parameters: Mapping[str, Any], title: str = "", *, key: str | None = None) -> str:
        """Queue a job and return its id; the same `key` (one click, one key) returns the same job.

        `NotFound` lists the actions when there is no such one; `InvalidInput` when parameters are not JSON data.
        """
        self._check_action(action)
        with self._changed:
            self._check_open()
            job = self._workspace.jobs.add(action, title, parameters, key)
        self._dispatch(job.id)  # for a known key this does nothing: only a queued job starts, and only once
        return job.id

    def resume(self, job_id: str) -> None:
        """Queue an interrupted, failed or cancelled job again, with its parameters; `ValenceError` for any other."""
        self._check_action(self.get(job_id).action)
        with self._changed:
            self._check_open()
            self._workspace.jobs.requeue(job_id)
        self._dispatch(job_id)

    def cancel(self, job_id: str) -> Job:
        """Stop a job: at once while it waits, at its next progress when it runs, not at all when it is over."""
        return self._stop(job_id, JobState.CANCELLED)

    def pause(self, job_id: str) -> Job:
        """Stop a job like `cancel`, with the intention to resume it."""
        return self._stop(job_id, JobState.PAUSED)

    def _stop(self, job_id: str, state: JobState) -> Job:
        with self._changed:
            if job_id in self._active:
                self._active[job_id] = self._active[job_id] or state
            else:
                self._workspace.jobs.end(job_id, Ending(state))
                self._changed.notify_all()
        return self.get(job_id)

    def is_stopping(self, job_id: str) -> bool:
        """Whether the job runs but was asked to stop, and will at its next progress."""
        with self._changed:
            return self._active.get(job_id) is not None

    def get(self, job_id: str) -> Job:
        """The job as last written; `NotFound` lists the latest ones."""
        return self._workspace.jobs.get(job_id)

    def list(self, limit: int = 50) -> tuple[Job, ...]:
        """The newest jobs first, at most `limit` of them."""
        return self._workspace.jobs.list(limit)

    def wait(self, job_id: str) -> Job:
        """Block until the job is over, and return it; `ValenceError` when its end could not be written."""
        with self._changed:
            while not (job := self.get(job_id)).state.is_over:
                if job.state is JobState.RUNNING and job_id not in self._active:
                    raise ValenceError(
                        f"The end of the job {job.title!r} could not be written.", "Cancel and resume it."
                    )
                self._changed.wait()
        return job

    def close(self) -> None:
        """Accept nothing more, interrupt what waits or runs (at its next progress), and wait until all have stopped."""
        with self._changed:
            if self._is_closed:
                return
            self._is_closed = True
            for job_id, state in self._active.items():
                logger.info("Waiting for job %s to reach its next step", job_id)
                self._active[job_id] = state or JobState.INTERRUPTED
            self._workspace.jobs.interrupt([JobState.QUEUED], _CLOSED)
            self._changed.notify_all()
        self._join()

    @abstractmethod
    def _dispatch(self, job_id: str) -> None:
        """Have `_run` called for a job that is queued."""

    @abstractmethod
    def _join(self) -> None:
        """Wait for the threads, if there are any."""

    def _check_action(self, action: str) -> None:
        if action not in self._works:
            known = ", ".join(sorted(self._works)) or "none"
            raise NotFound(f"There is no action {action!r}.", f"The actions are: {known}.")

    def _check_open(self) -> None:
        if self._is_closed:
            raise ValenceError("No more jobs are accepted: the program is being closed.", "Start it again.")

    def _run(self, job_id: str) -> None:
        with self._changed:
            if not self._workspace.jobs.start(job_id):
                return  # cancelled or interrupted while it waited
            self._active[job_id] = None
        try:
            self._run_started(self.get(job_id))
        finally:
            with self._changed:
                del self._active[job_id]
                self._changed.notify_all()

    def _run_started(self, job: Job) -> None:
        reporter = _Reporter(self._workspace.jobs, job.id, self._clock, self._progress_interval_s)
        ending = Ending(JobState.INTERRUPTED, _CLOSED, RESUME)  # how it ends if even `_ending` is broken off (Ctrl+C)
        try:
            ending = self._ending(job, reporter)
        finally:
            self._workspace.jobs.end(job.id, ending, reporter.latest)

    def _ending(self, job: Job, reporter: _Reporter) -> Ending:
        try:
            result = json_copy(self._drive(job, reporter), f"result of {job.action}")
            return Ending(JobState.DONE, result=result)
        except _Stopped as stop:
            was_closed = stop.state is JobState.INTERRUPTED
            return Ending(stop.state, _CLOSED, RESUME) if was_closed else Ending(stop.state)
        except ValenceError as error:
            logger.warning("Job %s (%s) failed", job.id, job.action, exc_info=True)
            return Ending(JobState.FAILED, error.message, error.fix)
        except (Exception, SystemExit) as error:
            logger.exception("Job %s (%s) stopped unexpectedly", job.id, job.action)
            sentence = f"The job {job.title!r} stopped because of an unexpected error ({type(error).__name__})."
            return Ending(
                JobState.FAILED, sentence, f"{RESUME} If it stops again, the log names the cause of job {job.id}."
            )

    def _drive(self, job: Job, reporter: _Reporter) -> dict[str, Any]:
        """Run the work to its end; every progress is a chance to stop, by closing the generator."""

        def report(progress: Progress) -> None:
            reporter.report(progress)
            self._check_stop(job.id)

        steps = self._works[job.action](self._workspace, {**job.parameters, JOB: job.id})
        if not isinstance(steps, Generator):
            raise TypeError(f"the work of {job.action!r} is no generator of progress")
        with contextlib.closing(steps):
            self._check_stop(job.id)
            result = finish(steps, report)
        if not isinstance(result, dict):
            raise TypeError(f"the work of {job.action!r} returned no dictionary")
        return result

    def _check_stop(self, job_id: str) -> None:
        with self._changed:
            state = self._active[job_id]
        if state is not None:
            raise _Stopped(state)


class JobRunner(Runner):
    """Runs jobs in `n_workers` threads, in the order they were submitted."""

    def __init__(
        self,
        workspace: Workspace,
        works: Mapping[str, Work],
        n_workers: int = 2,
        *,
        clock: Callable[[], float] = time.monotonic,
        progress_interval_s: float = PROGRESS_INTERVAL_S,
    ) -> None:
        super().__init__(workspace, works, clock=clock, progress_interval_s=progress_interval_s)
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"job-worker-{number}", daemon=True)
            for number in range(n_workers)
        ]
        for thread in self._threads:
            thread.start()

    def _dispatch(self, job_id: str) -> None:
        self._queue.put(job_id)

    def _serve(self) -> None:
        while (job_id := self._queue.get()) is not None:
            try:
                self._run(job_id)
            except Exception:  # the door failed while the ending was written: the worker must live on
                logger.exception("The end of job %s could not be written", job_id)

    def _join(self) -> None:
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()


class InlineJobRunner(Runner):
    """Runs every job to its end inside `submit` and `resume`: for tests and scripts."""

    def _dispatch(self, job_id: str) -> None:
        self._run(job_id)

    def _join(self) -> None:
        return
