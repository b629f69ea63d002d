"""What a pair kernel model learnt of single pairs, beside the graph: filters, a page at a time, and where they part."""

from itertools import combinations
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app import queries
from app.components.models.pair_charts import estimates_chart
from app.components.models.pair_download import pair_download
from app.components.models.pair_list import pair_list
from app.components.models.pair_queue import pair_queue
from app.components.plain_text import named, plain
from app.services import current
from app.state import current_selection
from app.theme import CHART_CONFIG
from core.fingerprint import content_id
from core.graph.pair_table import PairTable
from core.store.artefacts import Artefact
from core.workflows.board_versions import BoardVersion
from core.workflows.datasets import DATASET
from core.workflows.graphs import GRAPH
from core.workflows.model_pairs import ComparedPairs, PairOrder, RunPairSearch, Verdict

_ALL: Final = "all"
_VERDICTS: Final = {
    _ALL: "All",
    Verdict.CONTRADICTS: "Against the graph",
    Verdict.AGREES: "With the graph",
    Verdict.SILENT: "Graph has no sign",
}
_VERDICTS_HELP: Final = (
    "**Against the graph**: the labels speak for a pair that the graph calls −, or against one that it calls +.  \n"
    "**With the graph**: both say the same.  \n"
    "**Graph has no sign**: 0, not judged or no answer."
)
_ORDERS: Final = {PairOrder.SUREST: "Surest first", PairOrder.STRONGEST: "Strongest first"}
_CHANCES: Final = (0.5, 0.9, 0.95, 0.99, 0.999, 0.9999)


def learnt_pairs_view(version: BoardVersion, run: Artefact) -> None:
    """Figures, the chart, and the searchable table of estimated pairs of one training."""
    graph = _graph(version)
    workspace = current_selection().workspace
    pairs = queries.learnt_pairs(workspace, run.id, graph.id)
    if pairs is None or not len(pairs):
        st.info("No estimated pair is of attributes that this graph has.", icon=":material/hub:")
        return
    st.markdown(
        f"The labels alone, {plain(pairs.label_for)} against {plain(pairs.label_against)}, say which pairs of "
        "attributes do good or harm in a campaign; the model never saw the graph. **Above 0** the labels speak for "
        f"a pair (it moves a campaign towards {plain(pairs.label_for)}), **below 0** against it."
    )
    most = queries.model_run(workspace, run.id).report.found.get("n_pairs", 0)
    _figures(pairs, graph, is_all=len(pairs) + pairs.n_unknown < most)
    st.plotly_chart(
        estimates_chart(pairs), config=CHART_CONFIG, key="models-estimates", alt="Estimates by the sign in the graph"
    )
    search = _filters(pairs, current().pairs(graph.id), run)
    numbers = queries.matching_learnt_pairs(workspace, run.id, graph.id, search)
    _found(version, run, graph, pairs, numbers)


def _graph(version: BoardVersion) -> Artefact:
    """The graph to hold the pairs against: the one that the rows were drawn on, or another of the same catalogue."""
    store = current().workspace.artefacts
    own = store.get(DATASET, version.dataset).manifest.parents
    found = {g.id: g for g in store.list(GRAPH) if g.manifest.parents.get("catalogue") == own["catalogue"]}
    key = f"models-pairs-graph-{version.id}"
    if st.session_state.get(key) not in found:
        st.session_state[key] = own[GRAPH]
    st.selectbox(
        "Beside the graph",
        list(found),
        format_func=lambda one: (
            f"{found[one].manifest.title} · {one[:8]}" + (" (the rows were drawn on it)" if one == own[GRAPH] else "")
        ),
        key=key,
        persist_state="session",
        help="Any graph of the same catalogue. Beside the one that the rows were drawn on, contradictions are mostly "
        "errors of the estimate; beside another, they tell where that graph and the labels part.",
    )
    return found[st.session_state[key]]


