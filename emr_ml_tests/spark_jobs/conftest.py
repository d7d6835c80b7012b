"""One Spark for all tests of the jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from emr_ml.launchers.local_spark import local_conf
from emr_ml_tests.spark_jobs.bench import Bench
from spark_jobs.runtime.execution import isolated_session

HERE = Path(__file__).parent
SHARED_DATA = HERE.parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # pyspark leaves it to the garbage collector to close the sockets that it collects through
    ignored = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(ignored)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    settings: dict[str, bool | float | int | str | None] = {
        **local_conf(on_s3=False),
        "spark.master": "local[2]",
        "spark.driver.memory": "2g",
        "spark.sql.shuffle.partitions": "2",
    }
    session = SparkSession.builder.config(map=settings).getOrCreate()
    yield isolated_session(session)
    session.stop()


@pytest.fixture(scope="session")
def bench(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(spark, tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data next to the repository, if there is one."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"there is no real data at {SHARED_DATA}")
    return SHARED_DATA
