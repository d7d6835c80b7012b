"""What the figures of the training benchmark are held against."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.contest import ratio

if TYPE_CHECKING:
    from benchmarks.training import Contest

SAMPLE, REVIEWS = "sample", "reviews"
LEAST, MOST = "table of 500,000 rows", "table of 5,000,000 rows"


@dataclass(frozen=True)
class Target:
    """A figure of the contests, and its limit: at least so much, or at most.

    `data` names the contests that it is made of; not all of them are in each run.
    """

    said: str
    figure: Callable[[Mapping[str, "Contest"]], float]
    least: float | None = None
    most: float | None = None
    data: tuple[str, ...] = (REVIEWS,)

    def row(self, contests: Mapping[str, "Contest"]) -> str:
        """A row of the table."""
        found = self.figure(contests)
        if self.least is not None:
            limit, met = f"at least {self.least:g}", found >= self.least
        else:
            assert self.most is not None, "a target has a limit"
            limit, met = f"at most {self.most:g}", found <= self.most
        return f"| {self.said} | {limit} | {found:.4g} | {'met' if met else 'missed'} |"


def _between(one: str, other: str, what: str, data: str = REVIEWS) -> Callable[..., float]:
    """The ratio of two contestants' costs on the same data."""

    def found(contests: Mapping[str, "Contest"]) -> float:
        costs = contests[data].costs
        return ratio(costs[one], costs[other], what)

    return found


def _behind(contests: Mapping[str, "Contest"]) -> float:
    figures = contests[REVIEWS].figures
    return figures["sklearn"]["accuracy"] - figures["ours"]["accuracy"]


def _growth(contests: Mapping[str, "Contest"]) -> float:
    return ratio(contests[MOST].costs["first"], contests[LEAST].costs["first"], "wall")


def _ours(name: str) -> Callable[..., float]:
    def found(contests: Mapping[str, "Contest"]) -> float:
        return contests[REVIEWS].figures["ours"][name]

    return found


TARGETS = (
    Target("the succeeded pipeline over ours, wall", _between("old_way", "first", "wall"), least=8),
    Target("the succeeded pipeline over ours, CPU", _between("old_way", "first", "cpu"), least=5),
    Target("accuracy on the reviews", _ours("accuracy"), least=0.908),
    Target("accuracy below scikit-learn's", _behind, most=0.004),
    Target("calibration error on the reviews", _ours("calibration_error"), most=0.03),
    Target("ours over scikit-learn, reviews", _between("first", "sklearn_way", "wall"), most=1.6),
    Target(
        "ours over scikit-learn, 5,000,000 rows",
        _between("first", "sklearn_way", "wall", MOST),
        most=2.0,
        data=(MOST,),
    ),
    Target(
        "a parameter changed, over the first run", _between("changed", "first", "wall"), most=0.6
    ),
    Target(
        "nothing changed, over the first run", _between("unchanged", "first", "wall"), most=0.25
    ),
    Target(
        "sample over the floor",
        _between("first", "floor", "wall", SAMPLE),
        most=2.5,
        data=(SAMPLE,),
    ),
    Target("5,000,000 rows over 500,000", _growth, most=3.5, data=(LEAST, MOST)),
    Target(
        "memory over the succeeded pipeline's", _between("first", "old_way", "memory"), most=1.0
    ),
)


def rows(contests: Mapping[str, "Contest"]) -> Iterator[str]:
    """The table, of those targets whose data were run on."""
    yield "| | target | measured | |"
    yield "| --- | --- | --- | --- |"
    for target in TARGETS:
        if all(name in contests for name in target.data):
            yield target.row(contests)
