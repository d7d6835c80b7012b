"""Markers from fixtures, one warm Spark per worker, and a lake of each test's own."""

import gc
import logging
import os
import sys
import tempfile
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

import hypothesis
import pytest
from xdist.scheduler import LoadGroupScheduling

from emr_ml.garbage import collect_less
from emr_ml_tests.processes import Racers
from spark_jobs.runtime.lake import Lake, open_lake

if TYPE_CHECKING:
    from types import ModuleType

    from botocore.loaders import Loader
    from pyspark.sql import SparkSession
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

    from emr_ml_tests.components.project import Project
    from emr_ml_tests.s3_server import S3, Server

# How fast a busy machine is says nothing about the code. `make test` tries the same examples each
# time, so that it is green or red for a reason; `make soak` searches for new ones.
hypothesis.settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "search", hypothesis.settings.get_profile("same"), derandomize=False, max_examples=2000
)
hypothesis.settings.load_profile("same")
# a Spark that outlives its run would outlive the tests
os.environ["EMR_ML_WARM"] = "0"
# the caller may have one
NO_WARM_SPARK = tempfile.TemporaryDirectory(prefix="emr-ml-")
os.environ["XDG_RUNTIME_DIR"] = NO_WARM_SPARK.name
# Tests that use one of these fixtures, even indirectly, get the marker of that name.
MARKERS = {
    "spark": "spark",
    "emulation": "emulator",
    "kubernetes": "emulator",
    "standalone": "process",
    "racers": "process",
    "mlflow_server": "process",
}
# What fixtures request by the value of their parameter, which pytest does not know.
BY_PARAMETER = {
    ("lake", "s3"): "emulation",
    ("stage", "local"): "spark",
    **dict.fromkeys(
        (
            ("stage", f"{target}{spark}")
            for target in ("emr", "serverless", "eks")
            for spark in ("", ", light")
        ),
        "emulation",
    ),
    ("stage", "spark-submit"): "standalone",
    ("stage", "spark-submit, light"): "standalone",
    ("stage", "pods, light"): "kubernetes",
}
# Longest first: a long test that starts last keeps all other workers idle.
ORDER = ("soak", "spark", "process", "emulator")
# Each worker with Spark tests pays for a JVM and its warm-up; two keep two cores busy.
SPARK_WORKERS = 2
SPARK_GROUP = "spark "
collect_less()
# Moto imports it to check addresses with letters beyond ASCII, which takes 0.9 s of each worker.
sys.modules["rfc3987_syntax"] = cast("ModuleType", None)  # so that an import fails


def pytest_collection_finish() -> None:
    """Keep what was imported and collected out of Python's search for garbage."""
    gc.freeze()


# before xdist's, which reads the groups
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for fixture, marker in MARKERS.items():
            if fixture in _fixtures(item):
                item.add_marker(marker)
    items.sort(key=_rank)
    _distribute(items)


def _fixtures(item: pytest.Item) -> set[str]:
    names = set[str](getattr(item, "fixturenames", ()))
    parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return names | {
        fixture for (name, value), fixture in BY_PARAMETER.items() if parameters.get(name) == value
    }


def _rank(item: pytest.Item) -> int:
    marks = [name for name in ORDER if item.get_closest_marker(name)]
    return ORDER.index(marks[0]) if marks else len(ORDER)


def _distribute(items: list[pytest.Item]) -> None:
    """Tell xdist which tests belong on the same worker: those of a file.

    Those on an emulator of their own mostly wait, and fill the gaps one by one.
    """
    for item in items:
        if item.get_closest_marker("spark"):
            item.add_marker(pytest.mark.xdist_group(SPARK_GROUP + item.location[0]))
        elif "mlflow_server" in _fixtures(item):
            # each worker would start a server of its own
            item.add_marker(pytest.mark.xdist_group("mlflow_server"))
        elif not item.get_closest_marker("emulator") or _shares(item):
            item.add_marker(pytest.mark.xdist_group(item.location[0]))


