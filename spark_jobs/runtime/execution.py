"""From a request to a committed report: the same steps on a laptop and on a cluster."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from logging import Logger
from typing import TYPE_CHECKING, Any

from spark_jobs.runtime.attempt import SupersededError, check_claim, now
from spark_jobs.runtime.job import JobError, Request, Result
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.progress import progress
from spark_jobs.runtime.report import Report, attempt_key, commit, commit_part, job_key, read_report
from spark_jobs.runtime.sources import Watch
from spark_jobs.runtime.usage import peak_memory, usage

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Run = Callable[["SparkSession", Request, Logger], Result]
# else each function of a column asks Java four times, to tell in errors which line called it
NO_CALL_SITES = {"spark.python.sql.dataFrameDebugging.enabled": "false"}


def execute(
    run: Run, spark: "SparkSession", request: Request, log: Logger, starting: Mapping[str, float]
) -> Report:
    """Run the begun attempt of a version and commit what it found.

    Args:
        run: the job.
        spark: what it runs on.
        request: what it is asked.
        log: the run's.
        starting: seconds of what went before, by phase.

    Raises:
        SupersededError: another attempt is the claimed one, or is committed.
        JobError: Spark is not the release that the version was made for, a source file changed,
            the attempt has left files already, or the job met a mistake of the user's.
    """
    lake = open_lake(request.lake)
    log.info("%s", versions(spark.version))
    check_spark(spark.version, request.spark)
    over = read_report(lake, request.asset, request.version)
    if over and over.report.attempt >= request.attempt:
        raise SupersededError(
            f"attempt {request.attempt} of {request.asset} {request.version} is committed "
            f"already, see {request.output}: there is nothing to do"
        )
    if data_files(lake, request.asset, request.version, request.attempt):
        raise JobError(
            f"attempt {request.attempt} has left files in {request.output} without a commit: "
            "remove them to run it again, or materialize the asset for a new attempt"
        )
    started = now()
    watch = Watch(file for given in request.inputs.values() for file in given.files)
    watch.before()
    with progress(spark, log):
        result = run(own_session(spark), request, log)
    watch.after()
    check_claim(lake, request)
    if result.part:
        commit_part(lake, result.part)
    used = usage(result.rows, result.seconds, peak_memory(spark))
    result = replace(result, seconds={**starting, **result.seconds})
    report = replace(describe(lake, request, result, started), usage=used)
    return commit(lake, report, over.etag if over else None)


def own_session(spark: "SparkSession") -> "SparkSession":
    """A session for one job: its settings and observations are not the next one's."""
    session = spark.newSession()
    # names of columns are the user's: "Age" and "age" may both be there
    session.conf.set("spark.sql.caseSensitive", "true")
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return session


def versions(spark: str) -> str:
    """What the job runs on, for whoever wonders why two runs differ."""
    import numpy  # pyspark.ml needs it, and a node may lack it

    return f"Spark {spark}, Python {platform.python_version()}, numpy {numpy.__version__}"


def check_spark(found: str, wanted: str) -> None:
    """Raises JobError if the release differs; vendors add a suffix, as in `4.1.1-amzn-0`."""
    if found.partition("-")[0] != wanted:
        raise JobError(
            f"this is Spark {found}, but the version was asked for with Spark {wanted}: "
            "results may differ between releases. Use the matching release label or pyspark"
        )


def describe(lake: Lake, request: Request, result: Result, started: str) -> Report:
    """The report of an attempt whose data is complete."""
    parts = [*request.parts, *([result.part] if result.part else [])]
    return Report(
        asset=request.asset,
        version=request.version,
        attempt=request.attempt,
        path=request.output,
        files=data_files(lake, request.asset, request.version, request.attempt),
        inputs={name: given.version for name, given in request.inputs.items()},
        params=request.params,
        code=request.code,
        spark=request.spark,
        rows=result.rows,
        figures=result.figures,
        seconds=result.seconds,
        started=started,
        finished=now(),
        parts=[{"key": part.key, "without": list(part.without)} for part in parts],
    )


def data_files(lake: Lake, asset: str, version: str, attempt: int) -> list[dict[str, Any]]:
    """Name below the attempt's path and size in bytes of each file of data."""
    folder = attempt_key(asset, version, attempt) + "/"
    beside = job_key(asset, version, attempt, "")
    return [
        {"name": entry.key.removeprefix(folder), "size": entry.size}
        for entry in lake.list(folder)
        if not entry.key.startswith(beside) and not entry.key.endswith("/")
    ]
