"""What trainings are called where several stand side by side."""

from collections import Counter
from collections.abc import Sequence

from app.components.plain_text import in_chart, shortened
from core.workflows.run_lines import RunLine

_LONGEST = 40


def run_name(run: RunLine) -> str:
    """The family, and the clock time of the training's end (UTC), as plain text."""
    return f"{shortened(run.report.title, _LONGEST)} · {run.artefact.manifest.created_at[11:16]}"


def run_names(runs: Sequence[RunLine]) -> list[str]:
    """A name for each, ready for a chart: the family, with its time and id where that alone is not unique."""
    families, timed = Counter(run.report.title for run in runs), Counter(map(run_name, runs))
    names = []
    for run in runs:
        name = shortened(run.report.title, _LONGEST) if families[run.report.title] == 1 else run_name(run)
        names.append(in_chart(name if timed[run_name(run)] == 1 else f"{name} · {run.id[:4]}"))
    return names
