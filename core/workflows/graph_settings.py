"""How a graph is generated: one frozen object that is the form, the job's parameter and part of the graph's id."""

from enum import StrEnum
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.graph.call_plan import DEFAULT_BATCH_SIZE, PlanMethod
from core.graph.canary import THRESHOLD
from core.graph.clusters.settings import ClusterSettings
from core.graph.stability import ProbeSettings
from core.graph.strategies.adaptive.settings import AdaptiveSettings
from core.graph.strategies.cluster.settings import ClusterStrategySettings
from core.knowledge.evidence import EvidenceSettings
from core.llm.base_url import check_base_url
from core.llm.budget import Budget
from core.llm.embedding_settings import EmbeddingSettings
from core.llm.settings import ModelSettings

OFFLINE: Final = "offline"
JudgeName = Literal["offline", "gemini", "openai-compatible"]


class Strategy(StrEnum):
    """Which pairs are asked. `BRUTE_FORCE`: all; `CLUSTER`: what its clusters let through; `ADAPTIVE`: the telling."""

    BRUTE_FORCE = "brute-force"
    CLUSTER = "cluster"
    ADAPTIVE = "adaptive"


class Delivery(StrEnum):
    """How calls are sent: one by one and answered at once, or as a batch that the provider works off within a day."""

    LIVE = "live"
    BATCH = "batch"


class Grounding(BaseModel):
    """Facts given to a model with every call, from the trait table, from rule files (`files`: their ids), or both.

    `compare`: run once more without facts, and report how far the two graphs agree.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trait_table: bool = False
    files: tuple[str, ...] = ()
    amount: EvidenceSettings = EvidenceSettings()
    compare: bool = False

    @property
    def is_on(self) -> bool:
        """Whether any facts are given."""
        return self.trait_table or bool(self.files)


class Safeguards(BaseModel):
    """Checks of a model before and after its run; the offline judge is tested with the program and needs none.

    `canary_from`: share of obvious pairs it must get right before a run begins; `insist`: go on below that share.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    canary: bool = True
    canary_from: float = Field(default=THRESHOLD, ge=0, le=1)
    insist: bool = False
    probes: ProbeSettings = ProbeSettings()


class GraphSettings(BaseModel):
    """Everything that shapes a run. `model` belongs to every judge but the offline one.

    `prompts`, `stages` and `extends` are ids in the workspace: an edited prompt set, prepared clusters, and the graph
    whose answers are carried over; empty for the shipped prompts, fresh clusters, and asking everything. `again` counts
    up to get new answers to requests that were answered before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: Strategy = Strategy.BRUTE_FORCE
    judge: JudgeName = OFFLINE
    plan: PlanMethod = PlanMethod.PACKED
    batch_size: int = Field(default=DEFAULT_BATCH_SIZE, ge=1, le=200)
    model: ModelSettings | None = None
    embedding: EmbeddingSettings = EmbeddingSettings()
    budget: Budget = Budget()
    clusters: ClusterSettings = ClusterSettings()
    cluster: ClusterStrategySettings = ClusterStrategySettings()
    adaptive: AdaptiveSettings = AdaptiveSettings()
    grounding: Grounding = Grounding()
    safeguards: Safeguards = Safeguards()
    delivery: Delivery = Delivery.LIVE
    prompts: str = ""
    stages: str = ""
    extends: str = ""
    again: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _model_of_the_judge(self) -> Self:
        for settings in (self.model, self.embedding):
            if settings is not None:
                check_base_url(settings.base_url)
        if self.judge == OFFLINE and self.model is not None:
            raise ValueError("the offline judge uses no model: leave `model` out, or choose another judge")
        if self.judge != OFFLINE and (self.model is None or self.model.provider != self.judge):
            raise ValueError(f"the judge {self.judge!r} needs `model` settings of that provider")
        if self.delivery is Delivery.BATCH and (self.judge != "gemini" or self.strategy is not Strategy.BRUTE_FORCE):
            raise ValueError("batches need the judge 'gemini' and brute force, which knows all its calls beforehand")
        if self.extends and self.strategy is not Strategy.BRUTE_FORCE:
            raise ValueError("only brute force can carry over the answers of another graph: choose it, or ask afresh")
        if self.grounding.compare and not self.grounding.is_on:
            raise ValueError("there are no facts to compare with: switch some on, or the comparison off")
        if self.judge == OFFLINE and self.grounding.is_on:
            raise ValueError("the offline judge reads its own facts: switch grounding off, or choose a model")
        return self

    @property
    def n_workers(self) -> int:
        """Calls made at once."""
        return self.model.n_workers if self.model else 1

    def content(self) -> dict[str, Any]:
        """The settings that can change the answers, for the content id: speed, delivery and insisting left out."""
        data = self.model_dump(mode="json")
        del data["delivery"], data["safeguards"]["insist"], data["embedding"]["timeout_s"]
        if data["model"]:
            del data["model"]["n_workers"], data["model"]["timeout_s"]
        return data
