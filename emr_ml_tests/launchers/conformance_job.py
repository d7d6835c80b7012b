"""A Spark job that does what a test asks of it, in its parameters."""

import time
from logging import Logger
from typing import TYPE_CHECKING

from spark_jobs.runtime.job import JobError, Request, Result
from spark_jobs.runtime.lake import open_lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def run(spark: "SparkSession", request: Request, log: Logger) -> Result:
    """Wait for some seconds or for a key of the lake; then succeed or fail as the test asks."""
    asked = request.params
    log.info("asked for %s", asked.get("says", "nothing"))
    open_lake(request.output).write("rows/part-0", str(request.attempt).encode())
    end = time.monotonic() + asked.get("seconds", 0.0)
    while time.monotonic() < end:
        time.sleep(0.1)
    while "until" in asked and open_lake(request.lake).read(asked["until"]) is None:
        time.sleep(0.1)
    match asked.get("fails"):
        case "by a mistake":
            raise JobError("column 'age' is not there: correct the contract")
        case "by itself":
            raise ValueError("the job broke down")
        case _:
            return Result({"in": 1}, asked.get("figures", {"spark": spark.version}), {})


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
