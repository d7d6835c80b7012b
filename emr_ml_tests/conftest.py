"""A lake of the test's own, in a folder or in S3, and an environment with nothing of ours in it."""

import logging
import os
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from emr_ml_tests.processes import Racers
from spark_jobs.runtime.lake import Lake, open_lake

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3, Server

# how fast a busy machine is says nothing about the code
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")
# files that take minutes: were one of them the last to begin, all would wait for it
LONG = (
    *("test_lr_model.py", "test_processes.py", "test_whole_graph.py"),
    *("test_materialization.py", "test_conformance.py", "champions/test_assets.py"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONG))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("EMR_ML_") or name in ("DAGSTER_HOME", "AWS_PROFILE"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def s3_server() -> "Generator[Server]":
    from emr_ml_tests.s3_server import serve  # moto takes seconds to import

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with serve() as server:
        yield server


@pytest.fixture
def s3(s3_server: "Server", monkeypatch: pytest.MonkeyPatch) -> "Generator[S3]":
    import boto3

    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    # a session of before remembers its credentials; a new one takes long to load S3's model
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
