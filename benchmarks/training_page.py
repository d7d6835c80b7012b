"""The results of the training benchmark, and its targets, as a section of docs/benchmarks.md."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from benchmarks.contest import Contest, Resource, median_ratio
from benchmarks.page import machine, markdown_table, today, versions

Contests = Mapping[str, Contest]

NAMES = {
    "first": "ours, first run",
    "changed": "ours, one parameter changed",
    "unchanged": "ours, nothing changed",
    "old_pipeline": "an earlier pipeline",
    "sklearn_pipeline": "scikit-learn",
    "floor": "the floor: Spark reads and counts",
}
HEAD = """\
## Training, beside an earlier pipeline and scikit-learn

```
{command}
```

repeats the benchmark and replaces this section. It took {minutes:.0f} minutes.

- {date}; {machine}
- {versions}

Each contestant is a separate process, and they take turns; rounds: {rounds}. Ours is a Dagster
run of `raw_csv_s3`, `processed_dataset`, `lr_model` and `metrics` with default settings, three
candidates, checks and reports; then again with nothing changed, and with another regularization.
Seconds are medians on this machine on that day; ratios are medians of the ratios to our first run
within each round. CPU seconds and peak memory include all processes, Java among them.
"""
SAMPLE, REVIEWS = "sample", "reviews"
TABLES = tuple(f"table of {rows} rows" for rows in ("50,000", "500,000", "5,000,000"))
CHARTED = ("first", "sklearn_pipeline", "old_pipeline", "floor")
BAR_CHARACTERS = 40


@dataclass(frozen=True)
class Target:
    """A figure of the contests, and its limit.

    Args:
        name: the figure in words.
        measure: computes the figure.
        at_least: lower limit, if there is one.
        at_most: upper limit, if there is one.
        datasets: the contests that the figure needs; not every benchmark runs all of them.
    """

    name: str
    measure: Callable[[Contests], float]
    at_least: float | None = None
    at_most: float | None = None
    datasets: tuple[str, ...] = (REVIEWS,)

    def row(self, contests: Contests) -> tuple[str, str, str, str]:
        """Return name, limit, measured value and verdict."""
        value = self.measure(contests)
        if self.at_least is not None:
            limit, is_met = f"at least {self.at_least:g}", value >= self.at_least
        else:
            assert self.at_most is not None, "a target has a limit"
            limit, is_met = f"at most {self.at_most:g}", value <= self.at_most
        return self.name, limit, f"{value:.4g}", "met" if is_met else "missed"


def section(contests: Contests, *, rounds: int, minutes: float, quick: bool) -> str:
    """Return the whole section.

    Args:
        contests: results by dataset.
        minutes: how long the benchmark took.
    """
    head = HEAD.format(
        command="make bench" + (" QUICK=1" if quick else ""),
        date=today(),
        machine=machine(),
        versions=versions(),
        minutes=minutes,
        rounds=rounds,
    )
    parts = [head, _chart(contests)]
    for name, contest in contests.items():
        parts += [f"### {name.capitalize()}\n", _cost_table(contest)]
        parts.append("\n".join(_figures(contest)) + "\n")
    parts += ["### Growth\n", "\n".join(_growth(contests)) + "\n"]
    parts += ["### Targets\n", _target_table(contests)]
    return "\n".join(parts)


def _chart(contests: Contests) -> str:
    """Return the wall times as bars, of which the longest of each dataset is as wide as can be."""
    lines: list[str] = []
    for dataset, contest in contests.items():
        walls = {
            name: median(cost.wall for cost in contest.costs[name])
            for name in CHARTED
            if name in contest.costs
        }
        lines.append(dataset)
        for name, wall in walls.items():
            bar = "█" * max(1, round(BAR_CHARACTERS * wall / max(walls.values())))
            lines.append(f"  {NAMES[name]:<34} {bar} {wall:.0f} s")
    chart = "\n".join(lines)
    return f"```text\n{chart}\n```\n"


def _cost_table(contest: Contest) -> str:
    header = ("", "wall", "CPU", "peak memory", "wall over ours", "CPU over ours")
    rows = [
        (
            text,
            f"{median(cost.wall for cost in contest.costs[name]):.0f} s",
            f"{median(cost.cpu for cost in contest.costs[name]):.0f} s",
            f"{median(cost.memory for cost in contest.costs[name]) / 2**30:.1f} GiB",
            f"{contest.ratio(name, 'first', 'wall'):.2f}",
            f"{contest.ratio(name, 'first', 'cpu'):.2f}",
        )
        for name, text in NAMES.items()
        if name in contest.costs
    ]
    return markdown_table(header, rows)


def _figures(contest: Contest) -> Iterator[str]:
    ours = contest.figures["ours"]
    shown = ("accuracy", "auc_roc", "calibration_error", "test_rows")
    yield "- ours: " + _listed({name: ours[name] for name in shown if ours.get(name) is not None})
    if "sklearn" in contest.figures:
        yield f"- scikit-learn: {_listed(contest.figures['sklearn'])}"
    if "old" in contest.figures:
        yield f"- an earlier pipeline, accuracy: {_listed(contest.figures['old'])}"


def _listed(figures: Mapping[str, float]) -> str:
    return ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value:.4f}"
        for name, value in figures.items()
    )


def _growth(contests: Contests) -> Iterator[str]:
    """Yield a line per table: its first run against that on the smallest table."""
    smallest, *others = (name for name in contests if name.startswith("table"))
    for name in others:
        growth = _growth_ratio(smallest, name)(contests)
        yield f"- {name}: {growth:.2f} times the time of the {smallest}"


def _target_table(contests: Contests) -> str:
    """Return the table of the targets whose datasets were in the benchmark."""
    rows = [target.row(contests) for target in TARGETS if set(target.datasets) <= set(contests)]
    return markdown_table(("", "target", "measured", ""), rows)


def _ratio(
    name: str, other: str, resource: Resource, dataset: str = REVIEWS
) -> Callable[[Contests], float]:
    """Return a measure: the ratio of two contestants' costs on one dataset."""
    return lambda contests: contests[dataset].ratio(name, other, resource)


