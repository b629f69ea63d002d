"""The settings of a graph run in plain words, in the groups they are shown in."""

from typing import Final

from app.components.knobs import Knob
from core.graph.call_plan import PlanMethod
from core.workflows.graph_settings import Delivery

PLAN: Final = (
    Knob(
        "plan",
        "Call plan",
        "Which attribute is asked about which others in one call. Both plans ask every pair exactly once; the packed "
        "plan mixes kinds of attributes in a call and needs fewer.",
        names=((PlanMethod.PACKED, "Packed (fewest calls)"), (PlanMethod.PUBLISHED, "Published formula")),
    ),
)
BATCH: Final = (
    Knob(
        "batch_size",
        "Pairs per call, at most",
        "A call asks about one attribute and this many others. The published setting is 25.",
    ),
)
DELIVERY: Final = (
    Knob(
        "delivery",
        "How calls are sent",
        "Live: one by one, answered at once. Batch: handed over together and worked off by the provider within a "
        "day, for about half the price. You can close the workbench meanwhile.",
        names=((Delivery.LIVE, "Live"), (Delivery.BATCH, "Batch (cheaper, within a day)")),
    ),
)
BUDGET: Final = (
    Knob("budget.max_calls", "Most paid calls", "The run stops before it makes one call more.", empty="No limit"),
    Knob(
        "budget.max_tokens",
        "Most tokens",
        "Input and output together. A token is about three quarters of a word.",
        empty="No limit",
        step=10_000,
    ),
    Knob(
        "budget.max_cost",
        "Most money",
        "In the currency of the price table. Before each call its highest possible price is set aside, so the run "
        "never spends more than this.",
        empty="No limit",
        step=0.5,
    ),
)
BANDS: Final = (
    Knob(
        "cluster.positive_from",
        "Keep as + from score",
        "Two clusters get a score from 0 (clash) to 10 (ideal). From this score up, their pairs are looked at as "
        "likely +. What lies between both marks is left out. Published: 7.",
        step=0.5,
    ),
    Knob(
        "cluster.negative_to",
        "Keep as − up to score",
        "Up to this score, the pairs of two clusters are looked at as likely −. Published: 4.",
        step=0.5,
    ),
    Knob(
        "cluster.ask_noise_everywhere",
        "Always ask about noise",
        "An attribute that fits no cluster is asked about everywhere, also where a score would leave it out.",
    ),
)
INHERIT: Final = (
    Knob(
        "cluster.auto_inherit",
        "Let pairs take over the sign of their clusters",
        "Pairs of two clusters with an extreme score take over its sign without a call. Noise never does.",
    ),
    Knob("cluster.inherit_positive_from", "Take over + from score", "Published: 8; stricter: 9.", step=0.5),
    Knob("cluster.inherit_negative_to", "Take over − up to score", "Published: 3; stricter: 2.", step=0.5),
)
SPOT_CHECK: Final = (
    Knob(
        "cluster.spot_check_members",
        "Pairs asked per block",
        "Before the pairs of two clusters take over a sign, this many of them are asked. 0 leaves the check out.",
    ),
    Knob(
        "cluster.spot_check_max_error",
        "Wrong at most (share)",
        "A block with a larger share of wrong pairs is asked in full instead.",
    ),
    Knob("cluster.spot_check_min_pairs", "Check blocks from this many pairs", "Smaller blocks are not checked."),
    Knob("cluster.spot_check_seed", "Seed of the check", "Another number draws other pairs."),
)
WRITING: Final = (
    Knob(
        "cluster.enrich_batch_size",
        "Attributes described per call",
        "Every attribute is described before clusters are found. More per call is cheaper, one per call more thorough.",
    ),
    Knob("cluster.score_batch_size", "Cluster pairs scored per call", "How many pairs of clusters one call scores."),
    Knob(
        "cluster.label_singletons",
        "Label clusters of one",
        "Ask for a label of an attribute that stands alone; otherwise its own name is used.",
    ),
    Knob(
        "cluster.trait_share",
        "Weight of known facts",
        "How much facts from the trait table count beside the descriptions when clusters are found: 0 not at all, "
        "1 nothing else.",
    ),
)
GROUPS: Final = (
    Knob(
        "clusters.hdbscan.min_cluster_size",
        "Smallest cluster",
        "Fewer attributes than this make no cluster. Published: 2.",
    ),
    Knob(
        "clusters.hdbscan.min_samples",
        "Neighbours for a dense spot",
        "Higher means fewer, denser clusters and more noise (HDBSCAN min_samples).",
        empty="As the smallest cluster",
    ),
    Knob(
        "clusters.hdbscan.selection_method",
        "Size of clusters",
        "How HDBSCAN cuts its tree of clusters.",
        names=(("eom", "Largest stable ones"), ("leaf", "Smallest ones")),
    ),
    Knob(
        "clusters.hdbscan.selection_epsilon",
        "Merge clusters closer than",
        "Distance below which clusters are merged; 0 merges none (HDBSCAN epsilon).",
    ),
    Knob("clusters.hdbscan.alpha", "Caution in linking", "HDBSCAN alpha: higher links fewer attributes. Usual: 1."),
    Knob(
        "clusters.hdbscan.metric",
        "Distance between attributes",
        "How distances are measured when clusters are found. Published: Euclidean.",
        names=(("euclidean", "Euclidean"), ("manhattan", "Manhattan"), ("chebyshev", "Chebyshev")),
    ),
    Knob(
        "clusters.hdbscan.allow_single_cluster",
        "Allow one single cluster",
        "Whether all attributes of one kind may end up in one cluster.",
    ),
    Knob(
        "clusters.cluster_from",
        "Cluster kinds with at least",
        "A kind with fewer attributes is not grouped: each of its attributes stands alone. Published: 15.",
    ),
    Knob(
        "clusters.n_exemplars",
        "Examples per cluster",
        "How many typical members are named when a cluster is labelled.",
    ),
    Knob(
        "clusters.stability_runs",
        "Repeats to measure chance",
        "Clusters are found this many times more, to tell how far they depend on chance. 0 leaves it out.",
    ),
)
UMAP: Final = (
    Knob(
        "clusters.reduce_from",
        "Use UMAP from",
        "Kinds with at least this many attributes are condensed by UMAP, smaller ones by PCA. Published: 20.",
    ),
    Knob("clusters.umap.n_neighbors", "Neighbours", "Few show fine detail, many the broad picture (UMAP)."),
    Knob("clusters.umap.n_components", "Dimensions", "How far descriptions are condensed. Published: 15."),
    Knob("clusters.umap.min_dist", "Least distance", "How tightly UMAP may pack attributes."),
    Knob(
        "clusters.umap.metric",
        "Similarity",
        "How UMAP compares descriptions. Published: cosine.",
        names=(("cosine", "Cosine"), ("euclidean", "Euclidean"), ("correlation", "Correlation")),
    ),
    Knob("clusters.umap.n_epochs", "Rounds of fitting", "More is slower and finer.", empty="UMAP decides"),
    Knob("clusters.umap.seed", "Seed of the clusters", "Another number gives slightly other clusters."),
    Knob("clusters.map_seed", "Seed of the map", "For the picture on the Clusters page only."),
)
ADAPTIVE: Final = (
    Knob(
        "adaptive.target_recall",
        "Share of edges to find",
        "The run stops as soon as its audit says that this share of all edges is found. Empty: it spends all its "
        "calls.",
        empty="Spend all calls",
        step=0.01,
    ),
    Knob(
        "adaptive.max_calls",
        "Calls of the strategy, at most",
        "Counts all its calls, also those whose answer is known and free. Empty: as many as the target needs.",
        empty="As needed",
    ),
    Knob(
        "adaptive.audit_calls",
        "Calls kept for the audit",
        "Random calls that measure how good the graph is. With fewer than 24 the figures would be misleading.",
    ),
    Knob(
        "adaptive.exclude_below",
        "Leave out inferred pairs below probability",
        "Pairs that nobody asked are inferred with a probability. Less probable ones are left out of the graph.",
    ),
    Knob(
        "adaptive.is_overturning",
        "Overturn unlikely answers",
        "An answer that contradicts everything else known is kept on record, but the graph takes the likelier sign.",
    ),
    Knob(
        "adaptive.first_share", "Random start (share)", "How many of the calls are random before it begins to choose."
    ),
    Knob("adaptive.rounds", "Rounds of choosing", "How often it learns from the answers before it chooses again."),
    Knob("adaptive.confidence", "Confidence of the intervals", "0.95 means 95% intervals.", step=0.01),
    Knob("adaptive.seed", "Seed of the run", "Another number draws other calls."),
)
GROUNDING: Final = (
    Knob(
        "grounding.trait_table",
        "Give it the trait table",
        "Facts about well-known brands, audiences and places that ship with the workbench go into every call as "
        "numbered evidence. The model names what it used, and each edge keeps it.",
    ),
    Knob(
        "grounding.compare",
        "Run once more without facts and compare",
        "Tells what the facts change. Every call is made twice, so the run costs about twice what the card shows.",
    ),
    Knob("grounding.amount.per_attribute", "Facts per attribute, at most", "The most telling ones are taken."),
    Knob("grounding.amount.per_call", "Facts per call, at most", "More facts make calls longer and dearer."),
)
CHECKS: Final = (
    Knob(
        "safeguards.canary",
        "Ask obvious pairs first",
        "A few pairs whose answer is plain are asked before the run (two calls), to catch a model or prompt that "
        "does not work.",
    ),
    Knob(
        "safeguards.canary_from",
        "Right at least (share)",
        "With fewer of the obvious pairs right, the run is refused.",
    ),
    Knob("safeguards.insist", "Insist: go on all the same", "Build even when the model gets the obvious pairs wrong."),
    Knob(
        "safeguards.probes.share",
        "Pairs asked twice (share)",
        "This share of the pairs is asked once more, the other way round, to tell how far the model agrees with "
        "itself. 0 leaves it out.",
        step=0.01,
    ),
    Knob("safeguards.probes.seed", "Seed of the second asking", "Another number draws other pairs."),
)
ALL: Final = (
    PLAN,
    BATCH,
    DELIVERY,
    BUDGET,
    BANDS,
    INHERIT,
    SPOT_CHECK,
    WRITING,
    GROUPS,
    UMAP,
    ADAPTIVE,
    GROUNDING,
    CHECKS,
)
