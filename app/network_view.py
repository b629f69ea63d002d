"""The network of an attribute or a group as a page of its own, served to a sandboxed frame.

Labels come from users, so the frame gets no origin, no network and no storage: whatever a label holds, it stays text.
"""

import html
import json
import re
from typing import Any, Final

from pyvis.network import Network
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app.components.pair_text import OUTCOME_TITLES
from app.network_address import PATH, SIGNS, NetworkAddress
from app.network_layout import LONGEST_LABEL, Neighbour, Neighbourhood, Place, lay_out_neighbourhood
from app.services import OpenWorkspace, workbench
from app.theme import NEGATIVE, NEUTRAL, POSITIVE, category_colours
from core.errors import NotFound, ValenceError
from core.graph.model import Outcome
from core.graph.pair_table import SIGNED, PairTable

_HEADERS: Final = {
    "Content-Security-Policy": "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:",
    "X-Content-Type-Options": "nosniff",
}
_GROUND: Final = {"light": ("#ffffff", "#1c2333"), "dark": ("#12151d", "#e7eaf2")}
_OPTIONS: Final = {
    "physics": {"enabled": False},
    "edges": {"smooth": False, "width": 1.6, "hoverWidth": 1.2, "selectionWidth": 1},
    "interaction": {"hover": True, "dragNodes": False, "tooltipDelay": 80},
}


def network_page(request: Request) -> HTMLResponse:
    """Draw the neighbourhood that the query names; a sentence and status 404 where it names nothing."""
    try:
        address = NetworkAddress.from_query(request.query_params)
        held = workbench().open(address.workspace)
        table = held.pairs(address.graph)
        centres = _centres(held, table, address)
    except ValenceError as error:
        return HTMLResponse(_sentence(str(error)), 404, {**_HEADERS, "Cache-Control": "no-store"})
    view = lay_out_neighbourhood(table, centres, SIGNS[address.signs], address.most)
    page = draw_neighbourhood(table, view, address.theme)
    return HTMLResponse(page, headers={**_HEADERS, "Cache-Control": "private, max-age=3600"})


def _centres(held: OpenWorkspace, table: PairTable, address: NetworkAddress) -> list[int]:
    """The catalogue positions in the middle; `NotFound` for an attribute or a group that does not exist."""
    if address.group is None:
        table.catalogue[address.attribute]
        return [table.catalogue.position_of[address.attribute]]
    groups = held.groups(address.graph, address.stages)
    if address.group >= len(groups.names):
        raise NotFound(f"There is no group {address.group}; numbers are 0 to {len(groups.names) - 1}.")
    return [position for position in groups.order.tolist() if groups.group[position] == address.group]


network_route = Route(PATH, network_page)


def draw_neighbourhood(table: PairTable, view: Neighbourhood, theme: str) -> str:
    """The neighbourhood as a self-contained HTML page: fixed positions, nothing loaded from elsewhere."""
    ground, ink = _GROUND[theme]
    network = Network(height="100vh", width="100%", bgcolor=ground, cdn_resources="in_line")
    network.nodes = [
        *(_centre(table, place, is_alone=len(view.centres) == 1) for place in view.centres),
        *(_neighbour(table, neighbour) for neighbour in view.neighbours),
    ]
    rows = [row for neighbour in view.neighbours for row in neighbour.rows]
    opacity = _FULL if len(rows) <= len(view.neighbours) else _FAINT
    network.edges = [_edge(table, row, opacity) for row in rows]
    chip = {"shape": "box", "margin": 7, "borderWidth": 2, "font": {"size": 15, "color": ink}}
    network.set_options(json.dumps({**_OPTIONS, "nodes": chip}))
    _colour_nodes(network.nodes, table, ground)
    page = _without_outside_files(network.generate_html(notebook=False))
    page = page.replace("</head>", f"<style>{_style(ground, ink)}</style></head>", 1)
    return page.replace("</body>", f"{_legend(table, view)}<script>{_TOOLTIPS}</script></body>", 1)


# pyvis fills tooltips that hold the word "href" in as HTML, so it never sees them: they are set as text, afterwards.
_TOOLTIPS: Final = "[nodes, edges].forEach(function (set) { set.update(set.get().map(function (item) {" + (
    " return {id: item.id, title: item.hint}; })); });"
)
_FULL, _FAINT = 0.85, 0.4  # where many lines cross, each of them is fainter
_MOST_NAMED = 8
_LONGEST_HINT = 300


def _centre(table: PairTable, place: Place, *, is_alone: bool) -> dict[str, Any]:
    attribute = table.catalogue.attributes[place.position]
    return {
        "id": place.position,
        "label": _short(attribute.value),
        "x": place.x,
        "y": place.y,
        **({"font": {"size": 19}, "margin": 12} if is_alone else {"borderWidth": 4}),
        "hint": _short_text(f"{attribute.value} ({attribute.modality})"),
    }


