"""Failures of clusters and steps as messages: cause, location, log, and what to do next."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.emr.cluster_state import Cluster, Step
from emr_ml.launchers.emr.logs import Tail
from spark_jobs.runtime.attempt import Failure

TIMED_OUT = 124  # exit code of `timeout` once the limit is over
KILLED = 137  # exit code after SIGKILL: 128 + 9
EXIT_CODE = re.compile(
    r"exit ?code:? '?(-?\d+)|ret '(-?\d+)'|exited with (-?\d+)", flags=re.IGNORECASE
)


@dataclass(frozen=True)
class StepContext:
    """Where an attempt runs; every message about the attempt includes it.

    Args:
        asset: the asset that is computed.
        attempt: number of the attempt.
        cluster: id of the cluster; "" before there is one.
        id: id of the step; "" before there is one.
        console: address of the cluster's page in the AWS console.
        log: address of the step's logs.
    """

    asset: str
    attempt: int
    cluster: str
    id: str
    console: str
    log: str

    @property
    def location(self) -> str:
        return f"step {self.id or '(none)'} of cluster {self.cluster}, {self.console}"

    def failure_message(self, cause: str, *details: str) -> str:
        """Return the cause first, then the location, then the details that are not empty."""
        headline = f"attempt {self.attempt} of {self.asset} failed: {cause}"
        return "\n".join(line for line in (headline, self.location, *details) if line)


def cluster_refused(error: ClientError, request: Mapping[str, Any]) -> LaunchError:
    """Return the failure for a cluster that EMR does not start as configured."""
    advice = advice_for(str(error)) or (
        "check the cluster configuration; `emr-ml plan` shows what was sent"
    )
    return LaunchError(f"EMR refuses to start cluster '{request['Name']}': {error}\n{advice}")


def step_refused(error: ClientError, cluster: str, step: Mapping[str, Any]) -> LaunchError:
    """Return the failure for a step that EMR does not add to the cluster."""
    advice = advice_for(str(error)) or "`emr-ml plan` shows what was sent"
    return LaunchError(f"EMR refuses step '{step['Name']}' on cluster {cluster}: {error}\n{advice}")


def cluster_ended(
    step: StepContext, cluster: Cluster, tail: Tail | None, *, by_launcher: bool = False
) -> LaunchError:
    """Return the failure for an attempt whose cluster ended before it was over.

    Args:
        step: where the attempt ran.
        cluster: the cluster.
        tail: of the bootstrap action's log, if that action failed.
        by_launcher: whether a launcher terminated the cluster, as its `ended.json` records.
    """
    cause = f"cluster {cluster.id} is {cluster.state} ({cluster.code or 'no code'})"
    if cluster.message:
        cause = f"{cause}: {cluster.message}"
    if cluster.code == "BOOTSTRAP_FAILURE":
        advice = advice_for(tail.text if tail else "")
        return LaunchError(
            step.failure_message(
                f"bootstrap failed. {cause}",
                _quote(tail),
                advice or "fix the bootstrap action, and materialize again",
            )
        )
    if cluster.code == "VALIDATION_ERROR":
        advice = advice_for(cause) or "check the cluster configuration"
        return LaunchError(step.failure_message(cause, advice))
    if cluster.code == "USER_REQUEST" and not by_launcher:
        advice = "somebody ended the cluster; materialize again to start another"
        return LaunchError(step.failure_message(cause, advice))
    return LostError(step.failure_message(cause, advice_for(f"{cluster.code} {cluster.message}")))


def step_failed(
    step: StepContext, listed: Step, failure: Failure | None, tail: Tail, controller: Tail
) -> LaunchError:
    """Return the failure for a step whose process ended with an error.

    Args:
        step: where the attempt ran.
        listed: the failed step as EMR lists it.
        failure: what the job itself recorded about the failure.
        tail: of the log of the process.
        controller: of EMR's own log about the process.
    """
    code = _exit_code(listed, controller)
    if code == TIMED_OUT:
        return step_timed_out(step, tail)
    details = [text for name, text in listed.details.items() if text and name != "LogFile"]
    reason = " ".join(details).strip()
    recorded = failure.message if failure else ""
    cause = recorded or (f"EMR's reason: {reason}" if reason else "EMR gives no reason")
    if code is not None:
        cause = f"{cause} (exit code {code})"
    if failure and failure.by_user:
        log = advice = ""
    else:
        log = _quote(tail)
        killed = f"exit code {KILLED}" if code == KILLED else ""
        advice = advice_for(f"{recorded} {reason} {tail.text} {killed}")
    return LaunchError(
        step.failure_message(cause, _quote_trace(failure), log, _whole_log(step), advice)
    )


def job_failed(step: StepContext, failure: Failure) -> LaunchError:
    """Return the failure that the job itself recorded."""
    advice = "" if failure.by_user else advice_for(f"{failure.message} {failure.trace}")
    return LaunchError(
        step.failure_message(failure.message, _quote_trace(failure), _whole_log(step), advice)
    )


def step_timed_out(step: StepContext, tail: Tail | None = None) -> LaunchError:
    """Return the failure for a step that ran longer than its time limit."""
    return LaunchError(
        step.failure_message(
            "the step ran into its time limit",
            _quote(tail),
            _whole_log(step),
            "if the job needs more time, raise EMR_ML_STEP_LIMIT_SECONDS",
        )
    )


def output_missing(step: StepContext, tail: Tail) -> LaunchError:
    """Return the failure for a step that succeeded but left no report."""
    return LaunchError(
        step.failure_message(
            "output missing: the step is COMPLETED, but left no report in the lake",
            _quote(tail),
            _whole_log(step),
            "check that the cluster writes to the configured lake, then materialize again",
        )
    )


def step_cancelled(step: StepContext) -> LaunchError:
    """Return the failure for a step that was cancelled by another program or by a user."""
    return LaunchError(
        step.failure_message(
            "the step was cancelled outside of this run", "materialize again for a new attempt"
        )
    )


def _exit_code(listed: Step, controller: Tail) -> int | None:
    """Return the exit code of a step's process, if EMR names it."""
    match = EXIT_CODE.search(" ".join([controller.text, *listed.details.values()]))
    return int(next(code for code in match.groups() if code)) if match else None


