"""The bench of the jobs' tests."""

import pytest
from pyspark.sql import SparkSession

from emr_ml_tests.spark_jobs.bench import Bench


@pytest.fixture(scope="session")
def bench(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(spark, tmp_path_factory.mktemp("bench"))
