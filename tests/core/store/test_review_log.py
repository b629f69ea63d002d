import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput, NotFound, ValenceError
from core.store.backup import back_up
from core.store.review_log import (
    MAX_NOTE_LENGTH,
    Claim,
    Decision,
    NewReview,
    PairEnds,
    Review,
    ReviewKind,
    ReviewLog,
)
from core.store.workspace import open_workspace


def new(source="a", target="b", reviewer="Ana", decision=Decision.POSITIVE, **changes):
    return NewReview(changes.pop("catalogue", "c"), source, target, "g", reviewer, decision, **changes)


def as_new(review):
    return NewReview(**{field.name: getattr(review, field.name) for field in fields(NewReview)})


def read_anew(workspace, catalogue="c"):
    """What is stored, by a log that holds nothing in memory yet."""
    return ReviewLog(workspace.database).of_catalogue(catalogue)


def test_reviews_come_back_in_order_of_arrival_also_after_closing(workspace):
    given = [
        new(note='because\n"so"\t=1+1 \x1b[31m\u202eabc', is_blind=True, queue="q"),
        new("x", "y", "Bo", Decision.SKIP),
        new(decision=Decision.NEUTRAL, kind=ReviewKind.ADJUDICATED),
        new(kind=ReviewKind.DERIVED, derived_from="r"),
    ]
    made = workspace.reviews.append(given[:3]) + workspace.reviews.append(given[3:])
    assert [as_new(review) for review in made] == given
    assert [review.number for review in made] == [1, 2, 3, 4]
    assert len({review.id for review in made}) == 4
    assert [review.made_at for review in made] == sorted(review.made_at for review in made)
    assert all(review.stands for review in made)
    assert workspace.reviews.of_catalogue("c") == made == read_anew(workspace)
    assert workspace.reviews.of_catalogue("other") == ()
    root = workspace.root
    workspace.close()
    with open_workspace(root) as again:
        assert again.reviews.of_catalogue("c") == made
        assert again.reviews.append([new("later", "z")])[0].number == 5


def test_reviews_are_found_by_pair_and_by_queue(workspace):
    log = workspace.reviews
    first, _, third = log.append([new(queue="q"), new("a", "d"), new(reviewer="Bo", queue="p")])
    other = log.append([new(catalogue="other", queue="q")])[0]
    assert log.of_pair("c", "a", "b") == log.of_pair("c", "b", "a") == (first, third)
    assert log.of_pair("c", "a", "x") == log.of_pair("nothing", "a", "b") == ()
    assert log.of_queue("q") == (first, other) and log.of_queue("none") == ()
    assert log.review(third.id) == third
    assert log.reviewers("c") == ("Ana", "Bo")
    with pytest.raises(NotFound, match="'nowhere'"):
        log.review("nowhere")


def test_the_same_key_records_once_and_no_other_reviews(workspace):
    log, wanted = workspace.reviews, [new(), new("x", "y")]
    made = log.append(wanted, key="k")
    assert log.append(wanted, key="k") == made
    assert ReviewLog(workspace.database).append(wanted, key="k") == made
    for other in ([new()], [*wanted, new("m", "n")], [new(), new("x", "y", "Bo")]):
        with pytest.raises(ValenceError, match="belongs to other reviews"):
            log.append(other, key="k")
    assert log.of_catalogue("c") == read_anew(workspace) == made
    assert log.append([], key="nothing") == () == log.append([])
    assert log.append([new()], key="k2") != made[:1]


def test_a_repeated_key_tells_that_its_review_was_withdrawn_since(workspace):
    made = workspace.reviews.append([new()], key="k")
    workspace.reviews.withdraw([made[0].id], "Ana")
    assert not workspace.reviews.append([new()], key="k")[0].stands


def test_withdrawing_is_for_ones_own_and_happens_once(workspace):
    log = workspace.reviews
    mine, also_mine, theirs = log.append([new(), new("x", "y"), new(reviewer="Bo")])
    with pytest.raises(ValenceError, match="'Ana' cannot withdraw what 'Bo' decided"):
        log.withdraw([mine.id, theirs.id], "Ana")
    with pytest.raises(NotFound, match="'nowhere'"):
        log.withdraw([mine.id, "nowhere"], "Ana")
    assert all(review.stands for review in read_anew(workspace))
    assert log.withdraw([mine.id, mine.id], "Ana") == 1
    assert log.withdraw([mine.id, also_mine.id], "Ana") == 1
    assert log.withdraw([mine.id, also_mine.id], "Ana") == 0 == log.withdraw([], "Ana")
    reviews = log.of_catalogue("c")
    assert reviews == read_anew(workspace)
    assert [review.stands for review in reviews] == [False, False, True]
    assert reviews[0].withdrawn_by == "Ana" and reviews[0].withdrawn_at > reviews[0].made_at
    assert replace(reviews[0], withdrawn_by="", withdrawn_at="") == mine  # nothing else of it has changed


