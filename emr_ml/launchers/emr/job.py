"""One attempt as a step of an EMR cluster, from its lease to its report or its cancellation."""

import secrets
import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from emr_ml.aws import SILENT_LOG
from emr_ml.aws.client import Api
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.emr import failures
from emr_ml.launchers.emr.cancellation import cancel_step
from emr_ml.launchers.emr.cluster_state import (
    CLUSTER_STARTING,
    Cluster,
    ClusterSnapshot,
    Step,
    console_link,
    step_outcome,
)
from emr_ml.launchers.emr.cluster_watcher import ClusterWatcher
from emr_ml.launchers.emr.clusters import Clusters, termination_key
from emr_ml.launchers.emr.context import LauncherContext
from emr_ml.launchers.emr.handover import Offer, handover_key
from emr_ml.launchers.emr.requests.job_flow import run_job_flow_request
from emr_ml.launchers.emr.requests.step import KILL_AFTER_SECONDS, step_config
from emr_ml.launchers.emr.shipping.shipment import Shipment, upload_shipment
from emr_ml.launchers.emr.step_metadata import cost_metadata
from emr_ml.launchers.emr.submission import ClusterEndedError, Submission
from emr_ml.launchers.remote.failures import cancelled, output_missing, timed_out
from emr_ml.launchers.remote.log_tail import Tail
from emr_ml.launchers.remote.polling import Answers
from emr_ml.launchers.remote.releases import check_jobs
from emr_ml.launchers.remote.target import (
    Attempt,
    JobLocation,
    JobOutcome,
    JobStatus,
    RemoteJob,
    TargetConfigError,
)
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.report import Report, job_key

MAX_CLUSTERS = 3


