"""One attempt on EMR, from its lease to its report or its cancellation."""

import time
from logging import Logger
from typing import Any, NoReturn

from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.lake.job_code import code_to_ship
from emr_ml.lake.leases import HeldLease
from emr_ml.launchers.base import LaunchError, LostError
from emr_ml.launchers.emr import failures
from emr_ml.launchers.emr.cluster_state import STEP_LIVE, Cluster, console_link, describe_step
from emr_ml.launchers.emr.clusters import Clusters
from emr_ml.launchers.emr.context import LauncherContext, PollingPolicy
from emr_ml.launchers.emr.failures import StepContext
from emr_ml.launchers.emr.follow import Follower, StalledError
from emr_ml.launchers.emr.requests.job_flow import run_job_flow_request
from emr_ml.launchers.emr.requests.step import step_config, step_name
from emr_ml.launchers.emr.shipping.packages import Packages, upload_packages
from emr_ml.launchers.emr.submission import ClusterEndedError, Submission
from spark_jobs.runtime.attempt import read_failure
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.report import Report, job_key

MAX_CLUSTERS = 3
# with the first, EMR sends SIGTERM to the step's process; with the second, SIGKILL to that process
# and to all processes that it has started
CANCEL_OPTIONS = ("SEND_INTERRUPT", "TERMINATE_PROCESS")


class Attempt:
    """One attempt, started or resumed.

    The lease records how far it has come: `cluster` is the id of its cluster, `sent_to` the
    cluster to which its step was sent, and `step` the id of its step. Each is recorded before the
    next call, so another process can resume the attempt from any point.
    """

    def __init__(
        self,
        context: LauncherContext,
        request: Request,
        module: str,
        held: HeldLease,
        log: Logger,
    ) -> None:
        self._context, self._request, self._held, self._log = context, request, held, log
        self._module, self._code = module, code_to_ship(module)
        self._name = step_name(context.asset_path(request.asset), request.version, request.attempt)
        self._polling = polling = context.polling
        first = min(1.0, polling.fast)
        self._api = Api("emr", polling.patience, log, first_pause=first, longest_pause=polling.slow)
        self._clusters = Clusters(self._api, context.shared, polling)

    def run(self) -> Report:
        """Submit the step if that has not been done, and follow it to its report.

        Raises:
            LaunchError: the attempt failed.
            SupersededError: another attempt has replaced this one.
            ClusterConfigError, PackagesError: the configuration of the cluster or of its packages
                can't be used.
            ClientError, BotoCoreError, UnansweredError: AWS refuses, or does not answer.
        """
        is_resumed = "step" in self._location
        self._check_not_failed()
        if is_resumed:
            self._log.info("resuming %s", self.step.location)
        else:
            self._submit()
        follower = Follower(self._context, self._request, self._name, self.step, self._log)
        try:
            return self._follow(follower)
        except LostError:
            raise
        except LaunchError as error:
            if is_resumed and not follower.seen_live:
                raise LostError(f"the step had failed before this run found it: {error}") from error
            raise

    def cancel(self) -> None:
        """Cancel the step, and terminate a cluster that only this run uses.

        Errors of AWS are only logged, so that the interruption itself reaches the caller.
        """
        try:
            self._cancel()
        except AWS_ERRORS as error:
            self._log.error(
                "the attempt could not be cancelled on EMR: %s. %s", error, self.step.location
            )

    @property
    def step(self) -> StepContext:
        """Where the attempt runs, as far as it has come."""
        cluster, step = self._location.get("cluster", ""), self._location.get("step", "")
        return StepContext(
            asset=self._request.asset,
            attempt=self._request.attempt,
            cluster=cluster,
            id=step,
            console=console_link(self._context.endpoint.region, cluster),
            log=self._context.logs.step_uri(cluster, step),
        )

    @property
    def _location(self) -> dict[str, str]:
        return {name: value for name, value in self._held.lease.location.items() if value}

    @property
    def _submission(self) -> Submission:
        role = self._context.config.runtime_role
        return Submission(self._api, self._clusters, self._polling, role)

    def _check_not_failed(self) -> None:
        """Raise LostError if the attempt recorded a failure under its previous owner."""
        request = self._request
        failure = read_failure(self._context.lake, request.asset, request.version, request.attempt)
        if failure and self._location:
            raise LostError(f"attempt {request.attempt} failed before: {failure.message}")

    def _submit(self) -> None:
        """Add the step to a cluster, and replace a cluster that ends before it accepts the step.

        Raises:
            LaunchError: EMR refuses the cluster or the step, or no cluster accepts the step.
        """
        context, run_id = self._context, self._held.lease.run_id
        packages = upload_packages(context.shared, context.config, context.endpoint.url, self._code)
        step = self._step_config(packages)
        cluster_request = run_job_flow_request(
            context.config, context.endpoint, packages.bootstrap, run_id
        )
        ended: Cluster | None = None
        for _ in range(MAX_CLUSTERS):
            cluster = self._location.get("cluster") or self._clusters.find_or_start(
                cluster_request, run_id, self._log
            )
            self._held.record(cluster=cluster)
            try:
                added = self._submission.submit(cluster, step, self._held, self._log)
            except ClusterEndedError as error:
                ended = error.cluster
                self._log.info("%s: it accepts no more steps", error)
                self._check_worth_replacing(ended)
                self._held.record(cluster="", sent_to="")
            else:
                self._held.record(step=added)
                self._log.info("submitted %s", self.step.location)
                self._log.info("its log will be in %s", self.step.log)
                return
        assert ended
        raise failures.cluster_ended(self.step, ended, None)

    def _step_config(self, packages: Packages) -> dict[str, Any]:
        request, context = self._request, self._context
        key = job_key(request.asset, request.version, request.attempt, "request.json")
        return step_config(
            context.config,
            context.endpoint,
            packages,
            module=self._module,
            name=self._name,
            request_uri=context.lake.uri(key),
        )

    def _check_worth_replacing(self, ended: Cluster) -> None:
        """Raise LaunchError if the next cluster would fail in the same way."""
        if ended.state != "TERMINATED_WITH_ERRORS":
            return
        tail = None
        if ended.code == "BOOTSTRAP_FAILURE":
            polling = self._polling
            tail = self._context.logs.bootstrap(ended.id, polling.logs, polling.fast)
        raise failures.cluster_ended(self.step, ended, tail)

    def _follow(self, follower: Follower) -> Report:
        while True:
            try:
                return follower.follow()
            except StalledError as stalled:
                self._log.error("%s", stalled)
                if stalled.step is None:
                    self._replace_stalled_cluster(stalled)
                else:
                    self._cancel_stalled_step(stalled.step)
                    follower.restart_clock(stalled.step)

    def _replace_stalled_cluster(self, stalled: StalledError) -> NoReturn:
        """Terminate the cluster.

        Raises:
            LostError: always, so that a new attempt starts another cluster.
        """
        self._terminate_cluster()
        advice = failures.advice_for("INSTANCE_FLEET_TIMEOUT")
        raise LostError(self.step.failure_message(str(stalled), advice))

    def _cancel_stalled_step(self, stalled: str) -> None:
        """Cancel a step that blocks this attempt, and terminate the cluster if that fails.

        Raises:
            LaunchError: the step is this attempt's own.
        """
        own = self.step
        is_cancelled = cancel_step(self._api, own.cluster, stalled, self._polling, self._log)
        if not is_cancelled and not self._has_other_running_steps(stalled):
            self._terminate_cluster()
        if stalled == own.id:
            raise failures.step_timed_out(own)

    def _has_other_running_steps(self, stalled: str) -> bool:
        steps = self._submission.steps(self.step.cluster)
        return any(step.state == "RUNNING" and step.id != stalled for step in steps)

    def _terminate_cluster(self) -> None:
        cluster = self.step.cluster
        self._log.error("terminating cluster %s", cluster)
        self._clusters.terminate(cluster, "it or one of its steps was stalled")

    def _cancel(self) -> None:
        cluster, polling = self._location.get("cluster"), self._polling
        if not cluster:
            return
        # with little patience, because the user may be waiting at the terminal
        api = Api("emr", polling.cancellation, self._log)
        submission = Submission(api, self._clusters, polling, None)
        if "step" not in self._location and "sent_to" in self._location:
            # the step was sent, but its id is not known
            submission.wait_until_listed(cluster, self._name)
        # a step may have been submitted twice, and the recorded one may not be listed yet
        listed = [s.id for s in submission.steps(cluster) if s.name == self._name and s.is_live]
        for step in dict.fromkeys([self._location.get("step"), *listed]):
            if step:
                cancel_step(api, cluster, step, polling, self._log)
        if "sent_to" not in self._location and self._context.config.scope == "run":
            self._log.info("terminating cluster %s, which only this run uses", cluster)
            self._clusters.terminate(cluster, "its run was cancelled")


