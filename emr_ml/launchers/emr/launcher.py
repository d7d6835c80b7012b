"""Runs each attempt as one step of an EMR cluster."""

from datetime import datetime
from logging import Logger

from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.aws.problems import trouble_of
from emr_ml.lake.leases import HeldLease, Lease
from emr_ml.launchers.base import Computed, DetachedError, Launcher, LaunchError
from emr_ml.launchers.emr import step_metadata
from emr_ml.launchers.emr.attempt import Attempt
from emr_ml.launchers.emr.clusters import Clusters
from emr_ml.launchers.emr.config.model import ClusterConfig, ClusterConfigError
from emr_ml.launchers.emr.context import LauncherContext, PollingPolicy, find_endpoint
from emr_ml.launchers.emr.cost.live_clusters import console_link
from emr_ml.launchers.emr.messages import Messages
from emr_ml.launchers.emr.requests.job_flow import cluster_name
from emr_ml.launchers.emr.shipping.packages import PackagesError, planned_packages
from spark_jobs.runtime.attempt import SupersededError
from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report


class EmrLauncher(Launcher):
    """Finds or starts a cluster, adds a step, follows it, reads its report.

    A step goes on without the process that submitted it. So whoever wants the version next goes
    on with the attempt from where its lease says it is.
    """

    outlives_its_process = True

    def __init__(self, lake: Lake, config: ClusterConfig, pace: PollingPolicy) -> None:
        super().__init__(lake, pace.fast)
        self._setting = LauncherContext(lake, config, find_endpoint(lake.root), pace)

    @property
    def spark(self) -> str:
        return self._setting.config.spark

    def where(self, lease: Lease) -> str:
        cluster = lease.location.get("cluster")
        if not cluster:
            return f"a cluster that {super().where(lease)} sees to"
        step = lease.location.get("step") or "(being added)"
        return (
            f"step {step} of cluster {cluster}, "
            f"{console_link(self._setting.target.region, cluster)}"
        )

    def compute(self, request: Request, held: HeldLease, log: Logger) -> Computed:
        attempt = Attempt(self._setting, request, held, log)
        try:
            report = attempt.run()
        except (DetachedError, SupersededError):
            # what the attempt says while it runs is for whoever goes on with it
            raise
        except (JobError, LaunchError) as error:
            self._clear(request, log)
            if isinstance(error, LaunchError):
                error.facts |= step_metadata.step_location(attempt.scene)
            raise
        except (ClusterConfigError, PackagesError) as error:
            raise LaunchError(str(error)) from error
        except AWS_ERRORS as error:
            raise _detached(request, error) from error
        except Exception:
            # nobody foresaw it, and the step goes on
            raise
        except BaseException:
            attempt.cancel()
            self._clear(request, log)
            raise
        self._clear(request, log)
        return Computed(report, self._facts(attempt, report, log))

    def finish(self, run_id: str, log: Logger) -> None:
        """End the run's cluster at once if it is transient and nobody else has steps on it.

        EMR would end it after the idle timeout, which is 60 seconds at least.
        """
        setting = self._setting
        if not setting.config.is_transient:
            return
        target = setting.target
        api = Api("emr", setting.pace.cancellation, log)
        try:
            packages = planned_packages(self.lake.root, setting.config, target.endpoint)
            name = cluster_name(setting.config, target, packages.bootstrap, run_id)
            Clusters(api, self.lake, setting.pace).end_if_idle(name, log)
        except (PackagesError, *AWS_ERRORS) as error:
            log.info("the cluster is left to its idle timeout: %s", error)

    def _clear(self, request: Request, log: Logger) -> None:
        try:
            Messages(self.lake, request).clear()
        except AWS_ERRORS as error:
            # what is left there harms nobody
            log.info("the messages of the attempt were not removed: %s", error)

    def _facts(self, attempt: Attempt, report: Report, log: Logger) -> dict[str, object]:
        scene, task = attempt.scene, self._setting.config.task
        took = datetime.fromisoformat(report.finished) - datetime.fromisoformat(report.started)
        cost = step_metadata.step_cost_metadata(
            scene,
            self._setting.target.region,
            took,
            spot_tasks=task.spot > 0 and not task.on_demand,
            log=log,
        )
        return step_metadata.step_location(scene) | cost


def _detached(request: Request, error: Exception) -> DetachedError:
    trouble = trouble_of(error)
    lines = (
        f"attempt {request.attempt} of {request.asset} can't be followed: {trouble.what}",
        trouble.fix,
        "what was begun on EMR goes on: materialize again to go on with it",
    )
    return DetachedError("\n".join(lines))
