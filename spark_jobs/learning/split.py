"""Which side of the split a row is on."""

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.names import ROW_ID, SIDE

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SIDES = (TRAIN, VALIDATION, TEST)


def with_side(rows: DataFrame, split: Mapping[str, int]) -> DataFrame:
    """The rows with `_side`, by the row's id alone: a row never changes its side.

    The id's first 8 hex digits, as a number modulo 100: below `train` percent train, below
    `train + validation` validation, else test.
    """
    percent = F.conv(F.substring(ROW_ID, 1, 8), 16, 10).cast("long") % 100
    return rows.withColumn(
        SIDE,
        F.when(percent < split[TRAIN], TRAIN)
        .when(percent < split[TRAIN] + split[VALIDATION], VALIDATION)
        .otherwise(TEST),
    )
