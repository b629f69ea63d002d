"""Writing a catalogue as CSV that reads back as the same catalogue."""

from collections.abc import Iterable, Sequence

from core.catalogue.columns import FIELDS, fact_name_problems
from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput, Problem

# Characters for which a cell is quoted: those of CSV itself and every delimiter that a reader may try.
_NEEDS_QUOTES = frozenset('",;|\t\r\n')


def catalogue_csv(catalogue: Catalogue) -> bytes:
    """UTF-8 CSV: `id, value, modality, attribute_type`, then one column per fact in order of first appearance.

    Texts are written as they are, formulas included: this is the exchange format, not a report. Raises InvalidInput for
    facts that would not come back (an empty text, or a name that is a field's or no column name).
    """
    facts = tuple(dict.fromkeys(name for attribute in catalogue.attributes for name in attribute.facts))
    problems = [problem for name in facts for problem in _lost_name(name)]
    problems += [problem for attribute in catalogue.attributes for problem in _lost_facts(attribute)]
    if problems:
        raise InvalidInput("The catalogue cannot be written as CSV", problems)
    rows = (
        (a.id, a.value, a.modality, a.attribute_type, *(a.facts.get(name, "") for name in facts))
        for a in catalogue.attributes
    )
    return csv_bytes((*FIELDS, *facts), rows)


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Comma-separated UTF-8 lines ended by a line feed; the same texts give the same bytes on every Python version."""
    lines = (",".join(map(_quoted, row)) for row in (header, *rows))
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _quoted(cell: str) -> str:
    if _NEEDS_QUOTES.isdisjoint(cell):
        return cell
    return '"' + cell.replace('"', '""') + '"'


def _lost_name(name: str) -> list[Problem]:
    if not name:
        return [Problem("A fact has no name.", "Name it.")]
    return fact_name_problems(name)


def _lost_facts(attribute: Attribute) -> list[Problem]:
    return [
        Problem(f"The fact {name!r} of attribute {attribute.id!r} is empty.", "Leave it out.", field=name)
        for name, text in attribute.facts.items()
        if not text
    ]
