"""What each prompt is called on the pages, and what it is for."""

from typing import Final

from core.workflows.prompt_questions import PromptKind, prompt_kind

_NAMES: Final = {
    "sign": "Judge a pair",
    "sign-grounded": "Judge a pair, with facts",
    "enrich.other": "Describe anything else",
    "label": "Name a cluster",
    "score": "Score two clusters",
}
_USES: Final = {
    PromptKind.PAIR: "Asked for every pair: do the two work together in one campaign, conflict, or neither?",
    PromptKind.DESCRIBE: "Asked by the cluster strategy first: short texts that show which attributes are alike.",
    PromptKind.LABEL: "Asked by the cluster strategy for each cluster of alike attributes: a name and what they share.",
    PromptKind.SCORE: "Asked by the cluster strategy for two clusters: how well do they go together, from 0 to 10?",
}
_ORDER: Final = ("sign", "sign-grounded", "label", "score")


def prompt_title(name: str) -> str:
    """The name of a prompt as people read it."""
    if name in _NAMES:
        return _NAMES[name]
    kind = name.partition(".")[2]
    return f"Describe {'an' if kind[:1] in 'aeiou' else 'a'} {kind}"


def prompt_use(name: str) -> str:
    """When a prompt is asked, in one sentence."""
    return _USES[prompt_kind(name)]


def in_page_order(names: list[str]) -> list[str]:
    """Prompt names with the ones that are asked most first, descriptions last."""
    return sorted(names, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), prompt_title(name)))
