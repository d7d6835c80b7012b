"""Rows that are kept for a while."""

from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from spark_jobs.learning.checkpoints import checkpointed


def java_context(spark: SparkSession) -> Any:
    return spark.sparkContext._jsc  # pyright: ignore[reportPrivateUsage] - no public way


def kept(spark: SparkSession) -> int:
    """How many sets of rows Spark keeps."""
    return java_context(spark).getPersistentRDDs().size()


def test_rows_are_computed_once_and_let_go_in_the_end(spark: SparkSession) -> None:
    before = kept(spark)

    with checkpointed(spark.range(10).selectExpr("rand() AS chance")) as rows:
        assert rows.collect() == rows.collect()
        assert kept(spark) == before + 1

    assert kept(spark) == before


def test_rows_are_kept_in_the_folder_that_is_set(spark: SparkSession, tmp_path: Path) -> None:
    spark.sparkContext.setCheckpointDir(str(tmp_path))
    try:
        with checkpointed(spark.range(10).toDF("number")) as rows:
            assert rows.count() == 10
            assert list(tmp_path.glob("*/rdd-*/part-*"))
    finally:
        java_context(spark).sc().setCheckpointDir(None)
