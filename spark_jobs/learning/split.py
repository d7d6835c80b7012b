"""Assign rows to the training, validation and test split."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import ROW_ID, SPLIT
from spark_jobs.contract import Split

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)


def with_split(rows: DataFrame, split: Split) -> DataFrame:
    """Return the rows with `_side`, the name of their split.

    It depends on the row's id alone, so a row never changes its split: the first 8 hex digits of
    the id, as a number modulo 100, are below `train` in the training split, below
    `train + validation` in the validation split, else in the test split.
    """
    percent = F.conv(F.substring(ROW_ID, 1, 8), 16, 10).cast("long") % 100
    return rows.withColumn(
        SPLIT,
        F.when(percent < split["train"], TRAIN)
        .when(percent < split["train"] + split["validation"], VALIDATION)
        .otherwise(TEST),
    )
