"""More rows from an engine that was fitted before: nothing is learnt anew."""

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.tabular.jobs_under_way import is_under_way
from app.components.tabular.pick import pick
from app.components.tabular.uses import wanted_rows
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.workflows.tabular_synthesis import SAMPLE_SYNTHETIC, read_sample_request
from core.workflows.tabular_synthetics import MODEL, models


def sample_more(schema: Artefact) -> None:
    """Choose a fitted engine and what it shall make; nothing is shown before the first one is fitted."""
    fitted = models(current().workspace, schema.id)
    if not fitted:
        return
    with st.expander("More rows from a fitted engine", icon=":material/replay:", key=f"tabular-more-{schema.id}"):
        model = pick(MODEL, fitted, "Fitted engine", help_text="It samples in seconds; nothing is learnt anew.")
        if model is None:
            return
        st.caption(_facts(model))
        try:
            confirmed = queries.tabular_schema(current_selection().workspace, schema.id)
            wanted = wanted_rows(schema, confirmed, "more")
            if wanted is None:
                return
            values = {"model": model.id, "wanted": wanted.model_dump(mode="json")}
            request = read_sample_request(values).model_dump(mode="json")
        except ValenceError as error:
            show_failure(error)
            return
        if st.button(
            "Make more rows",
            icon=":material/play_arrow:",
            key=f"tabular-sample-{schema.id}",
            disabled=is_under_way(request),
        ):
            _submit(request, str(model.manifest.facts["family_title"]))


def _facts(model: Artefact) -> str:
    facts = model.manifest.facts
    return (
        f"Learnt {facts['n_training_rows']:,} rows in {facts['fit_cpu_s']:,.1f} s of computing time with at most "
        f"{facts['peak_memory_mb']:,.0f} MB of memory; seed {facts['seed']}."
    )


def _submit(request: dict[str, object], title: str) -> None:
    try:
        current().jobs.submit(SAMPLE_SYNTHETIC, request, title=f"Make rows with the fitted {title}")
    except ValenceError as error:
        show_failure(error)
        return
    st.rerun()
