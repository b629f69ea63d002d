"""What a board tells of one entry beyond its line: its calibration, and its scores on other dataset versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.leaderboard.entries import Entry, ShownScore, best_entries
from core.leaderboard.lines import Lines
from core.leaderboard.prediction_files import read_stored
from core.leaderboard.reliability import Reliability, reliability_of
from core.store.board_log import board_log
from core.store.workspace import Workspace
from core.workflows.answer_sheets import answer_sheet
from core.workflows.board import BoardChoice, ScoreSource, dataset_boards, log_dataset
from core.workflows.board_entries import LoggedEntries, SubmittedEntries
from core.workflows.board_versions import VersionState, board_version
from core.workflows.evaluation_logs import stored_logs

OPEN_DECIMALS: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class VersionScore:
    """The best score of a team's model on one dataset version, of one kind of split and track; `lines` of its board."""

    team: str
    model: str
    dataset: str
    title: str
    score: ShownScore
    lines: Lines | None


def entry_reliability(workspace: Workspace, submission: str) -> Reliability | None:
    """The calibration of a submission on the rows that its board shows, the private ones once it is closed.

    None where no probabilities were submitted, and while the version is open for a submission that is not shown. Until
    then figures have two decimals: exact ones would count single rows, and tell more of them than the score does.
    """
    log = board_log(workspace)
    row = log.submission(submission)
    is_final = board_version(workspace, row.version).state is VersionState.CLOSED
    if not (is_final or row.is_improvement):
        return None
    sheet, predictions = answer_sheet(workspace, row.version), read_stored(log.predictions(row))
    if predictions.probabilities is None:
        return None
    rows = sheet.solution.is_private if is_final else sheet.is_public
    found = reliability_of(predictions.probabilities[rows], sheet.solution.label[rows])
    return found if is_final else found.rounded(OPEN_DECIMALS)


def scores_across(
    workspace: Workspace, choice: BoardChoice, who: Sequence[tuple[str, str]]
) -> tuple[VersionScore, ...]:
    """The best score of each team's model on every dataset version, all of the choice's kind, track and source.

    Dataset versions come in the order of their titles; a version without an entry of a model is left out.
    """
    found: list[VersionScore] = []
    logs = stored_logs(workspace) if choice.source is ScoreSource.SELF_REPORTED else ()
    for boards in sorted(dataset_boards(workspace), key=lambda one: (one.title.casefold(), one.key)):
        version = boards.version(choice.kind, choice.version)
        if choice.source is ScoreSource.SELF_REPORTED:
            own = [log for log in logs if log_dataset(log) == boards.key]
            own = [log for log in own if (log.log.track, log.log.split_kind) == (choice.track, choice.kind)]
            history = LoggedEntries(own).history
        else:
            history = SubmittedEntries(workspace, version, choice.track).history if version is not None else ()
        best = {entry.who: entry for entry in best_entries([one.entry for one in history if one.counts])}
        lines = version.lines if version is not None else None
        found += [_score(best[pair], boards.key, boards.title, lines) for pair in who if pair in best]
    return tuple(found)


def _score(entry: Entry, dataset: str, title: str, lines: Lines | None) -> VersionScore:
    return VersionScore(entry.team, entry.model, dataset, title, entry.score, lines)
