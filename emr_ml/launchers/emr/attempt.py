"""One attempt on EMR, from its lease to its report."""

import time
from logging import Logger

from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.lake.leases import HeldLease
from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.emr import failures
from emr_ml.launchers.emr.cluster_state import STEP_LIVE, Cluster
from emr_ml.launchers.emr.clusters import Clusters
from emr_ml.launchers.emr.context import LauncherContext, PollingPolicy
from emr_ml.launchers.emr.cost.live_clusters import console_link
from emr_ml.launchers.emr.failures import StepContext, advice
from emr_ml.launchers.emr.follow import Follower, StuckError
from emr_ml.launchers.emr.requests.job_flow import run_job_flow_request
from emr_ml.launchers.emr.requests.step import step_config, step_name
from emr_ml.launchers.emr.shipping.packages import upload_packages
from emr_ml.launchers.emr.submission import ClusterGoneError, Submission
from spark_jobs.runtime.attempt import read_failure
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.report import Report, job_key

# EMR sends SIGTERM to the step's process, then SIGKILL to it and all that it started
GRACEFUL, HARD = "SEND_INTERRUPT", "TERMINATE_PROCESS"


def cancel_step(api: Api, cluster: str, step: str, pace: PollingPolicy, log: Logger) -> bool:
    """Cancel a step, gracefully and then hard, and wait for its end; whether it has ended.

    Other steps of the cluster are left alone. A step that ended meanwhile is no error.
    """
    try:
        for how in (GRACEFUL, HARD):
            log.info("cancelling step %s of cluster %s (%s)", step, cluster, how)
            api.ask("cancel_steps", ClusterId=cluster, StepIds=[step], StepCancellationOption=how)
            until = time.monotonic() + pace.cancellation
            while time.monotonic() < until:
                state = _state(api, cluster, step)
                if state not in STEP_LIVE:
                    log.info("step %s is %s", step, state)
                    return True
                time.sleep(max(pace.fast, pace.cancellation / 15))
    except AWS_ERRORS as error:
        log.warning("EMR did not confirm the end of step %s: %s", step, error)
    log.error(
        "step %s of cluster %s may still run. End it with: aws emr cancel-steps --cluster-id %s "
        "--step-ids %s --step-cancellation-option %s",
        *(step, cluster, cluster, step, HARD),
    )
    return False


def _state(api: Api, cluster: str, step: str) -> str:
    listed = api.ask("list_steps", ClusterId=cluster, StepIds=[step])["Steps"]
    # a step may be missing from listings for some seconds after it was added
    return listed[0]["Status"]["State"] if listed else "PENDING"


MOST_CLUSTERS = 3


