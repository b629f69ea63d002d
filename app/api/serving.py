"""What all requests of one server share."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request

from app.api.bodies import BodyLimits, BodyReader
from app.api.work import Workers
from core.leaderboard.rate_limit import Clock, RateLimiter
from core.store.workspace import Workspace

FindWorkspace = Callable[[str], Workspace | None]
RATE, RATE_WINDOW_S = 60, 60.0


@dataclass(frozen=True, slots=True)
class ApiLimits:
    """How much one server takes on: requests per token and minute, bodies, and threads that score."""

    rate: int = RATE
    bodies: BodyLimits = field(default_factory=BodyLimits)
    scoring_threads: int = 2
    waiting: int = 256


class Serving:
    """The workspaces of a server by name (None: there is none), and its bounded means."""

    def __init__(self, find_workspace: FindWorkspace, limits: ApiLimits, clock: Clock = time.monotonic) -> None:
        self.find_workspace = find_workspace
        self.rates = RateLimiter(limits.rate, RATE_WINDOW_S, clock)
        self.bodies = BodyReader(limits.bodies)
        self.light = Workers(8, limits.waiting)
        self.scoring = Workers(limits.scoring_threads, limits.waiting)


def serving(request: Request) -> Serving:
    """The server's means, for a route."""
    means: Serving = request.app.state.serving
    return means
