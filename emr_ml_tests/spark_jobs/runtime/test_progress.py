"""Progress in the log while Spark works."""

import logging
import time

import pytest
from pyspark.sql import SparkSession

from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.progress import format_progress, progress_log


def test_a_long_spark_job_is_logged_with_its_tasks(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    slow = spark.sparkContext.parallelize(range(4), 4).map(lambda _: time.sleep(0.7))

    with progress_log(spark, logging.getLogger("test"), interval=0.2):
        slow.count()

    lines = [record.getMessage() for record in caplog.records]
    assert any("of 4 tasks done" in line for line in lines), lines


def test_between_two_jobs_the_line_mentions_planning(spark: SparkSession) -> None:
    spark.range(3).count()

    # Spark tells its listeners of a job's end some time after the job's caller
    wait_until(
        lambda: format_progress(spark).endswith("Spark jobs done, the next is being planned")
    )


def test_nothing_is_logged_after_the_block(
    spark: SparkSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    with progress_log(spark, logging.getLogger("test"), interval=0.05):
        pass
    time.sleep(0.2)

    assert caplog.records == []
