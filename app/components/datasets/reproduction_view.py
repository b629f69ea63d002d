"""Making a dataset again, and what came of it the last time."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from app.components.moments import duration_text, reader_zone, when_text
from app.components.plain_text import plain
from app.services import current
from app.state import select
from core.jobs import Job, JobState
from core.store.artefacts import Artefact
from core.workflows.datasets import DATASET
from core.workflows.sealed_rows import refuse_sealed

REPRODUCE = "reproduce_dataset"
_JOBS_LOOKED_AT = 200


def reproduction_view(dataset: Artefact) -> None:
    """The button, and the comparison of the latest finished reproduction, file by file; `RowsSealed` while they are."""
    refuse_sealed(dataset)
    jobs = [job for job in current().jobs.list(_JOBS_LOOKED_AT) if _is_of(job, dataset)]
    text, action = st.columns([4, 1], vertical_alignment="center")
    text.markdown(
        "Makes the rows again from the recorded graph and configuration and compares every file, byte for byte. "
        "Nothing stored is changed."
    )
    if action.button(
        "Reproduce",
        icon=":material/replay:",
        key="reproduce",
        width="stretch",
        disabled=any(not job.state.is_over for job in jobs),
    ):
        title = f"Reproduce: {dataset.manifest.title}"
        select(job=current().jobs.submit(REPRODUCE, {DATASET: dataset.id}, title=title))
        st.rerun()
    finished = [job for job in jobs if job.state is JobState.DONE]
    if finished:
        _comparison(max(finished, key=lambda job: job.finished_at or ""))


def _is_of(job: Job, dataset: Artefact) -> bool:
    return job.action == REPRODUCE and job.parameters.get(DATASET) == dataset.id


def _comparison(job: Job) -> None:
    files = job.result["reproduction"]
    different = [file["name"] for file in files if file["recorded"] != file["regenerated"]]
    moment = when_text(job.finished_at or job.created_at, datetime.now(UTC), reader_zone())
    when = f"Made again {moment}, in {duration_text(job.started_at, job.finished_at)}."
    if different:
        st.error(
            f"**{len(different)} of {len(files)} files came out different: {', '.join(different)}.** {when}",
            icon=":material/difference:",
        )
    else:
        st.success(f"**All {len(files)} files came out the same, byte for byte.** {when}", icon=":material/verified:")
    if changes := job.result["changed_versions"]:
        st.warning(
            "Changed since the dataset was made, which may explain a difference: " + plain("; ".join(changes)) + ".",
            icon=":material/update:",
        )
    st.dataframe(
        pd.DataFrame(
            {
                "File": [file["name"] for file in files],
                "Result": ["Different" if file["name"] in different else "Same" for file in files],
                "SHA-256 recorded": [file["recorded"] for file in files],
                "SHA-256 made again": [file["regenerated"] for file in files],
            }
        ),
        hide_index=True,
        column_config={
            "SHA-256 recorded": st.column_config.TextColumn(help="The fingerprint of the file when it was saved."),
            "SHA-256 made again": st.column_config.TextColumn(help="The fingerprint of the file made again."),
        },
        alt="Each file's fingerprint as recorded and as made again",
    )
