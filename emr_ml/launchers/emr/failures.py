"""Failures in words: cause, step, cluster, the last lines of the log, and what to do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.emr.cluster_state import Cluster, Step
from emr_ml.launchers.emr.logs import Tail
from spark_jobs.runtime.attempt import Failure

# what is said, and what to do about it: the first that fits counts
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
            "a role lacks a right: `emr-ml doctor` checks them; the rights of the launcher are in "
            "infra/launcher_policy.json"
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


def advice(said: str) -> str:
    """What to do, by what EMR or a log says; empty if nothing in it is known."""
    return next((words for pattern, words in ADVICE if re.search(pattern, said)), "")


TIMED_OUT = 124  # what `timeout` exits with
KILLED = 137


@dataclass(frozen=True)
class StepContext:
    """Where an attempt was: what every message about it names."""

    asset: str
    attempt: int
    cluster: str
    step: str
    console: str
    log: str

    def told(self, cause: str, *parts: str) -> str:
        """Cause first, then where, then whatever else is known."""
        where = f"step {self.step or '(none)'} of cluster {self.cluster}, {self.console}"
        head = f"attempt {self.attempt} of {self.asset} failed: {cause}"
        return "\n".join(part for part in (head, where, *parts) if part)


def refused_cluster(error: ClientError, request: Mapping[str, Any]) -> LaunchError:
    """EMR does not start a cluster as configured."""
    said = str(error)
    return LaunchError(
        f"EMR refuses to start cluster '{request['Name']}': {said}\n"
        f"{advice(said) or 'check the cluster configuration; `emr-ml plan` shows what was sent'}"
    )


def refused_step(error: ClientError, cluster: str, step: Mapping[str, Any]) -> LaunchError:
    """EMR does not take the step."""
    said = str(error)
    return LaunchError(
        f"EMR refuses step '{step['Name']}' on cluster {cluster}: {said}\n"
        f"{advice(said) or '`emr-ml plan` shows what was sent'}"
    )


def cluster_ended(
    scene: StepContext, cluster: Cluster, tail: Tail | None, *, by_us: bool = False
) -> LaunchError:
    """The cluster is gone, and the attempt was not over.

    Args:
        by_us: a launcher ended it, for the sake of another attempt.
    """
    cause = f"cluster {cluster.id} is {cluster.state} ({cluster.code or 'no code'})"
    if cluster.message:
        cause = f"{cause}: {cluster.message}"
    if cluster.code == "BOOTSTRAP_FAILURE":
        return LaunchError(
            scene.told(
                f"bootstrap failed. {cause}",
                quoted(tail),
                advice(tail.text if tail else "")
                or "mend the bootstrap action, and materialize again",
            )
        )
    if cluster.code == "VALIDATION_ERROR":
        return LaunchError(scene.told(cause, advice(cause) or "check the cluster configuration"))
    if cluster.code == "USER_REQUEST" and not by_us:
        return LaunchError(
            scene.told(cause, "somebody ended the cluster; materialize again to start another")
        )
    return LostError(scene.told(cause, advice(f"{cluster.code} {cluster.message}")))


def step_failed(
    scene: StepContext, step: Step, failure: Failure | None, tail: Tail, controller: Tail
) -> LaunchError:
    """The step's process ended with an error.

    Args:
        tail: of the log of the process.
        controller: of what EMR itself logs about it.
    """
    code = exit_code(step, controller)
    own = failure.message if failure else ""
    emr = " ".join(
        part for name, part in step.details.items() if part and name != "LogFile"
    ).strip()
    if code == TIMED_OUT:
        return timed_out(scene, tail)
    cause = own or f"EMR says: {emr or 'no reason'}"
    if code is not None:
        cause = f"{cause} (exit code {code})"
    log = "" if failure and failure.by_user else quoted(tail)
    trace = f"the job's own error:\n{failure.trace}" if failure and failure.trace else ""
    killed = " exit code 137" if code == KILLED else ""
    hint = "" if failure and failure.by_user else advice(f"{own} {emr} {tail.text}{killed}")
    return LaunchError(scene.told(cause, trace, log, f"the whole log: {scene.log}", hint))


def job_failed(scene: StepContext, failure: Failure) -> LaunchError:
    """The job said itself why it failed."""
    trace = f"the job's own error:\n{failure.trace}" if failure.trace else ""
    hint = "" if failure.by_user else advice(f"{failure.message} {failure.trace}")
    return LaunchError(scene.told(failure.message, trace, f"the whole log: {scene.log}", hint))


def timed_out(scene: StepContext, tail: Tail | None = None) -> LaunchError:
    """The step took longer than it may."""
    return LaunchError(
        scene.told(
            "the step ran into its time limit",
            quoted(tail),
            f"the whole log: {scene.log}",
            "if the job needs more time, raise EMR_ML_STEP_LIMIT_SECONDS",
        )
    )


def output_missing(scene: StepContext, tail: Tail) -> LaunchError:
    """The step ended well, and there is no report."""
    return LaunchError(
        scene.told(
            "output missing: the step is COMPLETED, but left no report in the lake",
            quoted(tail),
            f"the whole log: {scene.log}",
            "check that the cluster writes to the lake that is set, then materialize again",
        )
    )


def cancelled(scene: StepContext) -> LaunchError:
    """The step was cancelled, and not by the run that follows it."""
    return LaunchError(
        scene.told(
            "the step was cancelled outside of this run",
            "materialize again for a new attempt",
        )
    )


def exit_code(step: Step, controller: Tail) -> int | None:
    """The exit code of a step's process, as far as EMR names it."""
    said = " ".join([controller.text, *step.details.values()])
    found = re.search(
        r"exit ?code:? '?(-?\d+)|ret '(-?\d+)'|exited with (-?\d+)", said, re.IGNORECASE
    )
    return int(next(code for code in found.groups() if code)) if found else None


def quoted(tail: Tail | None) -> str:
    """The last lines of a log, and where it is."""
    if tail is None:
        return ""
    if not tail.lines:
        return f"the log {tail.uri} tells nothing: {tail.problem}"
    return "\n".join([f"last lines of {tail.uri}:", *(f"  {line}" for line in tail.lines)])
