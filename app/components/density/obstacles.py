"""What stands in the way of labels that are hard to meet: conflicting bounds, quotas that would help, missing edges."""

import streamlit as st

from app.components.configuration.draft import Draft, current_draft, replace_part
from app.components.density.words import BADGES, bound_text, modalities_text, quota_text
from app.components.plain_text import plain
from app.components.shares import percent
from core.sampler.blame import Blame, Bound, BoundValue, Repair
from core.sampler.configuration import LabelParams
from core.sampler.pair_density import PairDensity
from core.workflows.density_report import LabelReport
from core.workflows.draft_edits import TYPES

_COLUMN_PX = 240
_MOST_REPAIRS = 6
_ONE_RANGE = ({Bound.POS_LEAST, Bound.POS_MOST}, {Bound.NEG_LEAST, Bound.NEG_MOST})
_SEARCHED = "Found by searching, which can miss what is there: nothing here is a proof."


def obstacles(draft: Draft, reports: dict[str, LabelReport]) -> None:
    """A panel for each label that searches hardly meet, or not at all; nothing where all labels are met."""
    hard = {label: report for label, report in reports.items() if report.blame or report.tight}
    if not hard:
        return
    st.markdown("##### What stands in the way", help=_SEARCHED)
    for label, report in hard.items():
        with st.container(border=True, gap="small"):
            st.markdown(f"**{plain(label)}** {BADGES[report.verdict.ease]}")
            if report.blame:
                _explain(draft, label, report.blame)
            else:
                _name_tight_bounds(report.tight)


def _name_tight_bounds(tight: tuple[BoundValue, ...]) -> None:
    st.markdown(
        "\n".join(f"- Without {bound_text(bound)}, most searches find such rows." for bound in tight)
        + "\n\nMove that end of the range a little to give the search more room."
    )


def _explain(draft: Draft, label: str, blame: Blame) -> None:
    grid = st.grid(3, min_column_width=_COLUMN_PX, gap="medium")
    with grid.cell():
        _conflict(blame, draft.config.label_params[label])
    with grid.cell():
        _repairs(draft, label, blame.repairs)
    with grid.cell():
        _lacking(blame)


def _conflict(blame: Blame, asked: LabelParams) -> None:
    is_one = len(blame.conflict) == 1
    st.markdown("**This bound alone**" if is_one else "**These bounds together**")
    lines = [f"- {bound_text(bound)}" for bound in blame.conflict]
    said = "No row was found with it." if is_one else "Rows were found with any fewer of them, but with all, none was."
    st.markdown("\n".join(lines))
    closest, (p0, p1), (n0, n1) = blame.closest, asked.pos_frac_range, asked.neg_frac_range
    st.caption(
        f"{said} The closest row found, of {closest.size} attributes, has {closest.pos_frac:.1%} + pairs "
        f"(asked: {p0:.1%} to {p1:.1%}) and {closest.neg_frac:.1%} − pairs (asked: {n0:.1%} to {n1:.1%})."
    )


def _repairs(draft: Draft, label: str, repairs: tuple[Repair, ...]) -> None:
    st.markdown("**One attribute more or fewer**", help="Each of these changes alone led to a row that fits.")
    if not repairs:
        st.caption("No single change of what a row holds led to a row that fits. Move a bound instead.")
    for repair in repairs[:_MOST_REPAIRS]:
        end = "least" if repair.after[0] != repair.before[0] else "most"
        st.button(
            f"{plain(repair.attribute_type)}: {quota_text(repair.before)} → {quota_text(repair.after)}",
            key=f"repair/{label}/{repair.attribute_type}/{end}",
            on_click=_apply,
            args=(draft.graph_id, repair),
            icon=":material/build:",
            help="Change what every row holds, for all labels. The page then measures again.",
        )
    if len(repairs) > _MOST_REPAIRS:
        st.caption(f"And {len(repairs) - _MOST_REPAIRS:,} more that would help.")


def _lacking(blame: Blame) -> None:
    st.markdown("**Where + or − pairs are missing**", help="The modality pairs that fall short most, within a row.")
    asked = {bound.bound for bound in blame.conflict}
    across = [pair for pair in blame.lacking if pair.modality_a != pair.modality_b]
    if asked in _ONE_RANGE:
        st.caption("None: each end of this range is met on its own, but nothing was found between them. Widen it.")
    elif not across:
        st.caption("None: these bounds limit a sign from above, or ask for less than each modality pair offers.")
    else:
        st.markdown("\n".join(f"- {_shortfall(pair, asked)}" for pair in across))


def _shortfall(pair: PairDensity, asked: set[Bound]) -> str:
    signs = ((Bound.POS_LEAST, "+", pair.positive), (Bound.NEG_LEAST, "−", pair.negative))
    shares = " and ".join(f"{percent(share)} {sign}" for bound, sign, share in signs if bound in asked)
    return f"{modalities_text(pair)}: {percent(pair.share_of_row)} of a row's pairs, but only {shares}"


def _apply(graph_id: str, repair: Repair) -> None:
    config = current_draft(graph_id).config
    if config.type_ranges.get(repair.attribute_type) != repair.before:
        return  # changed in another window a moment ago; the page shows what is there now
    ranges = {**config.type_ranges, repair.attribute_type: repair.after}
    replace_part(graph_id, config.model_copy(update={"type_ranges": ranges}), (TYPES, repair.attribute_type))
