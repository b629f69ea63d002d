"""The contract of a judge."""

from collections.abc import Sequence
from typing import Protocol

from core.catalogue.model import Attribute
from core.graph.model import Verdict


class Judge(Protocol):
    """Answers the sign question for one primary attribute against numbered targets."""

    @property
    def name(self) -> str:
        """Short stable name, recorded with every verdict."""
        ...

    @property
    def fingerprint(self) -> str:
        """Content id of everything that shapes this judge's answers (model, prompts, trait table, rules)."""
        ...

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> Sequence[Verdict]:
        """One verdict per target, in their order."""
        ...
