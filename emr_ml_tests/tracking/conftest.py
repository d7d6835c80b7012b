"""The server of this session, and a way to it for each test."""

from collections.abc import Generator

import pytest

from emr_ml_tests.tracking.mlflow_server import Way, serve


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with serve(tmp_path_factory.mktemp("mlflow")) as address:
        yield address


@pytest.fixture
def way(mlflow_server: str) -> Generator[Way]:
    way = Way(mlflow_server)
    yield way
    way.close()