class _Scheduler(LoadGroupScheduling):
    """Gives files with Spark tests to `SPARK_WORKERS` workers only, and other tests to the others.

    When these have no Spark tests left, they run other tests, too.
    """

    def _assign_work_unit(self, node: "WorkerController") -> None:
        runs_spark = self.nodes.index(node) < SPARK_WORKERS
        for group in self.workqueue:
            if group.startswith(SPARK_GROUP) == runs_spark:
                self.workqueue.move_to_end(group, last=False)
                super()._assign_work_unit(node)
                return
        if runs_spark:
            super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(
    config: pytest.Config, log: "Producer"
) -> LoadGroupScheduling | None:
    return _Scheduler(config, log) if config.getvalue("dist") == "loadgroup" else None


def _shares(item: pytest.Item) -> bool:
    """Whether the test uses a fixture that its module sets up once."""
    info: Any = getattr(item, "_fixtureinfo", None)
    definitions = info.name2fixturedefs.values() if info else ()
    return any(each.scope == "module" for several in definitions for each in several)


@pytest.fixture(autouse=True)
def clean_environment() -> Generator[None]:
    """Hide the caller's settings, and undo what the code under test sets for its process."""
    with mock.patch.dict(os.environ):
        for name in list(os.environ):
            of_others = name.startswith("MLFLOW_") or name in ("DAGSTER_HOME", "AWS_PROFILE")
            if name.upper().startswith("EMR_ML_") or of_others:
                del os.environ[name]
        os.environ["EMR_ML_WARM"] = "0"
        yield


@pytest.fixture(autouse=True)
def no_spark_but_the_shared_one(request: pytest.FixtureRequest) -> Generator[None]:
    """Fail a test that starts Spark in this process without asking for the fixture."""
    before = _active_spark()
    yield
    if before is None and not request.node.get_closest_marker("spark"):
        assert _active_spark() is None, 'add pytest.mark.usefixtures("spark")'


def _active_spark() -> object:
    core = sys.modules.get("pyspark.core.context")
    return core and core.SparkContext._active_spark_context


@pytest.fixture(scope="session")
def spark() -> "Generator[SparkSession]":
    """The one Spark of this worker; local launchers in this process run their jobs on it, too."""
    from pyspark.sql import SparkSession

    from emr_ml.launchers.local_spark import DataSize, local_conf
    from spark_jobs.runtime.execution import isolated_session

    settings: dict[str, bool | float | int | str | None] = {
        **local_conf(on_s3=False, size=DataSize.SMALL),
        # the other worker and its Spark have the other core
        "spark.master": "local[1]",
        "spark.default.parallelism": "2",
        "spark.driver.memory": "2g",
        "spark.sql.shuffle.partitions": "2",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)  # read as the context starts
        session = SparkSession.builder.config(map=settings).getOrCreate()
    yield isolated_session(session)
    session.stop()


@pytest.fixture(scope="session")
def emulation() -> Generator[None]:
    """What every server that plays AWS needs: no log of requests, and clients that open fast."""
    from botocore.loaders import create_loader

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # each session of boto3 reads the models of its services again, which takes long
    loader = create_loader()

    def shared(*_: object) -> "Loader":
        return loader

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", shared)
        yield


@pytest.fixture(scope="session")
def s3_server(emulation: None) -> "Generator[Server]":  # noqa: ARG001 - what it sets up
    from emr_ml_tests.s3_server import serve  # moto takes seconds to import

    with serve() as server:
        yield server


@pytest.fixture
def s3(s3_server: "Server", monkeypatch: pytest.MonkeyPatch) -> "Generator[S3]":
    import boto3

    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    # the default session remembers the credentials of an earlier test
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", s3_server.session)
    bucket = s3_server.bucket(f"test-{uuid.uuid4().hex}")
    yield bucket
    bucket.faults.clear()
    bucket.client.close()


@pytest.fixture(params=["folder", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    if request.param == "folder":
        return open_lake(str(tmp_path / "lake"))
    bucket: S3 = request.getfixturevalue("s3")
    return open_lake(bucket.uri("some/prefix"))


@pytest.fixture
def folder_lake(tmp_path: Path) -> Lake:
    return open_lake(str(tmp_path / "lake"))


@pytest.fixture(scope="session")
def racers() -> Generator[Racers]:
    racers = Racers()
    yield racers
    racers.close()


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> "Project":
    """A project of the test's own, with components."""
    from emr_ml_tests.components.project import Project

    # packages of one name would share what the process has imported
    return Project(tmp_path, f"shop_{abs(hash(request.node.nodeid))}", monkeypatch)
