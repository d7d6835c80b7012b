"""Figures as people read them."""

DIGITS = 4
MIN_PLAIN, MAX_PLAIN = 1e-4, 1e12  # others are written with an exponent


def number(value: float) -> str:
    """Return a number with four significant digits, and all digits before the decimal point."""
    if value and not MIN_PLAIN <= abs(value) < MAX_PLAIN:
        return f"{value:.3e}"
    if float(value).is_integer():
        return f"{value:,.0f}"
    before = len(f"{abs(value):.0f}") if abs(value) >= 1 else 0
    return f"{value:,.{max(0, DIGITS - before)}f}"
