"""The map of one modality: every attribute where its description places it, in the colour of its cluster."""

from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from app.cluster_tables import cluster_name
from app.components.plain_text import in_chart
from app.theme import category_colours, chart_layout
from core.graph.clusters.model import Cluster, Clustering

_MAP_PX: Final = 480
_MOST_NAMES: Final = 16  # attributes or clusters that can be named on the map without covering each other
_SIZE, _EXEMPLAR_SIZE, _RING_SIZE = 9, 14, 21
_DIMMED: Final = 0.45
_TEXT_COLOURS: Final = {"light": "#262f3d", "dark": "#e8ebf0"}


def page_text_colour() -> str:
    """The page's own colour of text: the charts' default is too pale for names that lie on colours."""
    return _TEXT_COLOURS[st.context.theme.type or "light"]


def cluster_map(clustering: Clustering, modality: str, opened: int, text_colour: str) -> go.Figure:
    """A dot per attribute, hollow for noise, larger for what is typical of its cluster; the open cluster is ringed.

    `customdata` of each dot is the number of its cluster first.
    """
    clusters = clustering.by_modality[modality]
    colours = cluster_colours(clusters)
    figure = go.Figure()
    # Many dots in one trace draw far quicker than a trace per cluster, and a legend of all clusters helps nobody.
    for is_noise in (False, True):
        for is_typical in (False, True):
            dots = [
                (position, cluster)
                for cluster in clusters
                for position in cluster.members
                if bool(clustering.is_noise[position]) is is_noise and _is_typical(cluster, position) is is_typical
            ]
            if dots:
                figure.add_scatter(**_dots(clustering, dots, colours, opened, is_noise=is_noise, is_typical=is_typical))
    ring = next(cluster for cluster in clusters if cluster.number == opened)
    figure.add_scatter(**_ring(clustering, ring, colours))
    axis = {"visible": False, "zeroline": False}
    figure.update_layout(
        chart_layout(
            height=_MAP_PX,
            showlegend=False,
            xaxis=axis,
            yaxis=axis,
            margin={"l": 8, "r": 8, "t": 36, "b": 8},
            annotations=_names(clustering, clusters, opened),
            font={"color": text_colour},
            clickmode="event+select",
            dragmode="pan",
        )
    )
    return figure


def cluster_colours(clusters: tuple[Cluster, ...]) -> dict[int, str]:
    """A colour for each cluster by its number, the largest first, so that large ones differ."""
    order = sorted(clusters, key=lambda cluster: (-len(cluster), cluster.number))
    colours = category_colours([str(cluster.number) for cluster in order])
    return {cluster.number: colours[str(cluster.number)] for cluster in order}


def _is_typical(cluster: Cluster, position: int) -> bool:
    return len(cluster) > 1 and position in cluster.exemplars


def _dots(
    clustering: Clustering,
    dots: list[tuple[int, Cluster]],
    colours: dict[int, str],
    opened: int,
    *,
    is_noise: bool,
    is_typical: bool,
) -> dict[str, Any]:
    positions = [position for position, _ in dots]
    words = [f"{' · typical' * is_typical}{' · noise' * is_noise}"] * len(dots)
    return {
        "x": clustering.xy[positions, 0],
        "y": clustering.xy[positions, 1],
        "mode": "markers",
        "name": f"{'Noise' if is_noise else 'Members'}{', typical' * is_typical}",
        "customdata": [
            (
                cluster.number,
                in_chart(clustering.catalogue.attributes[position].value),
                in_chart(cluster_name(cluster)),
                f"{clustering.probability[position]:.2f}",
                more,
            )
            for (position, cluster), more in zip(dots, words, strict=True)
        ],
        "hovertemplate": "<b>%{customdata[1]}</b><br>%{customdata[2]}<br>"
        "membership %{customdata[3]}%{customdata[4]}<extra></extra>",
        "marker": {
            "symbol": "circle-open" if is_noise else "circle",
            "size": _EXEMPLAR_SIZE if is_typical else _SIZE,
            "color": [colours[cluster.number] for _, cluster in dots],
            "opacity": [1.0 if cluster.number == opened else _DIMMED for _, cluster in dots],
            "line": {"width": 2 if is_noise else 0},
        },
        # A click opens a cluster, which is drawn anew: Plotly's own marking of the clicked dot would only flicker.
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": _DIMMED}},
    }


def _ring(clustering: Clustering, cluster: Cluster, colours: dict[int, str]) -> dict[str, Any]:
    places = clustering.xy[list(cluster.members)]
    return {
        "x": places[:, 0],
        "y": places[:, 1],
        "mode": "markers",
        "name": "Open cluster",
        "hoverinfo": "skip",
        "marker": {
            "symbol": "circle-open",
            "size": _RING_SIZE,
            "color": colours[cluster.number],
            "line": {"width": 1.5},
        },
    }


def _names(clustering: Clustering, clusters: tuple[Cluster, ...], opened: int) -> list[dict[str, Any]]:
    """Names where there is room: of attributes on a small map, else of clusters, or of the open one alone."""
    positions = [position for cluster in clusters for position in cluster.members]
    if len(positions) <= _MOST_NAMES:
        return [
            _name(clustering.catalogue.attributes[position].value, *clustering.xy[position].tolist())
            for position in positions
        ]
    groups = [cluster for cluster in clusters if len(cluster) > 1]
    named = {cluster.number: cluster for cluster in groups} if len(groups) <= _MOST_NAMES else {}
    named |= {cluster.number: cluster for cluster in clusters if cluster.number == opened}
    names = []
    for number, cluster in named.items():
        places = clustering.xy[list(cluster.members)]
        x, y = float(places[:, 0].mean()), float(places[:, 1].max())  # above the cluster, not on it
        names.append(_name(cluster_name(cluster), x, y, bold=number == opened))
    return names


def _name(text: str, x: float, y: float, *, bold: bool = False) -> dict[str, Any]:
    shown = f"<b>{in_chart(text)}</b>" if bold else in_chart(text)
    return {"text": shown, "x": x, "y": y, "showarrow": False, "yshift": 16, "font": {"size": 12}}
