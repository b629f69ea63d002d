"""Which entry stands for a model, and what rank it has among those shown."""

from core.leaderboard.entries import Entry, ShownScore, best_entries, rank_entries


def score(macro_f1: float) -> ShownScore:
    return ShownScore(macro_f1, None, {}, None, None, None, 100)


def entry(id: str, macro_f1: float, public: float | None = None, team: str = "A", model: str = "m") -> Entry:
    beside = None if public is None else score(public)
    return Entry(id, team, model, "f", f"2026-05-0{len(id)}T00:00:00Z", "cli", score(macro_f1), beside)


def test_the_best_score_stands_for_a_model_and_of_equal_ones_the_earlier():
    entries = [
        entry("cc", 0.8),
        entry("b", 0.8),
        entry("d", 0.7),
        entry("e", 0.9, team="B"),
        entry("f", 0.1, model="x"),
    ]
    assert [one.id for one in best_entries(entries)] == ["e", "b", "f"]


def test_private_scores_rank_what_public_ones_chose():
    entries = [entry("a", 0.5, public=0.9), entry("b", 0.8, public=0.7), entry("c", 0.6, public=0.8, team="B")]
    ranked = rank_entries(entries)
    assert [(one.entry.id, one.rank.place, one.public_place, one.climbed) for one in ranked] == [
        ("c", 1, 2, 1),
        ("a", 2, 1, -1),
    ]
    assert [one.n_entries for one in ranked] == [1, 2]


def test_places_are_counted_among_those_given():
    entries = [
        entry("a", 0.9, team="A"),
        entry("b", 0.8, team="B"),
        entry("c", 0.8, team="C"),
        entry("d", 0.7, team="D"),
    ]
    assert [one.rank.place for one in rank_entries(entries)] == [1, 2, 2, 4]
    assert [one.rank.place for one in rank_entries(entries[1:])] == [1, 1, 3]
