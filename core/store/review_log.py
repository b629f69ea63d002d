"""Reviews as rows: every decision of a reviewer on a pair, never changed and never lost."""

import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

from core.errors import InvalidInput, NotFound, ValenceError
from core.fingerprint import content_id
from core.store.clock import utc_now
from core.store.database import Database, Transaction
from core.store.review_rows import (
    MAX_NOTE_LENGTH,
    MAX_REVIEWER_LENGTH,
    Claim,
    Decision,
    NewReview,
    PairEnds,
    Review,
    ReviewKind,
    review_problems,
    reviewer_faults,
)

__all__ = [
    "MAX_NOTE_LENGTH",
    "MAX_REVIEWER_LENGTH",
    "Claim",
    "Decision",
    "NewReview",
    "PairEnds",
    "Review",
    "ReviewKind",
    "ReviewLog",
    "reviewer_faults",
]


class ReviewLog:
    """The reviews of one workspace; safe from any thread, and on the disk when a writing call returns.

    Reviews of a catalogue are read once and then kept in memory, since nobody else writes the tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing = threading.RLock()  # reviews arrive one after another: numbers and claims need it
        self._held: dict[str, _Held] = {}

    def append(self, reviews: Sequence[NewReview], key: str | None = None) -> tuple[Review, ...]:
        """Record reviews in one transaction, numbered in order of arrival, and return them.

        The same reviews under the same `key` are recorded once: a repetition returns the first ones. `InvalidInput`
        lists every review that cannot be recorded; then none is. `ValenceError` for a key of other reviews.
        """
        problems = [problem for row, review in enumerate(reviews, 1) for problem in review_problems(review, row)]
        if problems:
            raise InvalidInput("The reviews cannot be recorded", problems)
        ids = [_id_under(key, place) if key else secrets.token_hex(12) for place in range(len(reviews))]
        with self._writing:
            if key and (known := self._known_under(key, reviews, ids)):
                return known
            return self._record(reviews, ids) if reviews else ()

    def withdraw(self, ids: Sequence[str], by: str) -> int:
        """Take one's own reviews back, all in one step, and count those that stood until now.

        `NotFound` names unknown ids, `ValenceError` the reviews of others; then none is withdrawn.
        """
        wanted = list(dict.fromkeys(ids))
        with self._writing:
            found = self._by_id(wanted)
            _refuse_others(found, by)
            standing = [review.id for review in found if review.stands]
            if not standing:
                return 0
            at = utc_now()
            rows = {"review": standing, "withdrawn_by": [by] * len(standing), "withdrawn_at": [at] * len(standing)}
            with self._dropping_what_is_held():
                self._database.append("review_withdrawals", rows)
            for held in self._held.values():
                held.withdraw(standing, by, at)
            return len(standing)

    def review(self, review_id: str) -> Review:
        """One review; `NotFound` for an unknown id."""
        with self._writing:
            return self._by_id([review_id])[0]

    def of_catalogue(self, catalogue: str) -> tuple[Review, ...]:
        """Every review of a catalogue, withdrawn ones too, in order of arrival."""
        with self._writing:
            return tuple(self._hold(catalogue).reviews)

    def of_pair(self, catalogue: str, source: str, target: str) -> tuple[Review, ...]:
        """Every review of one pair (attribute ids in either order), withdrawn ones too, in order of arrival."""
        with self._writing:
            return self._hold(catalogue).of_pair(source, target)

    def of_queue(self, queue: str) -> tuple[Review, ...]:
        """Every review that was made in a queue, withdrawn ones too, in order of arrival."""
        with self._writing:
            found = self._database.read("SELECT DISTINCT catalogue FROM reviews WHERE queue = ?", [queue])
            reviews = [review for row in found for review in self._hold(row["catalogue"]).reviews]
        return tuple(sorted((r for r in reviews if r.queue == queue), key=lambda r: r.number))

    def reviewers(self, catalogue: str) -> tuple[str, ...]:
        """Everybody who has ever reviewed a pair of the catalogue, in order of their first review."""
        return tuple(dict.fromkeys(review.reviewer for review in self.of_catalogue(catalogue)))

    def version(self, catalogue: str) -> int:
        """A number that grows with every review and every withdrawal of the catalogue: the key of a cache."""
        with self._writing:
            return self._hold(catalogue).version

    # Claims

    def claims(self, queue: str) -> tuple[Claim, ...]:
        """Who has which card of a queue before them, lapsed claims too, in order of the time they lapse."""
        sql = "SELECT source, target, reviewer, until_us FROM review_claims WHERE queue = ? ORDER BY until_us, reviewer"
        return tuple(Claim(**row) for row in self._database.read(sql, [queue]))

    def set_claim(self, queue: str, source: str, target: str, reviewer: str, until_us: int) -> None:
        """Note that a reviewer has a card before them until an instant; a claim of theirs on it is prolonged."""
        sql = """
            INSERT INTO review_claims VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (queue, source, target, reviewer) DO UPDATE SET until_us = excluded.until_us
        """
        with self._writing:
            self._database.write(sql, [queue, source, target, reviewer, until_us])

    def drop_claim(self, queue: str, source: str, target: str, reviewer: str) -> None:
        """Forget a reviewer's claim on a card; nothing happens where there is none."""
        sql = "DELETE FROM review_claims WHERE queue = ? AND source = ? AND target = ? AND reviewer = ?"
        with self._writing:
            self._database.write(sql, [queue, source, target, reviewer])

    def take_claim(
        self,
        queue: str,
        reviewer: str,
        until_us: int,
        choose: Callable[[tuple[Claim, ...], tuple[Review, ...]], PairEnds | None],
    ) -> PairEnds | None:
        """Claim and return the card that `choose` picks from the queue's claims and reviews, if it picks one.

        Nobody else claims or reviews between what `choose` sees and the claim.
        """
        with self._writing:
            chosen = choose(self.claims(queue), self.of_queue(queue))
            if chosen is not None:
                self.set_claim(queue, chosen.source, chosen.target, reviewer, until_us)
            return chosen

    # What is behind them

    def _record(self, reviews: Sequence[NewReview], ids: Sequence[str]) -> tuple[Review, ...]:
        at = utc_now()

        def work(tx: Transaction) -> int:
            [last] = tx.read("SELECT coalesce(max(number), 0) AS number FROM reviews")
            tx.append("reviews", _columns(reviews, ids, int(last["number"]), at))
            return int(last["number"])

        with self._dropping_what_is_held():
            last = self._database.transaction(work)
        made = tuple(
            Review(number=last + place, id=review_id, made_at=at, **_fields(new))
            for place, (new, review_id) in enumerate(zip(reviews, ids, strict=True), 1)
        )
        for review in made:
            if review.catalogue in self._held:
                self._held[review.catalogue].add(review)
        return made

    def _known_under(self, key: str, reviews: Sequence[NewReview], ids: Sequence[str]) -> tuple[Review, ...]:
        """What was recorded under a key before; `ValenceError` when it was something else."""
        known = self._read("r.id IN (SELECT unnest(?::VARCHAR[]))", [[*ids, _id_under(key, len(ids))]])
        if known and [_fields(review) for review in known] != [_fields(new) for new in reviews]:
            raise ValenceError(f"The key {key!r} belongs to other reviews.", "Use a new key.")
        return known

    def _by_id(self, ids: Sequence[str]) -> tuple[Review, ...]:
        found = self._read("r.id IN (SELECT unnest(?::VARCHAR[]))", [list(ids)])
        missing = set(ids) - {review.id for review in found}
        if missing:
            names = ", ".join(map(repr, sorted(missing)[:5]))
            raise NotFound(f"There is no review {names}.", "Look at the history of reviews for those there are.")
        return found

    def _read(self, condition: str, parameters: Sequence[Any]) -> tuple[Review, ...]:
        rows = self._database.read(f"{_SELECT} WHERE {condition} ORDER BY r.number", parameters)
        return tuple(map(_review, rows))

    def _hold(self, catalogue: str) -> "_Held":
        if catalogue not in self._held:
            self._held[catalogue] = _Held(self._read("r.catalogue = ?", [catalogue]))
        return self._held[catalogue]

    @contextmanager
    def _dropping_what_is_held(self) -> Iterator[None]:
        """After a failed write nobody knows what was stored, so everything is read anew."""
        try:
            yield
        except BaseException:
            self._held.clear()
            raise


