"""The launcher that runs each attempt as one job run of EMR Serverless."""

from emr_ml.lake.leases import Lease
from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.remote.job_run import JobRunContext
from emr_ml.launchers.remote.launcher import RemoteLauncher
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import Attempt, RemoteJob
from emr_ml.launchers.serverless.config import ServerlessConfig
from emr_ml.launchers.serverless.job import ServerlessJob, console_link
from spark_jobs.runtime.lake import Lake


class ServerlessLauncher(RemoteLauncher):
    """Finds or creates an application, and runs each attempt as one of its job runs.

    It has nothing to end with a run: an application without work costs nothing unless it has
    initial capacity, and stops by itself after `idle_minutes`.
    """

    def __init__(self, lake: Lake, config: ServerlessConfig, polling: PollingPolicy) -> None:
        super().__init__(lake, polling)
        self._context = JobRunContext(lake, config, find_endpoint(lake.root), polling)

    @property
    def spark(self) -> str:
        return self._context.config.spark

    def job(self, attempt: Attempt) -> RemoteJob:
        return ServerlessJob(self._context, attempt)

    def attempt_location(self, lease: Lease) -> str:
        application = lease.location.get("application")
        if not application:
            return f"an application that {super().attempt_location(lease)} is looking for"
        job = lease.location.get("job") or "(being submitted)"
        link = console_link(self._context.endpoint.region)
        return f"job run {job} of application {application}, {link}"
