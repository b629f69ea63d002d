"""One sign question as a request: quoted attributes on numbered lines, the mark of the call, and the evidence."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from core.catalogue.model import Attribute
from core.fingerprint import content_id
from core.graph.judges.sign_replies import sign_schema
from core.graph.prompts import PromptSet, quoted
from core.knowledge.evidence import Evidence
from core.knowledge.fact_files import MAX_FACT_LENGTH
from core.llm.protocol import ChatRequest
from core.llm.settings import ModelSettings

PLAIN = "sign"
GROUNDED = "sign-grounded"
FORMAT = 1  # counts up when the lines, the mark or the schema of a question change

_MARK_LENGTH = 8
_MARK_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjkmnpqrtvw")  # no vowels: a mark never spells a word


class EvidenceFinder(Protocol):
    """Chooses the facts of a call."""

    @property
    def fingerprint(self) -> str:
        """Content id of everything that shapes the choice."""
        ...

    def evidence(self, primary: Attribute, targets: Sequence[Attribute]) -> Sequence[Evidence]:
        """Facts numbered from 1; the same for the same call."""
        ...


class SignPromptSettings(BaseModel):
    """What a prompt shows of an attribute beside its value, modality and type: these columns of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shown_columns: tuple[str, ...] = ("description",)
    max_column_length: int = Field(default=300, ge=20, le=5_000)


class SignCall(NamedTuple):
    """A question ready to be sent, with the mark its answer must repeat and the facts it may cite."""

    request: ChatRequest
    mark: str
    facts: tuple[Evidence, ...]


class SignQuestion:
    """Renders sign questions with one model, prompt set, evidence and settings."""

    def __init__(
        self,
        model: ModelSettings,
        prompts: PromptSet,
        evidence: EvidenceFinder | None = None,
        settings: SignPromptSettings | None = None,
    ) -> None:
        self._model = model
        self._prompts = prompts
        self._evidence = evidence
        self._settings = settings or SignPromptSettings()
        self.fingerprint = content_id(
            "sign-question",
            {
                "model": model.model,
                "endpoint": model.endpoint,
                "temperature": model.temperature,
                "max_output_tokens": model.max_output_tokens,
                "prompts": prompts.id_of(PLAIN, GROUNDED) if evidence else prompts.id_of(PLAIN),
                "evidence": evidence.fingerprint if evidence else "",
                "settings": self._settings.model_dump(mode="json"),
                "format": FORMAT,
            },
        )

    def call(self, primary: Attribute, targets: Sequence[Attribute], attempt: int = 0) -> SignCall:
        """The question about one primary and its targets; one for which no facts are found uses the plain prompt.

        The same lines and attempt give the same request, so that a resumed run finds its answer in the log.
        """
        facts = tuple(self._evidence.evidence(primary, targets)) if self._evidence else ()
        primary_line, target_lines = self._line(primary), [self._line(target) for target in targets]
        mark = _mark([primary_line, *target_lines], attempt)
        values = {
            "primary": primary_line,
            "targets": "\n".join(f"[{number}] {line}" for number, line in enumerate(target_lines, start=1)),
            "nonce": mark,
        }
        if facts:
            values["evidence"] = "\n".join(f"({fact.number}) {quoted(fact.text, MAX_FACT_LENGTH)}" for fact in facts)
        parts = self._prompts.parts(GROUNDED if facts else PLAIN, **values)
        request = ChatRequest(
            model=self._model.model,
            system=parts.system,
            prompt=parts.user,
            temperature=self._model.temperature,
            max_output_tokens=self._model.max_output_tokens,
            schema=sign_schema(len(targets), is_grounded=bool(facts)),
            endpoint=self._model.endpoint,
        )
        return SignCall(request, mark, facts)

    def _line(self, attribute: Attribute) -> str:
        """One attribute on one line, every text of it quoted."""
        kind = f"modality {quoted(attribute.modality)}, type {quoted(attribute.attribute_type)}"
        shown = [
            f"; {quoted(column)}: {quoted(attribute.facts[column], self._settings.max_column_length)}"
            for column in self._settings.shown_columns
            if column in attribute.facts
        ]
        return f"{quoted(attribute.value)} ({kind}){''.join(shown)}"


def _mark(lines: Sequence[str], attempt: int) -> str:
    return content_id("sign-mark", [list(lines), attempt])[:_MARK_LENGTH].translate(_MARK_LETTERS)
