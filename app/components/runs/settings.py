"""The settings of a run in readable form."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.components.failure import show_problems
from app.components.runs.setting_words import setting_name, setting_part, setting_value
from core.workflows.graph_settings import GraphSettings
from core.workflows.runs import Run, RunKind, used_settings

_MOST_PX = 640
_ROW_PX, _HEADER_PX = 35, 37
_ABSENT = {
    RunKind.TRIAL: "A prompt trial has no settings of its own: its calls show the prompt and the model.",
    RunKind.LOST: "The job of this run is not in the workspace, so its settings are not known. Its calls are kept.",
}


def run_settings(run: Run) -> None:
    """List the settings that this run looked at, beside what they are unless changed."""
    if run.settings is None:
        if run.problems:
            show_problems("This version cannot use these settings any more", run.problems, warning=True)
            _list(run, run.flat, {}, "as-given")
        else:
            st.info(_ABSENT.get(run.kind, "The settings of this run are not known."), icon=":material/tune:")
        return
    used, standard = used_settings(run.settings), _standard(run.settings)
    only_changed = st.toggle("Only what differs from the defaults", key="run-settings-changed", persist_state="session")
    chosen = {path: value for path, value in used.items() if not only_changed or standard.get(path, value) != value}
    _list(run, chosen, standard, f"{only_changed}")
    st.caption("Settings that this strategy and judge do not look at are left out. Keys are never kept.")


def _list(run: Run, settings: Mapping[str, Any], standard: Mapping[str, Any], view: str) -> None:
    """Settings by path as lines of a table; `standard`: what they are unless changed, as far as that is known."""
    lines = [
        {
            "Part": setting_part(path),
            "Setting": setting_name(path),
            "Value": setting_value(path, value),
            "Default": setting_value(path, standard[path]) if standard.get(path, value) != value else None,
        }
        for path, value in settings.items()
    ]
    if not lines:
        st.caption("Nothing: this run used the defaults throughout.")
        return
    st.dataframe(
        lines,
        hide_index=True,
        height=min(_MOST_PX, _HEADER_PX + _ROW_PX * len(lines)),
        column_config={
            "Part": st.column_config.TextColumn(width=160),
            "Setting": st.column_config.TextColumn(width=320),
            "Value": st.column_config.TextColumn(width=260),
            "Default": st.column_config.TextColumn(width=200, help="Only where the run used something else."),
        },
        placeholder="–",
        key=f"run-settings-{run.id}-{view}",
        alt="Settings of this run",
    )


def _standard(settings: GraphSettings) -> dict[str, object]:
    """The defaults of a run of the same strategy and judge."""
    model = {"provider": settings.model.provider} if settings.model else None
    same = {"strategy": settings.strategy, "judge": settings.judge, "model": model}
    return used_settings(GraphSettings.model_validate(same))
