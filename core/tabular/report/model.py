"""A report: every method on one table, judged against one holdout beside the five anchors."""

from core.tabular.report.fidelity_model import Fidelity, Reference
from core.tabular.report.frozen import Frozen
from core.tabular.report.privacy_model import Privacy
from core.tabular.report.utility_model import Utility


class MethodReport(Frozen):
    """One method. A part is None where it has no meaning, and `notes` says why."""

    name: str
    title: str
    is_anchor: bool
    n_rows: int
    cpu_s: float
    fidelity: Fidelity | None
    utility: Utility | None
    privacy: Privacy | None
    notes: tuple[str, ...] = ()


class Report(Frozen):
    """All methods side by side, anchors first. `positive` is the target's rarest class, "" without a target."""

    version: int = 1
    target: str
    positive: str
    n_train: int
    n_holdout: int
    seed: int
    reference: Reference
    methods: tuple[MethodReport, ...]

    def method(self, name: str) -> MethodReport:
        """The report on the method of this name."""
        return next(method for method in self.methods if method.name == name)

    @property
    def anchors(self) -> tuple[MethodReport, ...]:
        """The five that every chart shows: what perfect, copied, shuffled, interpolated and no rows at all score."""
        return tuple(method for method in self.methods if method.is_anchor)
