"""Every training on a board version in one line: what it scored where, so that runs can be looked at side by side."""

from dataclasses import dataclass
from enum import StrEnum

from core.leaderboard.figures import Figures
from core.leaderboard.quotas import HOUSE_TEAM
from core.models.protocol import Track
from core.models.report import TrainingReport
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.board_versions import BoardVersion, board_versions
from core.workflows.submission_records import StoredSubmission, submissions_of
from core.workflows.training import load_run, model_runs


class Standing(StrEnum):
    """What became of a run's submission among those of the same family: only the best one ranks."""

    RANKS = "ranks"
    BEATEN = "beaten"
    NO_BETTER = "no better"


@dataclass(frozen=True, slots=True, eq=False)
class RunLine:
    """One training. `public`: its own figures, None where they are not shown because it did not beat its family's best;
    `private`: None until the version is closed; `entry`: id of the submission that stands on the board for its family.
    """

    artefact: Artefact
    report: TrainingReport
    standing: Standing
    entry: str
    public: Figures | None
    private: Figures | None

    @property
    def id(self) -> str:
        """Id of the run."""
        return self.artefact.id

    @property
    def score(self) -> Figures | None:
        """What the board shows of it now: private figures once the version is closed, public ones before."""
        return self.private or self.public


def run_lines(workspace: Workspace, version: str) -> tuple[RunLine, ...]:
    """The runs on one board version, newest first."""
    submissions = {one.id: one for one in submissions_of(workspace, version)}
    # Of one standing, which is the house team's family and track, the latest improvement is the best so far.
    house = [one for one in submissions.values() if one.team == HOUSE_TEAM]
    best = {(one.model, one.track): one.id for one in house if one.improved}
    return tuple(_line(workspace, run, submissions, best) for run in model_runs(workspace, version))


def sister_versions(workspace: Workspace, version: BoardVersion) -> tuple[BoardVersion, ...]:
    """The versions of the same dataset that were split the other way: cold for random, random for cold."""
    return tuple(
        other
        for other in board_versions(workspace)
        if other.dataset == version.dataset and other.kind is not version.kind
    )


def _line(
    workspace: Workspace, run: Artefact, submissions: dict[str, StoredSubmission], best: dict[tuple[str, Track], str]
) -> RunLine:
    report = load_run(workspace, run.id).report
    own = submissions[str(run.manifest.facts["submission"])]
    entry = best[(own.model, own.track)]
    standing = Standing.NO_BETTER if not own.improved else Standing.RANKS if entry == own.id else Standing.BEATEN
    return RunLine(run, report, standing, entry, own.public if own.improved else None, own.private)
