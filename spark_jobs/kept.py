"""The rows that a data set keeps, out of its parts."""

from collections.abc import Iterable, Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_jobs.names import FILE
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.parts import KEPT, Part, Taken


def kept_rows(spark: SparkSession, request: Request, name: str = "processed_dataset") -> DataFrame:
    """The rows of that input of a request: the columns of the contract, and `row_id`."""
    return rows_of(spark, request.lake, request.inputs[name].parts)


def rows_of(spark: SparkSession, lake: str, parts: Sequence[Taken | Part]) -> DataFrame:
    """The kept rows of the parts, without those of the files that are not taken."""
    whole = [f"{lake}/{part.key}/{KEPT}" for part in parts if not part.without]
    frames = [spark.read.parquet(*whole)] if whole else []
    frames += [
        without(spark.read.parquet(f"{lake}/{part.key}/{KEPT}"), FILE, part.without)
        for part in parts
        if part.without
    ]
    return reduce(DataFrame.unionByName, frames).drop(FILE)


def without(rows: DataFrame, column: str, names: Iterable[str]) -> DataFrame:
    """The rows whose value in that column is none of the names."""
    gone = rows.sparkSession.createDataFrame([(name,) for name in names], f"{column} string")
    return rows.join(F.broadcast(gone), column, "left_anti")
