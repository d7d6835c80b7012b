"""Failures of clusters and steps as messages: cause, location, log, and what to do next."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import message_of
from emr_ml.aws.quotas import ON_DEMAND, SPOT
from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.emr.cluster_state import Cluster, Step
from emr_ml.launchers.remote.failures import (
    DENIED,
    DISK_FULL,
    NO_PACKAGE,
    OUT_OF_MEMORY,
    advice_for,
    process_failed,
    quote,
    whole_log,
)
from emr_ml.launchers.remote.log_tail import Tail
from emr_ml.launchers.remote.target import JobLocation
from spark_jobs.runtime.attempt import Failure

EXIT_CODE = re.compile(
    r"exit ?code:? '?(-?\d+)|ret '(-?\d+)'|exited with (-?\d+)", flags=re.IGNORECASE
)
# patterns in what jobs and their logs say, and what to do; the first match counts
LOG_ADVICE = (
    (
        DENIED,
        (
            "a role lacks a permission: `emr-ml doctor` checks them; the launcher's permissions "
            "are in infra/launcher_policy.json"
        ),
    ),
    (
        OUT_OF_MEMORY,
        (
            "out of memory: take larger instances, or set `driver_memory_gb` or "
            "`spark_conf: {spark.executor.memory: …}` in the cluster configuration"
        ),
    ),
    (
        NO_PACKAGE,
        (
            "the nodes' Python lacks a package that the bootstrap action should have installed: "
            "see its log on the primary node"
        ),
    ),
    (
        DISK_FULL,
        "a disk is full: raise `root_volume_gb`, or take instances with more storage",
    ),
)
# and in what EMR itself says
ADVICE = (
    (SPOT.pattern, SPOT.advice),
    (ON_DEMAND.pattern, ON_DEMAND.advice),
    (
        r"InsufficientFreeAddressesInSubnet|not enough free addresses|free addresses in subnet",
        "the subnet has no free addresses: name a larger one, or several, under `subnets`",
    ),
    (
        r"INSTANCE_FLEET_TIMEOUT|InsufficientInstanceCapacity|[Ss]pot (capacity|instances?)",
        (
            "AWS has no such instances now: name more instance types or subnets, or let the fleet "
            "switch to on demand"
        ),
    ),
    *LOG_ADVICE,
    (
        r"InstanceProfile|instance profile|service role|ServiceRole|JobFlowRole|\brole\b",
        (
            "check `service_role`, `instance_profile` and `runtime_role`; `emr-ml doctor` names "
            "the one that is missing"
        ),
    ),
    (
        r"release label|ReleaseLabel",
        "check `release_label`: the region may not have that release",
    ),
    (
        r"subnet-[0-9a-f]|Ec2Subnet|The subnet|[Ss]ecurity group",
        "check `subnets` and `security_groups`",
    ),
)


def cluster_refused(error: ClientError, request: Mapping[str, Any]) -> LaunchError:
    """Return the failure for a cluster that EMR does not start as configured."""
    said = message_of(error)
    advice = advice_for(said, ADVICE) or (
        "check the cluster configuration; `emr-ml plan` shows what was sent"
    )
    return LaunchError(f"EMR refuses to start cluster '{request['Name']}': {said}\n{advice}")


def step_refused(error: ClientError, cluster: str, step: Mapping[str, Any]) -> LaunchError:
    """Return the failure for a step that EMR does not add to the cluster."""
    said = message_of(error)
    advice = advice_for(said, ADVICE) or "`emr-ml plan` shows what was sent"
    return LaunchError(f"EMR refuses step '{step['Name']}' on cluster {cluster}: {said}\n{advice}")


def cluster_ended(
    job: JobLocation, cluster: Cluster, tail: Tail | None, *, by_launcher: bool = False
) -> LaunchError:
    """Return the failure for an attempt whose cluster ended before it was over.

    Args:
        job: where the attempt ran.
        cluster: the cluster.
        tail: of the bootstrap action's log, if that action failed.
        by_launcher: whether a launcher terminated the cluster, as its `ended.json` records.
    """
    cause = _end_of(cluster)
    if cluster.code == "BOOTSTRAP_FAILURE":
        advice = advice_for(tail.text if tail else "", LOG_ADVICE)
        return LaunchError(
            job.failure_message(
                f"bootstrap failed. {cause}",
                quote(tail),
                advice or "fix the bootstrap action, and materialize again",
            )
        )
    if cluster.code == "VALIDATION_ERROR":
        advice = advice_for(cause, ADVICE) or "check the cluster configuration"
        return LaunchError(job.failure_message(cause, advice))
    if cluster.code == "USER_REQUEST" and not by_launcher and not cluster.was_idle:
        advice = (
            "a user or a program ended the cluster through EMR's API; materialize again to start "
            "another"
        )
        return LaunchError(job.failure_message(cause, advice))
    advice = advice_for(f"{cluster.code} {cluster.message}", ADVICE)
    return LostError(job.failure_message(cause, advice))


def no_cluster_accepts(job: JobLocation, last: Cluster, clusters: Sequence[str]) -> LaunchError:
    """Return the failure for an attempt whose clusters all ended before they accepted its step.

    Args:
        job: where the attempt would have run.
        last: the last of them.
        clusters: the ids of all.
    """
    return LaunchError(
        job.failure_message(
            f"{len(clusters)} clusters ended before they accepted the step: "
            f"{', '.join(clusters)}. The last one: {_end_of(last)}",
            "raise EMR_ML_IDLE_TIMEOUT_SECONDS if they were idle; otherwise find out who ends "
            "them (CloudTrail has each TerminateJobFlows)",
        )
    )


def never_reached_yarn(job: JobLocation, cluster: Cluster, tail: Tail) -> LaunchError:
    """Return the failure for a running step whose cluster EMR took for idle.

    EMR calls a cluster idle if YARN runs nothing, whatever the step's own process does.
    """
    return LaunchError(
        job.failure_message(
            f"the step was RUNNING, but never reached Spark's resource manager. {_end_of(cluster)}",
            quote(tail),
            whole_log(job),
            "see in the log what the driver waited for: a network connection, or a lock; "
            "materialize again once that is mended",
        )
    )


def never_begun(job: JobLocation) -> LostError:
    """Return the failure for an attempt whose Spark application ended before it began."""
    return LostError(
        job.failure_message("the Spark application that was to run it ended before it began")
    )


def start_too_slow(
    job: JobLocation, cluster: Cluster, seconds: float, tail: Tail | None
) -> LaunchError:
    """Return the failure for a cluster that has not started within `start_limit_seconds`.

    Args:
        job: where the attempt would have run.
        cluster: the cluster.
        seconds: since its start.
        tail: of the log of its bootstrap actions, if it has reached them.
    """
    cause = f"cluster {cluster.id} was {cluster.state} for {seconds:.0f} seconds, so it was ended"
    if tail is None:
        advice = advice_for("INSTANCE_FLEET_TIMEOUT", ADVICE)
        return LostError(job.failure_message(cause, advice))
    return LaunchError(
        job.failure_message(
            f"its bootstrap actions did not end. {cause}",
            quote(tail),
            "see in the log what they waited for, or raise `start_limit_seconds` if they need "
            "more time",
        )
    )


def step_failed(
    job: JobLocation, listed: Step, recorded: Failure | None, tail: Tail, controller: Tail
) -> LaunchError:
    """Return the failure for a step whose process ended with an error.

    Args:
        job: where it ran.
        listed: the failed step as EMR lists it.
        recorded: what the job itself recorded about the failure.
        tail: of the log of the process.
        controller: of EMR's own log about the process.
    """
    details = [text for name, text in listed.details.items() if text and name != "LogFile"]
    reason = " ".join(details).strip()
    return process_failed(
        job,
        reason=f"EMR's reason: {reason}" if reason else "EMR gives no reason",
        exit_code=_exit_code(listed, controller),
        recorded=recorded,
        tail=tail,
        # EMR's reason may quote the log
        advice=LOG_ADVICE,
        log_advice=LOG_ADVICE,
    )


def _end_of(cluster: Cluster) -> str:
    end = f"cluster {cluster.id} is {cluster.state} ({cluster.code or 'no code'})"
    return f"{end}: {cluster.message}" if cluster.message else end


def _exit_code(listed: Step, controller: Tail) -> int | None:
    """Return the exit code of a step's process, if EMR names it."""
    match = EXIT_CODE.search(" ".join([controller.text, *listed.details.values()]))
    return int(next(code for code in match.groups() if code)) if match else None
