"""Which board, and which of its entries: the choices above everything else on the page."""

import datetime
from collections.abc import Sequence

import streamlit as st

from app.components.leaderboard.words import (
    KIND_HELP,
    KIND_NAMES,
    SOURCE_HELP,
    SOURCE_NAMES,
    TRACK_HELP,
    TRACK_NAMES,
)
from app.components.plain_text import shortened
from app.state import current_selection, fill_in, select
from core.models.protocol import Track
from core.workflows.board import BoardChoice, BoardFilters, DatasetBoards, ScoreSource
from core.workflows.board_versions import BoardVersion, VersionKind

_LOGS = "logs:"  # in front of a dataset that only logs name: no id of this workspace


def board_pickers(boards: Sequence[DatasetBoards]) -> tuple[DatasetBoards, BoardChoice]:
    """Ask for the board; the version chosen becomes part of the selection and of the URL."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _dataset(boards)
        kind = _kind(chosen)
        version = _version(chosen, kind)
        st.session_state.setdefault(_key("track"), Track.BLIND)
        st.segmented_control(
            "Track",
            list(TRACK_NAMES),
            format_func=TRACK_NAMES.__getitem__,
            required=True,
            key=_key("track"),
            persist_state="session",
            help=TRACK_HELP,
        )
        track = Track(st.session_state[_key("track")])
        source = st.segmented_control(
            "Scores",
            list(SOURCE_NAMES),
            format_func=SOURCE_NAMES.__getitem__,
            default=ScoreSource.VERIFIED if chosen.versions else ScoreSource.SELF_REPORTED,
            required=True,
            key=_key(f"source-{chosen.key}"),
            persist_state="session",
            help=SOURCE_HELP,
        )
    return chosen, BoardChoice(chosen.key, kind, track, source, version.id if version else "")


def filter_pickers(choice: BoardChoice, families: Sequence[str], teams: Sequence[str]) -> BoardFilters:
    """Ask which entries to show; families and teams are all that the board has."""
    # Families and teams are those of one board: what is chosen on one means nothing on another.
    of_board = f"{choice.dataset}-{choice.kind}-{choice.track}-{choice.source}"
    keys = {"family": _key(f"family-{of_board}"), "team": _key(f"team-{of_board}")}
    keys |= {name: _key(name) for name in ("from", "until")}
    n_set = sum(bool(st.session_state.get(key)) for key in keys.values())
    with st.popover(f"Filters ({n_set})" if n_set else "Filters", icon=":material/filter_list:", key=_key("filters")):
        st.caption("Ranks are counted anew among the entries that pass.")
        of_family = st.multiselect(
            "Families",
            families,
            key=keys["family"],
            persist_state="session",
            placeholder="All families",
            help="The kind of model, as its submission or log states it; else the model's own name.",
        )
        of_team = st.multiselect("Teams", teams, key=keys["team"], persist_state="session", placeholder="All teams")
        first, last = st.columns(2)
        since = first.date_input("From (UTC)", None, key=keys["from"], persist_state="session")
        until = last.date_input("Until (UTC)", None, key=keys["until"], persist_state="session")
        st.button(
            "Show all",
            key=_key("clear"),
            on_click=_clear,
            args=(keys,),
            disabled=not n_set,
            icon=":material/filter_list_off:",
        )
    return BoardFilters(tuple(of_family), tuple(of_team), _day(since), _day(until))


def show_track(track: Track) -> None:
    """Have the board open in this track: for a page that leads to an entry of it."""
    st.session_state[_key("track")] = track


def _dataset(boards: Sequence[DatasetBoards]) -> DatasetBoards:
    by_key = {one.key: one for one in boards}
    of_version = {version.id: one.key for one in boards for version in one.versions}
    selected = current_selection()
    if selected.split and selected.split not in of_version:
        st.warning("The version this link points to is not on a board of this workspace; showing the newest one.")
        fill_in(split="")
    key = _key("dataset")
    wanted = of_version.get(current_selection().split)
    if wanted is not None:
        st.session_state[key] = wanted
    elif st.session_state.get(key) not in by_key:
        st.session_state[key] = selected.dataset if selected.dataset in by_key else boards[0].key
    st.selectbox(
        "Dataset version",
        list(by_key),
        format_func=lambda one: _dataset_name(by_key[one]),
        key=key,
        on_change=_drop_version,
        help="Datasets that were split and opened for submissions, and those that evaluation logs name.",
    )
    return by_key[st.session_state[key]]


def _dataset_name(boards: DatasetBoards) -> str:
    return f"{boards.title} · {boards.key[:8]}" if boards.is_here else f"{shortened(boards.title)} (logs only)"


def _kind(chosen: DatasetBoards) -> VersionKind:
    """The kind of the selected version where there is one; else random, unless cold is all there is."""
    selected = next((v.kind for v in chosen.versions if v.id == current_selection().split), None)
    key = _key(f"kind-{chosen.key}")
    if selected is not None:
        st.session_state[key] = selected
    elif key not in st.session_state:
        is_cold_alone = chosen.version(VersionKind.COLD) is not None and chosen.version(VersionKind.RANDOM) is None
        st.session_state[key] = VersionKind.COLD if is_cold_alone else VersionKind.RANDOM
    st.segmented_control(
        "Split",
        list(KIND_NAMES),
        format_func=KIND_NAMES.__getitem__,
        required=True,
        key=key,
        on_change=_drop_version,
        help=KIND_HELP,
    )
    return VersionKind(st.session_state[key])


def _version(chosen: DatasetBoards, kind: VersionKind) -> BoardVersion | None:
    """Only where there are several of a kind is there anything to ask."""
    versions = {version.id: version for version in chosen.versions if version.kind is kind}
    if not versions:
        return None
    selected = current_selection().split
    if selected not in versions:
        selected = next(iter(versions))
        fill_in(split=selected)
    if len(versions) > 1:
        key = _key(f"version-{chosen.key}-{kind}")
        st.session_state[key] = selected
        st.selectbox(
            "Board version",
            list(versions),
            format_func=lambda one: f"{versions[one].title} · {versions[one].state} · {one[:8]}",
            key=key,
            on_change=_choose_version,
            args=(key,),
        )
    return versions[selected]


def _choose_version(key: str) -> None:
    select(split=st.session_state[key], entry="")


def _drop_version() -> None:
    """Another dataset or kind of split: the version and the entry looked at belong to the board that was left."""
    select(split="", entry="")


def _clear(keys: dict[str, str]) -> None:
    for name, key in keys.items():
        st.session_state[key] = [] if name in ("family", "team") else None


def _day(day: datetime.date | None) -> str:
    return day.isoformat() if day is not None else ""


def _key(name: str) -> str:
    return f"board-{name}-{current_selection().workspace}"
