"""A Spark job that does what a test asks of it, in its parameters."""

import time
from logging import Logger
from typing import TYPE_CHECKING

from spark_jobs.runtime.job import JobError, Request, Result
from spark_jobs.runtime.lake import open_lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def run(spark: "SparkSession", request: Request, log: Logger) -> Result:
    """Succeed after a while, with the figures asked for, or fail in the way asked for."""
    asked = request.params
    log.info("asked for %s", asked.get("says", "nothing"))
    open_lake(request.output).write("rows/part-0", str(request.attempt).encode())
    until = time.monotonic() + asked.get("seconds", 0.0)
    while time.monotonic() < until:
        time.sleep(0.1)
    match asked.get("fails"):
        case "by a mistake":
            raise JobError("column 'age' is not there: mend the contract")
        case "by itself":
            raise ValueError("the job broke down")
        case _:
            return Result({"in": 1}, asked.get("figures", {"spark": spark.version}), {})


if __name__ == "__main__":
    from spark_jobs.runtime.submit import main

    main(run, __doc__)
