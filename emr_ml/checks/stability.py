"""The population stability index: how much the distribution of a column has changed.

The shares before and after are taken in the same bins, and the index is the sum over the bins of
(after - before) * ln(after / before). By convention a column below 0.1 is stable, and one above
0.25 has changed a lot.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt

from spark_jobs.cleaning.figures import Distribution

MIN_SHARE = 1e-4  # replaces an empty share, because the logarithm of 0 is infinite
RARE_SHARE, RARE_ROWS = 0.01, 5  # categories below these share one bin
DECILES = [step / 10 for step in range(1, 10)]
DEVIATIONS = 3  # standard deviations that chance rarely exceeds
EPSILON = 1e-9  # sums of shares are not exact


@dataclass(frozen=True)
class StabilityIndex:
    """The index, and how large it may be by chance for two samples of one population."""

    value: float
    noise: float


def stability_index(before: Distribution, after: Distribution) -> StabilityIndex | None:
    """Return the index, or None if it is undefined: no rows, another kind, or a kind of time."""
    if before["kind"] != after["kind"] or not (before["rows"] and after["rows"]):
        return None
    if before["kind"] == "datetime":
        return None
    shares = _category_shares if before["kind"] == "categorical" else _number_shares
    bins = [(a, b) for a, b in shares(before, after) if a or b]
    least_a, least_b = (max(MIN_SHARE, 0.5 / each["rows"]) for each in (before, after))
    floored = [(max(a, least_a), max(b, least_b)) for a, b in bins]
    value = sum((b - a) * log(b / a) for a, b in floored)
    # for two samples of one population, the index divided by the sum of their 1/rows is about
    # chi-squared (Yurdakul and Naranjo, 2020): its mean is the bins minus one, its variance twice
    freedom = len(bins) - 1
    sizes = 1 / before["rows"] + 1 / after["rows"]
    return StabilityIndex(value, (freedom + DEVIATIONS * sqrt(2 * freedom)) * sizes)


def _category_shares(before: Distribution, after: Distribution) -> list[tuple[float, float]]:
    """Return the shares of each frequent category, of missing values, and of all others."""
    rows, counts = before["rows"], before.get("values", {})
    counts_after = after.get("values", {})
    frequent = [
        name for name, count in counts.items() if count >= max(RARE_ROWS, RARE_SHARE * rows)
    ]
    # a category that is not listed may be as frequent as the rarest one that is
    unlisted = min(counts_after.values(), default=0) if after.get("other") else 0
    still = {name: counts_after.get(name, min(unlisted, counts[name])) for name in frequent}
    shares = [(counts[name] / rows, min(1.0, still[name] / after["rows"])) for name in frequent]
    shares.append((before["missing"] / rows, after["missing"] / after["rows"]))
    others = [max(0.0, 1 - sum(side) - EPSILON) for side in zip(*shares, strict=True)]
    return [*shares, (others[0], others[1])]


def _number_shares(before: Distribution, after: Distribution) -> list[tuple[float, float]]:
    """Return the shares of missing values, and of each bin between the deciles of `before`."""
    missing = [each["missing"] / each["rows"] for each in (before, after)]
    cumulative = [_CumulativeShares.of(each) for each in (before, after)]
    cuts = cumulative[0].decile_cuts()
    shares = [
        [(1 - absent) * share for share in side.between(cuts)]
        for absent, side in zip(missing, cumulative, strict=True)
    ]
    return [(missing[0], missing[1]), *zip(*shares, strict=True)]


@dataclass(frozen=True)
class _CumulativeShares:
    """Numbers in ascending order, with the share below each, and the share below or equal to it."""

    numbers: Sequence[float]
    below: Sequence[float]
    up_to: Sequence[float]

    @classmethod
    def of(cls, column: Distribution) -> "_CumulativeShares":
        if "values" in column:
            counts = sorted((float(name), count) for name, count in column["values"].items())
            total = sum(count for _, count in counts)
            sums = [0]
            for _, count in counts:
                sums.append(sums[-1] + count)
            shares = [each / total for each in sums] if total else sums
            return cls([number for number, _ in counts], shares[:-1], shares[1:])
        quantiles = column.get("quantiles", [])
        numbers = sorted(set(quantiles))
        steps = len(quantiles) - 1
        first = [bisect_left(quantiles, number) / steps for number in numbers]
        last = [(bisect_right(quantiles, number) - 1) / steps for number in numbers]
        return cls(numbers, first, last)

    def decile_cuts(self) -> list[tuple[float, bool]]:
        """Return the numbers that deciles end at, True for a cut after the number.

        A number at which several deciles end has a cut before it, too.
        """
        if not self.numbers:
            return []
        ends = Counter(
            next(
                number
                for number, share in zip(self.numbers, self.up_to, strict=True)
                if share + EPSILON > decile
            )
            for decile in DECILES
        )
        return [
            (number, after)
            for number, deciles in sorted(ends.items())
            for after in ((False, True) if deciles > 1 else (True,))
        ]

    def between(self, cuts: Sequence[tuple[float, bool]]) -> list[float]:
        """Return the share of the numbers in each interval between two cuts."""
        if not self.numbers:
            return [0.0] * (len(cuts) + 1)
        ends = [0.0, *(self._share_at(number, after=after) for number, after in cuts), 1.0]
        return [later - earlier for earlier, later in pairwise(ends)]

    def _share_at(self, number: float, *, after: bool) -> float:
        """Return the share below the number, or below and equal to it if `after`."""
        index = bisect_left(self.numbers, number)
        if index == len(self.numbers):
            return 1.0
        if self.numbers[index] == number:
            return self.up_to[index] if after else self.below[index]
        if not index:
            return 0.0
        # numbers are taken to be evenly distributed between two quantiles
        low, high = self.numbers[index - 1], self.numbers[index]
        fraction = (number / 2 - low / 2) / (high / 2 - low / 2)  # halves do not overflow
        return self.up_to[index - 1] + fraction * (self.below[index] - self.up_to[index - 1])
