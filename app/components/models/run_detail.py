"""One training: its score through the blind door, how far it can be relied on, how it learnt, and from what."""

from typing import Final

import streamlit as st

from app import queries
from app.components.leaderboard.pickers import show_track
from app.components.leaderboard.words import TRACK_NAMES, minute_text
from app.components.manage_version import manage_version
from app.components.models.curve_charts import curve_groups
from app.components.models.pairs import learnt_pairs_view
from app.components.models.progress import learning_curves
from app.components.models.robustness import robustness_view
from app.components.models.words import CALIBRATION_HELP, PUBLIC_HELP, STANDING_HELP, VALIDATION_HELP
from app.components.open_with import open_with
from app.components.plain_text import plain, quoted
from app.services import current
from app.state import current_selection
from core.models.report import TrainingReport
from core.workflows.board_versions import BoardVersion
from core.workflows.model_pairs import has_pairs
from core.workflows.run_lines import RunLine, Standing

_RELY: Final = ":material/shield: How far to rely on it"
_LEARNT: Final = ":material/show_chart: How it learnt"
_PAIRS: Final = ":material/hub: Pairs it learnt"
_ORIGIN: Final = ":material/account_tree: Made from"


def run_detail(version: BoardVersion, runs: tuple[RunLine, ...], run: RunLine) -> None:
    """Everything about one training in a bordered box."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"#### {plain(run.report.title)}", width="stretch")
            if st.button("See it on the Leaderboard", icon=":material/leaderboard:", key="models-see-board"):
                show_track(run.report.track)
                open_with("leaderboard", split=version.id, entry=run.entry)
            manage_version(run.artefact, "with its figures for good? Its entry on the board stays.", ask_twice=True)
        _figures(run)
        _notes(run.report)
        views = [_RELY, *([_PAIRS] if has_pairs(run.artefact) else []), _LEARNT, _ORIGIN]
        for name, tab in zip(views, st.tabs(views, key=f"models-views-{len(views)}", on_change="rerun"), strict=True):
            with tab:
                if tab.open:
                    _view(name, version, runs, run)


def _view(name: str, version: BoardVersion, runs: tuple[RunLine, ...], run: RunLine) -> None:
    if name == _RELY:
        robustness_view(version, runs, run)
    elif name == _PAIRS:
        learnt_pairs_view(version, run.artefact)
    elif name == _LEARNT:
        _curves(run)
    else:
        _origin(version, run)


def _figures(run: RunLine) -> None:
    report, found = run.report, run.report.robustness
    score = run.score
    grid = st.grid(4, min_column_width=180)
    kind = "Private" if run.private is not None else "Public"
    grid.metric(
        f"{kind} score",
        "Not shown" if score is None else f"{score.shown.estimate:.3f}",
        "no better than its family's best" if score is None else f"{score.shown.low:.3f} to {score.shown.high:.3f}",
        delta_color="off",
        delta_arrow="off",
        help=f"{PUBLIC_HELP if run.private is None else 'Macro F1 on the private test rows of the closed version.'} "
        f"Below it the 95% interval: how far chance in the test rows may have moved it. {STANDING_HELP}",
        border=True,
        height="stretch",
    )
    grid.metric(
        "On rows set aside",
        f"{found.score.macro_f1:.3f}" if found else "–",
        f"{found.score.n_rows:,} training rows" if found else "switched off",
        delta_color="off",
        delta_arrow="off",
        help=VALIDATION_HELP,
        border=True,
        height="stretch",
    )
    grid.metric(
        "Off in its certainty",
        f"{found.score.ece:.1%}" if found else "–",
        "on average" if found else "switched off",
        delta_color="off",
        delta_arrow="off",
        help=f"Expected calibration error. {CALIBRATION_HELP}",
        border=True,
        height="stretch",
    )
    grid.metric(
        "Trained in",
        _seconds(report.fit_seconds),
        f"{report.n_training_rows:,} rows",
        delta_color="off",
        delta_arrow="off",
        help=f"Clock time of the training itself, its search included: {report.fit_cpu_seconds:,.1f} s of processor "
        f"time and {report.peak_memory_mb:,.0f} MB of memory.",
        border=True,
        height="stretch",
    )
    if run.standing is Standing.NO_BETTER and run.private is None:
        st.caption(
            ":material/info: It is not better than the best training of its family beyond noise, so the board goes on "
            "showing that one, and this score stays hidden until the version is closed."
        )


def _notes(report: TrainingReport) -> None:
    for note in report.notes:
        st.info(plain(note), icon=":material/info:")


def _curves(run: RunLine) -> None:
    curve = queries.model_run(current_selection().workspace, run.id).curve
    if not curve_groups(curve):
        st.caption("This family learns in one go: there is nothing to measure on the way.")
        return
    learning_curves(curve, run.id[:8])
    st.caption(
        "Grey lines are shorter trainings on part of the rows: tries of a search, or what the certainty is learnt by."
    )


def _origin(version: BoardVersion, run: RunLine) -> None:
    report = run.report
    dataset = current().workspace.artefacts.get("dataset", version.dataset)
    used = report.vectors
    vectors = f"{plain(used.made_by)}, {used.dimensions:,} numbers each ({used.id[:8]})" if used.id else "none"
    facts = {
        "Board version": f"{plain(version.title)} ({version.id[:8]})",
        "Dataset": f"{plain(dataset.manifest.title)} ({dataset.id[:8]})",
        "Rows": f"{report.n_training_rows:,} to learn from, {report.n_test_rows:,} to be scored on",
        "Attributes": f"{report.n_attributes:,} of {len(report.modalities)} modalities: "
        f"{quoted(', '.join(report.modalities))}",
        "Track": TRACK_NAMES[report.track],
        "Content vectors": vectors + (f" {plain(used.note)}" if used.note else ""),
        "Seed": f"{report.seed}",
        "Trained": minute_text(run.artefact.manifest.created_at),
        "Entry on the board": f"`{run.entry}`",
        "Training": f"`{run.id}`",
        "Libraries": quoted(", ".join(f"{name} {number}" for name, number in report.libraries.items())),
    }
    st.table({f"**{name}**": value for name, value in facts.items()}, border="horizontal", hide_header=True)
    asked, found = st.columns(2)
    with asked:
        st.markdown("**Settings as asked for**")
        st.json(report.settings, expanded=2)
    with found:
        st.markdown("**Settings as used**", help="With what the search found, where one was made.")
        st.json(report.found, expanded=2)


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
