"""How far a column's values have moved: the population stability index of two distributions.

A distribution is what the figure `distributions` says of a column. The shares of both are taken
in the same bins; the index is the sum over these of (after - before) * ln(after / before). Below
0.1 nothing has moved, above 0.25 much has, by custom.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt
from typing import Any

FLOOR = 1e-4  # a share that is none counts as this, as the logarithm of 0 is infinite
RARE_SHARE, RARE_ROWS = 0.01, 5  # categories that are rarer share one bin
TENTHS = [step / 10 for step in range(1, 10)]
DEVIATIONS = 3  # that chance hardly exceeds
NEARLY = 1e-9  # sums of shares are not exact

Distribution = Mapping[str, Any]


@dataclass(frozen=True)
class Moved:
    """The index, and how much of it two samples of the same may have by chance."""

    index: float
    noise: float


def moved(before: Distribution, after: Distribution) -> Moved | None:
    """How far the column has moved; None if it can't be said, as where its kind has changed."""
    if before["kind"] != after["kind"] or not (before["rows"] and after["rows"]):
        return None
    bins = _categories if before["kind"] == "categorical" else _numbers
    pairs = [(a, b) for a, b in bins(before, after) if a or b]
    sizes = 1 / before["rows"] + 1 / after["rows"]
    least = [max(FLOOR, 0.5 / each["rows"]) for each in (before, after)]
    floored = [(max(a, least[0]), max(b, least[1])) for a, b in pairs]
    index = sum((b - a) * log(b / a) for a, b in floored)
    # of two samples of the same, the index divided by these sizes is about chi-squared (Yurdakul
    # and Naranjo, 2020): its mean are the bins but one, its variance is twice that
    freedom = len(pairs) - 1
    return Moved(index, (freedom + DEVIATIONS * sqrt(2 * freedom)) * sizes)


def _categories(before: Distribution, after: Distribution) -> list[tuple[float, float]]:
    rows, values = before["rows"], before["values"]
    own = [name for name, count in values.items() if count >= max(RARE_ROWS, RARE_SHARE * rows)]
    # a category that is not listed may be as common as the rarest that is
    unlisted = min(after["values"].values(), default=0) if after["other"] else 0
    still = {name: after["values"].get(name, min(unlisted, values[name])) for name in own}
    pairs = [(values[name] / rows, min(1.0, still[name] / after["rows"])) for name in own]
    pairs.append((before["missing"] / rows, after["missing"] / after["rows"]))
    rest = [max(0.0, 1 - sum(shares) - NEARLY) for shares in zip(*pairs, strict=True)]
    return [*pairs, (rest[0], rest[1])]


def _numbers(before: Distribution, after: Distribution) -> list[tuple[float, float]]:
    missing = [each["missing"] / each["rows"] for each in (before, after)]
    spreads = [_Spread.of(each) for each in (before, after)]
    cuts = spreads[0].cuts()
    shares = [
        [present * share for share in spread.shares(cuts)]
        for present, spread in zip((1 - missing[0], 1 - missing[1]), spreads, strict=True)
    ]
    return [(missing[0], missing[1]), *zip(*shares, strict=True)]


@dataclass(frozen=True)
class _Spread:
    """Numbers in their order, with the share of all that is below each, and below or at it."""

    numbers: Sequence[float]
    below: Sequence[float]
    up_to: Sequence[float]

    @classmethod
    def of(cls, column: Distribution) -> "_Spread":
        if "values" in column:
            counts = sorted((float(name), count) for name, count in column["values"].items())
            total = sum(count for _, count in counts)
            sums = [0]
            for _, count in counts:
                sums.append(sums[-1] + count)
            shares = [each / total for each in sums] if total else sums
            return cls([number for number, _ in counts], shares[:-1], shares[1:])
        quantiles: Sequence[float] = column["quantiles"]
        numbers = sorted(set(quantiles))
        steps = len(quantiles) - 1
        first = [bisect_left(quantiles, number) / steps for number in numbers]
        last = [(bisect_right(quantiles, number) - 1) / steps for number in numbers]
        return cls(numbers, first, last)

    def cuts(self) -> list[tuple[float, bool]]:
        """Where tenths end: behind a number, and before it, too, if more than one ends there."""
        if not self.numbers:
            return []
        ends = Counter(
            next(n for n, share in zip(self.numbers, self.up_to, strict=True) if share + NEARLY > t)
            for t in TENTHS
        )
        return [
            (number, behind)
            for number, tenths in sorted(ends.items())
            for behind in ((False, True) if tenths > 1 else (True,))
        ]

    def shares(self, cuts: Sequence[tuple[float, bool]]) -> list[float]:
        """The share of the numbers between each two cuts."""
        if not self.numbers:
            return [0.0] * (len(cuts) + 1)
        ends = [0.0, *(self._share(number, behind) for number, behind in cuts), 1.0]
        return [later - earlier for earlier, later in pairwise(ends)]

    def _share(self, number: float, behind: bool) -> float:
        """The share below the number, or below and at it."""
        place = bisect_left(self.numbers, number)
        if place == len(self.numbers):
            return 1.0
        if self.numbers[place] == number:
            return self.up_to[place] if behind else self.below[place]
        if not place:
            return 0.0
        # between two quantiles the numbers are taken to lie evenly
        low, high = self.numbers[place - 1], self.numbers[place]
        part = (number / 2 - low / 2) / (high / 2 - low / 2)  # halves do not overflow
        return self.up_to[place - 1] + part * (self.below[place] - self.up_to[place - 1])
