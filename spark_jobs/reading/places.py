"""Where Python code of a job runs."""

import sys

from pyspark.sql import SparkSession


def on_workers(spark: SparkSession) -> bool:
    """Whether there are other machines than the driver's."""
    return not str(spark.sparkContext.master).startswith("local")


def same_python(spark: SparkSession) -> None:
    """Have workers on this machine run this very Python: Spark takes the first on the path."""
    if not on_workers(spark):
        spark.sparkContext.pythonExec = sys.executable
