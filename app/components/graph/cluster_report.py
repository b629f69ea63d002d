"""The cluster strategy's own account: what its clusters saved, and how often a spot check found them wrong."""

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from app import queries
from app.components.interval_text import interval_metric
from app.components.open_with import open_with
from app.navigation import page_icon
from app.services import current
from app.state import current_selection
from core.graph.model import Sign
from core.store.artefacts import Artefact
from core.workflows.stages import STAGES

_STEPS: Final = {
    "describe": "to describe attributes",
    "label": "to name clusters",
    "score": "to score",
    "expand": "to ask",
}
_TALLEST_PX: Final = 320


def cluster_report(report: Mapping[str, Any], graph: Artefact) -> None:
    """Calls saved, the spot check's error with its interval, and every checked block."""
    check = report["spot_check"]
    st.markdown("##### What the clusters did")
    grid = st.grid(3, min_column_width=220)
    grid.metric(
        "Calls saved",
        f"{report['saved_calls']:,}",
        "by taking signs over",
        delta_color="off",
        delta_arrow="off",
        help="Against asking every pair that the clusters let through.",
        border=True,
        height="stretch",
    )
    interval_metric(
        grid,
        "Wrong, by the spot check",
        check["error"],
        help_text="Share of wrong signs among all pairs of the checked blocks, had every block taken over its sign. "
        "Blocks that failed were asked instead, so what is left is better than this.",
    )
    n_blocks, n_failed = len(check["blocks"]), sum(not block["is_accepted"] for block in check["blocks"])
    grid.metric(
        "Blocks that failed it",
        f"{n_failed:,} of {n_blocks:,}",
        "asked in full instead",
        delta_color="off",
        delta_arrow="off",
        help="A block is all pairs of two clusters that would take over one sign.",
        border=True,
        height="stretch",
    )
    calls = " · ".join(f"{n:,} {_STEPS.get(step, step)}" for step, n in report["calls"].items() if n)
    st.caption(
        f"Calls: {calls or 'none'}. {check['n_asked']:,} pairs were asked for the check; "
        f"{check['n_unchecked_pairs']:,} pairs in {check['n_unchecked_blocks']:,} small blocks were not checked."
    )
    if check["blocks"]:
        _blocks(check["blocks"], graph)
    stages = graph.manifest.parents[STAGES]
    if current().workspace.artefacts.exists(STAGES, stages) and st.button(
        "See the clusters and their scores", key=f"groups-of-{graph.id}", icon=page_icon("clusters"), type="tertiary"
    ):
        open_with("clusters", stages=stages)


def _names(stages: str) -> dict[int, str]:
    """What the clusters are called, by number; nothing where the clusters were deleted since."""
    if not current().workspace.artefacts.exists(STAGES, stages):
        return {}
    return queries.group_names(current_selection().workspace, stages)


def _blocks(blocks: list[Mapping[str, Any]], graph: Artefact) -> None:
    names = _names(graph.manifest.parents[STAGES])
    with st.expander(f"{len(blocks):,} blocks that were checked", icon=":material/fact_check:"):
        st.dataframe(
            [
                {
                    "Cluster": names.get(block["a"], f"cluster {block['a']}"),
                    "With": names.get(block["b"], f"cluster {block['b']}"),
                    "Sign": Sign(block["sign"]).symbol.replace("-", "−"),
                    "Score": block["score"],
                    "Pairs": block["n_pairs"],
                    "Checked": block["n_answered"],
                    "Wrong": block["n_wrong"],
                    "Opposite": block["n_opposite"],
                    "Accepted": block["is_accepted"],
                }
                for block in blocks
            ],
            hide_index=True,
            height=min(36 * (len(blocks) + 1) + 2, _TALLEST_PX),
            column_config={
                "Score": st.column_config.NumberColumn(format="%.1f", help="From 0, a clash, to 10, ideal."),
                "Wrong": st.column_config.NumberColumn(help="Checked pairs with another outcome than the sign."),
                "Opposite": st.column_config.NumberColumn(help="Checked pairs with the opposite sign."),
            },
            alt="Blocks of the spot check",
        )
