"""Handing a run's calls to the provider's batch service before the run itself, which then finds its answers logged."""

from core.catalogue.model import Catalogue
from core.graph.judges.llm import PURPOSE, LlmJudge
from core.llm.batch_delivery import deliver
from core.llm.call_log import Question
from core.llm.clients import make_batch_client
from core.llm.prices import price_of
from core.progress import Steps
from core.workflows.graph_runs import check_canary
from core.workflows.graph_settings import Delivery, GraphSettings
from core.workflows.graph_strategies import Start, plan_brute_force
from core.workflows.graph_tools import Sources, open_tools


def answer_by_batch(catalogue: Catalogue, settings: GraphSettings, sources: Sources, start: Start) -> Steps[None]:
    """Have every planned call answered by batches, into the answer log; nothing where the settings ask live.

    The canary is asked live first. Errors are those of `check_canary`, `make_batch_client` and `deliver`.
    """
    if settings.delivery is not Delivery.BATCH or settings.model is None or sources.log is None:
        return
    with open_tools(settings, sources) as tools:
        yield from check_canary(settings, tools)
        judge = tools.judge
    assert isinstance(judge, LlmJudge)
    plan = plan_brute_force(catalogue, settings, start.parent, judge.fingerprint).calls
    attributes = catalogue.attributes
    questions = [
        Question(
            judge.request(attributes[call.primary], [attributes[target] for target in call.targets]),
            PURPOSE,
            attributes[call.primary].value,
            settings.again,
        )
        for call in plan
    ]
    yield from deliver(
        questions,
        make_batch_client(settings.model, sources.keys),
        sources.log,
        run=sources.run,
        budget=settings.budget,
        price=price_of(settings.model.model, sources.prices),
    )
