"""Follow a submitted step until its report is there, or the reason why there is none."""

import random
import time
from dataclasses import replace
from logging import Logger

from emr_ml.aws.client import AWS_ERRORS, Api, UnansweredError, error_code
from emr_ml.launchers.base import DetachedError
from emr_ml.launchers.emr import failures
from emr_ml.launchers.emr.cluster_state import (
    CLUSTER_STARTING,
    ClusterSnapshot,
    Step,
    StepOutcome,
    step_outcome,
)
from emr_ml.launchers.emr.cluster_watcher import ClusterWatcher
from emr_ml.launchers.emr.clusters import termination_key
from emr_ml.launchers.emr.context import KILL_AFTER_SECONDS, LauncherContext
from emr_ml.launchers.emr.failures import StepContext
from emr_ml.launchers.emr.logs import Tail
from emr_ml.launchers.emr.messages import Messages
from spark_jobs.runtime.attempt import Failure, check_lease, read_failure
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.report import Report, read_report

# reads of the lake after EMR reports the end of a step, before a missing report is a failure
GRACE_POLLS = 3


class StalledError(Exception):
    """A step or a cluster has been in one state for longer than it should be.

    Args:
        message: what is stalled, and since when.
        step: id of the stalled step, which may be another attempt's; None for the cluster.
    """

    def __init__(self, message: str, step: str | None) -> None:
        super().__init__(message)
        self.step = step


