"""What a graph run works with: its judge, its analyst and its embedder, and the gateway that pays for them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from core.graph.judges.llm import LlmJudge
from core.graph.judges.offline import offline_judge
from core.graph.judges.protocol import Judge
from core.graph.prompts import PromptSet, shipped_prompts
from core.graph.strategies.cluster.analyst import Analyst
from core.graph.strategies.cluster.llm_analyst import LlmAnalyst
from core.graph.strategies.cluster.offline_analyst import OfflineAnalyst
from core.knowledge.evidence import FactSource, Retriever
from core.knowledge.fact_files import FactFile
from core.knowledge.trait_facts import TraitFacts
from core.knowledge.traits import TraitTable, load_trait_table
from core.llm.clients import make_client, make_embedder
from core.llm.gateway import Gateway
from core.llm.keys import Keys
from core.llm.patient_embedder import PatientEmbedder
from core.llm.prices import Price, PriceTable, price_of, shipped_prices
from core.llm.protocol import ChatReply, ChatRequest, Embedder
from core.store.answer_log import AnswerLog
from core.workflows.graph_settings import GraphSettings


@dataclass(frozen=True, slots=True)
class Sources:
    """What the ids of `GraphSettings` stand for, and where answers go and keys come from.

    `run`: the id under which calls are logged; `keys` None: the environment's.
    """

    run: str
    log: AnswerLog | None = None
    prompts: PromptSet = field(default_factory=shipped_prompts)
    facts: tuple[FactFile, ...] = ()
    prices: PriceTable = field(default_factory=shipped_prices)
    keys: Keys | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """The judge and analyst of a run; `gateway` and `price` are None where nothing is paid for."""

    judge: Judge
    analyst: Analyst
    embedder: Embedder
    table: TraitTable
    gateway: Gateway | None = None
    price: Price | None = None


@contextmanager
def open_tools(settings: GraphSettings, sources: Sources) -> Iterator[Tools]:
    """The tools of a run, until the block ends; then calls in flight are waited for and logged.

    `ProviderError` for a missing key, `InvalidInput` for an unusable base URL, `ValenceError` for a money limit on a
    model of unknown price: all before any call.
    """
    table = load_trait_table()
    embedder = PatientEmbedder(make_embedder(settings.embedding, sources.keys))
    if settings.model is None:
        judge = offline_judge()
        yield Tools(judge, OfflineAnalyst(table, judge), embedder, table)
        return
    if sources.log is None:
        raise TypeError("a model's answers need an answer log")
    price = price_of(settings.model.model, sources.prices)
    with ExitStack() as stack:
        gateway = stack.enter_context(
            Gateway(
                make_client(settings.model, sources.keys),
                sources.log,
                run=sources.run,
                budget=settings.budget,
                price=price,
                n_workers=settings.model.n_workers,
            )
        )
        yield Tools(
            llm_judge(settings, sources, table, gateway),
            LlmAnalyst(gateway, sources.prompts, settings.model, again=settings.again),
            embedder,
            table,
            gateway,
            price,
        )


def llm_judge(settings: GraphSettings, sources: Sources, table: TraitTable, asker: "Gateway | NoAsker") -> LlmJudge:
    """The model's judge, over a gateway or over what refuses to ask."""
    assert settings.model is not None
    return LlmJudge(asker, settings.model, sources.prompts, _retriever(settings, sources, table), again=settings.again)


class NoAsker:
    """Stands where a gateway would, for previews and estimates that must not cost anything."""

    def ask(self, request: ChatRequest, purpose: str, subject: str, again: int = 0) -> ChatReply:  # noqa: ARG002
        """Nothing is asked here."""
        raise TypeError("a preview asked a model")


def _retriever(settings: GraphSettings, sources: Sources, table: TraitTable) -> Retriever | None:
    found: Sequence[FactSource] = [
        *sources.facts,  # first: what experts wrote must not be crowded out by what the table knows
        *([TraitFacts(table)] if settings.grounding.trait_table else []),
    ]
    return Retriever(found, settings.grounding.amount) if found else None
