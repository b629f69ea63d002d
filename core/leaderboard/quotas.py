"""How many submissions a team may have scored per version: few enough that the public score cannot be learnt from."""

from typing import Final, NamedTuple

HOUSE_TEAM: Final = "workbench"  # the models that are trained in this workspace


class Quota(NamedTuple):
    """Scored submissions of one team to one version, over all its models and tracks: per day (UTC) and in total."""

    per_day: int
    total: int


class Remaining(NamedTuple):
    """How many submissions are left today (UTC) and in total; `today` is never more than `total`."""

    today: int
    total: int


TEAM_QUOTA: Final = Quota(per_day=5, total=100)
HOUSE_QUOTA: Final = Quota(per_day=500, total=10_000)


def quota_of(team: str) -> Quota:
    """The quota of a team; the house team's is larger, because it has nobody to win against."""
    return HOUSE_QUOTA if team == HOUSE_TEAM else TEAM_QUOTA


def remaining_of(quota: Quota, used_today: int, used: int) -> Remaining:
    """What is left of a quota, never below 0."""
    total = max(quota.total - used, 0)
    return Remaining(min(max(quota.per_day - used_today, 0), total), total)
