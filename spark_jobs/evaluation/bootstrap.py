"""How sure a mean is, found by resampling (Efron, 1979)."""

from collections.abc import Sequence

import numpy as np

RESAMPLES = 2000
QUANTILES = 201
SEED = 20260101


def resampled_means(sums: Sequence[float], counts: Sequence[int]) -> list[float]:
    """Evenly spaced quantiles, from the least to the greatest, of the means of resampled groups.

    Each time, as many groups as there are are drawn with replacement, and the mean is that of
    all their rows.

    Args:
        sums: of the values of each group's rows.
        counts: of its rows, at least one.
    """
    groups = len(sums)
    chance = np.random.default_rng(SEED)
    drawn = chance.multinomial(groups, np.full(groups, 1 / groups), RESAMPLES)
    means = (drawn @ np.asarray(sums)) / (drawn @ np.asarray(counts))
    return np.quantile(means, np.linspace(0, 1, QUANTILES)).tolist()
