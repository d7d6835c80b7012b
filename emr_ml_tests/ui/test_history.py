"""The event log of Dagster's history: as Dagster's own, but with connections that stay open."""

import logging
import threading
from collections.abc import Generator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import event as on
from sqlalchemy.engine import Engine

from emr_ml.ui.history import KEPT_OPEN, EventLog
from emr_ml_tests.waiting import wait_until

HISTORY = """\
storage:
  custom: {module: emr_ml.ui.history, class: SqliteHistory, config: {base_dir: FOLDER/storage}}
telemetry: {enabled: false}
"""


@dg.asset
def one() -> None: ...


@dg.asset(deps=[one])
def two() -> None: ...


@pytest.fixture(name="log")
def fixture_log(tmp_path: Path) -> Generator[EventLog]:
    log = EventLog(str(tmp_path))
    yield log
    log.dispose()


def entry(run_id: str, text: str = "said") -> EventLogEntry:
    return EventLogEntry(
        error_info=None, level=logging.INFO, user_message=text, run_id=run_id, timestamp=1.0
    )


def said(log: SqliteEventLogStorage, run_id: str) -> list[str]:
    return [
        record.event_log_entry.user_message for record in log.get_records_for_run(run_id).records
    ]


def test_a_run_and_its_assets_are_in_the_history_that_dagster_reads(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text(HISTORY.replace("FOLDER", str(tmp_path)))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert isinstance(instance.event_log_storage, EventLog)
        run = dg.materialize([one, two], instance=instance)
        events = len(run.all_events)

    theirs = {"sqlite": {"base_dir": f"{tmp_path}/storage"}}
    with (
        dg.DagsterInstance.from_config(str(tmp_path)) as _,
        dg.DagsterInstance.local_temp(str(tmp_path), overrides={"storage": theirs}) as instance,
    ):
        assert not isinstance(instance.event_log_storage, EventLog)
        assert len(instance.all_logs(run.run_id)) >= events
        assert instance.get_latest_materialization_event(two.key)


def test_no_connection_is_opened_for_another_event(log: EventLog) -> None:
    opened = list[object]()
    on.listen(Engine, "connect", lambda *_: opened.append(1))
    log.store_event(entry("a"))
    at_first = len(opened)
    for number in range(5):
        log.store_event(entry("a", f"{number}"))

    assert len(opened) == at_first > 0
    assert said(log, "a") == ["said", *"01234"]


def test_whoever_watches_a_run_sees_each_event(log: EventLog, tmp_path: Path) -> None:
    log.store_event(entry("a", "before"))
    seen = list[str]()
    other = SqliteEventLogStorage(str(tmp_path))
    cursor = other.get_records_for_run("a").cursor
    other.watch("a", cursor, lambda event, _: seen.append(event.user_message))

    log.store_event(entry("a", "after"))

    wait_until(lambda: seen == ["after"])
    other.dispose()


def test_threads_write_and_read_at_the_same_time(log: EventLog) -> None:
    def write(number: int) -> None:
        for _ in range(10):
            log.store_event(entry("a", f"{number}"))
            said(log, "a")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said(log, "a")) == sorted("0123" * 10)


def test_many_runs_keep_few_connections_open(log: EventLog) -> None:
    runs = [f"run-{number}" for number in range(2 * KEPT_OPEN)]
    for run in (*runs, *runs):
        log.store_event(entry(run))

    assert [said(log, run) for run in runs] == [["said"] * 2] * len(runs)
    assert len(log._engines) <= KEPT_OPEN  # pyright: ignore[reportPrivateUsage] - no other trace


def test_a_run_that_another_process_removed_begins_anew(log: EventLog, tmp_path: Path) -> None:
    log.store_event(entry("a"))
    for file in tmp_path.glob("a.db*"):
        file.unlink()

    log.store_event(entry("a", "again"))

    assert said(log, "a") == ["again"]
