"""The server of this session, and for each test a proxy to it and a pipeline on it."""

import hashlib
from collections.abc import Generator

import pytest

from emr_ml_tests.tracking.mlflow_server import Proxy, serve
from emr_ml_tests.tracking.shown import Shown
from spark_jobs.runtime.lake import Lake


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with serve(tmp_path_factory.mktemp("mlflow")) as address:
        yield address


@pytest.fixture
def proxy(mlflow_server: str) -> Generator[Proxy]:
    proxy = Proxy(mlflow_server)
    yield proxy
    proxy.close()


@pytest.fixture
def shown(proxy: Proxy, folder_lake: Lake, request: pytest.FixtureRequest) -> Shown:
    # tests of one function have names that differ only in characters that MLflow refuses
    own = hashlib.sha256(request.node.name.encode()).hexdigest()[:8]
    return Shown(proxy, folder_lake, f"{request.node.originalname}_{own}")
