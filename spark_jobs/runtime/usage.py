"""What a job takes of time and memory, so that a change for the worse shows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def peak_memory(spark: "SparkSession") -> int:
    """Bytes that the driver's Java used at most since it started; locally, tasks are in there.

    It is the sum of what each of Java's memory pools reached, perhaps not all at the same time.
    """
    java: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way
    pools: Any = java.java.lang.management.ManagementFactory.getMemoryPoolMXBeans()
    return sum(pool.getPeakUsage().getUsed() for pool in pools)


def usage(rows: Mapping[str, int], seconds: Mapping[str, float], peak: int) -> dict[str, float]:
    """`rows_per_second`, and `peak_memory` in bytes.

    Args:
        rows: counts as a job returns them: `in` has all, else they are those of the sides.
        seconds: by phase of the job.
        peak: of `peak_memory`.
    """
    worked = sum(seconds.values())
    count = rows.get("in", sum(rows.values()))
    return {
        "rows_per_second": round(count / worked, 1) if worked else 0.0,
        "peak_memory": peak,
    }
