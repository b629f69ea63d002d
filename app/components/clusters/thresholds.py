"""The thresholds that turn scores into signs, with both published settings, and what they make of the pairs."""

import re
from typing import Final, NamedTuple

import streamlit as st
from pydantic import ValidationError

from app import queries
from app.cluster_tables import CallCounts, Fates
from app.components.clusters.score_charts import score_band
from app.components.configuration.fields import problem_line
from app.components.failure import show_failure
from app.components.graph.form_knobs import BANDS, INHERIT, SPOT_CHECK, WRITING
from app.components.knobs import knob_value, set_knobs, values_of
from app.components.shares import percent
from app.state import current_selection
from app.theme import CHART_CONFIG
from core.errors import Problem, ValenceError
from core.graph.strategies.cluster.settings import (
    HIGHEST_SCORE,
    LOWEST_SCORE,
    PRESETS,
    ClusterStrategySettings,
)
from core.graph.strategies.cluster.stages import Stages

_PRESET_NAMES: Final = {"default": "Published", "strict": "Published, stricter"}
_WORDS: Final = {
    "inherit_positive_from": "the upper end for taking signs over",
    "inherit_negative_to": "the lower end for taking signs over",
    "positive_from": "the upper end of the neutral band",
    "negative_to": "the lower end of the neutral band",
}
_METRIC_PX: Final = 130
_HALF_PX: Final = 380


class Thresholds(NamedTuple):
    """What the sliders stand at: settings, or None where they contradict each other."""

    settings: ClusterStrategySettings | None
    problems: tuple[Problem, ...]


class Outlook(NamedTuple):
    """Settings, None where they contradict each other, and what they make of all pairs, None where that is unknown."""

    settings: ClusterStrategySettings | None
    fates: Fates | None


def thresholds(version: str, stages: Stages, n_missing: int) -> Outlook:
    """The sliders beside the picture of the band, then what becomes of all pairs of attributes."""
    grid = st.grid(2, min_column_width=_HALF_PX, gap="medium")
    with grid.cell():
        found = ask_thresholds()
        for problem in found.problems:
            problem_line(problem)
    with grid.cell():
        if found.settings is not None:
            st.plotly_chart(score_band(stages.scores, found.settings), config=CHART_CONFIG, key="score-band")
    if found.settings is None:
        return Outlook(None, None)
    if n_missing:
        st.info(
            f"What becomes of the pairs is counted once all pairs of clusters are scored; {n_missing:,} are not.",
            icon=":material/calculate:",
        )
        return Outlook(found.settings, None)
    return Outlook(found.settings, _fates(version, found.settings))


