"""Which attributes the rows hold, how often, and with which labels."""

import pandas as pd
import streamlit as st

from app import queries
from app.components.datasets.charts import attribute_bars
from app.dataset_rows import LabelMix
from app.state import current_selection
from app.theme import CHART_CONFIG
from core.store.artefacts import Artefact

_SHOWN = 20
_FIELD_PX = 240
_MOST, _LEAST, _ONE_SIDED = "Most used", "Least used", "Most one-sided"
_ROWS, _SHARES = "Number of rows", "Mix of labels"


def dataset_attributes(dataset: Artefact) -> None:
    """Bars for the values of one attribute type, and the values that no row holds."""
    workspace = current_selection().workspace
    config = queries.dataset_configuration(workspace, dataset.id)
    line = st.container(horizontal=True, vertical_alignment="bottom")
    attribute_type = line.selectbox(
        "Attribute type",
        list(config.type_ranges),
        key=f"usage-type-{dataset.id[:8]}",
        persist_state="session",
        width=_FIELD_PX,
        help="The finer kind of attribute; every row holds some of each type.",
    )
    order = line.segmented_control(
        "Order",
        [_MOST, _LEAST, _ONE_SIDED],
        default=_MOST,
        required=True,
        key="usage-order",
        persist_state="session",
        help="Most one-sided: values whose rows are spread over the labels most unlike the whole dataset. Rare values "
        "are one-sided by chance.",
    )
    bars = line.segmented_control(
        "Bars show", [_ROWS, _SHARES], default=_ROWS, required=True, key="usage-bars", persist_state="session"
    )
    mix = queries.dataset_label_mix(workspace, dataset.id, attribute_type)
    sizes = [dataset.manifest.facts["labels"].get(label, 0) for label in mix.labels]
    used = usage_order(mix, sizes, order)
    low, high = config.type_ranges[attribute_type]
    held = f"{low}" if low == high else f"{low} to {high}"
    cut = f" The first {_SHOWN} in this order:" if len(used) > _SHOWN else ""
    st.markdown(f"**{len(used):,} of {len(mix.values):,}** values are used; a row holds {held} of them.{cut}")
    if used:
        chart = attribute_bars(mix, used[:_SHOWN], sum(sizes), as_shares=bars == _SHARES)
        st.plotly_chart(chart, config=CHART_CONFIG, key="attribute-usage")
    _unused(mix)


def usage_order(mix: LabelMix, sizes: list[int], order: str) -> list[int]:
    """Places in the mix of the values that are used, in the order asked for; `sizes` are the rows of each label."""
    totals = mix.counts.sum(axis=1)
    if order == _ONE_SIDED:
        whole = sum(sizes)
        distances = [
            sum(abs(count / total - size / whole) for count, size in zip(counts, sizes, strict=True)) if total else 0.0
            for counts, total in zip(mix.counts.tolist(), totals.tolist(), strict=True)
        ]
        keys = [(-distance, -int(total)) for distance, total in zip(distances, totals, strict=True)]
    else:
        keys = [(0.0, int(total) if order == _LEAST else -int(total)) for total in totals]
    return sorted((i for i, total in enumerate(totals) if total), key=lambda i: keys[i])


def _unused(mix: LabelMix) -> None:
    unused = [value for value, counts in zip(mix.values, mix.counts, strict=True) if not counts.any()]
    if not unused:
        return
    with st.expander(f"{len(unused):,} values that no row holds", icon=":material/do_not_disturb_on:"):
        st.dataframe(
            pd.DataFrame({"Value": unused}), hide_index=True, height=min(37 + 35 * len(unused), 320), width="content"
        )
