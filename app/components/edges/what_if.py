"""What hangs on a pair: how many rows hold it, and which of them would no longer fit their label if it were wrong."""

from typing import Final

import streamlit as st

from app import queries
from app.components.edges.detail_known import KnownPair
from app.components.edges.what_if_rows import affected_rows, label_line
from app.components.pair_text import OUTCOME_TITLES
from app.components.plain_text import shortened
from app.services import current
from app.state import current_selection
from core.graph.model import Outcome
from core.graph.pair_lookup import row_of
from core.graph.pair_table import SIGNED
from core.sampler.held_rows import N_RANDOM_ROWS
from core.sampler.leverage import Leverage, WhatIf
from core.workflows.leverage import RowSource, datasets_of, draft_source
from core.workflows.sealed_rows import are_sealed

_RANDOM: Final = ""
_METRIC_PX: Final = 170
_CHOICES: Final = (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)


def what_if_view(pair: KnownPair) -> None:
    """Choose rows and another sign, and see what becomes of them."""
    source = _source(pair)
    before = pair.outcome if pair.outcome in SIGNED else Outcome.NEUTRAL
    after = _after(before)
    workspace = current_selection().workspace
    found = queries.pair_what_if(workspace, pair.graph_id, source, pair.source.id, pair.target.id, after)
    leverage = queries.edge_leverage(workspace, pair.graph_id, source)
    _figures(pair, leverage, found)
    label_line(found)
    affected_rows(pair, found, source)


def _source(pair: KnownPair) -> RowSource:
    """A dataset of the catalogue, or random rows; what is chosen stays for other pairs."""
    workspace = current().workspace
    all_datasets = datasets_of(workspace, pair.stored)
    datasets = [dataset for dataset in all_datasets if not are_sealed(dataset)]
    titles = {dataset.id: f"{shortened(dataset.manifest.title)} · {dataset.id[:8]}" for dataset in datasets}
    titles[_RANDOM] = f"{N_RANDOM_ROWS:,} random rows under the configuration being tuned"
    chosen = st.selectbox(
        "Rows",
        list(titles),
        format_func=titles.__getitem__,
        key=f"edge-panel-rows-{pair.table.catalogue.id[:8]}-{len(titles)}",
        help="Rows of a dataset of this catalogue, each held to the ranges of its own label. Random rows obey the "
        "numbers per attribute type alone, and are held to every label whose ranges they happen to keep.",
    )
    if n_sealed := len(all_datasets) - len(datasets):
        st.caption(f":material/lock: {n_sealed} more of this catalogue cannot be looked into: their rows are sealed.")
    return RowSource(dataset=chosen) if chosen else draft_source(workspace, pair.stored)


def _after(before: Outcome) -> Outcome:
    others = [outcome for outcome in _CHOICES if outcome != before]
    others.sort(key=lambda outcome: outcome != -before)  # the flip first
    return st.segmented_control(
        "What if it were",
        others,
        format_func=OUTCOME_TITLES.__getitem__,
        default=others[0],
        required=True,
        key=f"edge-panel-after-{int(before)}",
    )


def _figures(pair: KnownPair, leverage: Leverage, found: WhatIf) -> None:
    edge = row_of(pair.stored.graph, *pair.positions)
    n_leaving, n_back = int(found.leaves.sum()), int(found.returns.sum())
    with st.grid(3, min_column_width=_METRIC_PX):
        _metric("Rows with both", f"{len(found.row):,}", f"of {leverage.n_all:,}", "Rows that hold both attributes.")
        _metric(
            "Would lose their label",
            f"{n_leaving:,}",
            f"{n_back:,} would get theirs back" if n_back else "",
            "Rows whose shares of + and − pairs would leave the ranges of a label that they keep now.",
        )
        if edge is not None:
            _metric(
                "Place among edges",
                f"{int(leverage.place[edge]):,}" if leverage.n_flipped[edge] else "–",
                f"of {pair.stored.graph.n_edges:,}" if leverage.n_flipped[edge] else "no row hangs on its sign",
                "Edges in order of the rows that lose their label when + and − are exchanged for them. A review queue "
                "by leverage follows this order.",
            )
    if leverage.n_outside:
        st.caption(
            f"{leverage.n_outside:,} of the {leverage.n_all:,} rows are outside the ranges of their label already, "
            "since they were drawn from another graph. They cannot lose what they do not have."
        )


def _metric(label: str, value: str, note: str, help_text: str) -> None:
    st.metric(
        label,
        value,
        note or None,
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=help_text,
    )
