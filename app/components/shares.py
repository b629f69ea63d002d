"""Shares of a whole as people read them."""


def percent(share: float) -> str:
    """A share (0..1) in percent with one decimal; a tiny one is not rounded to nothing, nor a near-whole one to all."""
    if 0.0 < share < 0.001:
        return "< 0.1%"
    if 0.999 < share < 1.0:
        return "> 99.9%"
    return f"{share:.1%}"
