"""Predictions of a team for a board version: score them once, say what may be said, keep everything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.errors import InvalidInput, Problem
from core.fingerprint import content_id, digest
from core.leaderboard.figures import Figures, figures_of, figures_text, read_figures
from core.leaderboard.ladder import step_between
from core.leaderboard.prediction_files import stored_bytes
from core.leaderboard.predictions import Predictions
from core.leaderboard.quotas import HOUSE_TEAM, Remaining, quota_of, remaining_of
from core.leaderboard.receipts import Receipt
from core.leaderboard.refusals import RefusalKind, SubmissionRefused
from core.leaderboard.submission_files import read_submission
from core.models.protocol import Track
from core.store.board_log import BoardLog, KeyRow, Standing, SubmissionRow, board_log
from core.store.clock import utc_now
from core.store.job_table import new_job_id
from core.store.json_text import to_json_text
from core.store.workspace import Workspace
from core.workflows.answer_sheets import AnswerSheet, answer_sheet, check_open
from core.workflows.submission_records import public_labels

MAX_NAME_LENGTH = 100
MAX_CODE_REF_LENGTH = 500
MAX_KEY_LENGTH = 200
MAX_CONFIG_LENGTH = 20_000


class SubmissionSource(StrEnum):
    """Through which door a submission came."""

    API = "api"
    WORKBENCH = "workbench"
    CLI = "cli"


@dataclass(frozen=True, slots=True)
class SubmissionRequest:
    """A file of predictions and who sends it. `version`: the id of the split; `model`: the name the board shows (of the
    house team's models the family); `key`: the idempotency key, empty for none; `code_ref` and `config`: where the
    predictions come from, as the team states it.
    """

    version: str
    team: str
    model: str
    track: Track
    data: bytes = field(repr=False)
    media_type: str
    source: SubmissionSource
    key: str = ""
    code_ref: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)


def submit(workspace: Workspace, request: SubmissionRequest) -> Receipt:
    """Score a submission and store it, on the disk when this returns; the receipt tells what the team's standing shows.

    `InvalidInput` for a file that does not answer the test form: it is not stored and uses no quota.
    `SubmissionRefused` for a key of another submission, a used-up quota, a closed version, too large a file or an
    unknown media type. `NotFound` for an unknown version.
    """
    _refuse_problems(request)
    log, facts = board_log(workspace), _Facts(request)
    if (known := _known(log, facts)) is not None:
        return known
    check_open(workspace, request.version)
    _refuse_used_up(log, request, utc_now())
    sheet = answer_sheet(workspace, request.version)
    predictions = read_submission(request.data, request.media_type, sheet.form)
    figures = figures_of(predictions, sheet.solution.label, len(sheet.solution.labels), sheet.is_public)
    with log.turn(request.version, request.team):
        if (known := _known(log, facts)) is not None:
            return known
        check_open(workspace, request.version)
        return _record(workspace, log, facts, _Scored(sheet, predictions, figures))


def remaining_quota(workspace: Workspace, version: str, team: str) -> Remaining:
    """How many scored submissions to a version are left for a team, today (UTC) and in total."""
    return _remaining(board_log(workspace), version, team, utc_now())


@dataclass(frozen=True, slots=True)
class _Scored:
    sheet: AnswerSheet
    predictions: Predictions
    figures: Figures


class _Facts:
    """A request with the digests that tell whether it, or its file, was there before."""

    def __init__(self, request: SubmissionRequest) -> None:
        self.request = request
        self.config = to_json_text(dict(request.config), "config")
        self.body_digest = digest(request.data)
        is_house = request.team == HOUSE_TEAM
        self.standing = Standing(request.version, request.team, str(request.track), request.model if is_house else "")
        told = [request.model, str(request.track), request.code_ref, request.config, request.media_type.strip().lower()]
        self.request_digest = content_id("submission", [*told, self.body_digest])


def _known(log: BoardLog, facts: _Facts) -> Receipt | None:
    """The receipt of the same key, or of the same file of the same standing, if there is one."""
    request = facts.request
    if request.key and (under_key := log.under_key(request.version, request.team, request.key)) is not None:
        if under_key.request_digest != facts.request_digest:
            raise SubmissionRefused(
                RefusalKind.CONFLICT,
                f"The idempotency key {request.key!r} belongs to another submission ({under_key.submission}).",
                "Send this one with a new key.",
            )
        return Receipt.model_validate_json(under_key.receipt)
    rows = log.of_standing(facts.standing)
    same = next((row for row in rows if row.body_digest == facts.body_digest), None)
    if same is None:
        return None
    receipt = _receipt(same, _best(rows), _remaining(log, same.version, same.team, utc_now()), is_repeated=True)
    if request.key:
        log.record_key(_key_row(facts, receipt))
    return receipt


def _record(workspace: Workspace, log: BoardLog, facts: _Facts, scored: _Scored) -> Receipt:
    """Hold the score against the standing's best, store it, and say what is shown; only one call per team at a time."""
    at = utc_now()
    left = _refuse_used_up(log, facts.request, at)
    rows, submission_id = log.of_standing(facts.standing), new_job_id()
    best = _best(rows) if rows else None
    is_better = best is None or _beats(workspace, best, scored, len(rows))
    data = stored_bytes(scored.predictions)
    row = SubmissionRow(
        id=submission_id,
        version=facts.standing.version,
        team=facts.standing.team,
        track=facts.standing.track,
        standing=facts.standing.name,
        model=facts.request.model,
        source=str(facts.request.source),
        code_ref=facts.request.code_ref,
        config=facts.config,
        submitted_at=at,
        day=at[:10],
        body_digest=facts.body_digest,
        file_digest=digest(data),
        shown=submission_id if is_better or best is None else best.id,
        figures=figures_text(scored.figures) if is_better else None,
    )
    left = Remaining(left.today - 1, left.total - 1)
    receipt = _receipt(row, row if is_better or best is None else best, left)
    log.record(row, data, _key_row(facts, receipt) if facts.request.key else None)
    return receipt


def _beats(workspace: Workspace, best: SubmissionRow, scored: _Scored, n_before: int) -> bool:
    rows, solution = scored.sheet.is_public, scored.sheet.solution
    shown, new = public_labels(workspace, best, scored.sheet), scored.predictions.label[rows]
    return step_between(solution.label[rows], shown, new, len(solution.labels), n_before).is_improvement


def _best(rows: tuple[SubmissionRow, ...]) -> SubmissionRow:
    """The submission whose figures a standing shows: the last that improved it."""
    return next(row for row in reversed(rows) if row.is_improvement)


def _receipt(row: SubmissionRow, best: SubmissionRow, left: Remaining, *, is_repeated: bool = False) -> Receipt:
    assert best.figures is not None
    shown = read_figures(best.figures).shown
    return Receipt(
        id=row.id,
        version=row.version,
        team=row.team,
        model=row.model,
        track=row.track,
        submitted_at=row.submitted_at,
        public_score=shown.estimate,
        low=shown.low,
        high=shown.high,
        improved=row.is_improvement,
        shown=best.id,
        repeated=is_repeated,
        remaining_today=left.today,
        remaining_total=left.total,
        note=_note(row, best, is_repeated),
    )


def _note(row: SubmissionRow, best: SubmissionRow, is_repeated: bool) -> str:
    told = f"The same file was scored before as {row.id}; nothing was counted again. " if is_repeated else ""
    if best.id != row.id:
        return f"{told}The score shown is that of {best.id}: this one does not beat it beyond noise."
    return f"{told}The score shown is its own."


def _key_row(facts: _Facts, receipt: Receipt) -> KeyRow:
    request = facts.request
    return KeyRow(
        request.version, request.team, request.key, facts.request_digest, receipt.id, receipt.model_dump_json()
    )


def _remaining(log: BoardLog, version: str, team: str, at: str) -> Remaining:
    used = log.usage(version, team, at[:10])
    return remaining_of(quota_of(team), used.today, used.total)


def _refuse_used_up(log: BoardLog, request: SubmissionRequest, at: str) -> Remaining:
    left, quota = _remaining(log, request.version, request.team, at), quota_of(request.team)
    if left.total == 0:
        message = f"All {quota.total:,} submissions of {request.team!r} to this version are used."
        raise SubmissionRefused(RefusalKind.QUOTA, message, "Its best score stays; submit to another version.")
    if left.today == 0:
        message = f"All {quota.per_day:,} submissions of {request.team!r} for today are used; {left.total:,} are left."
        raise SubmissionRefused(RefusalKind.QUOTA, message, "Submit again after midnight UTC.")
    return left


def _refuse_problems(request: SubmissionRequest) -> None:
    limits = {
        "team": MAX_NAME_LENGTH,
        "model": MAX_NAME_LENGTH,
        "key": MAX_KEY_LENGTH,
        "code_ref": MAX_CODE_REF_LENGTH,
    }
    problems = [problem for name, limit in limits.items() for problem in _text_problems(request, name, limit)]
    if len(to_json_text(dict(request.config), "config")) > MAX_CONFIG_LENGTH:
        message = f"The configuration has more than {MAX_CONFIG_LENGTH:,} characters."
        problems.append(Problem(message, "State only what is needed to repeat the run.", field="config"))
    if request.team == HOUSE_TEAM and request.source is not SubmissionSource.WORKBENCH:
        message = f"The name {HOUSE_TEAM!r} belongs to the models of this workspace."
        problems.append(Problem(message, "Choose another name for the team.", field="team"))
    if problems:
        raise InvalidInput("The submission cannot be taken", problems)


def _text_problems(request: SubmissionRequest, name: str, limit: int) -> list[Problem]:
    text: str = getattr(request, name)
    problems = []
    if not text.strip() and name in ("team", "model"):
        problems.append(Problem("It is empty.", "Give it a name.", field=name))
    if len(text) > limit:
        problems.append(Problem(f"It has {len(text):,} characters; at most {limit} fit.", "Shorten it.", field=name))
    if not text.isprintable():  # line breaks, invisible characters, half surrogate pairs
        problems.append(Problem("It holds a line break or an invisible character.", "Type it again.", field=name))
    return problems