def cancel_step(api: Api, cluster: str, step: str, polling: PollingPolicy, log: Logger) -> bool:
    """Cancel a step, gracefully and then by force, and return whether it has ended.

    A step that has already ended is no error, and other steps of the cluster keep running.
    """
    try:
        for option in CANCEL_OPTIONS:
            log.info("cancelling step %s of cluster %s (%s)", step, cluster, option)
            api.ask(
                "cancel_steps", ClusterId=cluster, StepIds=[step], StepCancellationOption=option
            )
            if _wait_for_end(api, cluster, step, polling, log):
                return True
    except AWS_ERRORS as error:
        log.warning("EMR did not confirm the end of step %s: %s", step, error)
    log.error(
        "step %s of cluster %s may still run. Cancel it with: aws emr cancel-steps --cluster-id %s "
        "--step-ids %s --step-cancellation-option %s",
        *(step, cluster, cluster, step, CANCEL_OPTIONS[-1]),
    )
    return False


def _wait_for_end(api: Api, cluster: str, step: str, polling: PollingPolicy, log: Logger) -> bool:
    deadline = time.monotonic() + polling.cancellation
    while time.monotonic() < deadline:
        listed = describe_step(api, cluster, step)
        # a step may be missing from listings for some seconds after it was added
        if listed and listed.state not in STEP_LIVE:
            log.info("step %s is %s", step, listed.state)
            return True
        time.sleep(max(polling.fast, polling.cancellation / 15))
    return False
