"""Measure what one waits for while working: a first run, the next one, a changed parameter.

All are runs on the sample or a data set, in turns, each on a lake of its own. CPU seconds include
those of the warm JVM, until it is ready for the next run.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
import psutil

from benchmarks import page
from benchmarks.contest import Contestant, Cost, run_contestant
from benchmarks.training import ASSETS, CHANGED_CONFIG, DAGSTER
from emr_ml import sample_data
from emr_ml.project import ROOT
from emr_ml.warm.client import holder_state

EMR_ML = str(Path(sys.executable).with_name("emr-ml"))
MATERIALIZE = [DAGSTER, "asset", "materialize", "--select", ASSETS, "-m", "emr_ml.definitions"]
CHANGED = [*MATERIALIZE, "--config-json", json.dumps(CHANGED_CONFIG)]
# what each is compared with
BASES = {
    "cold": "floor",
    "first warm": "floor",
    "warm": "floor",
    "changed, cold": "cold",
    "changed, warm": "cold",
    "nothing new": "import dagster",
}
NAMES = {
    "import dagster": "Python imports Dagster",
    "floor": "the floor: Spark reads and counts",
    "cold": "a first run, cold",
    "changed, cold": "a parameter changed, cold",
    "first warm": "a first run that starts the warm JVM",
    "warm": "the third on it",
    "changed, warm": "a parameter changed, warm",
    "nothing new": "`emr-ml run` with nothing to do",
}
SECTION = """\
## While one works

```
.venv/bin/python -m benchmarks.interactive
```

measures what one waits for between two changes, on the sample, and replaces this section.

- {date}; {machine}
- {versions}

Runs take turns, each on a lake of its own; rounds: {rounds}. Seconds are medians, and ratios are
medians of those within each round. CPU seconds include the warm JVM and what it does after a run.

{table}
{targets}"""
# the contestant, what it is compared with, and the most that the ratio of wall times may be
TARGETS = (
    ("cold", "floor", 2.5),
    ("warm", "floor", 0.8),
    ("changed, warm", "cold", 0.2),
)
MOST_MORE = 2.0  # seconds that a run with nothing to do takes after the import of Dagster


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--source", type=click.Path(exists=True, path_type=Path, resolve_path=True))
@click.option("--contract", type=click.Path(exists=True, path_type=Path, resolve_path=True))
def main(rounds: int, source: Path | None, contract: Path | None) -> None:
    """Print the medians and the medians of the ratios; of the sample, also into the page."""
    results: list[Mapping[str, Cost]] = []
    for number in range(1, rounds + 1):
        with TemporaryDirectory(prefix="emr-ml-") as folder:
            os.environ["XDG_RUNTIME_DIR"] = folder  # no other run finds this warm Spark
            costs: dict[str, Cost] = {}
            for contestant in _contestants(Path(folder), source, contract):
                costs[contestant.name] = _cost(contestant, Path(folder))
                click.echo(f"round {number}  {_row(contestant.name, [costs])}")
            results.append(costs)
            holder_state(end=True)
    click.echo()
    for name in results[0]:
        click.echo(_row(name, results))
    if not source:
        page.replace_section(page.PAGE, "interactive", _section(results))


def _contestants(folder: Path, source: Path | None, contract: Path | None) -> Iterator[Contestant]:
    home = folder / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    shared = {"EMR_ML_SAMPLE_FOLDER": str(folder / "sample"), "DAGSTER_HOME": str(home)}
    if source:
        shared |= {"EMR_ML_SOURCE": str(source), "EMR_ML_DATASET": str(contract)}
    data = str(source or sample_data.breast_cancer(folder / "sample"))

    def run(name: str, command: list[str], lake: str, warm: str) -> Contestant:
        lake = str(folder / lake)
        return Contestant(name, command, {**shared, "EMR_ML_LAKE": lake, "EMR_ML_WARM": warm})

    yield Contestant("import dagster", [sys.executable, "-c", "import dagster"], {})
    yield Contestant("floor", [sys.executable, "-m", "benchmarks.floor", data], {})
    yield run("cold", MATERIALIZE, "cold", "0")
    yield run("changed, cold", CHANGED, "cold", "0")
    yield run("first warm", MATERIALIZE, "first", "1")
    yield run("second warm", MATERIALIZE, "second", "1")
    yield run("warm", MATERIALIZE, "third", "1")
    yield run("changed, warm", CHANGED, "third", "1")
    yield run("everything", [EMR_ML, "run"], "third", "1")
    yield run("nothing new", [EMR_ML, "run"], "third", "1")


def _cost(contestant: Contestant, folder: Path) -> Cost:
    before = _java_seconds()
    cost = run_contestant(contestant, folder / f"{contestant.name}.txt")
    while (state := holder_state()) and state["run"]:  # it is being cleared
        time.sleep(0.05)
    after = _java_seconds()
    java = sum(seconds - before.get(each, 0.0) for each, seconds in after.items())
    return Cost(cost.wall, cost.cpu + java, cost.memory)


def _java_seconds() -> dict[int, float]:
    """Return the CPU seconds of the warm JVM and of its holder, with what they have started."""
    state = holder_state()
    if not state or not state["java"]:
        return {}
    java = psutil.Process(state["java"])
    seconds: dict[int, float] = {}
    for each in (*([holder] if (holder := java.parent()) else []), *java.children(), java):
        times = each.cpu_times()
        seconds[each.pid] = times.user + times.system
        if each == java:
            seconds[each.pid] += times.children_user + times.children_system
    return seconds


def _section(results: Sequence[Mapping[str, Cost]]) -> str:
    rows = [
        (
            text,
            f"{median(each[name].wall for each in results):.1f} s",
            f"{median(each[name].cpu for each in results):.1f} s",
        )
        for name, text in NAMES.items()
    ]
    return SECTION.format(
        date=page.today(),
        machine=page.machine(),
        versions=page.versions(),
        rounds=len(results),
        table=page.markdown_table(("", "wall", "CPU"), rows),
        targets=page.markdown_table(("wall time", "target", "measured", ""), _targets(results)),
    )


def _targets(results: Sequence[Mapping[str, Cost]]) -> Iterator[tuple[str, str, str, str]]:
    for name, base, limit in TARGETS:
        ratio = median(each[name].wall / each[base].wall for each in results)
        what = f"{NAMES[name]}, over {NAMES[base]}"
        yield what, f"at most {limit:g}", f"{ratio:.2f}", _verdict(ratio, limit)
    more = median(each["nothing new"].wall - each["import dagster"].wall for each in results)
    what = f"{NAMES['nothing new']}, more than {NAMES['import dagster']}"
    yield what, f"at most {MOST_MORE:g} s", f"{more:.1f} s", _verdict(more, MOST_MORE)


def _verdict(value: float, limit: float) -> str:
    return "met" if value <= limit else "missed"


def _row(name: str, results: Sequence[Mapping[str, Cost]]) -> str:
    wall = median(each[name].wall for each in results)
    cpu = median(each[name].cpu for each in results)
    row = f"{name:<15} {wall:6.1f} s {cpu:6.1f} CPU s"
    base = BASES.get(name)
    if base is None:
        return row
    pairs = [(each[name], each[base]) for each in results]
    walls = median(ours.wall / other.wall for ours, other in pairs)
    cpus = median(ours.cpu / other.cpu for ours, other in pairs)
    more = median(ours.wall - other.wall for ours, other in pairs)
    return f"{row}   {walls:5.2f} x wall, {cpus:5.2f} x CPU, {more:+.1f} s of {base}"


if __name__ == "__main__":
    main()