class Attempt:
    """Goes on from wherever the lease's place says that the attempt has come to.

    The place names the cluster, the cluster that a step was sent to, and the step.
    """

    def __init__(
        self, setting: LauncherContext, request: Request, held: HeldLease, log: Logger
    ) -> None:
        self._setting, self._request, self._held, self._log = setting, request, held, log
        self._name = step_name(request.asset, request.version, request.attempt)
        pace = setting.pace
        first = min(1.0, pace.fast)
        self._api = Api("emr", pace.patience, log, first_pause=first, longest_pause=pace.slow)
        self._clusters = Clusters(self._api, setting.lake, setting.pace)

    def run(self) -> Report:
        """Submit the step, unless that has been done, and follow it to its report.

        Raises:
            LaunchError: the cause that there is none, and what to do.
        """
        adopted = "step" in self._place
        self._check_adopted()
        self._submit()
        follower = Follower(self._setting, self._request, self._name, self.scene, self._log)
        if adopted:
            self._log.info("going on with %s", self.where)
        try:
            return self._followed(follower)
        except LostError:
            raise
        except LaunchError as error:
            if adopted and not follower.seen_alive:
                raise LostError(f"the step had failed before this run found it: {error}") from error
            raise

    @property
    def scene(self) -> StepContext:
        """Where the attempt is, as far as it has come."""
        cluster, step = self._place.get("cluster", ""), self._place.get("step", "")
        return StepContext(
            self._request.asset,
            self._request.attempt,
            cluster,
            step,
            console_link(self._setting.target.region, cluster),
            self._setting.logs.step_uri(cluster, step),
        )

    @property
    def where(self) -> str:
        return f"step {self.scene.step} of cluster {self.scene.cluster}, {self.scene.console}"

    def cancel(self) -> None:
        """End what was begun: the step, and a cluster that nobody else uses."""
        try:
            self._cancel()
        except AWS_ERRORS as error:
            # the interruption itself must go on
            self._log.error("what was begun on EMR could not be ended: %s. %s", error, self.where)

    def _cancel(self) -> None:
        cluster, pace = self._place.get("cluster"), self._setting.pace
        if not cluster:
            return
        # somebody waits at the terminal
        api = Api("emr", pace.cancellation, self._log)
        submission = Submission(api, self._clusters, pace, None)
        if "step" not in self._place and "sent_to" in self._place:
            # the answer to its submission has not come
            submission.appearing(cluster, self._name)
        # an attempt may have been sent twice
        listed = submission.listed(cluster)
        twins = [s.id for s in listed if s.name == self._name and s.is_live]
        # the one that was noted may not be listed yet
        for step in dict.fromkeys([self._place.get("step"), *twins]):
            if step:
                cancel_step(api, cluster, step, pace, self._log)
        if "sent_to" not in self._place and self._setting.config.scope == "run":
            self._log.info("ending cluster %s, which is this run's own", cluster)
            self._clusters.end(cluster, "its run was cancelled")

    @property
    def _place(self) -> dict[str, str]:
        return {name: value for name, value in self._held.lease.location.items() if value}

    @property
    def _submission(self) -> Submission:
        pace, role = self._setting.pace, self._setting.config.runtime_role
        return Submission(self._api, self._clusters, pace, role)

    def _check_adopted(self) -> None:
        """Raises LostError if the attempt of somebody who is gone had failed by its own word."""
        request = self._request
        failure = read_failure(self._setting.lake, request.asset, request.version, request.attempt)
        if failure and self._place:
            raise LostError(f"attempt {request.attempt} had failed: {failure.message}")

    def _submit(self) -> None:
        if "step" in self._place:
            return
        setting, request = self._setting, self._request
        packages = upload_packages(setting.lake, setting.config, setting.target.endpoint)
        asked = job_key(request.asset, request.version, request.attempt, "request.json")
        step = step_config(
            setting.config,
            setting.target,
            packages,
            asset=request.asset,
            name=self._name,
            request_uri=setting.lake.uri(asked),
        )
        flow = run_job_flow_request(
            setting.config, setting.target, packages.bootstrap, self._held.lease.run_id
        )
        gone: Cluster | None = None
        for _ in range(MOST_CLUSTERS):
            cluster = self._place.get("cluster") or self._clusters.find_or_start(
                flow, self._held.lease.run_id, self._log
            )
            self._held.record(cluster=cluster)
            try:
                added = self._submission.submit(cluster, step, self._held, self._log)
            except ClusterGoneError as error:
                gone = error.cluster
                self._log.info("%s: it takes no more steps", error)
                self._check_worth_replacing(gone)
                self._held.record(cluster="", sent_to="")
            else:
                self._held.record(step=added)
                self._log.info("submitted %s", self.where)
                self._log.info("its log will be in %s", self.scene.log)
                return
        assert gone
        raise failures.cluster_ended(self.scene, gone, None)

    def _check_worth_replacing(self, gone: Cluster) -> None:
        """Raises the cause if the next cluster would end as this one did."""
        if gone.state == "TERMINATED_WITH_ERRORS":
            failed = gone.code == "BOOTSTRAP_FAILURE"
            pace = self._setting.pace
            tail = self._setting.logs.bootstrap(gone.id, pace.logs, pace.fast) if failed else None
            raise failures.cluster_ended(self.scene, gone, tail)

    def _followed(self, follower: Follower) -> Report:
        while True:
            try:
                return follower.follow()
            except StuckError as stuck:
                self._log.error("%s", stuck)
                self._unblock(stuck)
                follower.forgive(stuck.step or "")

    def _unblock(self, stuck: StuckError) -> None:
        """End what does not move, and the cluster if that is what it takes.

        Raises:
            LaunchError: it was this attempt.
        """
        scene = self.scene
        if stuck.step:
            pace = self._setting.pace
            ended = cancel_step(self._api, scene.cluster, stuck.step, pace, self._log)
            listed = self._submission.listed(scene.cluster)
            running = [s for s in listed if s.state == "RUNNING" and s.id != stuck.step]
            if not ended and not running:
                self._end_cluster()
            if stuck.step == scene.step:
                raise failures.timed_out(scene)
        else:
            self._end_cluster()
            raise LostError(scene.told(str(stuck), advice("INSTANCE_FLEET_TIMEOUT")))

    def _end_cluster(self) -> None:
        self._log.error("ending cluster %s", self.scene.cluster)
        self._clusters.end(self.scene.cluster, "it or one of its steps did not move")
