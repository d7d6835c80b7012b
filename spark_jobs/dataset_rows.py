"""The kept rows of a data set, which are stored in parts."""

from collections.abc import Iterable, Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.columns import FILE
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.parts import KEPT, ManifestEntry, Part


def input_rows(spark: SparkSession, request: Request, name: str = "processed_dataset") -> DataFrame:
    """Return the kept rows of an input: the columns of its contract, and `row_id`."""
    return rows_of_parts(spark, request.lake, request.inputs[name].parts)


def rows_of_parts(
    spark: SparkSession, lake: str, parts: Sequence[ManifestEntry | Part]
) -> DataFrame:
    """Return the kept rows of the parts, without those of excluded files."""
    whole = [f"{lake}/{part.key}/{KEPT}" for part in parts if not part.excluded]
    frames = [spark.read.parquet(*whole)] if whole else []
    frames += [
        exclude_values(spark.read.parquet(f"{lake}/{part.key}/{KEPT}"), FILE, part.excluded)
        for part in parts
        if part.excluded
    ]
    return reduce(DataFrame.unionByName, frames).drop(FILE)


def exclude_values(rows: DataFrame, column: str, values: Iterable[str]) -> DataFrame:
    """Return the rows whose value in the column is not one of `values`."""
    excluded = rows.sparkSession.createDataFrame([(value,) for value in values], f"{column} string")
    return rows.join(F.broadcast(excluded), column, "left_anti")
