"""A Spark application that waits for further attempts."""

import logging
import threading
import time
from pathlib import Path

import pytest

from spark_jobs.runtime import application, imports
from spark_jobs.runtime.application import MAX_ERRORS, Application
from spark_jobs.runtime.execution import Run


def test_a_lake_that_refuses_every_call_does_not_keep_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def refused(_: object, key: str, *__: object, **___: object) -> None:
        tried.append(key)
        raise PermissionError("AccessDenied")

    def perform(_: Run, __: str, ___: logging.Logger) -> int:
        raise AssertionError("nothing was offered")

    monkeypatch.setattr(application, "wait_for_next", refused)
    monkeypatch.setattr(application, "RETRY_SECONDS", 0.0)
    record = f"{tmp_path}/run.json"
    waiting = Application(record, "host", "spark_jobs", time.monotonic(), perform)

    assert waiting.run_offered(logging.getLogger("application")) == 0
    assert tried == ["run.json"] * MAX_ERRORS


def test_what_the_next_jobs_need_is_imported_while_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: list[str] = []
    is_complete = threading.Event()

    def import_module(name: str) -> None:
        imported.append(name)
        if len(imported) == len(imports.NEEDED_NEXT):
            is_complete.set()
        raise ImportError("a node without a package")

    def nothing_comes(*_: object, **__: object) -> None:
        assert is_complete.wait(10)

    def perform(_: Run, __: str, ___: logging.Logger) -> int:
        raise AssertionError("nothing was offered")

    monkeypatch.setattr(imports.importlib, "import_module", import_module)
    monkeypatch.setattr(application, "wait_for_next", nothing_comes)
    record = f"{tmp_path}/run.json"
    waiting = Application(record, "host", "spark_jobs", time.monotonic(), perform)

    assert waiting.run_offered(logging.getLogger("application")) == 0
    assert imported == list(imports.NEEDED_NEXT)
