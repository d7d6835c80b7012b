"""The floor of the training benchmark: a Spark session that only counts the rows of a CSV file.

A module of its own, because everything it imports counts as its cost.
"""

import sys

from pyspark.sql import SparkSession

from emr_ml.launchers.local_spark import data_size, local_conf


def main(path: str) -> None:
    """Print the number of rows. Java has the same options as in a run on that file."""
    builder = SparkSession.builder
    for name, value in local_conf(on_s3=False, size=data_size([path])).items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    rows = spark.read.csv(path, header=True, multiLine=True, escape='"')
    print(rows.count())  # noqa: T201 - this is its output
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
