"""Runs the job of any module: `spark-submit run_module.py MODULE REQUEST`."""

import sys
from logging import Logger

from pyspark.sql import SparkSession

from spark_jobs.runtime.execution import SCRIPT, job_function
from spark_jobs.runtime.job import Request, Result
from spark_jobs.runtime.submit import main


def run(spark: SparkSession, request: Request, log: Logger) -> Result | None:
    """Import the job only now, so that a mistake in it is recorded as that of the attempt."""
    return job_function(MODULE)(spark, request, log)


if __name__ == "__main__":
    MODULE = sys.argv.pop(1)
    main(run, __doc__, MODULE.removeprefix(SCRIPT).partition(".")[0])
