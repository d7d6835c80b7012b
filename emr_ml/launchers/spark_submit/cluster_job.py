"""One attempt as a pod of Kubernetes, from its lease to its report or its cancellation."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from emr_ml.aws.client import UnansweredError
from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.remote.failures import (
    advice_for,
    output_missing,
    process_failed,
    quote,
    timed_out,
    whole_log,
)
from emr_ml.launchers.remote.pacing import PacedLook
from emr_ml.launchers.remote.polling import Answers, PollingPolicy, Streak
from emr_ml.launchers.remote.shipping import planned_code, upload
from emr_ml.launchers.remote.target import Attempt, JobLocation, JobOutcome, JobStatus, RemoteJob
from emr_ml.launchers.spark_submit.advice import FOR_LOGS_OF_PODS, FOR_PODS
from emr_ml.launchers.spark_submit.config import SparkSubmitConfig
from emr_ml.launchers.spark_submit.manifest import TEMPLATE, driver_pod, executor_template
from emr_ml.launchers.spark_submit.pods import Pod, Pods
from emr_ml.launchers.spark_submit.submission import Submission
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.report import Report

# the node's fault, so that a new attempt may succeed
LOST_REASONS = ("Evicted", "NodeLost", "NodeShutdown", "Terminated", "Preempting", "Shutdown")
DEADLINE = "DeadlineExceeded"
NAME_CHARACTERS = 63


class ClusterJob(RemoteJob):
    """An attempt as the pod of its driver.

    The lease records `pod`, its name, before it is created, and `uid` after that. A name can be
    created only once, so whoever repeats the call gets the same pod.
    """

    advice, log_advice = FOR_PODS, FOR_LOGS_OF_PODS

    def __init__(self, config: SparkSubmitConfig, attempt: Attempt, polling: PollingPolicy) -> None:
        assert config.kubernetes
        self._config, self._attempt, self._polling = config, attempt, polling
        self._own = config.kubernetes
        self._pods = Pods(self._own)
        self._look: PacedLook[Pod | None] = PacedLook(self._find, polling)
        self._pod: Pod | None = None
        self._pending, self._unknown = Streak(), Streak()

    @property
    def location(self) -> JobLocation:
        request, name = self._attempt.request, self._attempt.location.get("pod")
        text = log = ""
        if name:
            text = f"pod {name} of namespace {self._own.namespace}, {self._config.master}"
            log = f"kubectl --namespace {self._own.namespace} logs {name}"
        return JobLocation(request.asset, request.attempt, text, log)

    @property
    def is_submitted(self) -> bool:
        return "uid" in self._attempt.location

    @property
    def answers(self) -> Answers:
        return self._look.answers

    def submit(self) -> None:
        attempt = self._attempt
        code = planned_code(attempt.shared.root, attempt.code)
        template = executor_template(self._own)
        upload(attempt.shared, [*code.folders, *([template] if template else [])])
        if "pod" not in attempt.location:
            attempt.held.record(pod=_new_name(attempt))
        name = attempt.location["pod"]
        address = f"{attempt.shared.uri(template.key)}/{TEMPLATE}" if template else ""
        manifest = driver_pod(self._config, Submission.of(attempt, code), name, address)
        pod = self._create(manifest)
        attempt.held.record(uid=pod["metadata"]["uid"])
        try:
            self._pods.delete_old()
        except UnansweredError as error:
            attempt.log.info("old pods stay: %s", error)

    def status(self) -> JobStatus | None:
        pod = self._look.latest()
        if self.answers.failing:
            return None
        self._pod = pod
        name = self._attempt.location["pod"]
        if pod is None:
            return JobStatus(JobOutcome.LOST, False, {f"pod {name}": "gone"})
        phase, reason = pod["status"].get("phase", "Pending"), _reason(pod)
        outcome = self._outcome(pod, phase)
        self._end_pending(pod, phase, reason)
        shown = f"{phase} ({reason})" if reason else phase
        return JobStatus(outcome, True, {f"pod {name}": shown})

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        location, pod = self.location, self._pod
        if pod is None:
            cause = "its pod was deleted, by somebody or with its node"
            return LostError(location.failure_message(cause))
        reason = _reason(pod)
        if status.outcome is JobOutcome.LOST:
            self._delete()
            return LostError(location.failure_message(f"its pod was lost: {reason}"))
        tail = self._pods.tail(pod["metadata"]["name"])
        if status.outcome is JobOutcome.SUCCEEDED:
            return output_missing(location, tail)
        if pod["status"].get("reason") == DEADLINE:
            return timed_out(location, tail)
        return process_failed(
            location,
            reason=reason,
            exit_code=_terminated(pod).get("exitCode"),
            recorded=recorded,
            tail=tail,
            advice=self.advice,
            log_advice=self.log_advice,
        )

    def cancel(self) -> None:
        if "pod" not in self._attempt.location:
            return
        self._delete()
        deadline = time.monotonic() + self._polling.cancellation
        while self._find() is not None and time.monotonic() < deadline:
            time.sleep(self._polling.fast)

    def metadata(self, report: Report | None) -> dict[str, Any]:
        if not self.is_submitted:
            return {}
        node = self._pod["spec"].get("nodeName", "") if self._pod else ""
        return {
            "master": self._config.master,
            "namespace": self._own.namespace,
            "pod": self._attempt.location["pod"],
            **({"node": node} if node else {}),
            **super().metadata(report),
        }

    def _create(self, manifest: Pod) -> Pod:
        """Create the pod, and try again while Kubernetes gives no answer: the name is the token."""
        deadline, said = time.monotonic() + self._polling.patience, ""
        while True:
            try:
                return self._pods.create(manifest)
            except UnansweredError as error:
                if time.monotonic() > deadline:
                    raise
                if str(error) != said:
                    self._attempt.log.warning("%s: trying again", error)
                said = str(error)
                time.sleep(self._polling.fast)

    def _find(self) -> Pod | None:
        where = self._attempt.location
        pod = self._pods.find(where["pod"])
        is_own = pod is not None and where.get("uid") in (None, pod["metadata"]["uid"])
        return pod if is_own else None

    def _delete(self) -> None:
        where = self._attempt.location
        self._pods.delete(where["pod"], where.get("uid", ""))

    def _outcome(self, pod: Pod, phase: str) -> JobOutcome:
        unknown = self._unknown.seconds(is_true=phase == "Unknown")
        match phase:
            case "Succeeded":
                return JobOutcome.SUCCEEDED
            case "Failed":
                is_lost = pod["status"].get("reason") in LOST_REASONS
                return JobOutcome.LOST if is_lost else JobOutcome.FAILED
            case "Unknown" if unknown > self._polling.visibility:
                # its process may live on, but can't commit once there is a newer attempt
                return JobOutcome.LOST
            case _:
                return JobOutcome.UNFINISHED

    def _end_pending(self, pod: Pod, phase: str, reason: str) -> None:
        """Delete a pod that does not start: it would wait for ever.

        Raises:
            LaunchError: it has waited for longer than the limit.
        """
        seconds = self._pending.seconds(is_true=phase == "Pending")
        if seconds <= self._config.start_limit_seconds:
            return
        self._delete()
        cause = (
            f"its pod did not start within {seconds:.0f} seconds: {reason or 'without a reason'}"
        )
        advice = advice_for(reason, self.advice)
        tail = None if not _terminated(pod) else self._pods.tail(pod["metadata"]["name"])
        location = self.location
        raise LaunchError(location.failure_message(cause, quote(tail), whole_log(location), advice))


def _new_name(attempt: Attempt) -> str:
    """Return a name that no other pod has; the lease records it."""
    asset = attempt.request.asset.lower().replace("_", "-")
    tail = f"-{attempt.request.attempt}-{uuid.uuid4().hex[:12]}"
    return f"emr-ml-{asset}"[: NAME_CHARACTERS - len(tail)] + tail


def _terminated(pod: Pod) -> Mapping[str, Any]:
    for status in pod["status"].get("containerStatuses") or ():
        if ended := status.get("state", {}).get("terminated"):
            return ended
    return {}


def _reason(pod: Pod) -> str:
    """Return what Kubernetes says about a pod that does not run, or that has failed."""
    status = pod["status"]
    containers, conditions = status.get("containerStatuses") or (), status.get("conditions") or ()
    found: list[Mapping[str, Any]] = [
        status,
        _terminated(pod),
        *(each.get("state", {}).get("waiting") or {} for each in containers),
        *(each for each in conditions if each.get("status") == "False"),
    ]
    texts = (": ".join(filter(None, (e.get("reason"), e.get("message")))) for e in found)
    return next((text for text in texts if text and text != "Completed"), "")
