"""Many ticks on a source that keeps changing end in the same lake as one run at the end."""

import multiprocessing
import os
import random
from pathlib import Path
from typing import Protocol

import boto3
import pytest

from emr_ml.sensors.new_data import Cursor, tick
from emr_ml_tests.graph import Graph, metadata, toy_rows
from emr_ml_tests.lake.parted import flat, rows_of
from emr_ml_tests.s3_server import S3
from emr_ml_tests.s3a import needs_s3a
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import Report

pytestmark = pytest.mark.usefixtures("spark")

DATA = ("raw_csv_s3", "processed_dataset")
HEADER = "height,colour,kind"
TICK_SECONDS = 30.0
ROWS = toy_rows(400)


class Place(Protocol):
    """Where the files of a source are put."""

    uri: str

    def put(self, name: str, text: str, now: float) -> None: ...

    def remove(self, name: str) -> None: ...


class Folder:
    """A source in a folder, whose files are as old as the test's clock says."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.uri = str(folder)
        self._folder = folder

    def put(self, name: str, text: str, now: float) -> None:
        path = self._folder / name
        path.write_text(text)
        os.utime(path, (now, now))

    def remove(self, name: str) -> None:
        (self._folder / name).unlink()


class Prefix:
    """A source in S3."""

    def __init__(self, bucket: str) -> None:
        self.uri = f"s3://{bucket}/source/"
        self._bucket = bucket
        self._client = boto3.client("s3")

    def put(self, name: str, text: str, now: float) -> None:
        del now  # S3 has a clock of its own
        self._client.put_object(Bucket=self._bucket, Key=f"source/{name}", Body=text.encode())

    def remove(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=f"source/{name}")


class Feeder:
    """Adds, rewrites and removes files, and leaves some half-written for a while."""

    def __init__(self, place: Place, chance: random.Random) -> None:
        self.place = place
        self.files: dict[str, str] = {}
        self._chance = chance
        self._unfinished: dict[str, str] = {}
        self._numbers = iter(range(10**6))

    def act(self, now: float) -> None:
        """One change."""
        names = sorted(self.files)
        what = self._chance.choice(["add", "add", "rewrite", "remove", "begin"])
        if what == "remove" and len(names) > 2:
            name = self._chance.choice(names)
            del self.files[name]
            self.place.remove(name)
        elif what == "begin":
            name = f"{next(self._numbers)}.csv"
            self._unfinished[name] = self._text()
            self.place.put(name, self._unfinished[name][: len(HEADER) + 20], now)
        else:
            new = what == "add" or not names
            self._write(f"{next(self._numbers)}.csv" if new else self._chance.choice(names), now)

    def finish(self, now: float) -> None:
        """Complete what is half-written."""
        for name, text in self._unfinished.items():
            self.files[name] = text
            self.place.put(name, text, now)
        self._unfinished.clear()

    def _write(self, name: str, now: float) -> None:
        self.files[name] = self._text()
        self.place.put(name, self.files[name], now)

    def _text(self) -> str:
        rows = self._chance.sample(ROWS, self._chance.randint(40, 60))
        broken = ["x,red,no"] if self._chance.random() < 0.3 else []
        return "\n".join([HEADER, *rows, *broken]) + "\n"


class Daemon:
    """Ticks and runs what is requested, as Dagster's daemon does, and no run key twice."""

    def __init__(self, graph: Graph, now: float) -> None:
        self.graph = graph
        self.now = now
        self.known: set[str] = set()
        self.cursor: str | None = None
        self.computed: list[Report] = []
        self.last: Report | None = None

    def tick(self, *, killed: bool) -> bool:
        """One tick, a killed one dies before its cursor is saved; whether a run was asked for."""
        self.now += TICK_SECONDS
        settings = self.graph.settings
        assert settings.source
        result = tick(settings.source, Cursor.of(self.cursor), settings, lambda: self.now)
        if result.cursor and not killed:
            self.cursor = result.cursor
        asked = [str(each.run_key) for each in result.run_requests or ()]
        for key in asked:
            if key not in self.known:
                self.known.add(key)
                self._run()
        return bool(asked)

    def _run(self) -> None:
        result = self.graph.materialize(DATA)
        if not result.success:
            return
        found = metadata(result, "processed_dataset")
        self.last = self.graph.report("processed_dataset", found["version"])
        if not found["reused"]:
            self.computed.append(self.last)


@pytest.mark.parametrize(
    "ticks", [25, pytest.param(200, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
def test_the_lake_ends_as_one_clean_run_on_the_final_source_would_leave_it(
    tmp_path: Path, ticks: int
) -> None:
    follow(Folder(tmp_path / "source"), tmp_path, ticks)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_lake_in_s3_ends_as_one_clean_run_would_leave_it(tmp_path: Path, s3: S3) -> None:
    needs_s3a()
    # Spark loads the connector at its start, and this process may have a Spark without it
    process = multiprocessing.get_context("spawn").Process(
        target=follow_in_s3, args=(s3.bucket, tmp_path), kwargs={"ticks": 60}
    )
    process.start()
    process.join()
    assert process.exitcode == 0, "its trace is in stderr"


def follow_in_s3(bucket: str, folder: Path, ticks: int) -> None:
    follow(Prefix(bucket), folder, ticks)


def follow(place: Place, folder: Path, ticks: int) -> None:
    """Feed and tick; then compare with one clean run on what the source holds."""
    graph = graph_of(place, folder / "ticked")
    chance = random.Random(11)
    feeder, daemon = Feeder(place, chance), Daemon(graph, now=1_900_000_000.0)
    for _ in range(ticks):
        if chance.random() < 0.12:
            for _ in range(chance.randint(1, 3)):
                feeder.act(daemon.now)
        elif chance.random() < 0.3:
            feeder.finish(daemon.now)
        daemon.tick(killed=chance.random() < 0.15)
    feeder.finish(daemon.now)

    for _ in range(5):
        daemon.tick(killed=False)

    assert not daemon.tick(killed=False)
    clean = graph_of(place, folder / "clean")
    version = metadata(clean.materialize(DATA), "processed_dataset")["version"]
    at_once = clean.report("processed_dataset", version)
    assert daemon.last
    assert daemon.last.version == at_once.version
    assert daemon.last.rows == at_once.rows
    ours, theirs = (open_lake(each.settings.lake) for each in (graph, clean))
    assert rows_of(ours, daemon.last) == rows_of(theirs, at_once)
    assert flat(daemon.last.figures) == pytest.approx(flat(at_once.figures))
    versions = [report.version for report in daemon.computed]
    assert len(versions) == len(set(versions)) > 1
    assert {report.attempt for report in daemon.computed} == {1}


def graph_of(place: Place, folder: Path) -> Graph:
    folder.mkdir()
    graph = Graph(folder).with_toy_data()
    graph.settings = graph.settings.model_copy(update={"source": place.uri})
    return graph
