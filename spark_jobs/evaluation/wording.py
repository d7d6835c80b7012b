"""Figures as people read them."""

from math import isfinite

DIGITS = 4
MIN_PLAIN, MAX_PLAIN = 1e-4, 1e12  # others are written with an exponent


def number(value: float) -> str:
    """Return a number with four significant digits, and all digits before the decimal point.

    It has no more than four decimals if those after the fourth are zeros.
    """
    if value and not MIN_PLAIN <= abs(value) < MAX_PLAIN:
        return f"{value:.{DIGITS - 1}e}"
    if float(value).is_integer():
        return f"{value:,.0f}"
    decimals = _decimals(value)
    text = f"{value:,.{decimals}f}"
    end = len(text) - max(0, decimals - DIGITS)
    return text[:end] + text[end:].rstrip("0")


def rounded_float(value: float) -> float:
    """Return a number without the decimals that `number` does not show."""
    return round(value, _decimals(value)) if value and isfinite(value) else value


def _decimals(value: float) -> int:
    """Return how many decimals make four significant digits."""
    exponent = int(f"{value:.{DIGITS - 1}e}".rpartition("e")[2])  # after rounding
    return max(0, DIGITS - 1 - exponent)
