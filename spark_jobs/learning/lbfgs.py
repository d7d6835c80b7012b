"""Minimization by limited-memory BFGS (Nocedal and Wright, 2006, algorithm 7.5).

SciPy's L-BFGS-B also handles bounds, which takes most of its time where there are a quarter of a
million parameters and no bounds.
"""

from collections import deque
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

PAIRS = 10  # of steps and differences of gradients, as in MLlib
SUFFICIENT_DECREASE = 1e-4  # of what the gradient promises
SHORTEST, LONGEST = 0.1, 0.5  # of a step that was too long
SMALLEST_STEP = 1e-12


def minimize(
    function: Callable[[Numbers], tuple[float, Numbers]], start: Numbers
) -> Iterator[tuple[float, Numbers]]:
    """Yield the value and the point of each iteration, until no step lowers the value.

    Args:
        function: returns the value and the gradient at a point; convex.
        start: where to begin, which is not yielded.
    """
    point = start
    value, gradient = function(point)
    pairs: deque[tuple[Numbers, Numbers, float]] = deque(maxlen=PAIRS)
    while True:
        direction = _times_inverse_hessian(gradient, pairs)
        np.negative(direction, out=direction)
        slope = float(gradient @ direction)
        length = 1.0 if pairs else 1 / max(float(np.linalg.norm(gradient)), 1.0)
        while True:
            next_point = point + length * direction
            next_value, next_gradient = function(next_point)
            if next_value <= value + SUFFICIENT_DECREASE * length * slope:
                break
            # where a parabola through the two values and the slope is lowest
            lowest = -slope * length**2 / (2 * (next_value - value - slope * length))
            shortest, longest = SHORTEST * length, LONGEST * length
            length = min(max(lowest, shortest), longest) if np.isfinite(lowest) else shortest
            if length < SMALLEST_STEP:
                return
        step, change = next_point - point, next_gradient - gradient
        curvature = float(step @ change)
        if curvature > np.finfo(float).eps * float(change @ change):
            pairs.append((step, change, curvature))
        lowered = value - next_value
        point, value, gradient = next_point, next_value, next_gradient
        yield value, point
        if lowered <= 0:
            return


def _times_inverse_hessian(
    gradient: Numbers, pairs: deque[tuple[Numbers, Numbers, float]]
) -> Numbers:
    result, buffer = gradient.copy(), np.empty_like(gradient)
    shares: list[float] = []
    for step, change, curvature in reversed(pairs):
        shares.append(float(step @ result) / curvature)
        add_scaled(result, change, -shares[-1], buffer)
    if pairs:
        _, change, curvature = pairs[-1]
        result *= curvature / float(change @ change)
    for (step, change, curvature), share in zip(pairs, reversed(shares), strict=True):
        add_scaled(result, step, share - float(change @ result) / curvature, buffer)
    return result


def add_scaled(total: Numbers, values: Numbers, factor: float, buffer: Numbers) -> None:
    """Add values times a factor to the total, in place: new arrays of that length take longer."""
    np.multiply(values, factor, out=buffer)
    np.add(total, buffer, out=total)