def _neighbour(table: PairTable, neighbour: Neighbour) -> dict[str, Any]:
    attribute = table.catalogue.attributes[neighbour.position]
    hint = _short_text(f"{attribute.value} ({attribute.modality})")
    if len(neighbour.rows) == 1:
        hint = f"{hint}\n{_verdict_text(table, neighbour.rows[0])}"
    else:
        hint = "\n".join([hint, *_sign_lines(table, neighbour)])
    return {
        "id": neighbour.position,
        "label": _short(attribute.value),
        "x": neighbour.x,
        "y": neighbour.y,
        "hint": hint,
    }


def _sign_lines(table: PairTable, neighbour: Neighbour) -> list[str]:
    """With how many in the middle it works together and conflicts, the first of them by name."""
    lines = []
    for outcome in SIGNED:
        rows = [row for row in neighbour.rows if table.outcome[row] == outcome]
        ends = [int(table.source[r] if table.target[r] == neighbour.position else table.target[r]) for r in rows]
        names = [_short(table.catalogue.attributes[end].value) for end in ends[:_MOST_NAMED]]
        more = f" and {len(ends) - _MOST_NAMED:,} more" if len(ends) > _MOST_NAMED else ""
        if ends:
            lines.append(f"{OUTCOME_TITLES[outcome]} ({len(ends):,}): {', '.join(names)}{more}")
    return lines


def _verdict_text(table: PairTable, row: int) -> str:
    pair = table.pair(row)
    strength = "" if pair.strength is None else f", strength {pair.strength:.2f}"
    return "\n".join(text for text in (OUTCOME_TITLES[pair.outcome] + strength, _short_text(pair.reason)) if text)


def _edge(table: PairTable, row: int, opacity: float) -> dict[str, Any]:
    pair = table.pair(row)
    is_positive = pair.outcome is Outcome.POSITIVE
    return {
        "from": int(table.source[row]),
        "to": int(table.target[row]),
        "dashes": False if is_positive else [7, 6],
        "color": {"color": POSITIVE if is_positive else NEGATIVE, "opacity": opacity},
        "hint": f"{_short(pair.source.value)} × {_short(pair.target.value)}\n{_verdict_text(table, row)}",
    }


def _short_text(text: str) -> str:
    return text if len(text) <= _LONGEST_HINT else f"{text[: _LONGEST_HINT - 1]}…"


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def _colour_nodes(nodes: list[dict[str, Any]], table: PairTable, ground: str) -> None:
    """A box in the ground's colour with its modality's colour around it: text stays readable on every colour."""
    colour_of = category_colours(table.catalogue.modalities)
    for node in nodes:
        border = colour_of[table.catalogue.attributes[node["id"]].modality]
        state = {"background": ground, "border": border}
        node["color"] = {**state, "highlight": state, "hover": state}


def _legend(table: PairTable, view: Neighbourhood) -> str:
    colour_of = category_colours(table.catalogue.modalities)
    shown = {table.catalogue.attributes[n.position].modality for n in view.neighbours}
    shown |= {table.catalogue.attributes[place.position].modality for place in view.centres}
    lines = [
        f'<span><i class="line" style="border-top:3px {style} {colour}"></i>{meaning} ({count:,})</span>'
        for colour, style, meaning, count in (
            (POSITIVE, "solid", OUTCOME_TITLES[Outcome.POSITIVE], view.n_positive),
            (NEGATIVE, "dashed", OUTCOME_TITLES[Outcome.NEGATIVE], view.n_negative),
        )
        if count
    ]
    boxes = [
        f'<span><i class="box" style="border-color:{colour_of[name]}"></i>{html.escape(name)}</span>'
        for name in table.catalogue.modalities
        if name in shown
    ]
    return f'<div class="legend">{"".join(lines + boxes)}</div>'


def _style(ground: str, ink: str) -> str:
    return (
        f"body{{margin:0;overflow:hidden;background:{ground};color:{ink};font:14px sans-serif}}"
        "center{display:none}#mynetwork{border:0!important}"
        ".legend{position:fixed;top:0;left:0;right:0;display:flex;flex-wrap:wrap;gap:4px 18px;padding:8px 12px;"
        f"background:{ground}}}"
        ".legend i{display:inline-block;vertical-align:middle;margin-right:6px}.line{width:26px}"
        ".box{width:12px;height:12px;border:2px solid;border-radius:3px}"
        f"div.vis-tooltip{{white-space:pre-wrap;max-width:360px;padding:8px 10px;font:14px sans-serif;color:{ink};"
        f"background:{ground};border-color:{NEUTRAL}}}"
    )


def _sentence(text: str) -> str:
    return f'<p style="font:15px sans-serif;color:#7a8294;padding:1rem">{html.escape(text)}</p>'


def _without_outside_files(page: str) -> str:
    """Drop the tags that point to files elsewhere."""
    return re.sub(r"<link[^>]*href=[^>]*>|<script[^>]*src=[^>]*>\s*</script>", "", page)
