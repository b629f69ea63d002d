"""Two versions of a check set: what was added, removed and changed."""

from typing import NamedTuple

from core.graph.checks.written import WrittenPair, WrittenSet


class ChangedPair(NamedTuple):
    """One pair of both versions whose expected sign, split, reason, or order of ends differs."""

    before: WrittenPair
    after: WrittenPair

    @property
    def fields(self) -> tuple[str, ...]:
        """Which of the columns differ."""
        names = ("source", "target", "expected", "split", "why")
        return tuple(name for name in names if getattr(self.before, name) != getattr(self.after, name))


class SetDiff(NamedTuple):
    """What changed between two versions; pairs are matched by the names of their ends, in no order."""

    added: tuple[WrittenPair, ...]
    removed: tuple[WrittenPair, ...]
    changed: tuple[ChangedPair, ...]
    n_unchanged: int


def diff_sets(before: WrittenSet, after: WrittenSet) -> SetDiff:
    """Added and changed pairs in the order of the later version, removed ones in that of the earlier."""
    old = {pair.names: pair for pair in before.pairs}
    new = {pair.names: pair for pair in after.pairs}
    both = [(old[names], pair) for names, pair in new.items() if names in old]
    changed = tuple(ChangedPair(was, now) for was, now in both if was != now)
    return SetDiff(
        added=tuple(pair for names, pair in new.items() if names not in old),
        removed=tuple(pair for names, pair in old.items() if names not in new),
        changed=changed,
        n_unchanged=len(both) - len(changed),
    )


def diff_words(diff: SetDiff) -> str:
    """The counts in words: `2 added, 1 changed`."""
    counts = {"added": len(diff.added), "removed": len(diff.removed), "changed": len(diff.changed)}
    return ", ".join(f"{count:,} {word}" for word, count in counts.items() if count) or "another order of the pairs"
