"""Rows that are computed once, kept while they are needed, and let go."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrame


@contextmanager
def checkpointed(rows: DataFrame) -> Generator[DataFrame]:
    """The rows, computed once, until the block ends.

    They are kept where the loss of an executor does no harm, if such a place is set, by
    `spark.checkpoint.dir`. There they stay.
    """
    durable = rows.sparkSession.sparkContext.getCheckpointDir()
    kept = rows.checkpoint() if durable else rows.localCheckpoint()
    try:
        yield kept
    finally:
        # a checkpoint has no way of its own to be let go but the garbage collector
        java: Any = kept._jdf  # pyright: ignore[reportPrivateUsage] - no public way
        java.queryExecution().logical().rdd().unpersist(False)
