"""What a job takes of time and memory, so that a change for the worse shows."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass
class Peak:
    """Bytes that the driver's Java used at most; locally, the executors are in there."""

    memory: int = 0


@contextmanager
def peak_of(spark: "SparkSession") -> Generator[Peak]:
    """The peak of the block, known when it has ended.

    It is the sum of what each of Java's memory pools reached, perhaps not all at the same time.
    """
    pools = _memory_pools(spark)
    for pool in pools:
        pool.resetPeakUsage()
    peak = Peak()
    yield peak
    peak.memory = sum(pool.getPeakUsage().getUsed() for pool in pools)


def _memory_pools(spark: "SparkSession") -> list[Any]:
    java: Any = spark.sparkContext._jvm  # pyright: ignore[reportPrivateUsage] - no public way
    return list(java.java.lang.management.ManagementFactory.getMemoryPoolMXBeans())


def usage(rows: Mapping[str, int], seconds: Mapping[str, float], peak: Peak) -> dict[str, float]:
    """`rows_per_second`, and `peak_memory` in bytes.

    Args:
        rows: counts as a job returns them: `in` has all, else they are those of the sides.
        seconds: by phase of the job.
        peak: of the job.
    """
    worked = sum(seconds.values())
    count = rows.get("in", sum(rows.values()))
    return {
        "rows_per_second": round(count / worked, 1) if worked else 0.0,
        "peak_memory": peak.memory,
    }
