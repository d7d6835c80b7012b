"""How certain figures are, by bootstrap resampling of groups of rows (Efron, 1979)."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column
from pyspark.sql import functions as F

from spark_jobs.columns import ROW_ID

RESAMPLES = 2000
QUANTILES = 201
SEED = 20260101
INTERVAL_GROUPS = 200
ROUNDING = 1e-9  # differences below are of adding up in another order
TAIL = 0.025  # at each end of a 95% interval

Numbers: TypeAlias = NDArray[np.float64]
Interval = list[float]  # its two ends; JSON has no tuples


def row_group(groups: int) -> Column:
    """Return the number of a row's group, from 0 on; rows of equal ids share a group."""
    # the first 8 digits decide the split
    return F.conv(F.substring(ROW_ID, 9, 8), 16, 10).cast("long") % groups


def resampled_sums(sums: Any) -> Numbers:
    """Return the sums over all groups, for each of `RESAMPLES` resamples.

    Each resample draws as many groups as there are, with replacement.

    Args:
        sums: of the values of each group's rows: a row for each group, a column for each value.
    """
    groups = len(sums)
    generator = np.random.default_rng(SEED)
    draws = generator.multinomial(groups, np.full(groups, 1 / groups), RESAMPLES)
    return draws.astype(float) @ np.asarray(sums, dtype=float)


def resampled_means(sums: Sequence[float], counts: Sequence[int]) -> list[float]:
    """Return evenly spaced quantiles, the extremes included, of the means of resampled groups.

    Args:
        sums: of the values of each group's rows.
        counts: of each group's rows, at least one.
    """
    totals, rows = resampled_sums(np.column_stack([sums, counts])).T
    return np.quantile(totals / rows, np.linspace(0, 1, QUANTILES)).tolist()


def interval(resampled: Numbers) -> Interval | None:
    """Return the central 95% of resampled figures; None if they are all alike or not finite.

    Resamples that have no figure, such as the recall of no positive rows, are NaN.
    """
    present = resampled[~np.isnan(resampled)]
    if not len(present) or not np.isfinite(present).all():
        return None
    if np.ptp(present) <= ROUNDING * np.abs(present).max():
        return None
    return np.quantile(present, [TAIL, 1 - TAIL]).tolist()


def share_interval(share: float, rows: int, resampled: Numbers) -> Interval | None:
    """Return the interval of a share of rows.

    If all rows are alike, so are all resamples. Then three rows in `rows` may still be otherwise:
    the rule of three (Hanley and Lippman-Hand, 1983).
    """
    if not rows:
        return None
    if share == 1:
        return [max(0.0, 1 - 3 / rows), 1.0]
    if share == 0:
        return [0.0, min(1.0, 3 / rows)]
    return interval(resampled)


def ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Divide element by element; NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole != 0)
