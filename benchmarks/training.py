"""Compare a run of the graph with the pipeline it succeeds, with scikit-learn and the floor."""

import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import click

from benchmarks import page, tabular, training_page
from benchmarks.contest import Contestant, Cost, cost_of
from emr_ml import sample_data
from emr_ml.lake.current import read_current
from emr_ml.settings import ROOT
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import read_report

REVIEWS = ROOT.parent / "shared" / "data" / "reviews.csv.gz"
CONTRACT = """\
columns:
  review: text
label:
  column: sentiment
  positive: positive
  negative: [negative]
"""
ASSETS = "raw_csv_s3,processed_dataset,lr_model,metrics"
CHANGED = {"ops": {"lr_model": {"config": {"regularization": [2e-5]}}}}
DAGSTER = str(Path(sys.executable).with_name("dagster"))


@dataclass
class Contest:
    """On one data set, the costs of each contestant round by round; figures of the last round."""

    costs: dict[str, list[Cost]] = field(default_factory=dict[str, list[Cost]])
    figures: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])


@dataclass(frozen=True)
class Data:
    """A source and its contract; both None for the sample."""

    name: str
    source: Path | None = None
    contract: Path | None = None


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--quick", is_flag=True, help="one round, and tables of 50,000 and 500,000 rows")
@click.option("--page", "to", type=click.Path(path_type=Path), default=page.PAGE)
def main(rounds: int, *, quick: bool, to: Path) -> None:
    """Run all of them in turns, write the figures into the page, and print them."""
    rows = (50_000, 500_000) if quick else (500_000, 1_000_000, 5_000_000)
    rounds = 1 if quick else rounds
    began = time.monotonic()
    below = ROOT / ".dagster"
    below.mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="bench-", dir=below))
    click.echo(f"all that is written goes to {folder}")
    contests = {
        data.name: contest(data, folder / data.name.replace(",", "").replace(" ", "_"), rounds)
        for data in data_sets(folder, rows)
    }
    minutes = (time.monotonic() - began) / 60
    section = training_page.section(contests, rounds=rounds, minutes=minutes, quick=quick)
    page.replace(to, "training", section)
    shutil.rmtree(folder)
    click.echo(section)


def data_sets(folder: Path, rows: tuple[int, ...]) -> Iterator[Data]:
    """The sample, the reviews if they are there, and tables of so many rows."""
    yield Data("sample")
    if REVIEWS.exists():
        contract = folder / "reviews.yaml"
        contract.write_text(CONTRACT)
        yield Data("reviews", REVIEWS, contract)
    else:
        click.echo(f"there are no reviews at {REVIEWS}: they are left out")
    for count in rows:
        path = folder / f"table_{count}.csv"
        tabular.write(path, count)
        yield Data(f"table of {count:,} rows", path, path.with_suffix(".yaml"))


def contest(data: Data, folder: Path, rounds: int) -> Contest:
    """All contestants, one after the other, as often as there are rounds."""
    found = Contest()
    for number in range(rounds):
        place = folder / str(number)
        place.mkdir(parents=True)
        for contestant in contestants(data, place):
            click.echo(f"{data.name}, round {number + 1} of {rounds}: {contestant.name}")
            cost = cost_of(contestant, place / f"{contestant.name}.txt")
            found.costs.setdefault(contestant.name, []).append(cost)
        lake = str(place / "lake")
        found.figures = {path.stem: json.loads(path.read_text()) for path in place.glob("*.json")}
        found.figures["ours"] = _ours(lake)
    return found


def contestants(data: Data, place: Path) -> Iterator[Contestant]:
    """Ours three times on one lake, and those that are compared with it."""
    home = place / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    variables = {
        "EMR_ML_LAKE": str(place / "lake"),
        "EMR_ML_SAMPLE_FOLDER": str(place / "sample"),
        "DAGSTER_HOME": str(home),
    }
    if data.source:
        variables |= {"EMR_ML_SOURCE": str(data.source), "EMR_ML_DATASET": str(data.contract)}
    run = [DAGSTER, "asset", "materialize", "--select", ASSETS, "-m", "emr_ml.definitions"]
    yield Contestant("first", run, variables)
    yield Contestant("changed", [*run, "--config-json", json.dumps(CHANGED)], variables)
    # last, so that the figures that stand in the end are those of the default settings
    yield Contestant("unchanged", run, variables)
    yield _script("floor", str(data.source or sample_data.breast_cancer(place / "sample")))
    if not data.source:
        return
    figures = str(place / "sklearn.json")
    yield _script("sklearn_way", str(data.source), str(data.contract), figures)
    if data.source == REVIEWS:
        yield _script("old_way", str(data.source), str(place / "old"), str(place / "old.json"))


def _script(name: str, *arguments: str) -> Contestant:
    return Contestant(name, [sys.executable, "-m", f"benchmarks.{name}", *arguments], {})


def _ours(address: str) -> Mapping[str, Any]:
    lake = open_lake(address)
    current = read_current(lake, "metrics")
    assert current, "a green run leaves a current version"
    report = read_report(lake, "metrics", current.version)
    assert report, "a current version is committed"
    return report.report.figures


if __name__ == "__main__":
    main()
