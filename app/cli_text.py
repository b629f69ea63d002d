"""The command line's reports as text for people; each function takes the data that `--json` prints."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.errors import Problem

Report = Mapping[str, Any]
_MOST_PROBLEMS = 1_000
_LONGEST_TEXT = 240
_MEANS = ("pos_frac", "neg_frac", "deviation")
_OUTCOMES = {
    "positive": "+",
    "negative": "-",
    "neutral": "no signal",
    "unjudged": "not judged",
    "unresolved": "no answer",
}


def catalogue(report: Report) -> str:
    """What a catalogue file holds, its problems and its warnings."""
    lines = [f"{report['n_attributes']:,} attributes, {report['n_pairs']:,} cross-modality pairs"]
    lines += [f"  {modality}: {count:,}" for modality, count in report["modalities"].items()]
    lines += [f"problem: {_problem(p)}" for p in report["problems"]]
    lines += [f"warning: {_problem(p)}" for p in report["warnings"]]
    lines.append("This catalogue can be used." if report["ok"] else "This catalogue cannot be used yet.")
    return "\n".join(lines)


def problems(found: Sequence[Problem]) -> list[str]:
    """Problems of an input, one per line; beyond a thousand the rest is counted, since no one reads on."""
    lines = [f"  {problem}" for problem in found[:_MOST_PROBLEMS]]
    left = len(found) - len(lines)
    return [*lines, f"  and {left:,} more problems like these"] if left else lines


def estimate(report: Report) -> str:
    """The cost of a run beside the published formula and the floor."""
    exact = report["calls_low"] == report["calls_high"]
    about = "" if exact else f"about (between {report['calls_low']:,} and {report['calls_high']:,}) "
    lines = [
        f"{report['n_attributes']:,} attributes, {report['n_pairs']:,} pairs: {about}{report['calls']:,} calls "
        f"(published formula {report['calls_published']:,}; asking every pair needs {report['calls_floor']:,} or more)"
    ]
    lines += [f"  {stage['stage']}: {stage['calls']:,} calls; {stage['note']}" for stage in report["stages"]]
    if report["check_calls"]:
        lines.append(f"{report['check_calls']:,} more calls check the model, before the run and after it")
    if report["calls_answered"]:
        lines.append(f"{report['calls_answered']:,} of these calls are answered already and free")
    if report["input_tokens"] is not None:
        money = "price unknown" if report["cost"] is None else f"about {report['cost']:.2f} {report['currency']}"
        lines.append(f"about {report['input_tokens']:,} tokens in, {report['output_tokens']:,} out: {money}")
    return "\n".join([*lines, *([report["change"]] if report["change"] else [])])


def runs(report: Report) -> str:
    """The runs of an answer log: calls, tokens, money and errors."""
    rows = [["run", "calls", "free", "errors", "tokens in", "tokens out", "cost", "last"]]
    rows += [
        [
            run["run"][:12],
            *(f"{run[name]:,}" for name in ("n_calls", "n_cached", "n_errors", "input_tokens", "output_tokens")),
            "unknown" if run["cost"] is None else f"{run['cost']:.4f}",
            run["last_at"][:19],
        ]
        for run in report["runs"]
    ]
    return table(rows) if report["runs"] else "No runs yet."


def graph(report: Report) -> str:
    """Counts by outcome, overall and by modality pair; of a run also what it took, how good it is and why it ended."""
    rows = [["", *_OUTCOMES.values(), "pairs"], ["all", *_counts(report), f"{report['n_pairs']:,}"]]
    rows += [
        [" x ".join(pair["modalities"]), *_counts(pair), f"{sum(pair[f'n_{o}'] for o in _OUTCOMES):,}"]
        for pair in report["by_modality_pair"]
    ]
    cost = [] if report["calls"] is None else [f"{report['calls']:,} calls"]
    cost += [] if report["seconds"] is None else [f"{report['seconds']:.2f} s"]
    cost += [f"{report['check_calls']:,} more to check the model"] if report.get("check_calls") else []
    tail = [", ".join(cost)] if cost else []
    tail += [*_spending(report), *_quality(report.get("report", {})), *([report["note"]] if "note" in report else [])]
    return "\n".join([table(rows), *tail, *_end(report)])


def comparison(report: Report) -> str:
    """How far two graphs agree, on the edges both have and over all pairs, overall and by modality pair."""
    rows = [["", "pairs", "common", "opposite", "only A", "only B", "same sign", "A's in B", "all pairs", "kappa"]]
    rows += [["all", *_agreement(report)]]
    rows += [[" x ".join(pair["modalities"]), *_agreement(pair)] for pair in report["by_modality_pair"]]
    return "\n".join(
        [
            table(rows),
            "same sign: of the common edges; A's in B: of A's edges; all pairs: an edge in both or in neither; kappa: "
            "the same, beyond chance",
        ]
    )


def _agreement(report: Report) -> list[str]:
    counts = [f"{report[name]:,}" for name in ("n_pairs", "common", "mismatches", "only_a", "only_b")]
    shares = [report[name] for name in ("agreement_on_common", "recall_of_a", "agreement_all_pairs")]
    kappa = report["kappa_all_pairs"]
    return [*counts, *("-" if s is None else f"{s:.1%}" for s in shares), "-" if kappa is None else f"{kappa:.2f}"]


def checks(report: Report) -> str:
    """Accuracy on a check set overall and by expected sign, then every pair that went wrong, flips first."""
    rows = [["expected", "pairs", "right", "flipped", "missed", "no answer", "accuracy", "95 % interval"]]
    parts = {**report["by_expected"], **report["by_split"]}
    rows += [["all", *_tally(report)], *([name, *_tally(part)] for name, part in parts.items() if part["n_pairs"])]
    lines = [table(rows), "accuracy: right answers among the pairs that were answered"]
    for title, name in (("FLIP", "flips"), ("miss", "misses"), ("no answer", "unanswered")):
        lines += [f"{title}: {_checked(result)}" for result in report[name]]
    lines += [
        f"left out: row {item['row']}, {inert(item['source'])} / {inert(item['target'])}: "
        f"{' '.join(map(inert, item['problems']))}"
        for item in report["left_out"]
    ]
    if report["n_left_out"]:
        asked, left_out = f"{report['n_pairs']:,}", f"{report['n_left_out']:,}"
        lines.append(f"{asked} pairs of the set were checked; {left_out} cannot be asked of this catalogue, see above")
    return "\n".join([*lines, *([report["note"]] if "note" in report else [])])


def _tally(report: Report) -> list[str]:
    counts = [f"{report[f'n_{name}']:,}" for name in ("pairs", "right", "flipped", "missed", "unanswered")]
    if report["accuracy"] is None:
        return [*counts, "-", "-"]
    low, high = report["accuracy_interval"]
    return [*counts, f"{report['accuracy']:.1%}", f"{low:.1%} to {high:.1%}"]


def _checked(result: Report) -> str:
    names = f"{inert(result['source_value'])} / {inert(result['target_value'])}"
    answer = f"{result['answer']} instead of {result['expected']}"
    return f"row {result['row']}, {names}: {answer}. {inert(result['reason'])}"


def inert(text: str) -> str:
    """Text of users and models for a terminal: cut to a line or two, with what could steer the terminal escaped."""
    cut = text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def _spending(report: Report) -> list[str]:
    """What the run was charged, by every program that worked on it."""
    usage = report.get("usage")
    if not usage:
        return []
    money = "price unknown" if usage["cost"] is None else f"cost {usage['cost']:.4f}"
    return [
        f"charged so far: {usage['n_calls']:,} calls, {usage['input_tokens']:,} tokens in, "
        f"{usage['output_tokens']:,} out, {money}"
    ]


def _quality(report: Report) -> list[str]:
    """What a run found out about itself, each figure with its 95 % interval."""
    figures = {"self-agreement": report["self_agreement"]["agreement"]} if "self_agreement" in report else {}
    if "cluster" in report:
        figures["estimated error of inherited signs"] = report["cluster"]["spot_check"]["error"]
    if "adaptive" in report:
        quality = report["adaptive"]["quality"]
        figures["estimated edge recall"] = quality["recall"]
        figures["estimated sign precision"] = quality["sign_precision"]
    return [f"{name}: {_interval(figure)}" for name, figure in figures.items()]


def _interval(figure: Report) -> str:
    if figure["low"] <= 0 and figure["high"] >= 1:
        return "not measured"
    return f"{figure['estimate']:.1%} ({figure['low']:.1%} to {figure['high']:.1%})"


def _end(report: Report) -> list[str]:
    """Why the run ended before its work was done, and what to beware of."""
    warnings = [f"warning: {warning}" for warning in report.get("warnings", ())]
    return [*warnings, *([f"stopped: {report['stopped']}"] if report.get("stopped") else [])]


def density(report: Report) -> str:
    """Percentiles of the three fractions and the suggested label ranges."""
    measures = ("mean", "p5", "p25", "p50", "p75", "p95")
    rows = [["", *measures]]
    rows += [
        [fraction, *(f"{report[fraction][m]:.3f}" for m in measures)]
        for fraction in ("pos_frac", "neg_frac", "absent_frac")
    ]
    ranges = [
        f"suggested {label}: pos_frac {_range(r['pos_frac_range'])}, neg_frac {_range(r['neg_frac_range'])}"
        for label, r in report["suggested_label_params"].items()
    ]
    told_apart = _separability(report["separability"])
    head = f"{report['n_subgraphs']:,} random subgraphs, seed {report['seed']}"
    return "\n".join([head, table(rows), *ranges, *told_apart])


def _separability(report: Report) -> list[str]:
    """What overlapping label ranges cost, one sentence each."""
    lines = [
        f"overlap: {o['share_of_first']:.0%} of {o['labels'][0]} rows would fit {o['labels'][1]} too, and "
        f"{o['share_of_second']:.0%} the other way round"
        for o in report["overlaps"]
    ]
    ceiling = report["macro_f1_ceiling"]
    if ceiling is None:
        return [*lines, f"too few random subgraphs reach {', '.join(report['unknown'])} to tell how labels overlap"]
    return [*lines, f"no model can score a macro F1 above {ceiling:.3f} on these labels"] if lines else lines


def failures(report: Report) -> list[str]:
    """Why a report that is not `ok` is a failure, one sentence each."""
    reasons = list(report.get("failed_labels", {}).values())
    n_problems = len(report.get("problems", ()))
    return reasons or [
        f"the catalogue cannot be used: {n_problems:,} problem{'s' * (n_problems != 1)}, listed in the report."
    ]


def evaluation(report: Report) -> str:
    """Means, deviation and in-range rate per label."""
    rows = [["label", "rows", "pos_frac", "neg_frac", "deviation", "in range"]]
    rows += [
        [label, f"{r['n']:,}", *(f"{r[f'mean_{m}']:.4f}" for m in _MEANS), f"{r['in_range_rate']:.1%}"]
        for label, r in report["labels"].items()
    ]
    lines = [table(rows), *([report["note"]] if "note" in report else [])]
    if noise := report.get("noise"):
        lines.append(
            f"then spoilt on purpose: {noise['n_labels']:,} labels, {noise['n_exchanged']:,} attributes exchanged and "
            f"{noise['n_missing']:,} missing; {noise['n_rows']:,} rows in all"
        )
    return "\n".join(lines)


def dataset(report: Report) -> str:
    """What was written; `failures` tells why a label is missing."""
    return f"{evaluation(report['evaluation'])}\nwritten to {report['folder']}: {', '.join(report['files'])}"


def sampled(report: Report) -> str:
    """A dataset, or the parts of one that an array job made."""
    if "evaluation" in report:
        return dataset(report)
    before = report["n_parts"] - report["n_made"]
    lines = [
        f"job {report['job']} of {report['n_jobs']}: {report['n_made']:,} parts made, {before:,} were there; "
        f"{report['n_rows']:,} rows in {report['n_parts']:,} of {report['n_parts_of_all']:,} parts",
        *(f"label failed: {inert(reason)}" for reason in report["failed_labels"].values()),
        f"written to {report['folder']}; join all parts with --merge",
    ]
    return "\n".join(lines)


def demo(report: Report) -> str:
    """The whole main job in one page."""
    kept = [f"files kept in {report['folder']}"] if report["folder"] else []
    return "\n\n".join(
        [
            estimate(report["estimate"]),
            graph(report["graph"]),
            density(report["density"]),
            evaluation(report["evaluation"]),
            "\n".join([f"done in {report['seconds']:.1f} s", *kept]),
        ]
    )


def _problem(problem: Report) -> str:
    place = ", ".join(p for p in (f"row {problem['row']}" if problem["row"] else "", problem["field"]) if p)
    return f"{place + ': ' if place else ''}{problem['message']} {problem['fix']}".strip()


def _counts(report: Report) -> list[str]:
    return [f"{report[f'n_{outcome}']:,}" for outcome in _OUTCOMES]


def _range(bounds: Sequence[float]) -> str:
    return f"{bounds[0]:.3f}-{bounds[1]:.3f}"


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as lines: the first column to the left, the others to the right; the first row is the head."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]).rstrip()
        for row in cells
    )
