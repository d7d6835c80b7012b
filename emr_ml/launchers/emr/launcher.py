"""The launcher that runs each attempt as one step of an EMR cluster."""

from dataclasses import replace
from datetime import datetime
from logging import Logger
from typing import Any

from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.aws.problems import diagnose
from emr_ml.lake.leases import HeldLease, Lease
from emr_ml.launchers.base import AttemptResult, DetachedError, Launcher, LaunchError
from emr_ml.launchers.emr.attempt import Attempt
from emr_ml.launchers.emr.cluster_state import console_link
from emr_ml.launchers.emr.clusters import Clusters
from emr_ml.launchers.emr.config.loading import ClusterConfigError
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.context import LauncherContext, PollingPolicy, find_endpoint
from emr_ml.launchers.emr.messages import Messages
from emr_ml.launchers.emr.requests.job_flow import cluster_name
from emr_ml.launchers.emr.shipping.packages import PackagesError, planned_packages
from emr_ml.launchers.emr.step_metadata import cost_metadata, location_metadata
from spark_jobs.runtime.attempt import SupersededError
from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report


class EmrLauncher(Launcher):
    """Finds or starts a cluster, adds a step, follows it, and reads its report.

    A step keeps running without the process that submitted it. The next run that wants the version
    resumes the attempt from what its lease records.
    """

    attempts_resumable = True

    def __init__(self, lake: Lake, config: ClusterConfig, polling: PollingPolicy) -> None:
        super().__init__(lake, polling.fast)
        self._context = LauncherContext(lake, lake, config, find_endpoint(lake.root), polling)

    @property
    def spark(self) -> str:
        return self._context.config.spark

    def attempt_location(self, lease: Lease) -> str:
        cluster = lease.location.get("cluster")
        if not cluster:
            return f"a cluster that {super().attempt_location(lease)} is starting"
        step = lease.location.get("step") or "(being added)"
        link = console_link(self._context.endpoint.region, cluster)
        return f"step {step} of cluster {cluster}, {link}"

    def compute(self, request: Request, module: str, held: HeldLease, log: Logger) -> AttemptResult:
        context = replace(self._context, lake=self.lake)
        attempt = Attempt(context, request, module, held, log)
        try:
            report = attempt.run()
        except (DetachedError, SupersededError):
            # keep the messages for the run that resumes the attempt
            raise
        except (JobError, LaunchError) as error:
            self._clear_messages(request, log)
            if isinstance(error, LaunchError):
                error.metadata |= location_metadata(attempt.step)
            raise
        except (ClusterConfigError, PackagesError) as error:
            raise LaunchError(str(error)) from error
        except AWS_ERRORS as error:
            raise _detached(request, error) from error
        except Exception:
            # a bug in the launcher, which must not end the step
            raise
        except BaseException:
            attempt.cancel()
            self._clear_messages(request, log)
            raise
        self._clear_messages(request, log)
        return AttemptResult(report, self._metadata(attempt, report, log))

    def finish(self, run_id: str, log: Logger) -> None:
        """Terminate the run's cluster if it is transient and has no other live steps.

        EMR itself would do so after the idle timeout, which is at least 60 seconds.
        """
        context = self._context
        if not context.config.is_transient:
            return
        api = Api("emr", context.polling.cancellation, log)
        try:
            packages = planned_packages(context.endpoint.lake, context.config, context.endpoint.url)
            name = cluster_name(context.config, context.endpoint, packages.bootstrap, run_id)
            Clusters(api, context.shared, context.polling).terminate_if_idle(name, log)
        except (PackagesError, *AWS_ERRORS) as error:
            log.info("the cluster stays up until its idle timeout: %s", error)

    def _clear_messages(self, request: Request, log: Logger) -> None:
        try:
            Messages(self.lake, request).clear()
        except AWS_ERRORS as error:
            # messages that stay in the lake do no harm
            log.info("the messages of the attempt were not deleted: %s", error)

    def _metadata(self, attempt: Attempt, report: Report, log: Logger) -> dict[str, Any]:
        task = self._context.config.task
        started, finished = map(datetime.fromisoformat, (report.started, report.finished))
        cost = cost_metadata(
            attempt.step,
            self._context.endpoint.region,
            finished - started,
            spot_tasks=task.spot > 0 and not task.on_demand,
            log=log,
        )
        return location_metadata(attempt.step) | cost


def _detached(request: Request, error: Exception) -> DetachedError:
    problem = diagnose(error)
    lines = (
        f"attempt {request.attempt} of {request.asset} can't be followed: {problem.what}",
        problem.fix,
        "what was started on EMR continues: materialize again to resume it",
    )
    return DetachedError("\n".join(lines))
