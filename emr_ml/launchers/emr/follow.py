"""From a submitted step to its report, or to why there is none."""

import random
import time
from dataclasses import replace
from logging import Logger

from emr_ml.aws.client import AWS_ERRORS, Api, UnansweredError, error_code
from emr_ml.launchers.base import DetachedError
from emr_ml.launchers.emr import failures
from emr_ml.launchers.emr.cluster_state import (
    CLUSTER_COMING_UP,
    ClusterSnapshot,
    ClusterWatcher,
    Step,
    StepOutcome,
    broke_down,
    step_outcome,
)
from emr_ml.launchers.emr.clusters import end_key
from emr_ml.launchers.emr.context import KILL_AFTER_SECONDS, LauncherContext
from emr_ml.launchers.emr.failures import StepContext
from emr_ml.launchers.emr.logs import Tail
from emr_ml.launchers.emr.messages import Messages
from spark_jobs.runtime.attempt import Failure, check_lease, read_failure
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.report import Report, read_report

FAST_LOOKS_OF_GRACE = 3


class StuckError(Exception):
    """EMR shows a step or a cluster in one state for longer than it can be so.

    `step` is the one that does not move, be it another's; None if it is the cluster.
    """

    def __init__(self, message: str, step: str | None) -> None:
        super().__init__(message)
        self.step = step


