"""Checkpointed rows."""

from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from spark_jobs.learning.featurization import checkpointed


def java_context(spark: SparkSession) -> Any:
    return spark.sparkContext._jsc  # pyright: ignore[reportPrivateUsage] - no public way


def kept(spark: SparkSession) -> int:
    """The number of data sets that Spark keeps."""
    return java_context(spark).getPersistentRDDs().size()


def test_checkpointed_rows_are_computed_once_and_released(spark: SparkSession) -> None:
    before = kept(spark)

    with checkpointed(spark.range(10).selectExpr("rand() AS chance")) as rows:
        assert rows.collect() == rows.collect()
        assert kept(spark) == before + 1

    assert kept(spark) == before


def test_checkpointed_rows_are_kept_in_the_checkpoint_folder(
    spark: SparkSession, tmp_path: Path
) -> None:
    spark.sparkContext.setCheckpointDir(str(tmp_path))
    try:
        with checkpointed(spark.range(10).toDF("number")) as rows:
            assert rows.count() == 10
            assert list(tmp_path.glob("*/rdd-*/part-*"))
    finally:
        java_context(spark).sc().setCheckpointDir(None)
