"""What is said of the time and memory that a job took."""

import gc
from typing import Any

import pytest
from pyspark.sql import SparkSession

from spark_jobs.runtime.usage import Peak, peak_of, usage

MEGABYTES_100 = 100 << 20


@pytest.mark.parametrize(
    ("rows", "per_second"),
    [({"in": 300, "kept": 200, "rejected": 100}, 60.0), ({"train": 200, "validation": 100}, 60.0)],
)
def test_rows_per_second_count_each_row_once(rows: dict[str, int], per_second: float) -> None:
    assert usage(rows, {"read": 1.0, "write": 4.0}, Peak())["rows_per_second"] == per_second


def test_no_time_means_no_rate() -> None:
    assert usage({"in": 3}, {}, Peak(7)) == {"rows_per_second": 0.0, "peak_memory": 7}


def test_the_peak_of_a_block_is_what_it_held_at_most_not_what_was_held_before(
    spark: SparkSession,
) -> None:
    java: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way

    with peak_of(spark) as large:
        java.java.nio.ByteBuffer.allocate(MEGABYTES_100)
    gc.collect()  # Python's hold on the buffer
    java.System.gc()
    with peak_of(spark) as small:
        pass

    assert large.memory >= MEGABYTES_100
    assert small.memory <= large.memory - MEGABYTES_100 // 2
