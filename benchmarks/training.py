"""Compare a run of the graph with an earlier pipeline, with scikit-learn and the floor."""

import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import click

from benchmarks import page, tabular, training_page
from benchmarks.contest import Contest, Contestant, run_contestant
from emr_ml import sample_data
from emr_ml.lake.current import read_current
from emr_ml.project import ROOT
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import read_report

REVIEWS = ROOT.parent / "shared" / "data" / "reviews.csv.gz"
REVIEWS_CONTRACT = """\
columns:
  review: text
label:
  column: sentiment
  positive: positive
  negative: [negative]
"""
ASSETS = "raw_csv_s3,processed_dataset,lr_model,metrics"
CHANGED_CONFIG = {"ops": {"lr_model": {"config": {"regularization": [2e-5]}}}}
DAGSTER = str(Path(sys.executable).with_name("dagster"))


@dataclass(frozen=True)
class Dataset:
    """A source and its contract; both None for the sample."""

    name: str
    source: Path | None = None
    contract: Path | None = None

    @property
    def folder_name(self) -> str:
        return self.name.replace(",", "").replace(" ", "_")


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--quick", is_flag=True, help="one round, and tables of 50,000 and 500,000 rows")
@click.option(
    "--page",
    "page_path",
    type=click.Path(path_type=Path),
    default=page.PAGE,
    help="the file to write the results into  [default: docs/benchmarks.md]",
)
def main(rounds: int, *, quick: bool, page_path: Path) -> None:
    """Run all contestants in turns, write the results into the page, and print them."""
    table_rows = (50_000, 500_000) if quick else (500_000, 1_000_000, 5_000_000)
    rounds = 1 if quick else rounds
    start = time.monotonic()
    parent = ROOT / ".dagster"
    parent.mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="bench-", dir=parent))
    click.echo(f"all files are written to {folder}")
    contests = {
        dataset.name: run_contest(dataset, folder / dataset.folder_name, rounds)
        for dataset in make_datasets(folder, table_rows)
    }
    minutes = (time.monotonic() - start) / 60
    section = training_page.section(contests, rounds=rounds, minutes=minutes, quick=quick)
    page.replace_section(page_path, "training", section)
    shutil.rmtree(folder)
    click.echo(section)


def make_datasets(folder: Path, table_rows: tuple[int, ...]) -> Iterator[Dataset]:
    """Yield the sample, the reviews if the file exists, and generated tables of these sizes."""
    yield Dataset("sample")
    if REVIEWS.exists():
        contract = folder / "reviews.yaml"
        contract.write_text(REVIEWS_CONTRACT)
        yield Dataset("reviews", REVIEWS, contract)
    else:
        click.echo(f"the reviews are skipped, because {REVIEWS} does not exist")
    for rows in table_rows:
        path = folder / f"table_{rows}.csv"
        tabular.write(path, rows)
        yield Dataset(f"table of {rows:,} rows", path, path.with_suffix(".yaml"))


def run_contest(dataset: Dataset, folder: Path, rounds: int) -> Contest:
    """Run all contestants one after the other, once per round."""
    contest = Contest()
    for number in range(rounds):
        round_folder = folder / str(number)
        round_folder.mkdir(parents=True)
        for contestant in make_contestants(dataset, round_folder):
            click.echo(f"{dataset.name}, round {number + 1} of {rounds}: {contestant.name}")
            cost = run_contestant(contestant, round_folder / f"{contestant.name}.txt")
            contest.costs.setdefault(contestant.name, []).append(cost)
        contest.figures = {
            path.stem: json.loads(path.read_text()) for path in round_folder.glob("*.json")
        }
        contest.figures["ours"] = _read_own_figures(str(round_folder / "lake"))
    return contest


def make_contestants(dataset: Dataset, folder: Path) -> Iterator[Contestant]:
    """Yield three runs of ours on one lake, and the contestants to compare them with."""
    home = folder / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    variables = {
        "EMR_ML_LAKE": str(folder / "lake"),
        "EMR_ML_SAMPLE_FOLDER": str(folder / "sample"),
        "DAGSTER_HOME": str(home),
    }
    if dataset.source:
        variables |= {
            "EMR_ML_SOURCE": str(dataset.source),
            "EMR_ML_DATASET": str(dataset.contract),
        }
    run = [DAGSTER, "asset", "materialize", "--select", ASSETS, "-m", "emr_ml.definitions"]
    yield Contestant("first", run, variables)
    yield Contestant("changed", [*run, "--config-json", json.dumps(CHANGED_CONFIG)], variables)
    # the last run has the default settings again, so its figures are the ones to report
    yield Contestant("unchanged", run, variables)
    source = str(dataset.source or sample_data.breast_cancer(folder / "sample"))
    yield _script("floor", source)
    if not dataset.source:
        return
    yield _script("sklearn_pipeline", source, str(dataset.contract), str(folder / "sklearn.json"))
    if dataset.source == REVIEWS:
        yield _script("old_pipeline", source, str(folder / "old"), str(folder / "old.json"))


def _script(name: str, *arguments: str) -> Contestant:
    return Contestant(name, [sys.executable, "-m", f"benchmarks.{name}", *arguments], {})


def _read_own_figures(lake_address: str) -> Mapping[str, Any]:
    lake = open_lake(lake_address)
    current = read_current(lake, "metrics")
    assert current, "a successful run leaves a current version"
    report = read_report(lake, "metrics", current.version)
    assert report, "a current version is committed"
    return report.figures


if __name__ == "__main__":
    main()
