"""A queue's file: written and read again it is the same queue with the same id, and damage is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CorruptArtefact
from core.graph.model import Outcome
from core.graph.review.queue_file import Card, Queue, read_queue, write_queue
from core.graph.review.queue_settings import ListedPair, QueuePolicy, QueueSettings

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CARDS = st.builds(
    Card,
    number=st.integers(1, 9),
    source=TEXT,
    target=TEXT,
    outcome=st.sampled_from(Outcome),
    why=TEXT,
    score=st.floats(allow_nan=False, allow_infinity=False),
    is_audit=st.booleans(),
    n_needed=st.integers(1, 2),
)
SETTINGS = st.builds(
    QueueSettings,
    policy=st.just(QueuePolicy.LISTED),
    seed=st.integers(0, 2**63 - 1),
    double_share=st.floats(0, 1),
    outcomes=st.lists(st.sampled_from(Outcome), min_size=1).map(tuple),
    modalities=st.none() | st.tuples(TEXT, TEXT),
    pairs=st.lists(st.builds(ListedPair, source=TEXT, target=TEXT, why=TEXT), min_size=1, max_size=3).map(tuple),
)
QUEUES = st.builds(
    Queue,
    catalogue=TEXT,
    graph=TEXT,
    settings=SETTINGS,
    cards=st.lists(CARDS, max_size=4).map(tuple),
    n_candidates=st.integers(0, 9),
    n_audit_frame=st.integers(0, 9),
    n_left_out=st.integers(0, 9),
)


@given(QUEUES)
def test_a_queue_survives_its_file(queue):
    data = write_queue(queue)
    read = read_queue(data)
    assert read == queue
    assert read.id == queue.id
    assert write_queue(read) == data


@given(QUEUES, QUEUES)
def test_different_queues_have_different_ids(one, other):
    assert (one.id == other.id) == (write_queue(one) == write_queue(other))


@pytest.mark.parametrize("damage", [lambda d: d[:-9], lambda d: d.replace(b'"policy"', b'"polici"'), lambda d: b""])
def test_a_damaged_file_is_told(damage):
    settings = QueueSettings(policy=QueuePolicy.AUDIT)
    card = Card(1, "a", "b", Outcome.POSITIVE, "<script>alert(1)</script>", 0.0, True, 1)
    data = write_queue(Queue("c", "g", settings, (card,), 1, 1))
    assert read_queue(data).cards == (card,)
    with pytest.raises(CorruptArtefact, match="Make the queue again"):
        read_queue(damage(data))
