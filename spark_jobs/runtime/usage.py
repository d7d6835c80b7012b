"""Measure the throughput and memory of a job, so that regressions show."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def peak_memory(spark: "SparkSession") -> int:
    """Return the peak memory of the driver's JVM in bytes; locally this includes the tasks.

    It is the sum of the peaks of Java's memory pools, which may have occurred at different times.
    """
    java: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way
    pools: Any = java.java.lang.management.ManagementFactory.getMemoryPoolMXBeans()
    return sum(pool.getPeakUsage().getUsed() for pool in pools)


def usage(rows: Mapping[str, int], seconds: Mapping[str, float], peak: int) -> dict[str, float]:
    """Return `rows_per_second`, and `peak_memory` in bytes.

    Args:
        rows: counts as a job returns them: `in` is the total, else all counts are added.
        seconds: by phase of the job.
        peak: from `peak_memory`.
    """
    total_seconds = sum(seconds.values())
    count = rows.get("in", sum(rows.values()))
    return {
        "rows_per_second": round(count / total_seconds, 1) if total_seconds else 0.0,
        "peak_memory": peak,
    }