def test_the_version_grows_with_every_review_and_withdrawal(workspace):
    log, seen = workspace.reviews, [workspace.reviews.version("c")]
    made = log.append([new(), new("x", "y")])
    seen.append(log.version("c"))
    log.withdraw([made[0].id], "Ana")
    seen.append(log.version("c"))
    assert log.version("c") == seen[-1]
    log.append([new(catalogue="other")])
    assert log.version("c") == seen[-1] == ReviewLog(workspace.database).version("c")
    assert seen == sorted(set(seen))


def test_every_fault_is_listed_and_nothing_is_recorded(workspace):
    wrong = [
        new(),
        new(reviewer="  "),
        new(reviewer=" Ana"),
        new(reviewer="A\nna"),
        new(reviewer="A\u202ena"),
        new(reviewer="n" * 101),
        new(note="n" * (MAX_NOTE_LENGTH + 1)),
        new(note="half \ud800"),
        new("a", "a"),
        new(kind=ReviewKind.ADJUDICATED, decision=Decision.SKIP),
        new(kind=ReviewKind.DERIVED),
        new(derived_from="r"),
    ]
    with pytest.raises(InvalidInput) as failure:
        workspace.reviews.append(wrong)
    assert [problem.row for problem in failure.value.problems] == list(range(2, len(wrong) + 1))
    assert {p.field for p in failure.value.problems} == {"reviewer", "note", "target", "decision", "derived_from"}
    assert workspace.reviews.of_catalogue("c") == ()
    assert workspace.reviews.append([new(note="n" * MAX_NOTE_LENGTH)])[0].note == "n" * MAX_NOTE_LENGTH


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(notes=st.lists(texts, min_size=1, max_size=4), ends=st.lists(texts, min_size=2, max_size=2, unique=True))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_comes_back_as_it_was(workspace, notes, ends):
    made = workspace.reviews.append([new(*ends, note=note) for note in notes])
    stored = {review.id: review for review in read_anew(workspace)}
    assert [stored[review.id] for review in made] == list(made)


# Several at once


def test_several_reviewers_at_once_lose_nothing(workspace):
    n_reviewers, n_each = 8, 15
    start = threading.Barrier(n_reviewers)

    def work(number):
        start.wait()
        log, name = workspace.reviews, f"R{number}"
        made = []
        for card in range(n_each):
            made += log.append([new(f"s{card}", "t", name), new(f"s{card}", "u", name)], key=f"{name} {card}")
            log.of_catalogue("c")
            if card % 5 == 0:
                log.withdraw([made[-1].id], name)
        return made

    with ThreadPoolExecutor(n_reviewers) as pool:
        made = [review for mine in pool.map(work, range(n_reviewers)) for review in mine]
    stored = workspace.reviews.of_catalogue("c")
    assert stored == read_anew(workspace)
    assert [review.number for review in stored] == list(range(1, 2 * n_reviewers * n_each + 1))
    assert {review.id for review in stored} == {review.id for review in made}
    assert sum(not review.stands for review in stored) == n_reviewers * (n_each // 5)
    for first, second in zip(stored[::2], stored[1::2], strict=True):  # what is recorded in one step stays together
        assert (first.reviewer, first.source) == (second.reviewer, second.source)


def test_one_key_at_the_same_moment_records_once(workspace):
    start = threading.Barrier(6)

    def work(_):
        start.wait()
        return workspace.reviews.append([new()], key="k")

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(work, range(6)))
    assert len(set(made)) == 1 and read_anew(workspace) == made[0]


def test_a_failed_write_leaves_memory_and_disk_agreeing(workspace, monkeypatch):
    log = workspace.reviews
    assert log.of_catalogue("c") == () and len(log.append([new()])) == 1

    def stored_but_unsure(work):
        real(work)
        raise ValenceError("whether this change was stored is not known")

    real = workspace.database.transaction
    monkeypatch.setattr(workspace.database, "transaction", stored_but_unsure)
    with pytest.raises(ValenceError, match="not known"):
        log.append([new("x", "y")])
    monkeypatch.undo()
    assert len(log.of_catalogue("c")) == 2
    assert log.of_catalogue("c") == read_anew(workspace)


