"""Calls of Spark at the same time: own properties, and an end if the caller is interrupted."""

import threading
import time
from functools import partial

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_jobs.learning.threads import call_together


class Interrupted(BaseException):
    """What ends a run from outside."""


def test_results_are_in_the_order_of_the_calls(spark: SparkSession) -> None:
    calls = [partial(spark.range(number).count) for number in range(5)]

    assert call_together(spark, calls, threads=3) == [0, 1, 2, 3, 4]


def test_each_call_has_the_callers_properties_and_changes_its_own(spark: SparkSession) -> None:
    both_have_set = threading.Barrier(2, timeout=30)
    context = spark.sparkContext

    def set_and_get(value: str) -> tuple[str | None, str | None]:
        before = context.getLocalProperty("test.property")
        context.setLocalProperty("test.property", value)
        both_have_set.wait()
        return before, context.getLocalProperty("test.property")

    context.setLocalProperty("test.property", "caller")
    try:
        calls = [partial(set_and_get, value) for value in ("a", "b")]
        assert call_together(spark, calls, threads=2) == [("caller", "a"), ("caller", "b")]
        assert context.getLocalProperty("test.property") == "caller"
    finally:
        context.setLocalProperty("test.property", None)  # pyright: ignore[reportArgumentType] - None removes it


def test_a_failure_is_raised_and_calls_that_have_not_begun_do_not_begin(
    spark: SparkSession,
) -> None:
    begun: list[int] = []

    def fail(number: int) -> None:
        begun.append(number)
        raise ValueError(f"call {number}")

    with pytest.raises(ValueError, match="call 0"):
        call_together(spark, [partial(fail, number) for number in range(50)], threads=1)

    assert len(begun) < 50


def test_an_interruption_cancels_the_jobs_of_other_calls(spark: SparkSession) -> None:
    is_running = threading.Event()

    def sleep(_: int) -> None:
        time.sleep(3600)

    def wait() -> None:
        is_running.set()
        spark.range(2).select(F.udf(sleep, "string")("id")).collect()

    def interrupt() -> None:
        is_running.wait(30)
        raise Interrupted

    with pytest.raises(Interrupted):
        call_together(spark, [interrupt, wait], threads=2)
