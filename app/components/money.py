"""Amounts of money as people read them."""


def money_text(amount: float, currency: str) -> str:
    """An amount in cents, a tiny one in as many digits as it takes to be more than nothing."""
    digits = 2 if amount >= 0.1 or amount == 0 else 4
    if 0 < amount < 0.0001:
        return f"< 0.0001 {currency}".strip()
    return f"{amount:,.{digits}f} {currency}".strip()
