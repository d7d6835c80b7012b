"""The launcher that runs each attempt as one job run of EMR on EKS."""

from emr_ml.lake.leases import Lease
from emr_ml.launchers.eks.config import EksConfig
from emr_ml.launchers.eks.job import EksJob, console_link
from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.remote.job_run import JobRunContext
from emr_ml.launchers.remote.launcher import RemoteLauncher
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import Attempt, RemoteJob
from spark_jobs.runtime.lake import Lake


class EksLauncher(RemoteLauncher):
    """Runs each attempt as a job run of a virtual cluster, whose pods end with it."""

    def __init__(self, lake: Lake, config: EksConfig, polling: PollingPolicy) -> None:
        super().__init__(lake, polling)
        self._context = JobRunContext(lake, config, find_endpoint(lake.root), polling)

    @property
    def spark(self) -> str:
        return self._context.config.spark

    def job(self, attempt: Attempt) -> RemoteJob:
        return EksJob(self._context, attempt)

    def attempt_location(self, lease: Lease) -> str:
        cluster = lease.location.get("virtual_cluster")
        if not cluster:
            return f"a job run that {super().attempt_location(lease)} is preparing"
        job = lease.location.get("job") or "(being submitted)"
        link = console_link(self._context.endpoint.region)
        return f"job run {job} of virtual cluster {cluster}, {link}"