class Follower:
    """Follows one attempt by two signals: the lake, polled often, and EMR, polled rarely.

    `seen_live` is True once EMR has listed the step as live.
    """

    def __init__(
        self, context: LauncherContext, request: Request, name: str, step: StepContext, log: Logger
    ) -> None:
        self._context, self._polling, self._lake = context, context.polling, context.lake
        self._request, self._name, self._step, self._log = request, name, step, log
        # without patience, so that the lake is still polled while EMR does not answer
        api = Api("emr", 0.0, log)
        self._watcher = ClusterWatcher(api, context.shared, step.cluster, context.polling)
        self._messages = Messages(context.lake, request)
        self._logged_states: dict[str, str] = {}
        self._state_since: dict[str, float] = {}
        self._last_answer = time.monotonic()
        self._outage = ""
        self._completed_snapshot: ClusterSnapshot | None = None
        self._unlisted_step: Step | None = None
        self.seen_live = False

    def follow(self) -> Report:
        """Wait for the report.

        Raises:
            LaunchError: the attempt ended without a report.
            SupersededError: another attempt has replaced this one.
            StalledError: a step or the cluster is stalled, and has not ended.
            DetachedError: AWS does not answer for longer than `PollingPolicy.patience`.
        """
        while True:
            try:
                if report := self._poll_lake():
                    return report
                self._check_snapshot(self._watcher.latest())
            except AWS_ERRORS as error:
                self._tolerate_outage(error)
            else:
                if not self._watcher.failing:
                    self._end_outage()
            time.sleep(self._polling.fast * random.uniform(0.8, 1.2))

    def restart_clock(self, step: str) -> None:
        """Give a stalled step its whole time limit again."""
        self._state_since[f"{step} RUNNING"] = time.monotonic()

    def _poll_lake(self) -> Report | None:
        """Forward messages, and return the report if it is there.

        Raises:
            LaunchError: the job recorded a failure that a new attempt would not avoid.
        """
        self._messages.forward(self._log)
        if report := self._read_report():
            self._messages.finish(self._log, self._polling.fast)
            return report
        failure = self._read_failure()
        if failure and not failure.retryable:
            self._messages.finish(self._log, self._polling.fast)
            raise failures.job_failed(self._step, failure)
        return None

    def _read_report(self) -> Report | None:
        committed = read_report(self._lake, self._request.asset, self._request.version)
        if committed and committed.report.attempt >= self._request.attempt:
            return committed.report
        return None

    def _read_failure(self) -> Failure | None:
        request = self._request
        return read_failure(self._lake, request.asset, request.version, request.attempt)

    def _check_snapshot(self, snapshot: ClusterSnapshot | None) -> None:
        """Raise the cause if EMR's states mean that there will be no report."""
        if snapshot is None:
            return
        cluster, visibility = snapshot.cluster, self._polling.visibility
        # EMR may need a moment to know a new cluster
        if cluster.is_forgotten and self._seconds_in(cluster.id, "forgotten") <= visibility:
            return
        snapshot = self._with_own_step(snapshot)
        outcome, step = step_outcome(snapshot, self._name)
        self._log_states(snapshot, step)
        if outcome is StepOutcome.UNFINISHED:
            self.seen_live |= step is not None
            self._check_stalled(snapshot)
            return
        # the report may have been written since the last poll of the lake, or be on its way
        for _ in range(GRACE_POLLS):
            if self._poll_lake():
                return
            time.sleep(self._polling.fast)
        self._raise_failure(snapshot, outcome, step)

    def _with_own_step(self, snapshot: ClusterSnapshot) -> ClusterSnapshot:
        """Add the followed step if it ended so long ago that the snapshot lacks it."""
        if snapshot.steps_named(self._name):
            return snapshot
        if snapshot is not self._completed_snapshot:
            self._completed_snapshot = snapshot
            self._unlisted_step = self._watcher.step_now(self._step.id)
        if self._unlisted_step is None:
            return snapshot
        return replace(snapshot, steps=(*snapshot.steps, self._unlisted_step))

    def _raise_failure(
        self, snapshot: ClusterSnapshot, outcome: StepOutcome, step: Step | None
    ) -> None:
        """Raise why the attempt failed; return if a later snapshot will show the cause better."""
        # a superseded attempt ends without a report, which is no failure
        check_lease(self._lake, self._request)
        match outcome:
            case StepOutcome.FAILED if step:
                self._raise_step_failure(step)
            case StepOutcome.ENDED:
                raise failures.output_missing(self._step, self._wait_for_stderr())
            case StepOutcome.CANCELLED:
                # a cluster that ended after it was described cancels its steps, too
                if self._watcher.now().cluster.is_live:
                    raise failures.step_cancelled(self._step)
            case _:
                # the reason of a cluster's end is known once it has ended
                if snapshot.cluster.has_ended:
                    self._raise_cluster_failure(snapshot)

    def _raise_step_failure(self, step: Step) -> None:
        tail = self._wait_for_stderr()
        # EMR may report the failed step before the breakdown of the cluster that caused it
        cluster = self._watcher.now().cluster
        if cluster.state == "TERMINATING":
            return
        if cluster.broke_down:
            raise failures.cluster_ended(self._step, cluster, None)
        controller = self._context.logs.step(cluster.id, step.id, "controller", 0.0, 0.0)
        # EMR adds the reason of a failure some seconds after the failure
        listed = self._watcher.step_now(step.id) or step
        raise failures.step_failed(self._step, listed, self._read_failure(), tail, controller)

    def _raise_cluster_failure(self, snapshot: ClusterSnapshot) -> None:
        cluster, polling = snapshot.cluster, self._polling
        tail = None
        if cluster.code == "BOOTSTRAP_FAILURE":
            tail = self._context.logs.bootstrap(cluster.id, polling.logs, polling.fast)
        by_launcher = self._lake.read(termination_key(cluster.id)) is not None
        raise failures.cluster_ended(self._step, cluster, tail, by_launcher=by_launcher)

    def _wait_for_stderr(self) -> Tail:
        step, polling = self._step, self._polling
        return self._context.logs.step(
            step.cluster, step.id, "stderr", wait=polling.logs, pause=polling.fast
        )

    def _check_stalled(self, snapshot: ClusterSnapshot) -> None:
        """Raise StalledError if this step, or one that it waits for, should have ended long ago."""
        config, cluster = self._context.config, snapshot.cluster
        slack = KILL_AFTER_SECONDS + 2 * self._polling.slow
        for step in snapshot.steps:
            limit = (step.limit or config.step_limit_seconds) + slack
            if step.state == "RUNNING" and self._seconds_in(step.id, step.state) > limit:
                raise StalledError(f"step {step.id} is RUNNING past its time limit", step.id)
        if cluster.state in CLUSTER_STARTING:
            seconds = self._seconds_in(cluster.id, "starting")
            if seconds > config.start_limit_seconds:
                message = f"cluster {cluster.id} is {cluster.state} for {seconds:.0f} seconds"
                raise StalledError(message, None)

    def _seconds_in(self, subject: str, state: str) -> float:
        """Return the seconds since this follower first saw the subject in that state."""
        now = time.monotonic()
        return now - self._state_since.setdefault(f"{subject} {state}", now)

    def _log_states(self, snapshot: ClusterSnapshot, step: Step | None) -> None:
        """Log the states that have changed."""
        states = {f"cluster {snapshot.cluster.id}": snapshot.cluster.state}
        if step:
            states[f"step {step.id}"] = step.state
        for subject, state in states.items():
            if self._logged_states.get(subject) != state:
                self._log.info("%s is %s", subject, state)
        self._logged_states |= states

    def _tolerate_outage(self, error: Exception) -> None:
        """Tolerate an AWS outage; the step keeps running.

        Raises:
            DetachedError: the outage is longer than `PollingPolicy.patience`.
        """
        cause = error.__cause__ if isinstance(error, UnansweredError) else error
        outage = error_code(cause) or type(cause).__name__
        if outage != self._outage:
            self._log.warning(
                "AWS does not answer (%s): waiting, while the step keeps running", outage
            )
        self._outage = outage
        seconds = time.monotonic() - self._last_answer
        if seconds > self._polling.patience:
            raise DetachedError(
                f"AWS gave no answer for {seconds:.0f} seconds, the last error was: {error}\n"
                f"step {self._step.id} of cluster {self._step.cluster} may still run: "
                "materialize again to follow it"
            ) from error

    def _end_outage(self) -> None:
        if self._outage:
            self._log.info("AWS answers again")
        self._outage, self._last_answer = "", time.monotonic()
