"""The sensor of a source: what it asks for, and when."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from emr_ml.jobs import training_job
from emr_ml.pipeline import Pipeline
from emr_ml.sensors.new_data import (
    Cursor,
    SourceState,
    decide,
    new_data_sensor,
    read_state,
    tick,
)
from emr_ml.settings import Settings

JOB = training_job(Pipeline.of_settings(Settings.model_validate({})))
if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3

NOW = 1_800_000_000.0
SETTLE = 60.0


class Watcher:
    """A source in a folder, a clock, and the sensor's cursor, as the daemon would keep it."""

    def __init__(self, folder: Path, **settings: object) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.source = str(folder)
        self.settings = Settings.model_validate({"settle_seconds": SETTLE, **settings})
        self.now = NOW
        self.cursor: str | None = None
        self.asked: list[str] = []

    def write(self, name: str, text: str = "a,b\n") -> None:
        path = self.folder / name
        path.write_text(text)
        os.utime(path, (self.now, self.now))

    def tick(self, *, after: float = 0.0, killed: bool = False) -> dg.SensorResult:
        """A tick some seconds later; one that is `killed` dies before its cursor is saved."""
        self.now += after
        result = tick(self.source, Cursor.of(self.cursor), self.settings, lambda: self.now)
        self.asked += [str(request.run_key) for request in result.run_requests or ()]
        if result.cursor and not killed:
            self.cursor = result.cursor
        return result

    def settle(self) -> None:
        self.tick(after=10)
        self.tick(after=2 * SETTLE)


@pytest.fixture
def watcher(tmp_path: Path) -> Watcher:
    return Watcher(tmp_path / "source")


def said(result: dg.SensorResult) -> str:
    assert result.skip_reason
    return str(result.skip_reason.skip_message)


def test_a_new_file_that_has_settled_leads_to_one_run(watcher: Watcher) -> None:
    watcher.write("a.csv")
    watcher.settle()

    watcher.tick(after=30)
    watcher.tick(after=3600)

    (key,) = watcher.asked
    assert key == f"1-{read_state(watcher.source).digest}"


def test_each_tick_reports_in_one_line_what_it_saw(watcher: Watcher) -> None:
    assert said(watcher.tick()) == f"{watcher.source} is empty"
    watcher.write("a.csv")
    assert said(watcher.tick(after=10)) == "1 files, 4 bytes: changed"
    assert said(watcher.tick(after=10)) == "1 files, 4 bytes: changed, and settled in 40 s"
    assert watcher.tick(after=60).skip_reason is None
    assert said(watcher.tick(after=60)) == "1 files, 4 bytes: nothing new since run 1"


def test_a_growing_file_delays_the_run(watcher: Watcher) -> None:
    for size in range(10):
        watcher.write("a.csv", "x" * size)
        watcher.tick(after=SETTLE / 2)

    assert watcher.asked == []


def test_a_growing_file_with_an_old_time_delays_the_run(watcher: Watcher) -> None:
    for size in range(10):
        (watcher.folder / "a.csv").write_text("x" * size)
        os.utime(watcher.folder / "a.csv", (NOW - 7200, NOW - 7200))
        watcher.tick(after=SETTLE * 2)

    assert watcher.asked == []


def test_each_state_of_a_source_that_goes_from_a_to_b_and_back_gets_a_run(watcher: Watcher) -> None:
    watcher.write("a.csv")
    first = (watcher.folder / "a.csv").stat().st_mtime
    watcher.settle()
    watcher.write("b.csv")
    watcher.settle()
    (watcher.folder / "b.csv").unlink()
    os.utime(watcher.folder / "a.csv", (first, first))
    watcher.settle()

    generations, digests = zip(*(key.split("-") for key in watcher.asked), strict=True)
    assert generations == ("1", "2", "3")
    assert digests[0] == digests[2] != digests[1]


def test_a_tick_that_was_killed_asks_for_the_same_run_again(watcher: Watcher) -> None:
    watcher.write("a.csv")
    watcher.tick()
    watcher.tick(after=2 * SETTLE, killed=True)
    watcher.tick(after=30)

    first, again = watcher.asked
    assert first == again


def test_two_files_with_the_same_time_are_both_seen(watcher: Watcher) -> None:
    watcher.write("a.csv")
    watcher.settle()
    watcher.write("b.csv")
    os.utime(watcher.folder / "b.csv", (NOW, NOW))
    watcher.settle()

    assert len(watcher.asked) == 2


