"""Failures of job runs as messages: cause, location, log, and what to do next."""

import re

from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.remote.failures import (
    DENIED,
    DISK_FULL,
    EXIT_CODE,
    NO_PACKAGE,
    OUT_OF_MEMORY,
    advice_for,
    process_failed,
    quote,
    timed_out,
    whole_log,
)
from emr_ml.launchers.remote.log_tail import Tail
from emr_ml.launchers.remote.target import JobLocation
from spark_jobs.runtime.attempt import Failure

# what the service says if a job run, which it cancels or fails then, exceeded its time limit;
# connections time out, too
TIME_LIMIT = re.compile(
    r"execution time(d )?out|job( run)?( has)? timed out|time limit of the job",
    flags=re.IGNORECASE,
)
# what it says if it could not give the job what is there at other times
NO_CAPACITY = re.compile(
    r"(not enough|insufficient|no) (free )?capacity|InsufficientCapacity", flags=re.IGNORECASE
)
SERVICE_ERROR = re.compile(r"internal (service |server )?error|InternalServer", flags=re.IGNORECASE)
# patterns in what jobs and their logs say, and what to do; the first match counts
LOG_ADVICE = (
    (
        DENIED,
        (
            "a role lacks a permission: the launcher's are in "
            "infra/serverless_launcher_policy.json; the execution role needs the lake"
        ),
    ),
    (
        OUT_OF_MEMORY,
        "out of memory: raise `memory_gb` of `driver` or `executors`",
    ),
    (
        rf"{NO_PACKAGE}|GLIBC|cannot open shared object",
        (
            "the Python packages are missing or do not fit: `architecture` must be the "
            "application's, and the Python of a custom image must have them"
        ),
    ),
    (
        DISK_FULL,
        "a disk is full: raise `disk_gb` of `driver` or `executors`",
    ),
)
# and in what the service itself says
ADVICE = (
    (
        r"maximum capacity|maximumCapacity|MaximumCapacity",
        "raise `maximum_capacity`, or make `driver` and `executors` smaller",
    ),
    (
        r"in the queue|queue timeout",
        "other jobs kept the application busy: raise `maximum_capacity`, or run fewer at once",
    ),
    (
        r"[Qq]uota|LimitExceeded|max vCPU",
        (
            "raise the quota of EMR Serverless for concurrent vCPUs per account, or set "
            "`maximum_capacity`"
        ),
    ),
    (
        # a denial names the caller, whose ARN has `assumed-role`
        r"iam:PassRole|executionRole|execution role|AssumeRole|(be|to|not) assumed?\b",
        (
            "check `execution_role`: it must exist, and trust emr-serverless.amazonaws.com; "
            "`emr-ml doctor` looks"
        ),
    ),
    *LOG_ADVICE,
    (
        r"release label|releaseLabel",
        "check `release_label`: EMR Serverless in that region may not have that release",
    ),
    (
        r"subnet-[0-9a-f]|[Ss]ubnet|[Ss]ecurity group",
        "check `subnets` and `security_groups`",
    ),
)


def application_gone(job: JobLocation, application: str) -> LostError:
    """Return the failure for an attempt whose application was deleted before it took the job."""
    return LostError(job.failure_message(f"application {application} was deleted"))


def run_failed(
    job: JobLocation, details: str, recorded: Failure | None, tail: Tail, *, has_started: bool
) -> LaunchError:
    """Return the failure for a job run that the service reports as failed.

    Args:
        job: where it ran.
        details: the service's `stateDetails`.
        recorded: what the job itself recorded.
        tail: of the driver's log.
        has_started: whether its driver was started.
    """
    if TIME_LIMIT.search(details) and recorded is None:
        return timed_out(job, tail)
    if recorded is None and not has_started:
        return _not_started(job, details, tail)
    found = EXIT_CODE.search(details)
    return process_failed(
        job,
        reason=f"the service's reason: {details}" if details else "the service gives no reason",
        exit_code=int(found[1]) if found else None,
        recorded=recorded,
        tail=tail,
        advice=ADVICE,
        log_advice=LOG_ADVICE,
    )


def _not_started(job: JobLocation, details: str, tail: Tail) -> LaunchError:
    cause = f"the job run failed before its driver started: {details or 'no reason is given'}"
    if NO_CAPACITY.search(details):
        return LostError(
            job.failure_message(cause, "AWS has no such workers now: name subnets in more zones")
        )
    if SERVICE_ERROR.search(details):
        return LostError(job.failure_message(cause, quote(tail)))
    advice = advice_for(details, ADVICE) or advice_for(tail.text, LOG_ADVICE)
    return LaunchError(
        job.failure_message(
            *(cause, quote(tail), whole_log(job)),
            advice or "`emr-ml plan` shows what was sent",
        )
    )
