"""How a figure differs between two models, and which of them is better by it."""

from collections.abc import Mapping
from math import isclose
from typing import Any

from emr_ml.checks.metrics import LOWER_IS_BETTER

ROUNDING = 1e-9  # relative differences below are of adding up in another order


def difference(first: float, second: float) -> float:
    """Return the second minus the first, or 0 if they differ by rounding alone."""
    return 0.0 if isclose(first, second, rel_tol=ROUNDING, abs_tol=ROUNDING) else second - first


def is_better(figure: str, by: float) -> bool:
    """Return whether a difference other than 0 makes the second model the better one."""
    return (by < 0) == (figure in LOWER_IS_BETTER)


def intervals_overlap(
    first: Mapping[str, Any], second: Mapping[str, Any], name: str
) -> bool | None:
    """Return whether the confidence intervals of a figure overlap; None if one has none.

    Args:
        first, second: all figures of each model.
        name: of the figure.
    """
    ends = [each.get("intervals", {}).get(name) for each in (first, second)]
    if not ends[0] or not ends[1]:
        return None
    return ends[0][0] <= ends[1][1] and ends[1][0] <= ends[0][1]