class Follower:
    """Follows one attempt by two signals: the lake, often, and EMR's listings, seldom."""

    def __init__(
        self, setting: LauncherContext, request: Request, name: str, scene: StepContext, log: Logger
    ) -> None:
        self._setting, self._pace, self._lake = setting, setting.pace, setting.lake
        self._request, self._name, self._scene, self._log = request, name, scene, log
        # one try at a time, so that the lake is looked into while EMR does not answer
        api = Api("emr", 0.0, log)
        self._looks = ClusterWatcher(api, setting.lake, scene.cluster, setting.pace)
        self._messages = Messages(setting.lake, request)
        self._said: dict[str, str] = {}
        self._since: dict[str, float] = {}
        self._quiet_since = time.monotonic()
        self._trouble = ""
        self._asked_about: ClusterSnapshot | None = None
        self._own: Step | None = None
        self.seen_alive = False

    def follow(self) -> Report:
        """Wait for the report.

        Raises:
            LaunchError: the cause that there is none, and what to do.
            SupersededError: another attempt is the claimed one.
            StuckError: the step or its cluster does not move; it is still there.
            DetachedError: AWS gives no answer for longer than the patience.
        """
        while True:
            try:
                if found := self._look_into_lake():
                    return found
                self._judge(self._looks.latest())
            except AWS_ERRORS as error:
                self._bear(error)
            else:
                if not self._looks.failing:
                    self._answered()
            time.sleep(self._pace.fast * random.uniform(0.8, 1.2))

    def forgive(self, step: str) -> None:
        """Give a step that does not move its time anew."""
        self._since[f"{step} RUNNING"] = time.monotonic()

    def _look_into_lake(self) -> Report | None:
        self._messages.forward(self._log)
        if found := self._report():
            self._messages.finish(self._log, self._pace.fast)
            return found
        failure = self._failure()
        if failure and not failure.retryable:
            self._messages.finish(self._log, self._pace.fast)
            raise failures.job_failed(self._scene, failure)
        return None

    def _report(self) -> Report | None:
        found = read_report(self._lake, self._request.asset, self._request.version)
        return found.report if found and found.report.attempt >= self._request.attempt else None

    def _failure(self) -> Failure | None:
        request = self._request
        return read_failure(self._lake, request.asset, request.version, request.attempt)

    def _judge(self, look: ClusterSnapshot | None) -> None:
        """Raises what EMR's listings mean, if they mean that no report will come."""
        if look is None:
            return
        if look.cluster.is_forgotten and not self._is_old(look.cluster.id):
            # EMR may take a moment to know a new cluster
            return
        look = self._completed(look)
        found, step = step_outcome(look, self._name)
        self._tell(look, step)
        if found is StepOutcome.GOES_ON:
            self.seen_alive |= step is not None
            self._check_time(look)
            return
        # the report may have been written since the lake was looked at, or be on its way
        for _ in range(FAST_LOOKS_OF_GRACE):
            if self._look_into_lake():
                return
            time.sleep(self._pace.fast)
        self._conclude(look, found, step)

    def _completed(self, look: ClusterSnapshot) -> ClusterSnapshot:
        """The look, with the step that is followed: it may have ended long before all others."""
        if look.named(self._name):
            return look
        if look is not self._asked_about:
            self._asked_about, self._own = look, self._looks.ask_for(self._scene.step)
        return replace(look, steps=(*look.steps, self._own)) if self._own else look

    def _conclude(self, look: ClusterSnapshot, found: StepOutcome, step: Step | None) -> None:
        # a superseded attempt ends without a report, and that is as it should be
        check_lease(self._lake, self._request)
        scene, cluster, logs = self._scene, look.cluster, self._setting.logs
        match found:
            case StepOutcome.FAILED if step:
                tail = self._tail("stderr")
                # what broke the cluster may be told after the step
                newest = self._looks.now()
                if newest.cluster.state == "TERMINATING":
                    return
                if broke_down(newest):
                    raise failures.cluster_ended(scene, newest.cluster, None)
                controller = logs.step(scene.cluster, step.id, "controller", 0.0, 0.0)
                # EMR tells why a step failed some seconds after it failed
                step = self._looks.ask_for(step.id) or step
                raise failures.step_failed(scene, step, self._failure(), tail, controller)
            case StepOutcome.ENDED:
                raise failures.output_missing(scene, self._tail("stderr"))
            case StepOutcome.CANCELLED:
                # a cluster that ended after it was described takes its steps along
                if self._looks.now().cluster.is_live:
                    raise failures.cancelled(scene)
            case _ if cluster.is_gone:
                bootstrap = cluster.code == "BOOTSTRAP_FAILURE"
                wait = self._pace.logs, self._pace.fast
                tail = logs.bootstrap(cluster.id, *wait) if bootstrap else None
                ours = self._lake.read(end_key(cluster.id)) is not None
                raise failures.cluster_ended(scene, cluster, tail, by_us=ours)
            case _:
                # the cluster is ending: its reason is known once it has ended
                return

    def _tail(self, name: str) -> Tail:
        scene, pace = self._scene, self._pace
        return self._setting.logs.step(scene.cluster, scene.step, name, pace.logs, pace.fast)

    def _check_time(self, look: ClusterSnapshot) -> None:
        """Raises StuckError if this step, or one that it waits for, should have ended long ago."""
        config = self._setting.config
        slack = KILL_AFTER_SECONDS + 2 * self._pace.slow
        for running in [step for step in look.steps if step.state == "RUNNING"]:
            limit = (running.limit or config.step_limit_seconds) + slack
            if self._seconds_in(running.id, running.state) > limit:
                raise StuckError(f"step {running.id} is RUNNING past its time limit", running.id)
        if look.cluster.state in CLUSTER_COMING_UP:
            seconds = self._seconds_in(look.cluster.id, "coming up")
            if seconds > config.start_limit_seconds:
                state = f"{look.cluster.state} for {seconds:.0f} seconds"
                raise StuckError(f"cluster {look.cluster.id} is {state}", None)

    def _is_old(self, cluster: str) -> bool:
        return self._seconds_in(cluster, "forgotten") > self._pace.visibility

    def _seconds_in(self, what: str, state: str) -> float:
        here = time.monotonic()
        return here - self._since.setdefault(f"{what} {state}", here)

    def _tell(self, look: ClusterSnapshot, step: Step | None) -> None:
        """Log each state once."""
        states = {f"cluster {look.cluster.id}": look.cluster.state}
        if step:
            states[f"step {step.id}"] = step.state
        for what, state in states.items():
            if self._said.get(what) != state:
                self._log.info("%s is %s", what, state)
        self._said |= states

    def _bear(self, error: Exception) -> None:
        """Go on without an answer: the step does."""
        said = error.__cause__ if isinstance(error, UnansweredError) else error
        trouble = error_code(said) or type(said).__name__
        if trouble != self._trouble:
            self._log.warning("AWS gives no answer (%s): waiting, the step goes on", trouble)
        self._trouble = trouble
        quiet = time.monotonic() - self._quiet_since
        if quiet > self._pace.patience:
            raise DetachedError(
                f"AWS gave no answer for {quiet:.0f} seconds, the last was: {error}\n"
                f"step {self._scene.step} of cluster {self._scene.cluster} may go on: "
                "materialize again to follow it"
            ) from error

    def _answered(self) -> None:
        if self._trouble:
            self._log.info("AWS answers again")
        self._trouble, self._quiet_since = "", time.monotonic()
