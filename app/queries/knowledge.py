"""Cached reads of prompts and of facts that experts uploaded."""

from typing import NamedTuple

import streamlit as st

from app.queries.catalogues import catalogue
from app.services import workbench
from core.errors import Problem
from core.graph.prompts import PromptSet
from core.knowledge.fact_files import FactFile, FactReading, read_facts
from core.workflows.evidence import load_evidence
from core.workflows.prompts import load_prompts


@st.cache_data(show_spinner=False, max_entries=32)
def prompt_set(workspace: str, prompts_id: str) -> PromptSet:
    """A stored version of the prompts; the shipped ones for an empty id."""
    return load_prompts(workbench().open(workspace).workspace, prompts_id)


@st.cache_data(show_spinner="Reading the file", max_entries=16)
def fact_reading(data: bytes, filename: str) -> FactReading:
    """An uploaded file of facts: what it holds, or every problem in it."""
    return read_facts(data, filename)


@st.cache_data(show_spinner=False, max_entries=32)
def evidence_file(workspace: str, evidence_id: str) -> FactFile:
    """A stored file of facts."""
    return load_evidence(workbench().open(workspace).workspace, evidence_id)


class FactFit(NamedTuple):
    """How far a file of facts fits a catalogue: attributes with a fact, of all, and the facts that are about none."""

    n_attributes: int
    n_all: int
    unused: tuple[Problem, ...]


@st.cache_data(show_spinner="Looking for the attributes", max_entries=64)
def fact_fit(workspace: str, _facts: FactFile, facts_id: str, catalogue_id: str) -> FactFit:  # noqa: ARG001 - the key
    """How far a file of facts, known by its `fingerprint`, fits a stored catalogue."""
    known = catalogue(workspace, catalogue_id)
    n_attributes = sum(bool(_facts.facts_about(attribute)) for attribute in known.attributes)
    return FactFit(n_attributes, len(known), _facts.unused(known))