def _quote(tail: Tail | None) -> str:
    if tail is None:
        return ""
    if not tail.lines:
        return f"the log {tail.uri} can't be shown: {tail.problem}"
    return "\n".join([f"last lines of {tail.uri}:", *(f"  {line}" for line in tail.lines)])


def _quote_trace(failure: Failure | None) -> str:
    return f"the job's own error:\n{failure.trace}" if failure and failure.trace else ""


def _whole_log(step: StepContext) -> str:
    return f"the whole log: {step.log}"


# patterns in messages and logs, and what to do; the first match counts
ADVICE = (
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
    (
        r"is not authorized|AccessDenied|Access Denied|UnauthorizedOperation",
        (
            "a role lacks a permission: `emr-ml doctor` checks them; the launcher's permissions "
            "are in infra/launcher_policy.json"
        ),
    ),
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
        (
            r"OutOfMemoryError|exceeding (physical|virtual)? ?memory limits|exit code 137|"
            r"Java heap space"
        ),
        (
            "out of memory: take larger instances, or set `driver_memory_gb` or "
            "`spark_conf: {spark.executor.memory: …}` in the cluster configuration"
        ),
    ),
    (
        r"No module named '?(numpy|boto3|botocore)",
        (
            "the nodes' Python lacks a package that the bootstrap action should have installed: "
            "see its log on the primary node"
        ),
    ),
    (
        r"No space left on device|disk is full",
        "a disk is full: raise `root_volume_gb`, or take instances with more storage",
    ),
    (
        r"subnet-[0-9a-f]|Ec2Subnet|The subnet|[Ss]ecurity group",
        "check `subnets` and `security_groups`",
    ),
)


def advice_for(text: str) -> str:
    """Return what to do about a message or a log, or "" if no pattern matches."""
    return next((advice for pattern, advice in ADVICE if re.search(pattern, text)), "")
