"""Made tables and reports as files; each is written only when somebody clicks."""

from functools import partial

import streamlit as st

from app.services import current
from core.store.artefacts import Artefact
from core.tabular.exchange import Use
from core.workflows.tabular_downloads import report_html, synthetic_csv, synthetic_parquet
from core.workflows.tabular_reports import report_of

PARQUET = "application/vnd.apache.parquet"


def table_downloads(table: Artefact) -> None:
    """The table as CSV and Parquet; rows that are to be added also together with the real rows learnt from."""
    with_real = False
    with st.container(horizontal=True, vertical_alignment="center"):
        if table.manifest.facts["use"] == Use.AUGMENTATION.value:
            with_real = st.toggle(
                "With the real rows learnt from",
                key=f"tabular-with-real-{table.id}",
                help="The real rows first, then the made ones. Rows set aside are never among them: test models there.",
            )
        name = f"{'augmented' if with_real else 'synthetic'}-{table.id[:8]}"
        workspace = current().workspace
        st.download_button(
            "CSV",
            partial(synthetic_csv, workspace, table.id, with_training_rows=with_real),
            file_name=f"{name}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"tabular-csv-{table.id}-{with_real}",
            help="Every cell as it would stand in your own file.",
        )
        st.download_button(
            "Parquet",
            partial(synthetic_parquet, workspace, table.id, with_training_rows=with_real),
            file_name=f"{name}.parquet",
            mime=PARQUET,
            icon=":material/download:",
            on_click="ignore",
            key=f"tabular-parquet-{table.id}-{with_real}",
            help="With types: numbers as numbers, dates as dates.",
        )


def report_downloads(report: Artefact) -> None:
    """The report as a page that opens anywhere, and as figures."""
    workspace, name = current().workspace, f"report-{report.id[:8]}"
    st.download_button(
        "Report (HTML)",
        partial(report_html, workspace, report.id),
        file_name=f"{name}.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
        key=f"tabular-html-{report.id}",
        help="One file that opens without a network.",
    )
    st.download_button(
        "Figures (JSON)",
        lambda: report_of(workspace, report.id).model_dump_json(indent=1).encode(),
        file_name=f"{name}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key=f"tabular-json-{report.id}",
    )
