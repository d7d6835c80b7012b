"""How certain a mean is, by bootstrap resampling (Efron, 1979)."""

from collections.abc import Sequence

import numpy as np

RESAMPLES = 2000
QUANTILES = 201
SEED = 20260101


def resampled_means(sums: Sequence[float], counts: Sequence[int]) -> list[float]:
    """Return evenly spaced quantiles, the extremes included, of the means of resampled groups.

    Each resample draws as many groups as there are, with replacement, and takes the mean over
    all their rows.

    Args:
        sums: of the values of each group's rows.
        counts: of each group's rows, at least one.
    """
    groups = len(sums)
    generator = np.random.default_rng(SEED)
    draws = generator.multinomial(groups, np.full(groups, 1 / groups), RESAMPLES)
    means = (draws @ np.asarray(sums)) / (draws @ np.asarray(counts))
    return np.quantile(means, np.linspace(0, 1, QUANTILES)).tolist()
