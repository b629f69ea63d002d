"""Texts as cells that no spreadsheet runs as a formula, and back to the very same texts."""

_STARTS_FORMULA = tuple("=+-@＝＋－＠")  # the wide forms too: some spreadsheets read them as the narrow ones
_STARTS_OVER = ("\t", "\r", "\n")  # a spreadsheet may drop these and look at what follows


def escaped(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet could take it for a formula, as it is otherwise."""
    return f"'{text}" if _is_risky(text) else text


def restored(cell: str) -> str:
    """What `escaped` was given; any other cell, such as one typed by hand, stays as it is."""
    return cell[1:] if cell.startswith("'") and _is_risky(cell) else cell


def _is_risky(text: str) -> bool:
    """The same answer however many apostrophes stand in front, so that one can be put there and taken away again."""
    bare = text.lstrip("'")
    return bare.startswith(_STARTS_OVER) or bare.lstrip().startswith(_STARTS_FORMULA)
