"""Three ways in which a report on synthetic data has been fooled, with the figures of a table at hand."""

from core.tabular.report.frozen import Frozen


class TrapFigure(Frozen):
    """One figure: what it is called, its value, and whether it is the one that misleads or the one that tells."""

    name: str
    value: float
    misleads: bool
    remark: str = ""


class Trap(Frozen):
    """One trap: what was done, what would be reported, and what an honest figure shows."""

    name: str
    title: str
    what_was_done: str
    lesson: str
    figures: tuple[TrapFigure, ...]

    def figure(self, name: str) -> float:
        """The value of the figure of this name."""
        return next(figure.value for figure in self.figures if figure.name == name)


class Traps(Frozen):
    """Every trap on one table."""

    target: str
    positive: str
    n_train: int
    n_holdout: int
    seed: int
    traps: tuple[Trap, ...]

    def trap(self, name: str) -> Trap:
        """The trap of this name: "shuffle", "constant" or "early-smote"."""
        return next(trap for trap in self.traps if trap.name == name)
