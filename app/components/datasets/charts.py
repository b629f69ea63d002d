"""Charts of a dataset: where its fractions lie, how its labels are balanced, which attributes its rows hold."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.components.plain_text import in_chart
from app.dataset_rows import LabelMix
from app.theme import FRACTION_COLOURS, FRACTION_NAMES, chart_layout, label_colours
from core.dataset.evaluation import HISTOGRAM_BINS, Evaluation, LabelEvaluation
from core.sampler.configuration import LabelParams
from core.sampler.fractions import Range

_SIGNED = ("pos_frac", "neg_frac")
_LABEL_PX, _BAR_PX = 78, 26
_LABEL_CHARACTERS = 22
_RANGE_GREY = "rgba(128,136,152,.20)"
_LINE_GREY = "rgba(128,136,152,.95)"
_LEAST_WIDTH = 0.008


def fraction_histograms(evaluation: Evaluation, params: dict[str, LabelParams]) -> go.Figure:
    """A line of two histograms per label, + share and − share, over the range that was asked for."""
    found = evaluation.labels
    height = 64 + _LABEL_PX * len(found)
    figure = make_subplots(
        rows=len(found),
        cols=2,
        shared_xaxes=True,
        column_titles=[FRACTION_NAMES[name] for name in _SIGNED],
        vertical_spacing=min(14 / height, 0.9 / max(len(found) - 1, 1)),
        horizontal_spacing=0.09,
    )
    cells = [(label, name) for label in found for name in _SIGNED]
    bars, shapes = [], []
    for number, (label, name) in enumerate(cells, start=1):
        asked: Range = getattr(params[label], f"{name}_range")
        bars.append(_histogram(found[label], name, asked))
        shapes += _range_and_mean(asked, getattr(found[label], f"mean_{name}"), number)
    figure.add_traces(bars, rows=[i // 2 + 1 for i in range(len(bars))], cols=[1, 2] * len(found))
    figure.update_xaxes(range=[0, 1], tickformat=".0%", dtick=0.2, showgrid=False, zeroline=False)
    figure.update_yaxes(showticklabels=False, showgrid=False, zerolinecolor=_LINE_GREY, rangemode="tozero")
    names_px = 22 + 7 * max(min(len(label), _LABEL_CHARACTERS) for label in found)
    # Shapes and names in one update: adding them one by one takes seconds for eight labels.
    figure.update_layout(
        chart_layout(
            height=height,
            showlegend=False,
            bargap=0,
            margin={"l": names_px, "r": 16, "t": 32, "b": 8},
            shapes=shapes,
            annotations=[
                *figure.layout.annotations,
                *(_line_name(label, 2 * i + 1) for i, label in enumerate(found)),
            ],
        )
    )
    return figure


def class_balance(evaluation: Evaluation) -> go.Figure:
    """One bar per label: its rows and their share of all."""
    labels = list(evaluation.labels)
    counts = [evaluation.labels[label].n for label in labels]
    colours = label_colours(labels)
    figure = go.Figure(
        go.Bar(
            x=counts,
            y=_own_names(labels),
            orientation="h",
            marker={"color": [colours[label] for label in labels]},
            text=[f"{count:,} ({count / evaluation.n_rows:.1%})" for count in counts],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_layout(
        chart_layout(
            height=40 + _BAR_PX * len(labels),
            bargap=0.25,
            margin={"l": 8, "r": 90, "t": 8, "b": 8},
            xaxis={"visible": False},
            yaxis={"type": "category", "autorange": "reversed", "title": None, "ticksuffix": "  "},
        )
    )
    return figure


def attribute_bars(mix: LabelMix, order: list[int], n_rows: int, *, as_shares: bool) -> go.Figure:
    """One bar per value (`order` holds places in the mix), its rows stacked by label; `as_shares` fills every bar."""
    names = _own_names([mix.values[i] for i in order])
    chosen = mix.counts[order]
    totals = chosen.sum(axis=1)
    lengths = chosen / np.maximum(totals, 1)[:, None] if as_shares else chosen.astype(np.float64)
    figure = go.Figure()
    for column, (label, colour) in enumerate(label_colours(mix.labels).items()):
        if not mix.counts[:, column].any():
            continue  # a label without rows
        shares = chosen[:, column] / np.maximum(totals, 1)
        figure.add_bar(
            x=lengths[:, column],
            y=names,
            orientation="h",
            name=_short(label),
            marker={"color": colour},
            customdata=[
                f"<b>{in_chart(mix.values[i])}</b>, label {in_chart(label)}<br>{count:,} rows, {share:.1%} of the "
                f"{total:,} that hold it"
                for i, count, share, total in zip(order, chosen[:, column], shares, totals, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    if not as_shares:
        _write_totals(figure, names, totals.tolist(), n_rows)
    figure.update_layout(
        chart_layout(
            height=74 + _BAR_PX * len(order),
            barmode="stack",
            bargap=0.25,
            margin={"l": 8, "r": 24 if as_shares else 110, "t": 32, "b": 8},
            xaxis={"tickformat": ".0%", "range": [0, 1], "title": None} if as_shares else {"visible": False},
            yaxis={"type": "category", "autorange": "reversed", "title": None, "ticksuffix": "  "},
            legend_traceorder="normal",
        )
    )
    return figure


def _histogram(measured: LabelEvaluation, name: str, asked: Range) -> go.Bar:
    shares = np.array(getattr(measured, f"{name}_histogram")) / measured.n
    bins = np.flatnonzero(shares)
    spans = np.array([_span(int(bin), asked if measured.in_range_rate == 1.0 else (0.0, 1.0)) for bin in bins])
    return go.Bar(
        x=spans.mean(axis=1),
        y=shares[bins],
        width=spans[:, 1] - spans[:, 0],
        marker={"color": FRACTION_COLOURS[name], "line": {"width": 0}},
        customdata=[
            f"{low:.3f} to {high:.3f}: {share:.1%}" for (low, high), share in zip(spans, shares[bins], strict=True)
        ],
        hovertemplate="%{customdata} of the label's rows<extra></extra>",
    )


def _range_and_mean(asked: Range, mean: float, number: int) -> list[dict[str, Any]]:
    """The asked range as a grey box behind the bars of a subplot, and the mean as a dotted line over them."""
    place = {"xref": f"x{_axis(number)}", "yref": f"y{_axis(number)} domain", "y0": 0, "y1": 1}
    box = {"fillcolor": _RANGE_GREY, "line": {"width": 1, "color": _LINE_GREY}, "layer": "below"}
    dots = {"line": {"dash": "dot", "width": 2, "color": _LINE_GREY}}
    return [
        {"type": "rect", "x0": asked[0], "x1": asked[1], **place, **box},
        {"type": "line", "x0": mean, "x1": mean, **place, **dots},
    ]


def _line_name(label: str, number: int) -> dict[str, Any]:
    """The label to the left of its line of histograms, whose first subplot is `number`."""
    return {
        "text": f"<b>{_short(label)}</b>",
        "showarrow": False,
        "x": 0,
        "y": 0.5,
        "xref": f"x{_axis(number)} domain",
        "yref": f"y{_axis(number)} domain",
        "xanchor": "right",
        "xshift": -10,
    }


def _axis(number: int) -> str:
    """How plotly counts axes: x, x2, x3."""
    return "" if number == 1 else str(number)


def _span(bin: int, within: Range) -> tuple[float, float]:
    """Where the rows of a bin lie: the bin, cut to a range that holds them all, and wide enough to be seen."""
    low, high = max(bin / HISTOGRAM_BINS, within[0]), min((bin + 1) / HISTOGRAM_BINS, within[1])
    if high - low >= _LEAST_WIDTH:
        return low, high
    middle = min(max((low + high) / 2, _LEAST_WIDTH / 2), 1 - _LEAST_WIDTH / 2)
    return middle - _LEAST_WIDTH / 2, middle + _LEAST_WIDTH / 2


def _write_totals(figure: go.Figure, names: list[str], totals: list[int], n_rows: int) -> None:
    """The rows that hold a value, and their share of the dataset, at the end of its bar."""
    figure.add_scatter(
        x=totals,
        y=names,
        mode="text",
        text=[f" {total:,} ({total / n_rows:.1%})" for total in totals],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def _own_names(texts: list[str]) -> list[str]:
    """Short names for an axis, each its own: plotly would lay bars of one name on each other."""
    names: list[str] = []
    for text in map(_short, texts):
        name = text
        while name in names:
            name += "\u200b"
        names.append(name)
    return names


def _short(text: str) -> str:
    return in_chart(text if len(text) <= _LABEL_CHARACTERS else text[: _LABEL_CHARACTERS - 1] + "…")
