"""What the prompts of the first three stages are filled with: every text of a user or a model quoted as data."""

from collections.abc import Iterable, Sequence

from core.catalogue.model import Attribute
from core.graph.prompts import PromptSet, quoted
from core.graph.strategies.cluster.analyst import ClusterProfile, Member, ProfilePair
from core.knowledge.names import loose_key

ENRICH_PREFIX = "enrich."
FALLBACK = "enrich.other"
FACT_LENGTH = 400
MEMBER_NOTE_LENGTH = 300
MEMBERS_SHOWN = 40  # of a larger cluster a label is made from the first ones, and the prompt says how many there are


def enrich_prompt_name(prompts: PromptSet, modality: str) -> str:
    """The prompt called `enrich.` and the modality's name (case and plural do not matter), else the fallback."""
    wanted = loose_key(modality)
    named = (name for name in prompts.templates if name.startswith(ENRICH_PREFIX))
    return next((name for name in named if loose_key(name.removeprefix(ENRICH_PREFIX)) == wanted), FALLBACK)


def marked(mark: str, lines: Iterable[str]) -> str:
    """The lines of a list below the mark of its call."""
    return "\n".join([f'Mark of this call: "{mark}"', *lines])


def numbered(texts: Iterable[str]) -> list[str]:
    """`[1] text`, `[2] text`, ..."""
    return [f"[{number}] {text}" for number, text in enumerate(texts, start=1)]


def attribute_line(attribute: Attribute) -> str:
    """The attribute with its kind and what the catalogue says of it."""
    facts = [f"{quoted(name)}: {quoted(text, FACT_LENGTH)}" for name, text in attribute.facts.items()]
    known = f"; known facts: {', '.join(facts)}" if facts else ""
    return f"{quoted(attribute.value)} ({quoted(attribute.modality)}, {quoted(attribute.attribute_type)}){known}"


def members_text(mark: str, modality: str, members: Sequence[Member]) -> str:
    """The members of a cluster, one line each, under how many they are and of what kind."""
    shown = members[:MEMBERS_SHOWN]
    some = f"; the first {len(shown)} are listed" if len(shown) < len(members) else ""
    head = f"{len(members)} members of the kind {quoted(modality)}{some}:"
    lines = [
        f"- {quoted(member.attribute.value)}: {quoted(member.description, MEMBER_NOTE_LENGTH)}" for member in shown
    ]
    return marked(mark, [head, *lines])


def profile_text(profile: ClusterProfile) -> str:
    """A cluster's kind, card and typical members on one line."""
    card = profile.card
    parts = [f"{quoted(card.label)} ({quoted(profile.modality)})"]
    if card.summary:
        parts.append(quoted(card.summary, FACT_LENGTH))
    if card.characteristics:
        parts.append("characteristics: " + ", ".join(quoted(text, FACT_LENGTH) for text in card.characteristics))
    if profile.exemplars:
        parts.append("such as " + ", ".join(quoted(attribute.value) for attribute in profile.exemplars))
    return "; ".join(parts)


def clusters_text(profiles: Sequence[ClusterProfile]) -> str:
    """The clusters of a call, named G1, G2, ... so that they are not taken for pair numbers."""
    return "\n".join(f"G{number}: {profile_text(profile)}" for number, profile in enumerate(profiles, start=1))


def profiles_of(pairs: Iterable[ProfilePair]) -> list[ClusterProfile]:
    """Every cluster of some pairs once, in order of appearance."""
    return list({profile.number: profile for pair in pairs for profile in pair}.values())


def pairs_text(mark: str, pairs: Sequence[ProfilePair], profiles: Sequence[ClusterProfile]) -> str:
    """The numbered pairs of a call, each as the names of its two clusters."""
    name = {profile.number: f"G{place}" for place, profile in enumerate(profiles, start=1)}
    return marked(mark, numbered(f"{name[pair.a.number]} with {name[pair.b.number]}" for pair in pairs))
