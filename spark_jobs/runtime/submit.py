"""The entry point of `spark-submit spark_jobs/<asset>.py`."""

import argparse
import logging
import re
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_jobs.runtime.application import Application
from spark_jobs.runtime.attempt import Failure, SupersededError, record_failure, start_attempt
from spark_jobs.runtime.busy import busy_node
from spark_jobs.runtime.execution import NO_CALL_SITES, Run, execute
from spark_jobs.runtime.job import JobError, Request, Stopwatch
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.pipes import pipes_messages
from spark_jobs.runtime.request_validation import parse_request

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COMMITTED, USER_MISTAKE, FAILED = 0, 1, 2  # exit codes
SUPERSEDED = -1  # another process runs the attempt, which is no failure of this one
TRACE_CHARACTERS = 4000
# Errors of a job whose Java process has ended. If py4j got no answer at all, it names the call
# alone, without a full stop and a stack trace, or says that a name does not exist.
JAVA_GONE = re.compile(
    r"Answer from Java side is empty|Error while sending"
    r"|An error occurred while calling \S+[^.\s]\Z"
)
UNKNOWN_NAME = "does not exist in the JVM"
CONTEXT_STOPPED = "SparkContext was shut down"  # for a reason, by whoever ends Java


def main(run: Run, description: str | None, package: str = "spark_jobs") -> None:
    """Read the request, run the job on this Spark and commit its result.

    Exits with 1 on a user's mistake and with 2 on any other error. The attempt's `error.json` has
    the reason.

    Args:
        run: the job.
        description: of the command.
        package: of the job, with the modules that this application may also run.
    """
    started = time.monotonic()
    parser = argparse.ArgumentParser(
        description=description,
        epilog="Every attempt keeps its request in the lake, at "
        "<lake>/<asset>/<version>/attempts/<n>/_job/request.json, so any of them can be rerun.",
    )
    parser.add_argument(
        "request", help="path or s3:// address of the request.json of the attempt to run"
    )
    parser.add_argument("--log-level", default="INFO", help="default: %(default)s")
    parser.add_argument(
        "--handover",
        metavar="RECORD",
        help="s3:// address of the record by which further attempts of the run are handed to this "
        "Spark application",
    )
    given = parser.parse_args()
    logging.basicConfig(
        level=given.log_level, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr
    )
    log = logging.getLogger("emr_ml")
    code = perform(run, given.request, log)
    if given.handover and code == COMMITTED:
        application = Application(given.handover, given.request, package, started, perform)
        code = application.run_offered(log)
    sys.exit(COMMITTED if code == SUPERSEDED else code)


def perform(run: Run, address: str, log: logging.Logger) -> int:
    """Run the request at that address, and return the exit code or `SUPERSEDED`."""
    try:
        request = read_request(address)
        lake = open_lake(request.lake)
        start_attempt(lake, request)
        with busy_node(), pipes_messages(lake, request, log):
            return run_attempt(run, lake, request, log)
    except SupersededError as reason:
        log.warning("%s", reason)
        return SUPERSEDED
    except JobError as error:
        log.error("%s", error)
        return USER_MISTAKE


def run_attempt(run: Run, lake: Lake, request: Request, log: logging.Logger) -> int:
    """Run the started attempt, record why if it fails, and return the exit code."""
    log.info("attempt %s of %s: starting Spark", request.attempt, request.asset)
    try:
        stopwatch = Stopwatch()
        with stopwatch.phase("session"):
            spark = start_spark(request.application_name)
        report = execute(run, spark, request, log, stopwatch.seconds)
    except SupersededError:
        raise
    except JobError as error:
        log.error("%s", error)
        record_failure(lake, request, Failure(str(error), by_user=True))
        return USER_MISTAKE
    except Exception as error:
        log.exception("the job failed")
        trace = traceback.format_exc()[-TRACE_CHARACTERS:]
        message, lost = summarize_error(error), lost_java(error)
        if lost:
            message = f"Spark's Java process ended while Python waited for it: {message}"
        record_failure(lake, request, Failure(message, trace=trace, retryable=lost))
        return FAILED
    log.info("committed %s %s", report.asset, report.version)
    return COMMITTED


def java_is_gone(error: Exception) -> bool:
    """Return True if the error says that the Java process of this Python has ended."""
    return CONTEXT_STOPPED in str(error) or lost_java(error)


def lost_java(error: Exception) -> bool:
    """Return True if Java ended without a word, which may not happen again.

    Python outlives it for a moment; whoever watches the process knows what ended it.
    """
    if isinstance(error, ConnectionError) or JAVA_GONE.search(str(error)):
        return True
    return UNKNOWN_NAME in str(error) and not _java_answers()


def _java_answers() -> bool:
    from pyspark import SparkContext

    gateway: Any = SparkContext._gateway  # pyright: ignore[reportPrivateUsage] - no public way
    try:
        return gateway is None or bool(gateway.jvm.java.lang.System.nanoTime())
    except Exception:
        return False


def summarize_error(error: Exception) -> str:
    """Return the first lines of an error, and its root cause if Java names one."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [repr(error)]
    causes = [line for line in lines if line.startswith("Caused by:")]
    return f"{' '.join(lines[:2])[:1000]}{' ' + causes[-1][:500] if causes else ''}"


def read_request(address: str) -> Request:
    """Return the request at a path or an s3:// address.

    Raises:
        JobError: there is none, or it is not valid, see `parse_request`.
    """
    folder, _, name = address.rpartition("/")
    stored = open_lake(folder or str(Path.cwd())).read(name)
    if stored is None:
        raise JobError(
            f"there is no request at {address}: give the path of an attempt's request.json"
        )
    return parse_request(stored)


def start_spark(name: str) -> "SparkSession":
    """Return the session that spark-submit configured."""
    from pyspark.sql import SparkSession  # only once a job really starts

    return SparkSession.builder.config(map={**NO_CALL_SITES}).appName(name).getOrCreate()
