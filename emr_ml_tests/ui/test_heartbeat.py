"""A line in the log of long work, with what is left."""

import logging
import threading
from collections.abc import Generator

import dagster as dg
import pytest

from emr_ml.ui.heartbeat import LastLine, Note, heartbeat, progress_of
from emr_ml_tests.waiting import wait_until


@pytest.fixture(name="log")
def fixture_log() -> Generator[logging.Logger]:
    log = logging.Logger("test", logging.INFO)
    yield log
    assert log.filters == []


class Lines(logging.Handler):
    def __init__(self, log: logging.Logger) -> None:
        super().__init__()
        self.texts: list[str] = []
        log.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def test_work_that_is_quiet_is_described_again_and_again(log: logging.Logger) -> None:
    lines = Lines(log)

    with heartbeat(log, lambda: "half done", 0.01):
        wait_until(lambda: len(lines.texts) > 1)

    assert set(lines.texts) == {"half done"}


def test_work_that_speaks_is_not_interrupted(log: logging.Logger) -> None:
    lines = Lines(log)

    with heartbeat(log, lambda: "half done", 3600.0):
        log.info("done")

    assert lines.texts == ["done"]


def test_a_line_of_the_work_ends_the_silence() -> None:
    last = LastLine()
    wait_until(lambda: last.silence > 0.02)

    assert last.filter(logging.makeLogRecord({}))

    assert last.silence < 0.02


def test_what_can_not_be_described_does_not_end_the_work(log: logging.Logger) -> None:
    asked = threading.Event()

    def describe() -> str:
        asked.set()
        raise RuntimeError("the history is locked")

    with heartbeat(log, describe, 0.01):
        assert asked.wait(60)


def test_it_tells_how_much_of_the_run_is_done_and_what_is_left() -> None:
    told: list[str] = []

    @dg.asset
    def first() -> None: ...

    @dg.asset(deps=[first])
    def second(context: dg.AssetExecutionContext) -> None:
        note = Note()
        note("3 of 9 files read")
        told.append(progress_of(context, note)())

    @dg.asset(deps=[second])
    def third(context: dg.AssetExecutionContext) -> None:
        told.append(progress_of(context)())

    assert dg.materialize([first, second, third]).success

    assert told == [
        "3 of 9 files read; 0 s so far; 1 of 3 assets of this run are done, after this: third",
        "0 s so far; 2 of 3 assets of this run are done, this is the last",
    ]