@pytest.mark.parametrize("jump", [-86400.0, 86400.0])
def test_a_clock_that_jumps_delays_a_run_but_loses_none(watcher: Watcher, jump: float) -> None:
    watcher.write("a.csv")
    watcher.tick()
    watcher.tick(after=jump)
    watcher.settle()

    assert len(watcher.asked) == 1


def test_files_dated_in_the_future_settle_once_they_are_seen_unchanged(watcher: Watcher) -> None:
    watcher.write("a.csv")
    os.utime(watcher.folder / "a.csv", (NOW + 10**6, NOW + 10**6))
    watcher.settle()

    assert len(watcher.asked) == 1


def test_a_missing_source_is_reported_and_the_cursor_is_kept(tmp_path: Path) -> None:
    result = tick(str(tmp_path / "no"), Cursor(3, "d"), Settings.model_validate({}), lambda: NOW)

    assert said(result).startswith("there is nothing at")
    assert result.cursor is None


def test_a_large_source_is_listed_less_often(watcher: Watcher) -> None:
    state = SourceState("d", files=100_000, size=1, last_modified=0.0)
    assert state.requests == 101
    first = decide("s", state, Cursor(listed_at=NOW, requests=state.requests), watcher.settings)
    watcher.cursor = first.cursor

    # 1200 requests an hour: the next 101 fit after 303 s
    assert (
        said(watcher.tick(after=100))
        == f"a listing of {watcher.source} takes 101 requests: the next is in 203 s"
    )
    assert "is empty" in said(watcher.tick(after=204))


def test_a_sensor_without_a_source_has_nothing_to_watch() -> None:
    sensor = new_data_sensor("watch", JOB, None, "source", Settings.model_validate({}))

    data = sensor.evaluate_tick(dg.build_sensor_context())

    assert data.skip_message == (
        "neither EMR_ML_SOURCE nor `source` of the component is set, so there is nothing to watch"
    )


def test_the_sensor_keeps_its_position_in_dagster_s_cursor(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n")
    os.utime(tmp_path / "a.csv", (1, 1))
    settings = Settings.model_validate(
        {"source": str(tmp_path), "listing_requests_per_hour": 10**9}
    )
    sensor = new_data_sensor("watch", JOB, settings.source, "source", settings)

    first = sensor.evaluate_tick(dg.build_sensor_context())
    second = sensor.evaluate_tick(dg.build_sensor_context(cursor=first.cursor))

    (request,) = list(second.run_requests or ())
    place = json.loads(str(second.cursor))
    assert request.run_key == f"{place['generation']}-{place['digest']}"


def test_objects_in_s3_are_watched_too(s3: "S3") -> None:
    s3.put("data/a.csv", b"a\n")
    first = read_state(s3.uri("data"))
    s3.put("data/a.csv", b"b\n")
    rewritten = read_state(s3.uri("data"))
    s3.put("database.csv", b"c\n")

    assert (first.files, first.size) == (1, 2)
    assert first.digest != rewritten.digest
    assert read_state(s3.uri("data")).digest == rewritten.digest


def add(watcher: Watcher) -> None:
    watcher.write(f"{len(list(watcher.folder.iterdir()))}.csv", "x")


def rewrite(watcher: Watcher) -> None:
    if files := sorted(watcher.folder.iterdir()):
        watcher.write(files[0].name, files[0].read_text() + "y")


def delete(watcher: Watcher) -> None:
    if files := sorted(watcher.folder.iterdir()):
        files[-1].unlink()


def look_once(watcher: Watcher) -> None:
    watcher.tick(after=20)


def die(watcher: Watcher) -> None:
    watcher.tick(after=20, killed=True)


EVENTS = st.lists(st.sampled_from([add, rewrite, delete, look_once, look_once, die]), max_size=60)


@given(events=EVENTS)
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_the_last_run_is_for_the_last_state(
    tmp_path_factory: pytest.TempPathFactory, events: list[Callable[[Watcher], None]]
) -> None:
    watcher = Watcher(tmp_path_factory.mktemp("source"))
    for event in events:
        event(watcher)
        watcher.now += 1
    watcher.settle()
    watcher.tick(after=SETTLE)

    # a run that is asked for again has the same key, which Dagster takes for the same run
    generations = [int(key.split("-")[0]) for key in dict.fromkeys(watcher.asked)]
    assert generations == sorted(generations)
    last = read_state(watcher.source)
    if last.files:
        assert watcher.asked[-1].endswith(last.digest)
