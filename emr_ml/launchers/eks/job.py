"""One attempt as a job run of EMR on EKS, from its lease to its report or its cancellation."""

from collections.abc import Iterable
from typing import Any, ClassVar

from emr_ml.aws.client import Api
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.eks import failures
from emr_ml.launchers.eks.config import EksConfig
from emr_ml.launchers.eks.cost import usage_metadata
from emr_ml.launchers.eks.requests import SERVICE, bounded_folder, start_job_run_request
from emr_ml.launchers.remote.job_run import JobRun
from emr_ml.launchers.remote.job_run_request import JobRunSpec
from emr_ml.launchers.remote.log_tail import Tail
from emr_ml.launchers.remote.shipping import Folder
from emr_ml.launchers.remote.target import JobOutcome, JobStatus, TargetConfigError
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.report import Report

STARTING = ("PENDING", "SUBMITTED")
USABLE = "RUNNING"  # a virtual cluster


class EksJob(JobRun[EksConfig]):
    """An attempt as a job run of a virtual cluster; its driver ends itself after its time limit."""

    advice, log_advice = failures.ADVICE, failures.LOG_ADVICE
    service, title, console_page = SERVICE, "EMR on EKS", "eks"
    outcomes: ClassVar = {
        "COMPLETED": JobOutcome.SUCCEEDED,
        "FAILED": JobOutcome.FAILED,
        "CANCELLED": JobOutcome.CANCELLED,
    }
    owner_parameter, job_parameter = "virtualClusterId", "id"
    started_key, describe_call = "id", "describe_job_run"
    owner_key = "virtual_cluster"
    cancel_parameters: ClassVar = {}
    grace_seconds = 30.0  # of Kubernetes, from a pod's SIGTERM to its SIGKILL

    def find_owner(self) -> str:
        return find_virtual_cluster(self._api, self._context.config)

    def start_request(self, spec: JobRunSpec) -> dict[str, Any]:
        return start_job_run_request(self._context.config, self._context.endpoint, spec)

    def more_folders(self) -> Iterable[Folder]:
        return (bounded_folder(),)

    def status(self) -> JobStatus | None:
        status = super().status()
        state = self.described.get("state", "") if status else ""
        seconds = self.seconds_when_described
        if state in STARTING and seconds > self._context.config.start_limit_seconds:
            self.cancel()
            raise failures.start_too_slow(self.location, state, seconds)
        return status

    def run_failure(self, recorded: Failure | None) -> LaunchError:
        return failures.run_failed(self.location, self.described, recorded, self.tail())

    def usage(self, report: Report) -> dict[str, Any]:
        return usage_metadata(self._context.config, report)

    def log_uri(self, base: str) -> str:
        cluster, job = self.ids
        return f"{base}{cluster}/jobs/{job}/containers/"

    def tail(self) -> Tail:
        """Return the end of the driver's log, or of that of spark-submit if there is no driver."""
        uri, fast = self._log_folder, self._polling.fast
        newest = self._logs.tail(uri, self._polling.logs, fast, ("stderr",))
        driver = self._logs.tail(uri, self._polling.slow, fast, ("-driver/", "stderr"))
        return driver if driver.lines else newest


def find_virtual_cluster(api: Api, config: EksConfig) -> str:
    """Return the id of the configured virtual cluster.

    Raises:
        TargetConfigError: none or several have the name.
    """
    if config.virtual_cluster_id:
        return config.virtual_cluster_id
    name = config.virtual_cluster_name
    pages = api.pages("list_virtual_clusters", "virtualClusters", states=[USABLE])
    found: list[str] = [each["id"] for page in pages for each in page if each.get("name") == name]
    if len(found) == 1:
        return found[0]
    problem = f"{len(found)} virtual clusters are" if found else "no virtual cluster is"
    raise TargetConfigError(
        f"virtual_cluster_name: {problem} {USABLE} with the name {name}: correct it, or set "
        "virtual_cluster_id"
    )