class _Held:
    """The reviews of one catalogue in memory, found by id and by pair."""

    def __init__(self, reviews: Sequence[Review]) -> None:
        self.reviews: list[Review] = []
        self.version = sum(not review.stands for review in reviews)
        self._place: dict[str, int] = {}
        self._of_pair: dict[frozenset[str], list[int]] = {}
        for review in reviews:
            self.add(review)

    def add(self, review: Review) -> None:
        place = len(self.reviews)
        self.reviews.append(review)
        self.version += 1
        self._place[review.id] = place
        self._of_pair.setdefault(frozenset((review.source, review.target)), []).append(place)

    def withdraw(self, ids: Sequence[str], by: str, at: str) -> None:
        for place in (self._place[id] for id in ids if id in self._place):
            self.reviews[place] = replace(self.reviews[place], withdrawn_by=by, withdrawn_at=at)
            self.version += 1

    def of_pair(self, source: str, target: str) -> tuple[Review, ...]:
        return tuple(self.reviews[place] for place in self._of_pair.get(frozenset((source, target)), ()))


def _refuse_others(reviews: Sequence[Review], by: str) -> None:
    others = sorted({review.reviewer for review in reviews} - {by})
    if others:
        raise ValenceError(
            f"{by!r} cannot withdraw what {', '.join(map(repr, others))} decided.",
            "Decide the pair yourself: both decisions are kept, and the rule says which one counts.",
        )


def _id_under(key: str, place: int) -> str:
    return content_id("review", {"key": key, "place": place})


def _fields(review: NewReview | Review) -> dict[str, Any]:
    return {name: getattr(review, name) for name in _NAMES}


def _columns(reviews: Sequence[NewReview], ids: Sequence[str], last: int, at: str) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {name: [getattr(review, name) for review in reviews] for name in _NAMES}
    for name in ("decision", "kind"):
        columns[name] = [str(value) for value in columns[name]]
    return {
        **columns,
        "number": list(range(last + 1, last + 1 + len(reviews))),
        "id": list(ids),
        "made_at": [at] * len(reviews),
    }


def _review(row: dict[str, Any]) -> Review:
    for name in _REPEATED:  # thousands of reviews share these texts
        row[name] = sys.intern(row[name])
    return Review(**{**row, "decision": Decision(row["decision"]), "kind": ReviewKind(row["kind"])})


_NAMES = tuple(field.name for field in fields(NewReview))
_REPEATED = ("catalogue", "source", "target", "graph", "queue", "reviewer")
_SELECT = f"""
SELECT r.number, r.id, {", ".join(f"r.{name}" for name in _NAMES)}, r.made_at,
    coalesce(w.withdrawn_by, '') AS withdrawn_by, coalesce(w.withdrawn_at, '') AS withdrawn_at
FROM reviews r LEFT JOIN review_withdrawals w ON w.review = r.id
"""
