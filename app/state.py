"""The selection: the ids a session is working on, in one session-state key and, once chosen, in the URL.

A browser refresh wipes the session, so the URL is where a choice survives; links to it can be shared. Every change of
the URL is an entry in the browser's history: choices make one each, what a page fills in by itself makes none. The
URL leads where a session begins and on Back and Forward. Otherwise the session does: who acts faster than the address
of a choice reaches the browser sends the address from before it, and must not lose the choice.
"""

from dataclasses import asdict, dataclass, fields, replace

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_KEY = "selection"
_URL = "selection-in-url"


@dataclass(frozen=True, slots=True)
class Selection:
    """Ids only: the workspace's name, artefact ids, the job being watched, the configuration draft, and the reviewer.

    `other` is the graph that `graph` is compared with; `split` the board version, `entry` what stands on it, and
    `model_run` a training on it. The last six are of the tabular lab: a table, its confirmed schema, a synthesizer
    fitted to it, a table it made, a report on several, and what the traps showed.
    """

    workspace: str = ""
    catalogue: str = ""
    graph: str = ""
    stages: str = ""
    dataset: str = ""
    job: str = ""
    draft: str = ""
    other: str = ""
    queue: str = ""
    checks: str = ""
    reviewer: str = ""
    split: str = ""
    entry: str = ""
    model_run: str = ""
    tabular_table: str = ""
    tabular_schema: str = ""
    tabular_model: str = ""
    synthetic_table: str = ""
    tabular_report: str = ""
    tabular_traps: str = ""


_NAMES = tuple(field.name for field in fields(Selection))


def current_selection() -> Selection:
    """This session's selection, taken from the URL on the session's first run."""
    if _KEY not in st.session_state:
        adopt_url()
    selection: Selection = st.session_state[_KEY]
    return selection


def adopt_url() -> None:
    """Take over the ids of the URL or, where it is older than this session's choices, bring it up to date.

    To be called once per run, first thing.
    """
    if _URL in st.session_state and not _is_history_navigation():
        _publish(st.session_state[_URL])
        return
    found = selection_in_url()
    if st.session_state.get(_URL) != found:
        st.session_state[_URL] = found
        st.session_state[_KEY] = Selection(**found)


def selection_in_url() -> dict[str, str]:
    """The ids that the URL holds, which are those somebody chose; every link within the workbench takes them along."""
    return {name: value for name, value in st.query_params.items() if name in _NAMES and value}


def is_chosen(name: str) -> bool:
    """Whether an id of the selection was chosen, and not filled in by a page."""
    value: str = getattr(current_selection(), name)
    return _chosen().get(name) == value


def fill_in(**defaults: str) -> Selection:
    """Select what nobody chose: the URL stays as it is, so that Back does not stop here."""
    st.session_state[_KEY] = _changed(defaults)
    return current_selection()


def select(**changes: str) -> Selection:
    """Choose some ids: one entry in the browser's history, none where they are selected already.

    What was filled in before is chosen along with it, since the choice was made beside it; only a draft is not, which
    belongs to nobody before it is changed. Another workspace drops every other id, since ids mean nothing outside
    their workspace.
    """
    before, kept_draft = current_selection(), _chosen().get("draft")
    after = _changed(changes)
    st.session_state[_KEY] = after
    if after != before:
        wanted = {name: value for name, value in asdict(after).items() if value}
        if "draft" not in changes and wanted.get("draft") != kept_draft:
            wanted.pop("draft", None)
        _publish(wanted)
    return after


def _chosen() -> dict[str, str]:
    """The ids of the URL as it should be: a callback may run on an older one, before `adopt_url` sees to it."""
    chosen: dict[str, str] = st.session_state[_URL]
    return chosen


def _is_history_navigation() -> bool:
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _changed(changes: dict[str, str]) -> Selection:
    before = current_selection()
    if changes.get("workspace", before.workspace) != before.workspace:
        before = Selection()
    return replace(before, **changes)


def _publish(wanted: dict[str, str]) -> None:
    """All ids in one message: each message is one entry in the history."""
    st.session_state[_URL] = wanted
    if wanted != selection_in_url():
        others = {name: st.query_params.get_all(name) for name in st.query_params if name not in _NAMES}
        st.query_params.from_dict({**others, **wanted})
