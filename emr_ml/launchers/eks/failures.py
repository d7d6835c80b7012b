"""Failures of job runs on EKS as messages: cause, location, log, and what to do next."""

from typing import Any

from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.remote.failures import (
    COMMON_ADVICE,
    DENIED,
    EXIT_CODE,
    process_failed,
    quote,
    timed_out,
    whole_log,
)
from emr_ml.launchers.remote.log_tail import Tail
from emr_ml.launchers.remote.target import JobLocation
from spark_jobs.runtime.attempt import Failure

ALARM = (142, -14)  # exit codes after SIGALRM: 128 + 14 of a shell or of Spark, or Python's own
# reasons that are not the job's: a new attempt may help
PASSING = ("INTERNAL_ERROR", "CLUSTER_UNAVAILABLE")
# patterns in what jobs and their logs say, and what to do; the first match counts
LOG_ADVICE = (
    (
        r"AssumeRoleWithWebIdentity",
        (
            "check `execution_role`, and that its trust policy names the namespace "
            "(`aws emr-containers update-role-trust-policy`)"
        ),
    ),
    (
        DENIED,
        (
            "a role lacks a permission: the launcher's are in infra/eks_launcher_policy.json; the "
            "execution role needs the lake"
        ),
    ),
    *COMMON_ADVICE,
)
# and in what the service itself says
ADVICE = (
    (
        r"execution role|executionRole",
        "check `execution_role`: it must exist, and trust the namespace of the virtual cluster",
    ),
    (
        r"release label|releaseLabel",
        "check `release_label`: EMR on EKS in that region may not have that release",
    ),
    *LOG_ADVICE,
    (r"[Vv]irtual cluster", "check `virtual_cluster_id` or `virtual_cluster_name`"),
)


def start_too_slow(job: JobLocation, state: str, seconds: float) -> LaunchError:
    """Return the failure for a job run whose driver was not started in time."""
    return LaunchError(
        job.failure_message(
            f"the job run was {state} for {seconds:.0f} seconds, so it was cancelled",
            "see with `kubectl get events` why its pods are not started: most often no node has "
            "room for them; or raise `start_limit_seconds`",
        )
    )


def run_failed(
    job: JobLocation, described: dict[str, Any], recorded: Failure | None, tail: Tail
) -> LaunchError:
    """Return the failure for a job run that the service reports as failed.

    Args:
        job: where it ran.
        described: the job run as the service describes it.
        recorded: what the job itself recorded.
        tail: of the driver's log, or of that of its spark-submit.
    """
    details, reason = described.get("stateDetails", ""), described.get("failureReason", "")
    found = EXIT_CODE.search(details)
    code = int(found[1]) if found else None
    if code in ALARM and recorded is None:
        return timed_out(job, tail)
    if reason in PASSING and recorded is None:
        cause = f"the service failed ({reason}): {details or 'no reason is given'}"
        return LostError(job.failure_message(cause, quote(tail), whole_log(job)))
    told = f"the service's reason: {' '.join(filter(None, (reason, details)))}"
    return process_failed(
        job,
        reason=told,
        exit_code=code,
        recorded=recorded,
        tail=tail,
        advice=ADVICE,
        log_advice=LOG_ADVICE,
    )
