"""What the fields of the form amount to: settings that can be run, or everything that is wrong with them."""

import re
from typing import Any, Final

from pydantic import ValidationError

from app.components.graph import form_knobs as knobs
from app.components.graph.judge_picker import JudgeChoice
from app.components.graph.parts import chosen_facts, chosen_parent, chosen_prompts, chosen_stages
from app.components.knobs import knob_value, values_of
from app.services import current
from core.errors import InvalidInput, Problem
from core.llm.prices import price_of
from core.workflows.graph_settings import Delivery, GraphSettings, Strategy
from core.workflows.model_settings import read_embedding_settings, workspace_prices

_LABELS: Final = {knob.path: knob.label for group in knobs.ALL for knob in group}
_BY_STRATEGY: Final = {
    Strategy.BRUTE_FORCE: (knobs.PLAN,),
    Strategy.CLUSTER: (knobs.BANDS, knobs.INHERIT, knobs.SPOT_CHECK, knobs.WRITING, knobs.GROUPS, knobs.UMAP),
    Strategy.ADAPTIVE: (knobs.ADAPTIVE,),
}


def settings_of_form(strategy: Strategy, judge: JudgeChoice, catalogue_id: str) -> GraphSettings:
    """The settings of a run by this strategy, other strategies' fields left at their defaults.

    `InvalidInput` lists every fault in the words of the form.
    """
    data = values_of(knobs.BATCH, *_BY_STRATEGY[strategy])
    data |= {"strategy": strategy, "judge": judge.judge}
    data["embedding"] = read_embedding_settings(current().workspace)
    if strategy is Strategy.BRUTE_FORCE:
        data["extends"] = chosen_parent(catalogue_id)
    else:
        data["stages"] = chosen_stages(catalogue_id)
    if judge.model is not None:
        data |= _of_model(strategy, judge)
    return checked_settings(data)


def checked_settings(data: dict[str, Any]) -> GraphSettings:
    """The settings, or `InvalidInput` with every fault in the words of the form."""
    try:
        return GraphSettings.model_validate(data)
    except ValidationError as error:
        problems = [_problem(fault["loc"], fault["msg"]) for fault in error.errors()]
        raise InvalidInput("These settings do not go together", problems) from error


def offers_batches(strategy: Strategy, judge: JudgeChoice) -> bool:
    """Whether calls can be handed over to the provider's batch service."""
    return strategy is Strategy.BRUTE_FORCE and judge.judge == "gemini"


def has_price(judge: JudgeChoice) -> bool:
    """Whether the judge's model has a price, so that money can be counted and limited."""
    return judge.model is not None and price_of(judge.model.model, workspace_prices(current().workspace)) is not None


def _of_model(strategy: Strategy, judge: JudgeChoice) -> dict[str, Any]:
    data = values_of(knobs.BUDGET, knobs.GROUNDING, knobs.CHECKS)
    if not has_price(judge):
        data["budget"]["max_cost"] = None
    data["grounding"]["files"] = chosen_facts()
    delivery = knob_value("delivery") if offers_batches(strategy, judge) else Delivery.LIVE
    return data | {"model": judge.model, "prompts": chosen_prompts(), "delivery": delivery}


def in_form_words(text: str) -> str:
    """Why a run stopped, with limits called what their fields are called."""
    for knob in knobs.BUDGET:
        text = re.sub(rf"(?<!\w){knob.path.rpartition('.')[2]}(?!\w)", f"“{knob.label}”", text)
    return text.replace("estimated recall", "estimated share of edges found")


def _problem(where: tuple[int | str, ...], message: str) -> Problem:
    """A fault of the settings as a sentence of the form: fields are called what their labels say."""
    path = ".".join(str(part) for part in where)
    said = message.removeprefix("Value error, ")
    for known, label in _LABELS.items():
        parent, _, name = known.rpartition(".")
        if parent == path:
            said = re.sub(rf"(?<![\w]){name}(?![\w])", f"“{label}”", said)
    said = said[:1].upper() + said[1:].rstrip(".") + "."
    return Problem(said, "" if path not in _LABELS else "Correct it.", field=_LABELS.get(path, ""))
