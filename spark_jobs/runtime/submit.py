"""What `spark-submit spark_jobs/<asset>.py` does."""

import argparse
import logging
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from spark_jobs.runtime.attempt import Failure, SupersededError, begin, record_failure
from spark_jobs.runtime.bounds import asked
from spark_jobs.runtime.execution import NO_CALL_SITES, Run, execute
from spark_jobs.runtime.job import JobError, Request, Stopwatch
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.live import speaking

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MISTAKE, FAILED = 1, 2  # exit codes
TRACE_CHARACTERS = 4000


def main(run: Run, about: str | None) -> None:
    """Read the request, run the job on this Spark and commit.

    Exits with 1 on a user's mistake and with 2 on anything else; why is in the attempt's
    `error.json`.
    """
    parser = argparse.ArgumentParser(
        description=about,
        epilog="Every attempt leaves its request in the lake, at "
        "<lake>/<asset>/<version>/attempts/<n>/_job/request.json: so any of them can be run again.",
    )
    parser.add_argument(
        "request", help="path or s3:// address of the request.json of the claimed attempt"
    )
    parser.add_argument("--log-level", default="INFO", help="default: %(default)s")
    given = parser.parse_args()
    logging.basicConfig(
        level=given.log_level, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    sys.exit(perform(run, given.request, logging.getLogger("emr_ml")))


def perform(run: Run, address: str, log: logging.Logger) -> int:
    """Run what is asked at that address; the exit code."""
    try:
        request = read_request(address)
        lake = open_lake(request.lake)
        begin(lake, request)
        with speaking(lake, request, log):
            return attempt(run, lake, request, log)
    except SupersededError as reason:
        log.warning("%s", reason)
        return 0
    except JobError as error:
        log.error("%s", error)
        return MISTAKE


def attempt(run: Run, lake: Lake, request: Request, log: logging.Logger) -> int:
    """Run the begun attempt, and keep why it failed if it does; the exit code."""
    log.info("attempt %s of %s: starting Spark", request.attempt, request.asset)
    try:
        watch = Stopwatch()
        with watch.phase("session"):
            spark = start_spark(f"{request.asset} {request.version[:16]}")
        report = execute(run, spark, request, log, watch.seconds)
    except SupersededError:
        raise
    except JobError as error:
        log.error("%s", error)
        record_failure(lake, request, Failure(str(error), by_user=True))
        return MISTAKE
    except Exception as error:
        log.exception("the job failed")
        trace = traceback.format_exc()[-TRACE_CHARACTERS:]
        record_failure(lake, request, Failure(describe(error), trace=trace))
        return FAILED
    log.info("committed %s %s", report.asset, report.version)
    return 0


def describe(error: Exception) -> str:
    """The first lines of an error and its root cause, as far as Java says one."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [repr(error)]
    causes = [line for line in lines if line.startswith("Caused by:")]
    return f"{' '.join(lines[:2])[:1000]}{' ' + causes[-1][:500] if causes else ''}"


def read_request(address: str) -> Request:
    """The request at a path or an s3:// address; JobError if none is there, see `asked`."""
    folder, _, name = address.rpartition("/")
    stored = open_lake(folder or str(Path.cwd())).read(name)
    if stored is None:
        raise JobError(f"there is no request at {address}: name the request.json of an attempt")
    return asked(stored)


def start_spark(name: str) -> "SparkSession":
    """The session that spark-submit configured."""
    from pyspark.sql import SparkSession  # only once a job really starts

    return SparkSession.builder.config(map={**NO_CALL_SITES}).appName(name).getOrCreate()
