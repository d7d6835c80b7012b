"""What `spark-submit spark_jobs/<asset>.py` does."""

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_jobs.runtime.execution import Run, execute
from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import open_lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def main(run: Run, about: str | None) -> None:
    """Read the request, run the job on this Spark and commit; exit 1 on a user's mistake."""
    parser = argparse.ArgumentParser(
        description=about,
        epilog="Every attempt leaves its request in the lake, at "
        "<lake>/<asset>/<version>/attempts/<n>/request.json: so any of them can be run again.",
    )
    parser.add_argument(
        "request", help="path or s3:// address of the request.json of the claimed attempt"
    )
    parser.add_argument("--log-level", default="INFO", help="default: %(default)s")
    given = parser.parse_args()
    logging.basicConfig(
        level=given.log_level, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    log = logging.getLogger("emr_ml")
    try:
        request = Request.of(read_request(given.request))
        report = execute(run, start_spark(f"{request.asset} {request.version[:16]}"), request, log)
    except JobError as error:
        log.error("%s", error)
        sys.exit(1)
    log.info("committed %s %s", report.asset, report.version)


def read_request(address: str) -> dict[str, Any]:
    """The JSON at a path or an s3:// address; JobError if nothing is there."""
    folder, _, name = address.rpartition("/")
    stored = open_lake(folder or str(Path.cwd())).read(name)
    if stored is None:
        raise JobError(f"there is no request at {address}: name the request.json of an attempt")
    return stored.json()


def start_spark(name: str) -> "SparkSession":
    """The session that spark-submit configured."""
    from pyspark.sql import SparkSession  # only once a job really starts

    return SparkSession.builder.appName(name).getOrCreate()
