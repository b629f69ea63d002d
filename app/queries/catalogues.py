"""Cached reads of catalogues and of files that may become one."""

import pandas as pd
import streamlit as st

from app.attribute_facts import KnownFact, known_facts
from app.catalogue_tables import (
    AttributeFilter,
    CatalogueOverview,
    DiffCounts,
    FileReading,
    FileTable,
    TablePage,
    attribute_table,
    diff_counts,
    diff_table,
    matching,
    overview_of,
    page_of,
    read_file_table,
    summarise_reading,
)
from app.services import workbench
from core.catalogue.model import Catalogue
from core.catalogue.reading import read_catalogue
from core.graph.prompts import suspicious
from core.knowledge.traits import load_trait_table
from core.workflows.catalogues import load_catalogue


@st.cache_data(show_spinner=False, max_entries=16)
def catalogue(workspace: str, catalogue_id: str) -> Catalogue:
    """A stored catalogue."""
    return load_catalogue(workbench().open(workspace).workspace, catalogue_id)


@st.cache_data(show_spinner=False, max_entries=16)
def file_table(data: bytes, filename: str) -> FileTable:
    """Columns and first rows of an uploaded file; `InvalidInput` when no table can be read."""
    return read_file_table(data, filename)


@st.cache_data(show_spinner="Reading the file", max_entries=16)
def file_reading(data: bytes, filename: str, mapping: dict[str, str]) -> FileReading:
    """An uploaded catalogue file: what it holds, or every problem in it."""
    return summarise_reading(read_catalogue(data, filename, mapping))


@st.cache_data(show_spinner=False, max_entries=64)
def catalogue_overview(workspace: str, catalogue_id: str) -> CatalogueOverview:
    """Counts of a stored catalogue by modality and type."""
    return overview_of(catalogue(workspace, catalogue_id))


@st.cache_data(show_spinner=False, max_entries=256)
def catalogue_page(workspace: str, catalogue_id: str, wanted: AttributeFilter, page: int) -> TablePage:
    """One page (from 1) of the attributes that the filter lets through."""
    return page_of(matching(_catalogue_table(workspace, catalogue_id), wanted), page)


@st.cache_data(show_spinner=False, max_entries=64)
def catalogue_diff_counts(workspace: str, old_id: str, new_id: str) -> DiffCounts:
    """How many attributes were added, removed and changed from one stored version to another."""
    return diff_counts(catalogue(workspace, old_id), catalogue(workspace, new_id))


@st.cache_data(show_spinner=False, max_entries=128)
def catalogue_diff_page(workspace: str, old_id: str, new_id: str, part: str, page: int) -> TablePage:
    """One page (from 1) of a part of a diff."""
    return page_of(_catalogue_diff_table(workspace, old_id, new_id, part), page)


@st.cache_data(show_spinner=False, max_entries=8)
def _catalogue_table(workspace: str, catalogue_id: str) -> pd.DataFrame:
    return attribute_table(catalogue(workspace, catalogue_id).attributes)


@st.cache_data(show_spinner=False, max_entries=12)
def _catalogue_diff_table(workspace: str, old_id: str, new_id: str, part: str) -> pd.DataFrame:
    return diff_table(catalogue(workspace, old_id), catalogue(workspace, new_id), part)


@st.cache_data(show_spinner=False, max_entries=16)
def suspicious_texts(workspace: str, catalogue_id: str) -> tuple[tuple[str, str], ...]:
    """Texts of a catalogue that look like attempts to steer a judge: the attribute's value, and why."""
    return tuple(
        (attribute.value, why)
        for attribute in catalogue(workspace, catalogue_id).attributes
        for text in (attribute.value, attribute.modality, attribute.attribute_type, *attribute.facts.values())
        if (why := suspicious(text))
    )


def attribute_facts(workspace: str, catalogue_id: str, attribute_id: str) -> tuple[KnownFact, ...]:
    """What is known of an attribute of a stored catalogue; read anew when the trait table changes."""
    return _attribute_facts(workspace, catalogue_id, attribute_id, load_trait_table().fingerprint)


@st.cache_data(show_spinner=False, max_entries=4_096)
def _attribute_facts(
    workspace: str,
    catalogue_id: str,
    attribute_id: str,
    traits: str,  # noqa: ARG001 - part of the key
) -> tuple[KnownFact, ...]:
    return known_facts(catalogue(workspace, catalogue_id)[attribute_id], load_trait_table())