def _figures(pairs: ComparedPairs, graph: Artefact, *, is_all: bool) -> None:
    agrees, contradicts, silent = (int(pairs.of_verdict(verdict).sum()) for verdict in _ORDER)
    signed = agrees + contradicts
    grid = st.grid(4, min_column_width=170)
    figures = (
        (
            "Pairs estimated",
            f"{len(pairs):,}",
            "all there are" if is_all else "the surest ones",
            "How many are kept is a setting of the training."
            + (
                f" {pairs.n_unknown:,} more are of attributes that this graph does not have." if pairs.n_unknown else ""
            ),
        ),
        (
            "With the graph",
            f"{agrees / signed:.1%}" if signed else "–",
            f"{agrees:,} of {signed:,} signed",
            f"Of the pairs that “{graph.manifest.title}” calls + or −, those that the labels put on the same side.",
        ),
        (
            "Against the graph",
            f"{contradicts:,}",
            _by_chance(pairs),
            "The labels speak the other way than the graph. Even where the graph is right, chance puts some estimates "
            "on the wrong side: below stands about how many, by the model's own uncertainty.",
        ),
        (
            "Graph has no sign",
            f"{silent:,}",
            "0, or not judged",
            "The labels tell something of pairs of which the graph says nothing. Where most signs of a graph are +, a "
            "pair without a sign is worse than the average pair, and the labels rightly speak against it.",
        ),
    )
    for label, value, below, help_text in figures:
        grid.metric(
            label,
            value,
            below,
            delta_color="off",
            delta_arrow="off",
            help=plain(help_text),
            border=True,
            height="stretch",
        )


_ORDER: Final = (Verdict.AGREES, Verdict.CONTRADICTS, Verdict.SILENT)


def _by_chance(pairs: ComparedPairs) -> str:
    signed = ~pairs.of_verdict(Verdict.SILENT)
    return f"about {round(float((1 - pairs.chance[signed]).sum())):,} by chance"


def _filters(pairs: ComparedPairs, table: PairTable, run: Artefact) -> RunPairSearch:
    counts = {_ALL: len(pairs)} | {verdict: int(pairs.of_verdict(verdict).sum()) for verdict in Verdict}
    key = f"models-pairs-{run.id[:8]}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        verdict = st.segmented_control(
            "Show",
            [verdict for verdict in _VERDICTS if counts[verdict]],
            default=_ALL,
            required=True,
            format_func=lambda one: f"{_VERDICTS[one]} ({counts[one]:,})",
            key=f"{key}-verdict",
            persist_state="session",
            help=_VERDICTS_HELP,
        )
        speaks = st.segmented_control(
            "The labels speak",
            [1, -1],
            format_func={1: "For", -1: "Against"}.__getitem__,
            key=f"{key}-speaks",
            persist_state="session",
            help="Nothing chosen: both.",
        )
    line = st.columns([2, 1, 1, 1])
    text = line[0].text_input(
        "Search",
        key=f"{key}-text",
        type="search",
        live=True,
        placeholder="Words in either attribute or the graph's reason",
        persist_state="session",
    )
    modalities = line[1].selectbox(
        "Modalities",
        list(combinations(table.catalogue.modalities, 2)),
        index=None,
        format_func=lambda pair: f"{pair[0]} × {pair[1]}",
        placeholder="Any two",
        key=f"{key}-modalities",
        persist_state="session",
    )
    chance = line[2].select_slider(
        "At least this sure",
        _CHANCES,
        format_func=lambda share: f"{share * 100:g}%",
        key=f"{key}-chance",
        persist_state="session",
        help="How sure the direction is: at 95%, one in twenty such estimates lies on the wrong side of 0.",
    )
    order = line[3].selectbox(
        "Order",
        list(_ORDERS),
        format_func=_ORDERS.__getitem__,
        key=f"{key}-order",
        persist_state="session",
        help="Surest: farthest from 0 for what is known of it. Strongest: farthest from 0.",
    )
    return RunPairSearch(
        verdict=None if verdict == _ALL else Verdict(verdict),
        speaks=speaks or 0,
        least_chance=chance,
        text=text or "",
        modalities=modalities,
        order=order,
    )


def _found(
    version: BoardVersion, run: Artefact, graph: Artefact, pairs: ComparedPairs, numbers: NDArray[np.int32]
) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(numbers):,}** of {len(pairs):,} pairs", width="stretch")
        if len(numbers):
            table = current().pairs(graph.id)
            pair_download(run, pairs, table, numbers)
            pair_queue(version, run, graph, pairs, table, numbers)
    if not len(numbers):
        st.info("No pair matches. Ask for less certainty, or clear the search.", icon=":material/search_off:")
        return
    view = content_id("learnt-pairs-view", {"run": run.id, "graph": graph.id, "found": numbers.tolist()})[:12]
    pair_list(pairs, current().pairs(graph.id), numbers, view)
    st.caption(f"Signs and reasons are those of {named(graph.manifest.title)}.")
