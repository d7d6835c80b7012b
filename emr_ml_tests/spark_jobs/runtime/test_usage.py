"""Reported usage of time and memory."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from spark_jobs.runtime.usage import peak_memory, usage

MEGABYTES_100 = 100 << 20


@pytest.mark.parametrize(
    ("rows", "per_second"),
    [({"in": 300, "kept": 200, "rejected": 100}, 60.0), ({"train": 200, "validation": 100}, 60.0)],
)
def test_rows_per_second_count_each_row_once(rows: dict[str, int], per_second: float) -> None:
    assert usage(rows, {"read": 1.0, "write": 4.0}, 0)["rows_per_second"] == per_second


def test_no_time_means_no_rate() -> None:
    assert usage({"in": 3}, {}, 7) == {"rows_per_second": 0.0, "peak_memory": 7}


def test_the_peak_is_what_java_held_at_most(spark: SparkSession) -> None:
    java: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way

    java.java.nio.ByteBuffer.allocate(MEGABYTES_100)

    assert peak_memory(spark) >= MEGABYTES_100
