"""Giving tokens to teams, taking them back, and telling whose token a request carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import InvalidInput, NotFound, Problem, ValenceError
from core.leaderboard.quotas import HOUSE_TEAM
from core.leaderboard.tokens import is_same_token, mint_token, read_token
from core.models.protocol import Track
from core.store.clock import utc_now
from core.store.review_rows import reviewer_faults
from core.store.token_table import StoredToken
from core.store.workspace import Workspace

MAX_DAYS: Final = 366
_MAX_NOTE: Final = 200


class Scope(StrEnum):
    """What a token allows: to read versions and results, or to submit too."""

    READ = "read"
    SUBMIT = "submit"


class TokenRequest(BaseModel):
    """Who gets a token and what for; it ends after `days`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: str
    scopes: tuple[Scope, ...] = (Scope.READ, Scope.SUBMIT)
    track: Track = Track.BLIND
    days: int = Field(default=90, ge=1, le=MAX_DAYS)
    note: str = Field(default="", max_length=_MAX_NOTE)


class TokenState(StrEnum):
    """What a token is worth now."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A token as its owner may see it: everything but the token."""

    id: str
    team: str
    scopes: tuple[Scope, ...]
    track: Track
    note: str
    created_at: str
    expires_at: str
    revoked_at: str
    state: TokenState


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token at the only moment its `text` is known."""

    text: str
    facts: TokenFacts


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request may do, proven by its token."""

    token_id: str
    team: str
    scopes: frozenset[Scope]
    track: Track


class Refusal(StrEnum):
    """Why a token opens nothing."""

    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"


class TokenRefused(ValenceError):
    """A token that opens nothing; its text is in no message."""

    def __init__(self, refusal: Refusal, moment: str = "") -> None:
        message, fix = _REFUSALS[refusal]
        super().__init__(message.format(moment=moment), fix)
        self.refusal = refusal


_ASK: Final = "Ask whoever runs the board for a new one."
_REFUSALS: Final[Mapping[Refusal, tuple[str, str]]] = MappingProxyType(
    {
        Refusal.MALFORMED: ("This is not a token.", "Send it whole, as it was shown: valence1.WORKSPACE.ID.SECRET."),
        Refusal.UNKNOWN: ("This token is not known here.", "Check that it was copied whole and unchanged."),
        Refusal.EXPIRED: ("This token expired on {moment}.", _ASK),
        Refusal.REVOKED: ("This token was revoked on {moment}.", _ASK),
    }
)


def create_token(workspace: Workspace, request: TokenRequest) -> NewToken:
    """Give a team a token; its text is returned here and never again.

    `InvalidInput` for a team without a usable name or a token without scopes; `ValenceError` for a team that holds
    tokens of the other track: rows learnt from the edges must not be ranked as blind.
    """
    if problems := _problems(request):
        raise InvalidInput("The token cannot be made", problems)
    minted, now = mint_token(workspace.name), utc_now()
    scopes = " ".join(sorted(set(request.scopes)))
    ends = _later(now, request.days)
    stored = StoredToken(minted.name.id, minted.digest, request.team, scopes, request.track, request.note, now, ends)
    track = workspace.tokens.add(stored)
    if track != request.track:
        raise ValenceError(
            f"The team {request.team!r} competes on the {track} track, and a team has one track for good.",
            f"Give the {request.track} track a team of another name.",
        )
    return NewToken(minted.text, _facts(stored, now))


def token_request(values: Mapping[str, object]) -> TokenRequest:
    """Values from a form or a command line as a request; `InvalidInput` names every field that is wrong."""
    try:
        return TokenRequest.model_validate(values)
    except ValidationError as error:
        problems = [Problem(e["msg"] + ".", field=".".join(map(str, e["loc"]))) for e in error.errors()]
        raise InvalidInput("The token cannot be made", problems) from error


def tokens_of(workspace: Workspace) -> tuple[TokenFacts, ...]:
    """Every token ever given out in this workspace, newest first."""
    now = utc_now()
    return tuple(_facts(token, now) for token in workspace.tokens.all())


def revoke_token(workspace: Workspace, token_id: str) -> TokenFacts:
    """Take a token back, at once and for good; revoking it again changes nothing. `NotFound` for an unknown id."""
    table = workspace.tokens
    table.revoke(token_id, utc_now())
    token = table.find(token_id)
    if token is None:
        known = ", ".join(f"{t.id} ({t.team})" for t in table.all())
        raise NotFound(f"There is no token {token_id!r}.", f"Those given out: {known or 'none'}.")
    return _facts(token, utc_now())


def authenticate(workspace: Workspace, text: str, now: str = "") -> Grant:
    """Whose token this is; `TokenRefused` where it opens nothing.

    That a token expired or was revoked is said only to who sends the whole of it. `now`: UTC ISO, the present if empty.
    """
    name = read_token(text)
    if name is None:
        raise TokenRefused(Refusal.MALFORMED)
    stored = workspace.tokens.find(name.id)
    if not is_same_token(text, stored.digest if stored else None) or stored is None:
        raise TokenRefused(Refusal.UNKNOWN)
    facts = _facts(stored, now or utc_now())
    if facts.state is TokenState.REVOKED:
        raise TokenRefused(Refusal.REVOKED, facts.revoked_at[:10])
    if facts.state is TokenState.EXPIRED:
        raise TokenRefused(Refusal.EXPIRED, facts.expires_at[:10])
    return Grant(facts.id, facts.team, frozenset(facts.scopes), facts.track)


def _problems(request: TokenRequest) -> list[Problem]:
    faults = [
        (message.replace("The reviewer", "The team"), fix.replace("your name", "the team's name"))
        for message, fix in reviewer_faults(request.team)
    ]
    problems = [Problem(message, fix, field="team") for message, fix in faults]
    if request.team.casefold() == HOUSE_TEAM.casefold():
        message = f"{HOUSE_TEAM!r} is the name of the models trained in this workspace."
        problems.append(Problem(message, "Choose another name.", field="team"))
    if not request.scopes:
        problems.append(
            Problem("A token without a scope opens nothing.", "Allow read, submit or both.", field="scopes")
        )
    return problems


def _facts(token: StoredToken, now: str) -> TokenFacts:
    state = TokenState.ACTIVE
    if token.revoked_at:
        state = TokenState.REVOKED
    elif token.expires_at <= now:
        state = TokenState.EXPIRED
    return TokenFacts(
        token.id,
        token.team,
        tuple(Scope(scope) for scope in token.scopes.split()),
        Track(token.track),
        token.note,
        token.created_at,
        token.expires_at,
        token.revoked_at,
        state,
    )


def _later(moment: str, days: int) -> str:
    later = datetime.fromisoformat(moment).astimezone(UTC) + timedelta(days=days)
    return later.isoformat(timespec="microseconds").replace("+00:00", "Z")
