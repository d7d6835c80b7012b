"""From a request to a committed report: the same steps on a laptop and on a cluster."""

import importlib
import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from logging import Logger
from typing import TYPE_CHECKING, Any

from spark_jobs.runtime.attempt import SupersededError, check_lease, now
from spark_jobs.runtime.java_lookups import remember_lookups
from spark_jobs.runtime.job import JobError, Request, Result
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.parts import ManifestEntry
from spark_jobs.runtime.progress import progress_log
from spark_jobs.runtime.report import Report, attempt_key, commit, commit_part, job_key, read_commit
from spark_jobs.runtime.script import run_script
from spark_jobs.runtime.sources import SnapshotGuard
from spark_jobs.runtime.usage import peak_memory, usage

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SCRIPT = "script:"  # before the name of a module that is run as a program
Run = Callable[["SparkSession", Request, Logger], Result | None]
# otherwise each function of a column calls Java four times, to name the calling line in errors
NO_CALL_SITES = {"spark.python.sql.dataFrameDebugging.enabled": "false"}


def job_function(module: str) -> Run:
    """Import a job's module and return its function `run`, whose result may be left out.

    A module after `SCRIPT` is not imported but run, with arguments from the parameters.

    Raises:
        JobError: the module can't be imported, or has no such function.
    """
    if module.startswith(SCRIPT):
        return partial(run_script, module.removeprefix(SCRIPT))
    try:
        run = importlib.import_module(module).run
    except ImportError as error:
        raise JobError(
            f"the job {module} can't be imported: {error}. Correct the import; a package that "
            "only this job needs must be installed wherever it runs"
        ) from error
    except AttributeError as error:
        raise JobError(
            f"{module} has no function `run(spark, request, log)`: write one, or give "
            "`arguments` to run it as a script"
        ) from error
    return run


def execute(
    run: Run, spark: "SparkSession", request: Request, log: Logger, starting: Mapping[str, float]
) -> Report:
    """Run the started attempt of a version and commit its result.

    Args:
        run: the job.
        spark: the session to run it on.
        request: of the job.
        log: for messages about the run.
        starting: seconds of the phases before this call, by phase.

    Raises:
        SupersededError: another attempt holds the lease, or is committed.
        JobError: Spark is not the release that the version was requested for, a source file
            changed, the attempt has already left files, or the job found a mistake that the
            user can fix.
    """
    lake = open_lake(request.lake)
    log.info("%s", describe_versions(spark.version))
    check_spark_release(spark.version, request.spark)
    previous = read_commit(lake, request.asset, request.version)
    if previous and previous.report.attempt >= request.attempt:
        raise SupersededError(
            f"attempt {request.attempt} of {request.asset} {request.version} is already "
            f"committed, see {request.output}: there is nothing to do"
        )
    if data_files(lake, request.asset, request.version, request.attempt):
        raise JobError(
            f"attempt {request.attempt} has left files in {request.output} without a commit: "
            "remove them to run it again, or materialize the asset for a new attempt"
        )
    started = now()
    guard = SnapshotGuard(file for given in request.inputs.values() for file in given.files)
    guard.check_before()
    with progress_log(spark, log):
        result = run(isolated_session(spark), request, log) or Result({}, {}, {})
    guard.check_after()
    check_lease(lake, request)
    if result.part:
        commit_part(lake, result.part)
    used = usage(result.rows, result.seconds, peak_memory(spark))
    result = replace(result, seconds={**starting, **result.seconds})
    report = replace(build_report(lake, request, result, started), usage=used)
    return commit(lake, report, previous.etag if previous else None)


def isolated_session(spark: "SparkSession") -> "SparkSession":
    """Return a session for one job, whose settings and observations do not reach the next job."""
    remember_lookups(spark)
    session = spark.newSession()
    # users name the columns, and "Age" and "age" may be two of them
    session.conf.set("spark.sql.caseSensitive", "true")
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return session


def describe_versions(spark: str) -> str:
    """Return the versions that the job runs on, which may explain why two runs differ."""
    import numpy  # pyspark.ml needs it, and a node may lack it

    return f"Spark {spark}, Python {platform.python_version()}, numpy {numpy.__version__}"


def check_spark_release(actual: str, requested: str) -> None:
    """Raise JobError if the releases differ; vendors add a suffix, as in `4.1.1-amzn-0`."""
    if actual.partition("-")[0] != requested:
        raise JobError(
            f"this is Spark {actual}, but the version was requested for Spark {requested}: "
            "results may differ between releases. Use the matching release label or pyspark"
        )


def build_report(lake: Lake, request: Request, result: Result, started: str) -> Report:
    """Return the report of an attempt whose data is complete."""
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
        parts=[ManifestEntry(part.key, part.excluded).as_json() for part in parts],
    )


def data_files(lake: Lake, asset: str, version: str, attempt: int) -> list[dict[str, Any]]:
    """Return the name below the attempt's path and the size in bytes of each data file."""
    folder = attempt_key(asset, version, attempt) + "/"
    job_folder = job_key(asset, version, attempt, "")
    return [
        {"name": entry.key.removeprefix(folder), "size": entry.size}
        for entry in lake.list(folder)
        if not entry.key.startswith(job_folder) and not entry.key.endswith("/")
    ]