def ask_thresholds() -> Thresholds:
    """Sliders, with the published settings at hand; the Graph page starts from where they stand."""
    _fill_fields()
    st.segmented_control(
        "Settings",
        list(_PRESET_NAMES),
        format_func=_PRESET_NAMES.__getitem__,
        key=_PRESET,
        on_change=_take_preset,
        help="Both settings of the publication. The stricter one lets fewer pairs take over a sign, and asks more.",
    )
    st.slider(
        "Neutral band",
        LOWEST_SCORE,
        HIGHEST_SCORE,
        step=0.1,
        key=_BAND,
        on_change=_keep_ends,
        args=(_BAND, _BAND_PATHS),
        format="%.1f",
        help="Pairs of clusters that score between the two ends are left out: nobody asks about their attributes. At "
        "the lower end or below is −, at the upper end or above is +.",
    )
    inherits = st.toggle(
        "Take over the sign of extreme scores without asking",
        key=_INHERITS,
        on_change=_keep,
        args=(_INHERITS, "cluster.auto_inherit"),
        help="Where two clusters score very high or very low, their pairs of attributes take the sign over and cost no "
        "call. Attributes marked as noise are asked all the same.",
    )
    st.slider(
        "Signs are taken over outside of",
        LOWEST_SCORE,
        HIGHEST_SCORE,
        step=0.1,
        key=_INHERIT,
        on_change=_keep_ends,
        args=(_INHERIT, _INHERIT_PATHS),
        format="%.1f",
        disabled=not inherits,
        help="From the upper end up + is taken over, from the lower end down −.",
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    left.number_input(
        "Pairs checked per block",
        0,
        100,
        step=1,
        key=_PROBES,
        on_change=_keep,
        args=(_PROBES, "cluster.spot_check_members"),
        disabled=not inherits,
        help="A block is all pairs of attributes of two clusters. Before it takes a sign over, so many of its pairs "
        "are asked; where too many say otherwise, all are. 0: no check.",
    )
    right.toggle(
        "Ask noise everywhere",
        key=_NOISE,
        on_change=_keep,
        args=(_NOISE, "cluster.ask_noise_everywhere"),
        help="Ask about attributes marked as noise even where their clusters are left out.",
    )
    return _checked()


def judge_calls(version: str, settings: ClusterStrategySettings) -> None:
    """The calls that these thresholds lead to, and how many they save; planned, which takes a moment."""
    batch_size: int = knob_value("batch_size")
    try:
        calls = queries.cluster_calls(current_selection().workspace, version, settings, batch_size)
    except ValenceError as error:
        show_failure(error)
        return
    _show_calls(calls, batch_size)


def _fates(version: str, settings: ClusterStrategySettings) -> Fates | None:
    try:
        fates = queries.cluster_fates(current_selection().workspace, version, settings)
    except ValenceError as error:
        show_failure(error)
        return None
    _show_fates(fates)
    return fates


def _show_fates(fates: Fates) -> None:
    n_all = max(fates.n_pairs, 1)
    with st.grid(3, min_column_width=_METRIC_PX):
        for label, count, help_text in (
            ("Pairs asked", fates.n_asked, "Pairs of attributes that the judge is asked about at these thresholds."),
            ("Pairs that take a sign over", fates.n_inherited, "Pairs that get their sign from their clusters' score."),
            ("Pairs left out", fates.n_discarded, "Pairs whose clusters score in the neutral band or are not viable."),
        ):
            st.metric(label, f"{count:,}", percent(count / n_all), "off", delta_arrow="off", help=help_text)


def _show_calls(calls: CallCounts, batch_size: int) -> None:
    saved = calls.asking_all - calls.first
    total, most = calls.prepared + calls.first, calls.prepared + calls.most
    with st.grid(3, min_column_width=_METRIC_PX):
        st.metric(
            "Judge calls ahead",
            f"{calls.first:,}",
            help=f"Up to {batch_size} pairs per call. The checks before taking over are counted in; every "
            f"check that fails adds calls, {calls.most:,} in all at the very most.",
        )
        st.metric(
            "Saved by taking over",
            f"{saved:,}",
            help=f"Asking everything that is not left out would take {calls.asking_all:,} calls.",
        )
        st.metric(
            "Saved against asking all",
            f"{calls.brute_force - total:,}",
            help=f"Asking about every pair takes {calls.brute_force:,} calls at least. This way takes {total:,}, with "
            f"the {calls.prepared:,} made to prepare the clusters.",
        )
    if calls.most > calls.first:
        st.caption(
            f"At least {calls.first:,} calls are ahead; were every check to fail, it would be {calls.most:,}"
            + (f", {most:,} with those made so far." if calls.prepared else ".")
        )


_PRESET, _BAND, _INHERIT, _INHERITS, _PROBES, _NOISE = (
    f"cluster-thresholds-{name}" for name in ("preset", "band", "inherit", "inherits", "probes", "noise")
)
_BAND_PATHS: Final = ("cluster.negative_to", "cluster.positive_from")
_INHERIT_PATHS: Final = ("cluster.inherit_negative_to", "cluster.inherit_positive_from")


def _fill_fields() -> None:
    """The values live in the fields of the Graph page, so that both pages always speak of the same settings."""
    for key, paths in ((_BAND, _BAND_PATHS), (_INHERIT, _INHERIT_PATHS)):
        st.session_state[key] = tuple(sorted(float(knob_value(path)) for path in paths))
    st.session_state[_INHERITS] = knob_value("cluster.auto_inherit")
    st.session_state[_PROBES] = knob_value("cluster.spot_check_members")
    st.session_state[_NOISE] = knob_value("cluster.ask_noise_everywhere")
    found = _checked().settings
    at = (name for name, preset in PRESETS.items() if found and _marks(preset) == _marks(found))
    st.session_state[_PRESET] = next(at, None)


def _keep_ends(key: str, paths: tuple[str, str]) -> None:
    set_knobs(dict(zip(paths, st.session_state[key], strict=True)))


def _keep(key: str, path: str) -> None:
    set_knobs({path: st.session_state[key]})


def _take_preset() -> None:
    if name := st.session_state[_PRESET]:
        set_knobs({f"cluster.{field}": value for field, value in _marks(PRESETS[name]).items()})


def _marks(settings: ClusterStrategySettings) -> dict[str, float | bool]:
    """What the published settings are told apart by."""
    return settings.model_dump(include={path.removeprefix("cluster.") for path in (*_BAND_PATHS, *_INHERIT_PATHS)}) | {
        "auto_inherit": settings.auto_inherit
    }


def _checked() -> Thresholds:
    """The settings that the fields hold, those of the Graph page included, or where they contradict each other."""
    values = values_of(BANDS, INHERIT, SPOT_CHECK, WRITING)
    try:
        return Thresholds(ClusterStrategySettings.model_validate(values["cluster"]), ())
    except ValidationError as error:
        return Thresholds(None, tuple(Problem(_in_words(fault["msg"])) for fault in error.errors()))


def _in_words(message: str) -> str:
    said = message.removeprefix("Value error, ")
    for name, words in _WORDS.items():
        said = re.sub(rf"\b{name}\b", words, said)
    return said[:1].upper() + said[1:]