class EmrJob(RemoteJob):
    """An attempt as a step.

    The lease records how far it has come: `token` is the end of its step's name, `cluster` is the
    id of its cluster, `sent_to` the cluster to which its step was sent, and `step` the id of its
    step. The token is random: a warm cluster may still list the step of an attempt with the same
    number, from before the lake was emptied. If the attempt was offered to the Spark application of
    an earlier step, `handover` is the key of the offer, and `step_name` the name of that step.
    """

    advice, log_advice = failures.ADVICE, failures.LOG_ADVICE

    def __init__(self, context: LauncherContext, attempt: Attempt) -> None:
        self._context, self._attempt = context, attempt
        self._polling = polling = context.polling
        self._held, self._log = attempt.held, attempt.log
        first = min(1.0, polling.fast)
        self._api = Api(
            "emr", polling.patience, self._log, first_pause=first, longest_pause=polling.slow
        )
        self._clusters = Clusters(self._api, context.shared, polling)
        self._watcher: ClusterWatcher | None = None
        self._state_since: dict[str, float] = {}
        self._snapshot: ClusterSnapshot | None = None
        self._has_run = False
        self._completed_snapshot: ClusterSnapshot | None = None
        self._unlisted_step: Step | None = None
        self._handover: Offer | None = None

    @property
    def location(self) -> JobLocation:
        request, (cluster, step) = self._attempt.request, self._ids
        text = ""
        if cluster:
            console = console_link(self._context.endpoint.region, cluster)
            text = f"step {step or '(none)'} of cluster {cluster}, {console}"
        log = self._context.logs.step_uri(cluster, step) if step else ""
        return JobLocation(request.asset, request.attempt, text, log)

    @property
    def is_submitted(self) -> bool:
        return "step" in self._attempt.location

    @property
    def answers(self) -> Answers:
        return self._watch().answers

    def submit(self) -> None:
        """Add the step to a cluster, and replace a cluster that ends before it accepts the step."""
        context, attempt = self._context, self._attempt
        run_id, code = self._held.lease.run_id, attempt.code
        if problems := list(check_jobs(context.config, {attempt.request.asset: attempt.module})):
            raise TargetConfigError("\n".join(problems))
        if not {"token", "sent_to"} & attempt.location.keys():
            self._held.record(token=secrets.token_hex(4))
        made = attempt.location.get("handover")
        # by this run, or by the one that had the lease before
        if made and Offer(context, attempt, made).settle():
            return
        shipment = upload_shipment(context.shared, context.config, context.endpoint.url, code)
        cluster_request = run_job_flow_request(
            context.config, context.endpoint, shipment.bootstrap, run_id
        )
        handover = handover_key(context, attempt, shipment, cluster_request["Name"])
        # an own step that was sent before may be on its way
        is_sent = "sent_to" in attempt.location
        self._handover = Offer(context, attempt, handover) if handover else None
        if self._handover and not is_sent and self._handover.make():
            self._log.info("an earlier step of this run, whose Spark is up already, runs it")
            return
        step = self._step_config(shipment, handover if attempt.more_follows else None)
        while True:
            cluster = attempt.location.get("cluster") or self._clusters.find_or_start(
                cluster_request, run_id, self._log
            )
            self._held.record(cluster=cluster)
            try:
                added = self._submission().submit(cluster, step, self._held, self._log)
            except ClusterEndedError as error:
                self._log.info("%s: it accepts no more steps", error)
                self._check_worth_replacing(error.cluster)
                self._held.record(cluster="", sent_to="")
            else:
                self._held.record(step=added)
                return

    def status(self) -> JobStatus | None:
        snapshot = self._watch().latest()
        if snapshot is None:
            return None
        cluster, visibility = snapshot.cluster, self._polling.visibility
        # EMR may need a moment to know a new cluster
        if cluster.is_forgotten and self._seconds_in(cluster.id, "forgotten") <= visibility:
            return None
        self._snapshot = snapshot = self._with_own_step(snapshot)
        outcome, step = step_outcome(snapshot, self._step_name)
        self._has_run |= step is not None and step.state == "RUNNING"
        if outcome is JobOutcome.UNFINISHED:
            self._end_stalled(snapshot)
        if step and step.state == "PENDING" and self._handover:
            # an application of this run that waits for work may be what the step waits for
            self._handover.close("waiting")
        states = {f"cluster {cluster.id}": cluster.state}
        if step:
            states[f"step {step.id}"] = step.state
        return JobStatus(outcome, step is not None, states)

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        assert self._snapshot
        if "step_name" in self._attempt.location:
            # no other attempt can be handed to that application
            made = self._attempt.location["handover"]
            Offer(self._context, self._attempt, made).close("taken", "waiting")
            if not self._has_begun:
                return failures.never_begun(self.location)
        _, step = step_outcome(self._snapshot, self._step_name)
        match status.outcome:
            case JobOutcome.FAILED if step:
                return self._step_failure(step, recorded)
            case JobOutcome.SUCCEEDED:
                return output_missing(self.location, self._wait_for_stderr())
            case JobOutcome.CANCELLED:
                # a cluster that ended after it was described cancels its steps, too
                is_live = self._watch().now().cluster.is_live
                return cancelled(self.location) if is_live else None
            case _:
                # the reason of a cluster's end is known once it has ended
                cluster = self._snapshot.cluster
                return self._cluster_failure(cluster) if cluster.has_ended else None

    def cancel(self) -> None:
        """Cancel the step, and terminate a cluster that only this run uses."""
        polling = self._polling
        if (handover := self._attempt.location.get("handover")) and not self.is_submitted:
            Offer(self._context, self._attempt, handover).settle()
        location = self._attempt.location
        cluster = location.get("cluster")
        if not cluster:
            return
        # with little patience, because the user may be waiting at the terminal
        api = Api("emr", polling.cancellation, self._log)
        submission = self._submission(api)
        name = self._step_name
        if "step" not in location and "sent_to" in location:
            # the step was sent, but its id is not known
            submission.wait_until_listed(cluster, name)
        # a step may have been submitted twice, and the recorded one may not be listed yet
        listed = [s.id for s in submission.steps(cluster) if s.name == name and s.is_live]
        for step in dict.fromkeys([location.get("step"), *listed]):
            if step:
                cancel_step(api, cluster, step, polling, self._log)
        is_sent = bool({"sent_to", "step"} & location.keys())
        if not is_sent and self._context.config.scope == "run":
            self._log.info("terminating cluster %s, which only this run uses", cluster)
            self._clusters.terminate(cluster, "its run was cancelled")

    def metadata(self, report: Report | None) -> dict[str, Any]:
        cluster, step = self._ids
        if not cluster:
            return {}
        region, task = self._context.endpoint.region, self._context.config.task
        cost: dict[str, Any] = {}
        if report:
            started, finished = map(datetime.fromisoformat, (report.started, report.finished))
            cost = cost_metadata(
                cluster,
                step,
                region,
                (started, finished),
                shares_step="step_name" in self._attempt.location,
                spot_tasks=task.spot > 0 and not task.on_demand,
                log=self._log,
            )
        return {
            "cluster": cluster,
            "step": step or "none",
            "console": console_link(region, cluster),
            "log": self.location.log,
            **cost,
        }

    @property
    def _ids(self) -> tuple[str, str]:
        """The ids of the cluster and the step, "" for what there is not yet."""
        location = self._attempt.location
        return location.get("cluster", ""), location.get("step", "")

    @property
    def _step_name(self) -> str:
        """The name of the step; without a token, as an earlier release sent it."""
        if taken_over := self._attempt.location.get("step_name"):
            return taken_over
        return f"{self._attempt.name} {self._attempt.location.get('token', '')}".rstrip()

    @property
    def _has_begun(self) -> bool:
        request = self._attempt.request
        key = job_key(request.asset, request.version, request.attempt, "started.json")
        return self._attempt.lake.read(key) is not None

    def _submission(self, api: Api | None = None) -> Submission:
        role = self._context.config.runtime_role
        return Submission(api or self._api, self._clusters, self._polling, role)

    def _watch(self) -> ClusterWatcher:
        """Return the watcher of the cluster, made once it is known."""
        if self._watcher is None:
            # with little patience, so that the lake is still polled while EMR does not answer
            polling = self._polling
            api = Api("emr", polling.look, SILENT_LOG, first_pause=polling.fast / 4)
            self._watcher = ClusterWatcher(api, self._context.shared, self._ids[0], polling)
        return self._watcher

    def _step_config(self, shipment: Shipment, handover: str | None) -> dict[str, Any]:
        attempt, context = self._attempt, self._context
        return step_config(
            context.config,
            context.endpoint,
            shipment.code,
            module=attempt.module,
            name=self._step_name,
            request_uri=attempt.request_uri,
            handover_uri=context.shared.uri(handover) if handover else "",
        )

    def _check_worth_replacing(self, ended: Cluster) -> None:
        """Raise LaunchError if the next cluster would fail in the same way, or is one too many."""
        request = self._attempt.request
        clusters = self._context.ended_clusters.setdefault(request.version, [])
        clusters.append(ended.id)
        if ended.state == "TERMINATED_WITH_ERRORS":
            tail = self._bootstrap_log() if ended.code == "BOOTSTRAP_FAILURE" else None
            raise failures.cluster_ended(self.location, ended, tail)
        if len(clusters) >= MAX_CLUSTERS:
            raise failures.no_cluster_accepts(self.location, ended, clusters)

    def _with_own_step(self, snapshot: ClusterSnapshot) -> ClusterSnapshot:
        """Add the followed step if it ended so long ago that the snapshot lacks it."""
        if snapshot.cluster.is_forgotten or snapshot.steps_named(self._step_name):
            return snapshot
        if snapshot is not self._completed_snapshot:
            # once for each snapshot, even if EMR refuses
            self._completed_snapshot, self._unlisted_step = snapshot, None
            self._unlisted_step = self._watch().step_now(self._ids[1])
        if self._unlisted_step is None:
            return snapshot
        return replace(snapshot, steps=(*snapshot.steps, self._unlisted_step))

    def _step_failure(self, step: Step, recorded: Failure | None) -> LaunchError | None:
        tail = self._wait_for_stderr()
        # EMR may report the failed step before the breakdown of the cluster that caused it
        cluster = self._watch().now().cluster
        if cluster.state == "TERMINATING":
            return None
        if cluster.broke_down:
            return failures.cluster_ended(self.location, cluster, None)
        controller = self._context.logs.step(cluster.id, step.id, "controller", 0.0, 0.0)
        # EMR adds the reason of a failure some seconds after the failure
        listed = self._watch().step_now(step.id) or step
        return failures.step_failed(self.location, listed, recorded, tail, controller)

    def _cluster_failure(self, cluster: Cluster) -> LaunchError:
        if cluster.code == "BOOTSTRAP_FAILURE":
            return failures.cluster_ended(self.location, cluster, self._bootstrap_log())
        if cluster.was_idle and self._has_run:
            return failures.never_reached_yarn(self.location, cluster, self._wait_for_stderr())
        by_launcher = self._context.shared.read(termination_key(cluster.id)) is not None
        return failures.cluster_ended(self.location, cluster, None, by_launcher=by_launcher)

    def _bootstrap_log(self) -> Tail:
        cluster, polling = self._ids[0], self._polling
        return self._context.logs.bootstrap(cluster, polling.logs, polling.fast)

    def _wait_for_stderr(self) -> Tail:
        cluster, step = self._ids
        polling = self._polling
        return self._context.logs.step(
            cluster, step, "stderr", wait=polling.logs, pause=polling.fast
        )

    def _end_stalled(self, snapshot: ClusterSnapshot) -> None:
        """End a cluster or a step, this one or one that it waits for, that never ends by itself.

        Raises:
            LaunchError: the cluster did not start, or the step is this attempt's own.
        """
        config, cluster = self._context.config, snapshot.cluster
        slack = KILL_AFTER_SECONDS + 2 * self._polling.slow
        for step in snapshot.steps:
            limit = (step.limit or config.step_limit_seconds) + slack
            if step.state == "RUNNING" and self._seconds_in(step.id, step.state) > limit:
                self._end_step(step.id)
        if cluster.state in CLUSTER_STARTING:
            seconds = self._seconds_in(cluster.id, "starting")
            if seconds > config.start_limit_seconds:
                self._end_start(seconds)

    def _end_start(self, seconds: float) -> None:
        """End the cluster, unless it has started since it was last looked at."""
        cluster = self._watch().now().cluster
        if cluster.state not in CLUSTER_STARTING:
            return
        tail = self._bootstrap_log() if cluster.state == "BOOTSTRAPPING" else None
        self._terminate_cluster(f"it was {cluster.state} for {seconds:.0f} seconds")
        raise failures.start_too_slow(self.location, cluster, seconds, tail)

    def _end_step(self, stalled: str) -> None:
        """Cancel a step that blocks this attempt, and terminate the cluster if that fails.

        A step that has ended since it was last looked at is left alone.
        """
        cluster, own = self._ids
        steps = self._watch().now().steps
        if not any(step.id == stalled and step.state == "RUNNING" for step in steps):
            return
        self._log.error("step %s is RUNNING past its time limit", stalled)
        is_cancelled = cancel_step(self._api, cluster, stalled, self._polling, self._log)
        if not is_cancelled and not self._has_other_running_steps(stalled):
            self._terminate_cluster(f"step {stalled} could not be ended")
        if stalled == own:
            raise timed_out(self.location)
        self._state_since[f"{stalled} RUNNING"] = time.monotonic()

    def _has_other_running_steps(self, stalled: str) -> bool:
        steps = self._submission().steps(self._ids[0])
        return any(step.state == "RUNNING" and step.id != stalled for step in steps)

    def _terminate_cluster(self, reason: str) -> None:
        cluster = self._ids[0]
        self._log.error("terminating cluster %s: %s", cluster, reason)
        self._clusters.terminate(cluster, reason)

    def _seconds_in(self, subject: str, state: str) -> float:
        """Return the seconds since this process first saw the subject in that state."""
        now = time.monotonic()
        return now - self._state_since.setdefault(f"{subject} {state}", now)
