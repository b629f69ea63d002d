"""The network of one attribute as a page of its own, served to a sandboxed frame.

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
from app.network_layout import LONGEST_LABEL, Neighbour, Neighbourhood, lay_out_neighbourhood
from app.services import workbench
from app.theme import NEGATIVE, NEUTRAL, POSITIVE, category_colours
from core.errors import ValenceError
from core.graph.model import Outcome
from core.graph.pair_table import PairTable

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
        table = workbench().open(address.workspace).pairs(address.graph)
        table.catalogue[address.attribute]
    except ValenceError as error:
        return HTMLResponse(_sentence(str(error)), 404, {**_HEADERS, "Cache-Control": "no-store"})
    centre = table.catalogue.position_of[address.attribute]
    view = lay_out_neighbourhood(table, centre, SIGNS[address.signs])
    page = draw_neighbourhood(table, view, address.theme)
    return HTMLResponse(page, headers={**_HEADERS, "Cache-Control": "private, max-age=3600"})


network_route = Route(PATH, network_page)


def draw_neighbourhood(table: PairTable, view: Neighbourhood, theme: str) -> str:
    """The neighbourhood as a self-contained HTML page: fixed positions, nothing loaded from elsewhere."""
    ground, ink = _GROUND[theme]
    network = Network(height="100vh", width="100%", bgcolor=ground, cdn_resources="in_line")
    network.nodes = [_centre(table, view.centre), *(_neighbour(table, neighbour) for neighbour in view.neighbours)]
    network.edges = [_edge(view.centre, neighbour) for neighbour in view.neighbours]
    chip = {"shape": "box", "margin": 7, "borderWidth": 2, "font": {"size": 15, "color": ink}}
    network.set_options(json.dumps({**_OPTIONS, "nodes": chip}))
    _colour_nodes(network.nodes, table, ground)
    page = _without_outside_files(network.generate_html(notebook=False))
    page = page.replace("</head>", f"<style>{_style(ground, ink)}</style></head>", 1)
    return page.replace("</body>", f"{_legend(table, view)}<script>{_TOOLTIPS}</script></body>", 1)


# pyvis fills tooltips that hold the word "href" in as HTML, so it never sees them: they are set as text, afterwards.
_TOOLTIPS: Final = "nodes.update(nodes.get().map(function (node) { return {id: node.id, title: node.hint}; }));"


def _centre(table: PairTable, position: int) -> dict[str, Any]:
    attribute = table.catalogue.attributes[position]
    return {
        "id": position,
        "label": _short(attribute.value),
        "x": 0,
        "y": 0,
        "font": {"size": 19},
        "margin": 12,
        "hint": f"{attribute.value} ({attribute.modality})",
    }


def _neighbour(table: PairTable, neighbour: Neighbour) -> dict[str, Any]:
    attribute = table.catalogue.attributes[neighbour.position]
    pair = table.pair(neighbour.row)
    strength = "" if pair.strength is None else f", strength {pair.strength:.2f}"
    lines = [f"{attribute.value} ({attribute.modality})", OUTCOME_TITLES[pair.outcome] + strength, pair.reason]
    return {
        "id": neighbour.position,
        "label": _short(attribute.value),
        "x": neighbour.x,
        "y": neighbour.y,
        "hint": "\n".join(line for line in lines if line),
    }


def _edge(centre: int, neighbour: Neighbour) -> dict[str, Any]:
    return {
        "from": centre,
        "to": neighbour.position,
        "dashes": [7, 6] if neighbour.sign < 0 else False,
        "color": {"color": POSITIVE if neighbour.sign > 0 else NEGATIVE, "opacity": 0.85},
    }


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
    shown.add(table.catalogue.attributes[view.centre].modality)
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
