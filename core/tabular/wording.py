"""Counts in sentences."""


def counted(n: int, one: str, many: str) -> str:
    """The number and the words for it: "1 row breaks", "1,200 rows break"."""
    return f"{n:,} {one if n == 1 else many}"
