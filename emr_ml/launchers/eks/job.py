"""One attempt as a job run of EMR on EKS, from its lease to its report or its cancellation."""

import time
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.eks import failures
from emr_ml.launchers.eks.config import EksConfig
from emr_ml.launchers.eks.requests import SERVICE, bounded_folder, start_job_run_request
from emr_ml.launchers.remote.failures import cancelled, output_missing
from emr_ml.launchers.remote.job_run import JobRun, JobRunContext, new_token
from emr_ml.launchers.remote.log_tail import LogStore, Tail
from emr_ml.launchers.remote.packages import upload_archive
from emr_ml.launchers.remote.shipping import planned_code, upload
from emr_ml.launchers.remote.target import (
    Attempt,
    JobLocation,
    JobOutcome,
    JobStatus,
    TargetConfigError,
)
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.report import Report

STARTING = ("PENDING", "SUBMITTED")
USABLE = "RUNNING"  # a virtual cluster


class EksJob(JobRun):
    """An attempt as a job run of a virtual cluster; its driver ends itself after its time limit."""

    advice = failures.ADVICE
    service = SERVICE
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

    def __init__(self, context: JobRunContext[EksConfig], attempt: Attempt) -> None:
        super().__init__(attempt, context.polling)
        self._context = context
        self._logs = LogStore("EMR on EKS writes logs up to some minutes after they are said")

    @property
    def location(self) -> JobLocation:
        request, (cluster, job) = self._attempt.request, self.ids
        text = ""
        if cluster:
            console = console_link(self._context.endpoint.region)
            text = f"job run {job or '(none)'} of virtual cluster {cluster}, {console}"
        return JobLocation(request.asset, request.attempt, text, self._log_uri if job else "")

    def new_request(self) -> dict[str, Any]:
        context, attempt = self._context, self._attempt
        code = planned_code(context.shared.root, attempt.code)
        upload(context.shared, (*code.folders, bounded_folder()))
        packages = upload_archive(context.shared, context.config)
        return start_job_run_request(
            context.config,
            context.endpoint,
            code,
            packages,
            virtual_cluster=find_virtual_cluster(self._api, context.config),
            token=new_token(),
            module=attempt.module,
            name=attempt.name,
            request_uri=attempt.request_uri,
        )

    def await_acceptance(self, error: ClientError, owner: str, refusals: int) -> None:
        """Nothing that the service refuses is accepted later."""
        del refusals
        raise failures.job_refused(error, self._attempt.name, owner) from error

    def status(self) -> JobStatus | None:
        status = super().status()
        state = self.described.get("state", "") if status else ""
        seconds = time.monotonic() - self._submitted_at
        if state in STARTING and seconds > self._context.config.start_limit_seconds:
            self.cancel()
            raise failures.start_too_slow(self.location, state, seconds)
        return status

    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        match status.outcome:
            case JobOutcome.SUCCEEDED:
                return output_missing(self.location, self._tail())
            case JobOutcome.CANCELLED:
                return cancelled(self.location)
            case JobOutcome.LOST:
                return failures.job_forgotten(self.location)
            case _:
                return failures.run_failed(self.location, self.described, recorded, self._tail())

    def metadata(self, report: Report | None) -> dict[str, Any]:
        del report  # what pods cost is in the bill of their nodes
        cluster, job = self.ids
        if not cluster:
            return {}
        return {
            "virtual_cluster": cluster,
            "job_run": job or "none",
            "console": console_link(self._context.endpoint.region),
            "log": self.location.log,
        }

    @property
    def _log_uri(self) -> str:
        cluster, job = self.ids
        base = self._context.config.log_address(self._context.endpoint.lake)
        return f"{base}{cluster}/jobs/{job}/containers/"

    def _tail(self) -> Tail:
        """Return the end of the driver's log, or of that of spark-submit if there is no driver."""
        uri, fast = self._log_uri, self._polling.fast
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


def console_link(region: str) -> str:
    """Return the address of EMR on EKS in the AWS console."""
    return f"https://{region}.console.aws.amazon.com/emr/home?region={region}#/eks"
