"""What a catalogue file looks like, with files to start from."""

import streamlit as st

from core.catalogue.limits import MAX_ATTRIBUTES
from core.workflows.demo import DATA

EXAMPLES = {"small.csv": "27 attributes", "large.csv": "160 attributes"}
_COLUMNS = {
    "`id`": "A code of its own for each row, such as `brand-nike`. Graphs refer to attributes by it.",
    "`value`": "What people call it, such as Nike.",
    "`modality`": "The kind of thing it is, such as brand, audience, platform or geo. At least two kinds.",
    "`attribute_type`": "The finer kind, such as interest, age, country. Repeat the modality where there is none.",
    "any other column": "Kept with the attribute as a fact and shown in the table.",
}


def catalogue_format() -> None:
    """An expander with the columns, and example files to download."""
    with st.expander("What the file looks like, and examples to download", icon=":material/help:"):
        st.markdown(
            f"One row per attribute, with a header row; up to {MAX_ATTRIBUTES:,} rows. CSV, TSV, Excel (first sheet), "
            "JSON (a list of objects) and JSON lines all work. Column names may differ: you are asked which is which."
        )
        st.table(_COLUMNS, border="horizontal")
        with st.container(horizontal=True):
            for name, size in EXAMPLES.items():
                st.download_button(
                    f"Example: {size}",
                    (DATA / "catalogues" / name).read_bytes(),
                    file_name=f"catalogue-{name}",
                    mime="text/csv",
                    icon=":material/download:",
                    key=f"example-{name}",
                    on_click="ignore",
                )
