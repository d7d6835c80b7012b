"""The figures of the training benchmark as a section of docs/benchmarks.md."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import training_targets
from benchmarks.contest import ratio
from benchmarks.machine import machine, today, versions

if TYPE_CHECKING:
    from benchmarks.training import Contest

NAMES = {
    "first": "ours, first run",
    "changed": "ours, one parameter changed",
    "unchanged": "ours, nothing changed",
    "old_way": "the pipeline it succeeds",
    "sklearn_way": "scikit-learn",
    "floor": "the floor: Spark reads and counts",
}
HEAD = """\
## Training, beside the pipeline it succeeds and scikit-learn

```
{command}
```

repeats it, and replaces this section. It took {minutes:.0f} minutes.

- {date}; {machine}
- {versions}

Each contestant is a process of its own, and they take turns; rounds: {rounds}. Ours is a run of
Dagster: `raw_csv_s3`, `processed_dataset`, `lr_model` and `metrics`, with default settings, three
candidates, checks and reports; then again with nothing changed, and with other regularization.
Seconds are medians, of this machine on that day; ratios are medians of the ratios to our first run
within each round. CPU seconds and peak memory are those of all processes, Java included.
"""


def section(contests: Mapping[str, "Contest"], *, rounds: int, minutes: float, quick: bool) -> str:
    """The whole section."""
    head = HEAD.format(
        command="make bench" + (" QUICK=1" if quick else ""),
        date=today(),
        machine=machine(),
        versions=versions(),
        minutes=minutes,
        rounds=rounds,
    )
    parts = [head]
    for name, contest in contests.items():
        parts += [f"### {name.capitalize()}\n", "\n".join(_costs(contest)) + "\n"]
        if told := list(_figures(contest)):
            parts.append("\n".join(told) + "\n")
    parts += ["### Growth\n", "\n".join(_growth(contests)) + "\n"]
    parts += ["### Targets\n", "\n".join(training_targets.rows(contests)) + "\n"]
    return "\n".join(parts)


def _costs(contest: "Contest") -> Iterator[str]:
    yield "| | wall | CPU | peak memory | wall over ours | CPU over ours |"
    yield "| --- | --- | --- | --- | --- | --- |"
    ours = contest.costs["first"]
    for name, said in NAMES.items():
        if costs := contest.costs.get(name):
            wall, cpu = (median(getattr(each, what) for each in costs) for what in ("wall", "cpu"))
            memory = median(each.memory for each in costs) / 2**30
            yield (
                f"| {said} | {wall:.0f} s | {cpu:.0f} s | {memory:.1f} GiB "
                f"| {ratio(costs, ours, 'wall'):.2f} | {ratio(costs, ours, 'cpu'):.2f} |"
            )


def _figures(contest: "Contest") -> Iterator[str]:
    ours = contest.figures["ours"]
    kept = ("accuracy", "auc_roc", "calibration_error", "test_rows")
    yield "- ours: " + _told({name: ours[name] for name in kept if ours.get(name) is not None})
    if "sklearn" in contest.figures:
        yield f"- scikit-learn: {_told(contest.figures['sklearn'])}"
    if "old" in contest.figures:
        yield f"- the pipeline it succeeds, accuracy: {_told(contest.figures['old'])}"


def _told(figures: Mapping[str, float]) -> str:
    return ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value:.4f}"
        for name, value in figures.items()
    )


def _growth(contests: Mapping[str, "Contest"]) -> Iterator[str]:
    """How a first run grows from the smallest table to each of the others."""
    tables = [name for name in contests if name.startswith("table")]
    least = contests[tables[0]].costs["first"]
    for name in tables[1:]:
        grown = ratio(contests[name].costs["first"], least, "wall")
        yield f"- {name}: {grown:.2f} times the time of the {tables[0]}"
