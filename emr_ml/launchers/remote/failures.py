"""Failures of jobs as messages: cause, location, log, and what to do next."""

import re

from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.log_tail import Tail
from emr_ml.launchers.remote.target import Advice, JobLocation
from spark_jobs.runtime.attempt import Failure

TIMED_OUT = 124  # exit code of `timeout` once the limit is over
# as the services that run jobs say it
EXIT_CODE = re.compile(r"exit ?code:? '?(-?\d+)", flags=re.IGNORECASE)

# patterns in messages and logs
DENIED = r"is not authorized|AccessDenied|Access Denied|UnauthorizedOperation"
OUT_OF_MEMORY = (
    r"OutOfMemoryError|exceeding (physical|virtual)? ?memory limits|exit ?code:? 137|"
    r"Java heap space|OOMKilled"
)
NO_PACKAGE = r"No module named '?(numpy|scipy|pyarrow|xgboost|boto3|botocore)"
DISK_FULL = r"No space left on device|disk is full"
# and what to do about them: for targets that have no advice of their own
COMMON_ADVICE = (
    (
        DENIED,
        "somebody lacks a permission, which the message names: `emr-ml doctor` checks the caller's",
    ),
    (OUT_OF_MEMORY, "out of memory: give the driver or the executors more"),
    (
        NO_PACKAGE,
        "the job's Python lacks a package that the launcher should have shipped: see its log",
    ),
    (DISK_FULL, "a disk is full: give the nodes or the workers more storage"),
)


def advice_for(text: str, advice: Advice = COMMON_ADVICE) -> str:
    """Return what to do about a message or a log, or "" if no pattern matches; the first counts."""
    return next((what for pattern, what in advice if re.search(pattern, text)), "")


def job_failed(job: JobLocation, failure: Failure, advice: Advice = COMMON_ADVICE) -> LaunchError:
    """Return the failure that the job itself recorded."""
    fix = "" if failure.by_user else advice_for(f"{failure.message} {failure.trace}", advice)
    return LaunchError(
        job.failure_message(failure.message, quote_trace(failure), whole_log(job), fix)
    )


def process_failed(
    job: JobLocation,
    *,
    reason: str,
    exit_code: int | None,
    recorded: Failure | None,
    tail: Tail,
    advice: Advice = COMMON_ADVICE,
    log_advice: Advice = COMMON_ADVICE,
) -> LaunchError:
    """Return the failure for a job whose process ended with an error.

    Args:
        job: where it ran.
        reason: what the target says about it, or "".
        exit_code: of the process, if the target names it.
        recorded: what the job itself recorded.
        tail: of the log of the process.
        advice: about what the target says.
        log_advice: about what jobs and logs say, in which a "role" may be a column.
    """
    if exit_code == TIMED_OUT:
        return timed_out(job, tail)
    cause = recorded.message if recorded else reason or "its process ended without a reason"
    if exit_code is not None:
        cause = f"{cause} (exit code {exit_code})"
    if recorded and recorded.by_user:
        log = fix = ""
    else:
        log = quote(tail)
        fix = advice_for(reason, advice) or advice_for(f"{cause} {tail.text}", log_advice)
    return LaunchError(job.failure_message(cause, quote_trace(recorded), log, whole_log(job), fix))


def timed_out(job: JobLocation, tail: Tail | None = None) -> LaunchError:
    """Return the failure for a job that ran longer than its time limit."""
    return LaunchError(
        job.failure_message(
            "the job ran into its time limit",
            quote(tail),
            whole_log(job),
            "if it needs more time, raise EMR_ML_STEP_LIMIT_SECONDS",
        )
    )


def output_missing(job: JobLocation, tail: Tail) -> LaunchError:
    """Return the failure for a job that succeeded but left no report."""
    return LaunchError(
        job.failure_message(
            "output missing: the job ended well, but left no report in the lake",
            quote(tail),
            whole_log(job),
            "check that jobs write to the configured lake, then materialize again",
        )
    )


def cancelled(job: JobLocation) -> LaunchError:
    """Return the failure for a job that was cancelled by another program or by a user."""
    return LaunchError(
        job.failure_message(
            "the job was cancelled outside of this run", "materialize again for a new attempt"
        )
    )


def quote(tail: Tail | None) -> str:
    """Return the last lines of a log with its address, or why it can't be shown."""
    if tail is None:
        return ""
    if not tail.lines:
        return f"the log {tail.uri} can't be shown: {tail.problem}"
    return "\n".join([f"last lines of {tail.uri}:", *(f"  {line}" for line in tail.lines)])


def quote_trace(failure: Failure | None) -> str:
    """Return the stack trace that the job recorded, or ""."""
    return f"the job's own error:\n{failure.trace}" if failure and failure.trace else ""


def whole_log(job: JobLocation) -> str:
    """Return where the whole log is, or how to show it."""
    return f"the whole log: {job.log}"
