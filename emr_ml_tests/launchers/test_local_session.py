"""When a JVM starts for a run on this machine, and what becomes of one that is not needed."""

import io
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from emr_ml.launchers import local_jvm, local_session
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.local_session import LocalSession
from emr_ml.launchers.local_spark import DataSize, spark_defaults_file
from emr_ml_tests.waiting import wait_until

LOG = logging.getLogger("test")


class Jvms:
    """Stands in for JVMs, which end when their standard input is closed."""

    def __init__(self) -> None:
        self.inputs: list[io.BytesIO] = []
        self.conf: list[dict[str, str]] = []
        self.are_starting = False
        self.may_start = threading.Event()
        self.may_start.set()

    def launch(self, pending: Any) -> Any:
        self.are_starting = True
        may_start = self.may_start.wait(10)
        self.are_starting = False
        assert may_start
        self.inputs.append(io.BytesIO())
        self.conf.append(dict(pending._conf))
        return SimpleNamespace(proc=SimpleNamespace(stdin=self.inputs[-1]))


@pytest.fixture(name="jvms")
def fixture_jvms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Jvms]:
    jvms = Jvms()

    def launch(pending: local_jvm.PendingJvm) -> Any:
        return jvms.launch(pending)

    monkeypatch.setattr(local_jvm.PendingJvm, "_launch", launch)
    monkeypatch.setattr(local_session, "has_jvm", lambda: False)
    yield jvms
    jvms.may_start.set()


def session() -> LocalSession:
    return LocalSession({}, on_s3=False, size=DataSize.SMALL, warm_seconds=None)


def test_one_jvm_starts_however_often_a_job_is_announced(jvms: Jvms) -> None:
    announced = session()

    announced.prepare(["/a.csv"])
    announced.prepare(["/b.csv"])

    wait_until(lambda: jvms.inputs)
    assert len(jvms.inputs) == 1


def test_announcing_a_job_does_not_wait(jvms: Jvms) -> None:
    jvms.may_start.clear()

    session().prepare([])

    wait_until(lambda: jvms.are_starting)


def test_a_jvm_that_cannot_read_s3_is_replaced_if_a_job_needs_that(
    jvms: Jvms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conf(*, on_s3: bool, size: DataSize) -> dict[str, str]:  # noqa: ARG001 - as the function
        return {"s3": str(on_s3)}

    monkeypatch.setattr(local_session, "local_conf", conf)
    announced = session()

    announced.prepare(["/a.csv"])
    wait_until(lambda: jvms.inputs)
    announced.prepare(["s3://bucket/b.csv"])

    wait_until(lambda: len(jvms.inputs) == 2)
    wait_until(lambda: jvms.inputs[0].closed)
    assert jvms.conf == [{"s3": "False"}, {"s3": "True"}]
    assert not jvms.inputs[1].closed


@pytest.mark.usefixtures("spark")
def test_spark_that_something_else_has_started_is_used_and_the_jvm_ends(
    jvms: Jvms, monkeypatch: pytest.MonkeyPatch
) -> None:
    jvms.may_start.clear()
    announced = session()
    announced.prepare([])
    monkeypatch.setattr(local_session, "has_jvm", lambda: True)

    started = announced.start(LOG)

    assert started.range(3).count() == 3
    jvms.may_start.set()
    wait_until(lambda: jvms.inputs and jvms.inputs[0].closed)


def test_after_a_failed_start_the_next_job_tries_again(
    jvms: Jvms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no port is free")

    monkeypatch.setattr(local_jvm, "_create_context", fail)
    announced = session()

    for attempt in (1, 2):
        announced.prepare([])
        with pytest.raises(LaunchError, match=r"Spark did not start: .*no port is free"):
            announced.start(LOG)
        assert [each.closed for each in jvms.inputs] == [True] * attempt


def test_modules_are_imported_until_the_jvm_has_started(
    jvms: Jvms, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: list[str] = []

    def import_ahead(modules: tuple[str, ...], until: Any) -> None:
        imported.extend(modules)
        assert not until()
        jvms.may_start.set()
        wait_until(until)

    def fail(*_: object) -> None:
        raise RuntimeError("enough")

    monkeypatch.setattr(local_session, "import_ahead", import_ahead)
    monkeypatch.setattr(local_jvm, "_create_context", fail)
    jvms.may_start.clear()
    announced = session()
    announced.prepare([])

    with pytest.raises(LaunchError, match="enough"):
        announced.start(LOG, ("xgboost",))
    assert imported == ["xgboost"]


def test_a_file_with_secrets_is_removed_even_if_a_thread_never_returns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_exit: list[Any] = []
    monkeypatch.setattr("emr_ml.launchers.local_spark.atexit.register", at_exit.append)

    with spark_defaults_file({"spark.a.password": "secret"}):
        path = Path(at_exit[0].func.__self__)
        assert path.exists()
        at_exit[0]()
        assert not path.exists()
