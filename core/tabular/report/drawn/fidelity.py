"""The page's part on fidelity."""

from collections.abc import Iterator, Sequence

from core.tabular.report.drawn.methods import Shown, shown_methods
from core.tabular.report.drawn.svg import Bar, Line, bars, heatmap, lines, scatter, text
from core.tabular.report.drawn.tables import table
from core.tabular.report.fidelity_model import Fidelity, ReferenceColumn
from core.tabular.report.model import Report


def fidelity_part(report: Report) -> str:
    """Discriminator first, then relations, then single columns."""
    found = [(shown, shown.method.fidelity) for shown in shown_methods(report)]
    judged = [(shown, fidelity) for shown, fidelity in found if fidelity is not None]
    return "".join(
        (
            "<h2>Fidelity: how like the holdout is it?</h2>",
            *_discriminator(judged),
            *_pairs(report, judged),
            *_neighbours(judged),
            *_columns(report, judged),
            *_smaller(judged),
        )
    )


Judged = Sequence[tuple[Shown, Fidelity]]


def _discriminator(judged: Judged) -> Iterator[str]:
    yield "<h3>Can boosted trees tell synthetic from real rows? (AUC; .5 is not at all)</h3>"
    yield bars([Bar(s.title, s.colour, f.discriminator.auc.value, f.discriminator.auc) for s, f in judged], 0.4, 1.0,
               0.5, "not at all")  # fmt: skip
    yield "<h4>What gives it away</h4>"
    rows = [
        (s.title, ", ".join(f"{g.feature} ({g.auc_drop:.3f})" for g in f.discriminator.giveaways[:5]))
        for s, f in judged
    ]
    yield table(("method", "features, and the AUC lost without each"), rows)
    yield "<h4>Beside it: a logistic model, which sees no relation between columns</h4>"
    rows_of = [(s.title, f.propensity_auc, f.minority.auc if f.minority else None) for s, f in judged]
    yield table(("method", "logistic propensity AUC", "discriminator among the rarest class"), rows_of)


def _pairs(report: Report, judged: Judged) -> Iterator[str]:
    names = [column.column for column in report.reference.columns]
    yield "<h3>Two columns at a time</h3>"
    rows = [
        (s.title, f.pair_trends, "; ".join(f"{p.first} – {p.second} ({p.score:.2f})" for p in f.worst_pairs[:3]))
        for s, f in judged
    ]
    yield table(("method", "pair trends (1 is alike)", "worst pairs"), rows)
    yield "<p>Relations between columns, from none (white) to one column fixing the other (full colour).</p>"
    maps = [heatmap("Holdout", names, report.reference.associations)]
    maps += [heatmap(s.title, names, f.associations) for s, f in judged]
    yield f'<div class="row">{"".join(maps)}</div>'


def _neighbours(judged: Judged) -> Iterator[str]:
    yield "<h3>Near real rows, and real rows near</h3>"
    near = [(s, f.neighbours) for s, f in judged]
    rows = [(s.title, n.precision, n.recall, n.prd, n.density, n.coverage) for s, n in near]
    yield table(("method", "precision", "recall", "harmonic mean (PRD)", "density", "coverage"), rows)
    curves = [Line(s.title, s.colour, [(p.recall, p.precision) for p in n.curve], s.method.is_anchor) for s, n in near]
    yield lines(curves, (0, 1), (0, 1), "recall to the right, precision upwards")
    yield _legend([s for s, _ in judged])


def _columns(report: Report, judged: Judged) -> Iterator[str]:
    yield "<h3>One column at a time: a shuffle of the columns passes all of this</h3>"
    yield table(("method", "KS", "JS", "shape"), [(s.title, f.ks, f.js, f.shape) for s, f in judged])
    drawn = [_density(column, number, judged) for number, column in enumerate(report.reference.columns)]
    yield f'<div class="row">{"".join(drawn)}</div>'
    yield _legend([s for s, _ in judged])


def _density(reference: ReferenceColumn, number: int, judged: Judged) -> str:
    sides = [Line("Holdout", "#000000", list(enumerate(reference.shares)))]
    sides += [Line(s.title, s.colour, list(enumerate(f.columns[number].shares)), s.method.is_anchor) for s, f in judged]
    highest = max((y for line in sides for _, y in line.points), default=1.0)
    chart = lines(sides, (0, max(len(reference.shares) - 1, 1)), (0, highest), _bins_text(reference))
    return f"<figure><figcaption>{text(reference.column)}</figcaption>{chart}</figure>"


def _bins_text(reference: ReferenceColumn) -> str:
    if reference.drawn_as == "numbers":
        return f"{reference.edge_labels[0]} to {reference.edge_labels[-1]}"
    first, last = reference.labels[0], reference.labels[-1]
    return f"{first[:14]} … {last[:14]}" if len(reference.labels) > 1 else first[:30]


def _smaller(judged: Judged) -> Iterator[str]:
    lists = [(s, found) for s, f in judged for found in f.lists]
    if lists:
        yield "<h3>Lists</h3>"
        rows = [
            (s.title, found.column, found.length_ks, found.value_js, found.pair_distance, found.repeated_share)
            for s, found in lists
        ]
        yield table(("method", "column", "lengths (KS)", "values (JS)", "pairs (distance)", "lists with repeats"), rows)
    yield "<h3>Empty cells</h3>"
    yield table(("method", "distance between patterns"), [(s.title, f.missing.distance) for s, f in judged])
    yield "<h3>Broken rules</h3>"
    broken = [(s.title, rule.rule, float(rule.n_rows)) for s, f in judged for rule in f.violations]
    yield table(("method", "rule", "rows"), broken) if broken else "<p>No rule is broken by any method.</p>"
    yield "<h3>On a plane</h3><p>Grey: the holdout. The axes are those in which its rows differ most.</p>"


def projections(report: Report) -> str:
    """Every method's rows over those of the holdout."""
    behind = report.reference.projection
    drawn = [
        scatter(s.title, s.method.fidelity.projection, s.colour, behind)
        for s in shown_methods(report)
        if s.method.fidelity is not None
    ]
    return f'<div class="row">{"".join(drawn)}</div>'


def _legend(methods: Sequence[Shown]) -> str:
    marks = "".join(f'<span><i style="background:{s.colour}"></i>{text(s.title)}</span>' for s in methods)
    return f'<p class="legend"><span><i style="background:#000"></i>Holdout</span>{marks}</p>'
