"""How varied the rows are: how alike the nearest other row is, near-duplicates, and attributes in many rows."""

import pandas as pd
import streamlit as st

from app import queries
from app.components.datasets.hygiene_charts import likeness_histogram
from app.components.shares import percent
from app.state import current_selection
from app.theme import CHART_CONFIG, label_colours
from core.dataset.hygiene import Hygiene
from core.dataset.near_rows import NearestRows, RowGroups
from core.sampler.configuration import DatasetConfig
from core.store.artefacts import Artefact

_FIGURE_PX, _CHART_PX = 150, 380


def dataset_hygiene(dataset: Artefact) -> None:
    """The rows as they are in the files, compared with each other."""
    workspace = current_selection().workspace
    hygiene = queries.dataset_hygiene(workspace, dataset.id)
    config = queries.dataset_configuration(workspace, dataset.id)
    if hygiene.nearest is None:
        st.caption("A single row has no other to be compared with.")
        return
    _figures(hygiene, hygiene.nearest)
    grid = st.grid(2, min_column_width=_CHART_PX, gap="medium")
    with grid.cell():
        st.markdown("##### How alike is the nearest other row?")
        st.plotly_chart(likeness_histogram(hygiene.nearest), config=CHART_CONFIG, key="dataset-likeness")
        st.caption(_compared_text(hygiene.nearest))
    with grid.cell():
        st.markdown("##### The attribute that most rows hold")
        _exposure_table(hygiene, config)
    if not config.noise.is_off:
        st.caption("Noise is part of these figures: they are of the rows as they are in the files.")


def _figures(hygiene: Hygiene, nearest: NearestRows) -> None:
    grid = st.grid(4, min_column_width=_FIGURE_PX)
    of = f"of the {nearest.n_compared:,} rows that were compared"
    grid.cell().metric(
        "Nearest other row",
        percent(nearest.median_likeness),
        help=f"Shared attributes over those in either row; half {of} have a nearest row more alike than this. They "
        f"differ in {nearest.median_differing:g} attributes at the median.",
        border=True,
    )
    grid.cell().metric(
        "With a near-duplicate",
        percent(nearest.n_near / nearest.n_compared),
        help=f"{nearest.n_near:,} {of}: another row holds the same attributes but for one that is exchanged, added or "
        "missing.",
        border=True,
    )
    grid.cell().metric(
        "Nearest of another label",
        percent(nearest.n_other_label / nearest.n_compared),
        help=f"{nearest.n_other_label:,} {of} are more like a row of another label than like any of their own. The "
        "more there are, the harder the labels are to tell apart by looking at similar rows.",
        border=True,
    )
    groups = hygiene.groups
    grid.cell().metric(
        "Largest group",
        f"{groups.largest:,}" if groups else "–",
        help=_groups_help(groups),
        border=True,
    )


def _groups_help(groups: RowGroups | None) -> str:
    if groups is None:
        return "There are too many rows to group them here."
    return (
        f"Rows that are linked by near-duplicates form a group; there are {groups.n_groups:,}, {groups.n_alone:,} of "
        "them a single row. A split into parts for training and testing must keep each group on one side."
    )


def _compared_text(nearest: NearestRows) -> str:
    if nearest.is_exact:
        return f"All {nearest.n_rows:,} rows, each compared with every other."
    return (
        f"{nearest.n_compared:,} of {nearest.n_rows:,} rows, taken at random, each with {nearest.n_against:,} others."
    )


def _exposure_table(hygiene: Hygiene, config: DatasetConfig) -> None:
    colours = label_colours(list(config.label_params))
    caps = config.diversity.max_exposure
    lines = [
        {
            "Label": [top.label],
            "Type": top.attribute_type,
            "Attribute": top.value,
            "Rows": top.n_rows,
            "Share": 100 * top.share,
            "Allowed": 100 * caps[top.attribute_type] if top.attribute_type in caps else None,
        }
        for top in sorted(hygiene.exposure, key=lambda top: -top.share)
    ]
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        height=320,
        placeholder="–",
        column_config={
            "Label": st.column_config.MultiselectColumn(options=list(colours), color=list(colours.values())),
            "Rows": number(format="localized", help="Rows of the label that hold the attribute."),
            "Share": number(format="%.1f %%", help="Of the label’s rows."),
            "Allowed": number(format="%.1f %%", help="The greatest share that was asked for, if any."),
        },
        alt="For each label and type the attribute that most rows hold",
    )