# Killed


@pytest.mark.parametrize(("n_heard", "n_per_append"), [(0, 1), (1, 1), (7, 3), (25, 1)])
def test_every_decision_is_there_after_a_kill_once_append_has_returned(children, tmp_path, n_heard, n_per_append):
    root = tmp_path / "demo"
    child = children.run("review", root=str(root), reviewer="Ana", n_per_append=n_per_append)
    for _ in range(n_heard):
        child.hear()
    child.kill()
    assert child.status == signal.SIGKILL
    acknowledged = [row for said in child.said for row in said.get("saved", [])]
    with open_workspace(root) as workspace:
        stored = workspace.reviews.of_catalogue("c")
        assert [[r.number, r.id, r.source, r.note] for r in stored[: len(acknowledged)]] == acknowledged
        assert [review.number for review in stored] == list(range(1, len(stored) + 1))
        assert len(stored) % n_per_append == 0  # all of one append, or nothing of it
        assert len(stored) - len(acknowledged) <= n_per_append
        withdrawn = {review.id for review in stored if not review.stands}
        assert {said["withdrawn"] for said in child.said if "withdrawn" in said} <= withdrawn
        again = [as_new(review) for review in stored[-n_per_append:]]
        if again:  # who does not know whether it was recorded may say it again
            number = len(stored) // n_per_append - 1
            assert workspace.reviews.append(again, key=f"Ana {number}") == stored[-n_per_append:]
        assert workspace.reviews.append([new("after", "t")])[0].number == len(stored) + 1


def test_killed_again_and_again_nothing_is_lost(children, tmp_path):
    root, acknowledged = tmp_path / "demo", []
    for person, n_heard in enumerate((2, 5, 1)):
        child = children.run("review", root=str(root), reviewer=f"R{person}")
        for _ in range(n_heard):
            child.hear()
        child.kill()
        acknowledged += [row[1] for said in child.said for row in said.get("saved", [])]
    with open_workspace(root) as workspace:
        assert set(acknowledged) <= {review.id for review in workspace.reviews.of_catalogue("c")}


# Backups


def test_a_backup_holds_the_reviews(workspace, tmp_path):
    made = workspace.reviews.append([new(), new("x", "y", "Bo", note="why")])
    workspace.reviews.withdraw([made[0].id], "Ana")
    workspace.reviews.set_claim("q", "a", "b", "Ana", 5)
    with open_workspace(back_up(workspace, tmp_path / "backups")) as copy:
        assert copy.reviews.of_catalogue("c") == workspace.reviews.of_catalogue("c")
        assert copy.reviews.claims("q") == workspace.reviews.claims("q")
        copy.reviews.append([new("only", "there")])
    assert len(read_anew(workspace)) == 2


# Claims


def test_claims_are_prolonged_and_dropped(workspace):
    log = workspace.reviews
    log.set_claim("q", "a", "b", "Ana", 10)
    log.set_claim("q", "a", "b", "Bo", 5)
    log.set_claim("q", "a", "b", "Ana", 20)
    log.set_claim("p", "a", "b", "Ana", 30)
    assert log.claims("q") == (Claim("a", "b", "Bo", 5), Claim("a", "b", "Ana", 20))
    log.drop_claim("q", "a", "b", "Ana")
    log.drop_claim("q", "never", "there", "Ana")
    assert log.claims("q") == (Claim("a", "b", "Bo", 5),)
    assert log.claims("p") == (Claim("a", "b", "Ana", 30),)


def test_two_people_at_the_same_moment_never_take_one_card(workspace):
    cards = [PairEnds(f"s{number}", "t") for number in range(24)]
    start = threading.Barrier(6)

    def first_free(claims, reviews):
        taken = {(claim.source, claim.target) for claim in claims} | {(r.source, r.target) for r in reviews}
        return next((card for card in cards if card not in taken), None)

    def work(number):
        start.wait()
        mine = []
        while card := workspace.reviews.take_claim("q", f"R{number}", 100, first_free):
            mine.append(card)
            if random.Random(number).random() < 0.5:
                workspace.reviews.append([new(*card, f"R{number}", queue="q")])
        return mine

    with ThreadPoolExecutor(6) as pool:
        taken = [card for mine in pool.map(work, range(6)) for card in mine]
    assert sorted(taken) == sorted(cards)
    assert len(workspace.reviews.claims("q")) == len(cards)


def test_a_review_has_the_fields_of_a_new_one_and_more():
    names = {field.name for field in fields(Review)}
    assert {field.name for field in fields(NewReview)} <= names
