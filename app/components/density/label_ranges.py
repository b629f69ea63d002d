"""The two hard ranges of each label as sliders, with how many random rows fall inside both and how hard that is."""

import streamlit as st

from app.components.configuration.draft import Draft, current_draft, label_path, replace_part
from app.components.density.verdict import verdict_line
from app.components.plain_text import plain
from app.components.shares import percent
from core.sampler.configuration import LabelParams
from core.sampler.density import Density, suggested_label_params
from core.workflows.density_report import LabelReport
from core.workflows.drafts import with_label

_STEP = 0.005
_HELP = "Every row of this label has its share of {} pairs within this range; other rows are never delivered."
_FIELDS = {"pos_frac_range": "+", "neg_frac_range": "−"}


def label_range_inputs(draft: Draft, density: Density, reports: dict[str, LabelReport]) -> None:
    """A card per label: its sliders, its live share and the verdict on it."""
    suggested = suggested_label_params(density)
    for label, params in draft.config.label_params.items():
        with st.container(border=True, gap="small"):
            with st.container(horizontal=True, horizontal_alignment="distribute"):
                st.markdown(f"**{plain(label)}** · {params.num_samples:,} rows", width="content")
                st.markdown(f"**{percent(reports[label].verdict.random_share)}** of random rows fit", width="content")
            for field in _FIELDS:
                _slider(draft, label, field)
            verdict_line(reports[label])
            if label in suggested:
                _suggestion_button(draft, label, suggested[label])


def apply_all_suggestions(draft: Draft, density: Density) -> None:
    """One button that puts every label the density has a suggestion for on it; labels that are missing are added."""
    suggested = suggested_label_params(density)
    st.button(
        "Use all suggested ranges",
        icon=":material/auto_fix_high:",
        key="suggest-all",
        on_click=_apply,
        args=(draft.graph_id, suggested),
        help="  \n".join(f"{label}: {_describe(params)}" for label, params in suggested.items()),
    )


def _slider(draft: Draft, label: str, field: str) -> None:
    key = f"range/{label}/{field}"
    st.session_state[key] = getattr(draft.config.label_params[label], field)
    st.slider(
        f"Share of {_FIELDS[field]} pairs",
        0.0,
        1.0,
        step=_STEP,
        format="%.3f",
        key=key,
        on_change=_keep,
        args=(draft.graph_id, label, field, key),
        help=_HELP.format(_FIELDS[field]),
    )


def _suggestion_button(draft: Draft, label: str, params: LabelParams) -> None:
    st.button(
        "Use suggestion",
        key=f"suggest/{label}",
        on_click=_apply,
        args=(draft.graph_id, {label: params}),
        disabled=_same_ranges(draft.config.label_params[label], params),
        help=_describe(params),
    )


def _keep(graph_id: str, label: str, field: str, key: str) -> None:
    config = current_draft(graph_id).config
    if label not in config.label_params:
        return  # removed in another window a moment ago; the page shows what is left
    before = getattr(config.label_params[label], field)
    changed = config.label_params[label].model_copy(update={field: _range_after(before, st.session_state[key])})
    replace_part(graph_id, with_label(config, label, changed), label_path(label, field))


def _range_after(before: tuple[float, float], seen: tuple[float, float]) -> tuple[float, float]:
    """The range once a slider was moved; where both ends meet, the one that was moved takes the other's exact value."""
    low, high = (_moved(old, new) for old, new in zip(before, seen, strict=True))
    if low > high:
        return (high, high) if low != before[0] else (low, low)
    return low, high


def _moved(old: float, new: float) -> float:
    """Where an end of a range is now: the slider reports whole steps for both ends, also for one nobody touched."""
    return old if abs(new - old) <= _STEP / 2 + 1e-9 else round(new, 4)


def _apply(graph_id: str, suggested: dict[str, LabelParams]) -> None:
    config = current_draft(graph_id).config
    for label, params in suggested.items():
        rows = config.label_params[label].num_samples if label in config.label_params else params.num_samples
        config = with_label(config, label, params.model_copy(update={"num_samples": rows}))
    changed = [label_path(label, field) for label in suggested for field in _FIELDS]
    replace_part(graph_id, config, *changed)


def _same_ranges(a: LabelParams, b: LabelParams) -> bool:
    return (a.pos_frac_range, a.neg_frac_range) == (b.pos_frac_range, b.neg_frac_range)


def _describe(params: LabelParams) -> str:
    (p0, p1), (n0, n1) = params.pos_frac_range, params.neg_frac_range
    return f"share of + pairs {p0:.3f} to {p1:.3f}, share of − pairs {n0:.3f} to {n1:.3f}"
