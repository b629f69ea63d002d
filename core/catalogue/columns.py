"""Which column of a file is which field of an attribute."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.catalogue.limits import MAX_NAME_LENGTH
from core.catalogue.table_model import Table
from core.catalogue.text_checks import INVISIBLE, shown, text_errors
from core.errors import Problem

FIELDS = ("id", "value", "modality", "attribute_type")

# Other names a field goes by, as `plain_name` spells them.
ALIASES: Mapping[str, frozenset[str]] = {
    "id": frozenset({"attributeid", "identifier", "key", "code", "uid", "slug"}),
    "value": frozenset({"name", "label", "attribute", "attributename", "attributevalue", "title", "text"}),
    "modality": frozenset({"kind", "category", "dimension", "group", "mode", "attributemodality"}),
    "attribute_type": frozenset({"type", "subtype", "subcategory", "subkind", "attributekind", "attributecategory"}),
}


class ColumnSuggestion(NamedTuple):
    """Field to header (`mapping`), fields that no header fits (`missing`), fields that several fit (`ambiguous`)."""

    mapping: dict[str, str]
    missing: tuple[str, ...]
    ambiguous: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field and each extra column stands in a row; `blanks` are columns without a name."""

    position: Mapping[str, int]
    facts: Mapping[str, int]
    blanks: tuple[int, ...]


def plain_name(header: str) -> str:
    """The header without case, spaces, hyphens, underscores and dots: `Attribute-Type` is `attributetype`."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    return "".join(char for char in folded if not char.isspace() and char not in "-_." and char not in INVISIBLE)


def suggest_columns(headers: Sequence[str], mapping: Mapping[str, str] | None = None) -> ColumnSuggestion:
    """Suggest a header per field; headers and fields that `mapping` (field to header) names are settled already.

    The field's own name wins over another spelling of it, and that over an alias.
    """
    chosen = {name: header for name, header in (mapping or {}).items() if name in FIELDS}
    free = [header for header in headers if header not in chosen.values()]
    missing, ambiguous = [], {}
    for name in FIELDS:
        if name in chosen:
            continue
        candidates = _candidates(name, free)
        if len(candidates) == 1:
            chosen[name] = candidates[0]
        elif candidates:
            ambiguous[name] = tuple(candidates)
        else:
            missing.append(name)
    return ColumnSuggestion(chosen, tuple(missing), ambiguous)


def n_known_columns(headers: Sequence[str], mapping: Mapping[str, str] | None = None) -> int:
    """How many fields have a column among the headers, counting the mapped ones that are there."""
    suggestion = suggest_columns(headers, mapping)
    return sum(header in headers for header in suggestion.mapping.values()) + len(suggestion.ambiguous)


def resolve_columns(table: Table, mapping: Mapping[str, str] | None = None) -> tuple[Columns | None, list[Problem]]:
    """Find every field's column, the user's `mapping` first; all other named columns are facts.

    No columns come back where a field has none; the problems say which, and list what the file has.
    """
    header, row = table.header, table.header_row
    suggestion = suggest_columns(header, mapping)
    if len(suggestion.missing) == len(FIELDS):
        return None, [_no_known_column(header, row), *_mapping_problems(mapping or {}, header, row)]
    problems = [*_header_problems(header, row), *_mapping_problems(mapping or {}, header, row)]
    problems += _unsettled(suggestion, header, row)
    taken = set(suggestion.mapping.values())
    extra = [name for name in header if name.strip() and name not in taken]
    problems += [problem for name in extra for problem in fact_name_problems(name, row)]
    if suggestion.missing or suggestion.ambiguous or not taken <= set(header):
        return None, problems
    blanks = tuple(i for i, name in enumerate(header) if not name.strip())
    position = {name: header.index(suggestion.mapping[name]) for name in FIELDS}
    return Columns(position, {name: header.index(name) for name in extra}, blanks), problems


def fact_name_problems(name: str, row: int | None = None) -> list[Problem]:
    """Why an extra column cannot keep its name: it is a field's, too long, or its text is refused."""
    if name in FIELDS:
        message = f"The column {name!r} is not read as {name!r}, so its name would stand for two things."
        return [Problem(message, "Rename it, or map it to its field.", row, name)]
    return [Problem(f"Column name: {p.message}", p.fix, row, name) for p in text_errors(name, MAX_NAME_LENGTH)]


def _candidates(name: str, headers: Sequence[str]) -> list[str]:
    own = [header for header in headers if header == name]
    if own:
        return own[:1]  # the same name twice is a problem of the header
    spelled = [header for header in headers if plain_name(header) == plain_name(name)]
    return spelled or [header for header in headers if plain_name(header) in ALIASES[name]]


def _header_problems(header: Sequence[str], row: int | None) -> list[Problem]:
    doubled = dict.fromkeys(name for name in header if name.strip() and header.count(name) > 1)
    return [Problem(f"The column {shown(name)} occurs twice.", "Rename or delete one.", row, name) for name in doubled]


def _mapping_problems(mapping: Mapping[str, str], header: Sequence[str], row: int | None) -> list[Problem]:
    unknown = [
        Problem(f"{shown(name)} is no field of an attribute.", f"The fields are {', '.join(FIELDS)}.", field=name)
        for name in mapping
        if name not in FIELDS
    ]
    absent = [
        Problem(f"The file has no column {shown(column)} for {name!r}.", f"It has {_listed(header)}.", row, name)
        for name, column in mapping.items()
        if name in FIELDS and column not in header
    ]
    return unknown + absent


def _no_known_column(header: Sequence[str], row: int | None) -> Problem:
    message = f"No column is called {', '.join(FIELDS)} or by another name of theirs: found {_listed(header)}."
    fix = "If this row is an attribute already, put a header row above it; otherwise choose the columns by hand."
    return Problem(message, fix, row)


def _unsettled(suggestion: ColumnSuggestion, header: Sequence[str], row: int | None) -> list[Problem]:
    missing = [
        Problem(f"There is no column for {name!r}; the columns are {_listed(header)}.", _choose(name), row, name)
        for name in suggestion.missing
    ]
    ambiguous = [
        Problem(f"More than one column could be {name!r}: {_listed(headers)}.", _choose(name), row, name)
        for name, headers in suggestion.ambiguous.items()
    ]
    return missing + ambiguous


def _choose(name: str) -> str:
    return f"Name the column {name!r}, or choose it by hand."


def _listed(headers: Sequence[str]) -> str:
    more = f" and {len(headers) - 10} more" if len(headers) > 10 else ""
    return ", ".join(shown(header) for header in headers[:10]) + more
