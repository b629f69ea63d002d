"""Settings of a run as people read them: names without code, values with their meaning."""

from typing import Any, Final

from app.components.runs.words import JUDGES, STRATEGIES

_PARTS: Final = {
    "model": "Model",
    "embedding": "Embedder",
    "budget": "Budget",
    "clusters": "Clusters",
    "cluster": "Cluster strategy",
    "adaptive": "Adaptive strategy",
    "grounding": "Facts for the judge",
    "safeguards": "Checks",
}
_NAMES: Final = {
    "strategy": "Strategy",
    "judge": "Judge",
    "plan": "Call plan",
    "batch_size": "Targets per call, at most",
    "delivery": "How calls are sent",
    "prompts": "Version of the prompts",
    "stages": "Prepared clusters",
    "extends": "Answers carried over from graph",
    "again": "Times asked anew",
    "model.provider": "Provider",
    "model.model": "Model",
    "model.base_url": "Address",
    "model.temperature": "Temperature",
    "model.max_output_tokens": "Longest answer, in tokens",
    "model.timeout_s": "Wait at most, in seconds",
    "model.n_workers": "Calls at once",
    "embedding.provider": "Provider",
    "embedding.model": "Model",
    "embedding.base_url": "Address",
    "embedding.dimensions": "Length of a vector",
    "embedding.task": "What the vectors are for",
    "embedding.batch_size": "Texts per request",
    "embedding.timeout_s": "Wait at most, in seconds",
    "budget.max_calls": "Calls, at most",
    "budget.max_tokens": "Tokens, at most",
    "budget.max_cost": "Cost, at most",
    "clusters.reduce_from": "Simplify vectors from this many attributes",
    "clusters.cluster_from": "Look for clusters from this many attributes",
    "clusters.n_exemplars": "Examples per cluster",
    "clusters.stability_runs": "Repetitions to see how stable clusters are",
    "cluster.positive_from": "Scores that may be +, from",
    "cluster.negative_to": "Scores that may be −, up to",
    "cluster.auto_inherit": "Take over clear signs without asking",
    "cluster.inherit_positive_from": "Take over + from score",
    "cluster.inherit_negative_to": "Take over − up to score",
    "cluster.ask_noise_everywhere": "Always ask attributes outside clusters",
    "cluster.trait_share": "Weight of known facts",
    "cluster.enrich_batch_size": "Attributes described per call",
    "cluster.label_singletons": "Ask for names of clusters of one",
    "cluster.score_batch_size": "Cluster pairs scored per call",
    "cluster.spot_check_members": "Spot check: pairs asked per block",
    "cluster.spot_check_max_error": "Spot check: share of wrong ones allowed",
    "cluster.spot_check_min_pairs": "Spot check: blocks from this many pairs",
    "cluster.spot_check_seed": "Spot check: where chance starts",
    "adaptive.target_recall": "Share of edges to find",
    "adaptive.max_calls": "Calls, at most",
    "adaptive.first_share": "Share of calls asked at random first",
    "adaptive.rounds": "Times it learns on the way",
    "adaptive.audit_calls": "Calls to check the inferred pairs",
    "adaptive.confidence": "Confidence of the reported ranges",
    "adaptive.is_overturning": "Correct unlikely answers",
    "adaptive.exclude_below": "Leave out inferred pairs less probable than",
    "adaptive.seed": "Where chance starts",
    "grounding.trait_table": "Facts from the built-in table",
    "grounding.files": "Files of facts",
    "grounding.compare": "Compare with and without facts",
    "grounding.amount.per_attribute": "Facts per attribute, at most",
    "grounding.amount.per_call": "Facts per call, at most",
    "safeguards.canary": "Ask obvious pairs first",
    "safeguards.canary_from": "Share of obvious pairs it must get right",
    "safeguards.insist": "Go on even if it fails them",
    "safeguards.probes.share": "Share of pairs asked twice",
    "safeguards.probes.seed": "Pairs asked twice: where chance starts",
}
_VALUES: Final[dict[str, dict[Any, str]]] = {
    "strategy": dict(STRATEGIES),
    "judge": dict(JUDGES),
    "model.provider": dict(JUDGES),
    "embedding.provider": {**JUDGES, "offline": "Built in (offline)"},
    "plan": {"packed": "Packed (fewest calls)", "published": "Published formula"},
    "delivery": {"live": "One by one", "batch": "As a batch"},
    "prompts": {"": "Shipped"},
    "stages": {"": "Made in this run"},
    "extends": {"": "None"},
    "model.base_url": {"": "The provider's own"},
    "embedding.base_url": {"": "The provider's own"},
}
_IDS: Final = ("prompts", "stages", "extends")
_NO_LIMIT: Final = ("budget.max_calls", "budget.max_tokens", "budget.max_cost", "adaptive.max_calls")


def setting_part(path: str) -> str:
    """The part of the settings that a path belongs to."""
    head, dot, _ = path.partition(".")
    return _PARTS.get(head, _spaced(head)) if dot else "The run"


def setting_name(path: str) -> str:
    """The name of one setting within its part; a knob for experts keeps its own name."""
    return _NAMES.get(path) or _spaced(path.partition(".")[2] or path)


def setting_value(path: str, value: Any) -> str:
    """A value as text; plain text, for some are a user's."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value is None:
        return "No limit" if path in _NO_LIMIT else "Not set"
    if isinstance(value, list):
        return ", ".join(str(item)[:8] for item in value) or "None"
    if isinstance(value, str):
        word = _VALUES.get(path, {}).get(value, value)
        return word[:8] if path in _IDS and word == value else word
    return f"{value:,}" if isinstance(value, int) and "seed" not in path else f"{value:g}"


def _spaced(name: str) -> str:
    text = name.replace(".", ": ").replace("_", " ")
    return text[:1].upper() + text[1:]
