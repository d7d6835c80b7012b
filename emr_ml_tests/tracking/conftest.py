"""The server of this session, and for each test a way to it and a pipeline on it."""

import hashlib
from collections.abc import Generator

import pytest

from emr_ml_tests.tracking.mlflow_server import Way, serve
from emr_ml_tests.tracking.shown import Shown
from spark_jobs.runtime.lake import Lake


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with serve(tmp_path_factory.mktemp("mlflow")) as address:
        yield address


@pytest.fixture
def way(mlflow_server: str) -> Generator[Way]:
    way = Way(mlflow_server)
    yield way
    way.close()


@pytest.fixture
def shown(way: Way, folder_lake: Lake, request: pytest.FixtureRequest) -> Shown:
    # tests of one function have names that differ only in characters that MLflow refuses
    own = hashlib.sha256(request.node.name.encode()).hexdigest()[:8]
    return Shown(way, folder_lake, f"{request.node.originalname}_{own}")
