"""The trainings on a board version, side by side: a chart, and a table one line of which can be looked at."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from app.components.leaderboard.words import MACRO_F1_HELP, NOT_KNOWN, TRACK_HELP, TRACK_NAMES
from app.components.models.run_charts import MOST_RUNS, side_by_side_chart, weakest
from app.components.models.words import (
    CALIBRATION_HELP,
    PUBLIC_HELP,
    STANDING_HELP,
    STANDING_NAMES,
    UNSEEN_HELP,
    VALIDATION_HELP,
    WEAKEST_HELP,
)
from app.state import current_selection, fill_in, select
from app.theme import CHART_CONFIG
from core.models.protocol import Track
from core.workflows.board_versions import BoardVersion
from core.workflows.run_lines import RunLine

_ROW_PX: Final = 35
_TABLE_PX: Final = 420
_TABLE: Final = "models-table"


def runs_of_track(runs: Sequence[RunLine]) -> tuple[RunLine, ...]:
    """The trainings of one track, since the two are never ranked in one; asks which only where there are both.

    The track is that of the selected training.
    """
    tracks = [track for track in Track if any(run.report.track is track for run in runs)]
    selected = next((run.report.track for run in runs if run.id == current_selection().model_run), None)
    key = f"models-track-{current_selection().workspace}-{current_selection().split}"
    st.session_state[key] = selected or st.session_state.get(key) or runs[0].report.track
    if st.session_state[key] not in tracks:
        st.session_state[key] = tracks[0]
    if len(tracks) > 1:
        st.segmented_control(
            "Track",
            tracks,
            format_func=TRACK_NAMES.__getitem__,
            required=True,
            key=key,
            on_change=_drop_run,
            help=TRACK_HELP,
        )
    return tuple(run for run in runs if run.report.track is st.session_state[key])


def _drop_run() -> None:
    """The training looked at belongs to the other track."""
    select(model_run="")


def chosen_run(runs: Sequence[RunLine]) -> RunLine:
    """The selected training, else the newest one."""
    found = {run.id: run for run in runs}
    selected = current_selection().model_run
    if selected and selected not in found:
        st.warning("The training this link points to is not one on this version; showing the newest one.")
    if selected not in found:
        fill_in(model_run=runs[0].id)
    return found[current_selection().model_run]


def runs_side_by_side(version: BoardVersion, runs: Sequence[RunLine], chosen: RunLine) -> None:
    """The chart and the table; choosing a line of the table opens the training below."""
    if len(runs) > MOST_RUNS:
        st.caption(f"The chart shows the {MOST_RUNS} newest of {len(runs):,} trainings; the table has all.")
    st.plotly_chart(
        side_by_side_chart(runs, version.lines, chosen.id),
        config=CHART_CONFIG,
        key=f"models-side-by-side-{current_selection().workspace}",
        alt="Every training's score on the board, and on training rows set aside, against the lines of reference",
    )
    _table(runs, chosen)
    st.caption(
        "The score on the board is what the Leaderboard shows. All other figures are measured inside the training "
        "rows, on rows set aside, and can be looked at freely."
    )


def _table(runs: Sequence[RunLine], chosen: RunLine) -> None:
    rows = [_row(run) for run in runs]
    ids = [run.id for run in runs]
    # Another key for other rows: a selected row number means nothing among others.
    key = f"{_TABLE}-{'-'.join(one[:6] for one in ids)}"
    st.session_state[_TABLE] = (key, ids)
    st.dataframe(
        {name: [row[name] for row in rows] for name in rows[0]},
        hide_index=True,
        height=min(_TABLE_PX, 38 + _ROW_PX * len(rows)),
        column_config=_columns(),
        on_select=_open,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(chosen.id)]}},
        key=key,
        placeholder=NOT_KNOWN,
        alt=f"{len(rows):,} trainings",
    )


def _open() -> None:
    key, ids = st.session_state[_TABLE]
    rows = st.session_state[key].selection.rows
    if rows:
        select(model_run=ids[rows[0]])


def _row(run: RunLine) -> dict[str, Any]:
    report, found, score = run.report, run.report.robustness, run.score
    return {
        "Model": report.title,
        "On the board": None if score is None else score.shown.estimate,
        "95% interval": "" if score is None else f"{score.shown.low:.3f} to {score.shown.high:.3f}",
        "What became of it": STANDING_NAMES[run.standing],
        "Rows set aside": found.score.macro_f1 if found else None,
        "Weakest missing": weakest(found)[1] if found and found.dropped else None,
        "Never seen": found.unseen.cold.macro_f1 if found and found.unseen else None,
        "ECE": found.score.ece if found else None,
        "Content vectors": report.vectors.made_by or "none",
        "Seed": report.seed,
        "Seconds": report.fit_seconds,
        "Trained (UTC)": run.artefact.manifest.created_at[:16].replace("T", " "),
        "Id": run.id[:8],
    }


def _columns() -> dict[str, Any]:
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        "Model": text(width=185, help="The family that was trained."),
        "On the board": number(format="%.3f", width=95, help=f"{PUBLIC_HELP} Private once the version is closed."),
        "95% interval": text(width=110, help="How far chance in the test rows may have moved the score."),
        "What became of it": text(width=165, help=STANDING_HELP),
        "Rows set aside": number(format="%.3f", width=110, help=f"{VALIDATION_HELP} {MACRO_F1_HELP}"),
        "Weakest missing": number(format="%.3f", width=120, help=WEAKEST_HELP),
        "Never seen": number(format="%.3f", width=90, help=UNSEEN_HELP),
        "ECE": number(format="%.3f", width=65, help=f"Expected calibration error. {CALIBRATION_HELP}"),
        "Content vectors": text(width=140, help="What the content vectors were made from."),
        "Seed": number(width=60, help="The number that everything drawn by chance began with."),
        "Seconds": number(format="%.1f", width=80, help="How long the last training took, its search included."),
    }
