"""The bench that jobs run on, and real data where there is some."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from emr_ml_tests.spark_jobs.bench import Bench

HERE = Path(__file__).parent
SHARED_DATA = HERE.parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # pyspark leaves it to the garbage collector to close the sockets that it collects through
    ignored = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(ignored)


@pytest.fixture(scope="session")
def bench(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(spark, tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that stands beside the repository, where there is one."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"there is no real data at {SHARED_DATA}")
    return SHARED_DATA