def _growth_ratio(small: str, large: str) -> Callable[[Contests], float]:
    """Return a measure: the ratio of our first runs' wall times on two tables."""

    def ratio(contests: Contests) -> float:
        return median_ratio(contests[large].costs["first"], contests[small].costs["first"], "wall")

    return ratio


def _own_figure(name: str) -> Callable[[Contests], float]:
    return lambda contests: contests[REVIEWS].figures["ours"][name]


def _accuracy_deficit(contests: Contests) -> float:
    figures = contests[REVIEWS].figures
    return figures["sklearn"]["accuracy"] - figures["ours"]["accuracy"]


TARGETS = (
    Target(
        "the earlier pipeline over ours, wall",
        _ratio("old_pipeline", "first", "wall"),
        at_least=8,
    ),
    Target(
        "the earlier pipeline over ours, CPU", _ratio("old_pipeline", "first", "cpu"), at_least=6
    ),
    Target("accuracy below scikit-learn's", _accuracy_deficit, at_most=0),
    Target("calibration error on the reviews", _own_figure("calibration_error"), at_most=0.03),
    Target(
        "ours over scikit-learn, reviews", _ratio("first", "sklearn_pipeline", "wall"), at_most=1.0
    ),
    *(
        Target(
            f"ours over scikit-learn, {table}",
            _ratio("first", "sklearn_pipeline", "wall", table),
            at_most=limit,
            datasets=(table,),
        )
        for table, limit in zip(TABLES, (3.0, 1.5, 1.0), strict=True)
    ),
    Target(
        "sample over the floor",
        _ratio("first", "floor", "wall", SAMPLE),
        at_most=2.5,
        datasets=(SAMPLE,),
    ),
    *(
        Target(
            f"growth from {small} to {large}",
            _growth_ratio(small, large),
            at_most=3.5,
            datasets=(small, large),
        )
        for small, large in pairwise(TABLES)
    ),
    Target(
        "memory over the earlier pipeline's",
        _ratio("first", "old_pipeline", "memory"),
        at_most=1.0,
    ),
)
