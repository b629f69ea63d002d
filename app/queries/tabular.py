"""Cached reads of the tabular lab: tables, schemas, what was made, and what a report says of it."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import streamlit as st

from app.services import workbench
from core.store.workspace import Workspace
from core.tabular.detection import Detection
from core.tabular.exchange import SampleFigures
from core.tabular.preparation import Preparation, prepare
from core.tabular.report.model import Report
from core.tabular.report.traps_model import Traps
from core.tabular.schema import TableSchema
from core.tabular.table import RawTable
from core.workflows.tabular_reports import report_of, traps_of
from core.workflows.tabular_schemas import divided_table, schema_of
from core.workflows.tabular_standings import REPORT, Standing, standings
from core.workflows.tabular_synthetics import synthetic_of, synthetic_rows
from core.workflows.tabular_tables import detection_of, table_of

HEAD_ROWS = 200
MOST_VALUES = 1_000


class ValueCount(NamedTuple):
    """A value of a column ("" is an empty cell), and how many rows hold it."""

    value: str
    n_rows: int


@st.cache_data(show_spinner=False, max_entries=32)
def tabular_head(workspace: str, table: str) -> pd.DataFrame:
    """The first rows of an uploaded table as text."""
    return _head(table_of(_held(workspace), table))


@st.cache_data(show_spinner="Looking at every column of the table", max_entries=16)
def tabular_detection(workspace: str, table: str) -> Detection:
    """What the columns and rules of a table look like."""
    return detection_of(_held(workspace), table)


@st.cache_data(show_spinner=False, max_entries=32)
def tabular_schema(workspace: str, schema: str) -> TableSchema:
    """A confirmed schema."""
    return schema_of(_held(workspace), schema).schema


@st.cache_data(show_spinner="Counting the table's values", max_entries=64)
def tabular_values(workspace: str, schema: str, column: str) -> tuple[ValueCount, ...]:
    """The values of a column among the training rows, commonest first, at most `MOST_VALUES`."""
    counted = pc.value_counts(divided_table(_held(workspace), schema).train.cells[column]).to_pylist()
    found = [ValueCount(one["values"] or "", one["counts"]) for one in counted]
    return tuple(sorted(found, key=lambda one: (-one.n_rows, one.value))[:MOST_VALUES])


@st.cache_data(show_spinner="Taking the table's columns apart", max_entries=16)
def tabular_preparation(workspace: str, schema: str) -> Preparation:
    """The training table in the form that engines see, without its rows: what conditions and domains are told by."""
    divided = divided_table(_held(workspace), schema)
    prepared = prepare(divided.train, divided.schema)
    return replace(prepared, plain=prepared.plain.take(np.empty(0, dtype=np.int64)))


@st.cache_data(show_spinner=False, max_entries=32)
def tabular_made_head(workspace: str, synthetic: str) -> pd.DataFrame:
    """The first rows of a synthetic table as text."""
    return _head(synthetic_rows(_held(workspace), synthetic))


@st.cache_data(show_spinner=False, max_entries=64)
def tabular_made_figures(workspace: str, synthetic: str) -> SampleFigures:
    """What making a synthetic table cost, and which rules its rows break."""
    return synthetic_of(_held(workspace), synthetic).figures


@st.cache_data(show_spinner=False, max_entries=16)
def tabular_report(workspace: str, report: str) -> Report:
    """A report on several synthetic tables."""
    return report_of(_held(workspace), report)


@st.cache_data(show_spinner=False, max_entries=16)
def tabular_traps(workspace: str, traps: str) -> Traps:
    """What the traps showed on a table."""
    return traps_of(_held(workspace), traps)


def tabular_standings(workspace: str, schema: str) -> tuple[Standing, ...]:
    """Every method judged under a confirmed schema, best first, as it is now."""
    return _standings(workspace, schema, repr([one.id for one in _held(workspace).artefacts.list(REPORT)]))


@st.cache_data(show_spinner=False, max_entries=32)
def _standings(workspace: str, schema: str, stamp: str) -> tuple[Standing, ...]:  # noqa: ARG001 - part of the key
    return standings(_held(workspace), schema)


def _head(table: RawTable) -> pd.DataFrame:
    cells = {name: table.cells[name].slice(0, HEAD_ROWS).to_pylist() for name in table.columns}
    return pd.DataFrame(cells, dtype="string")


def _held(workspace: str) -> Workspace:
    return workbench().open(workspace).workspace
