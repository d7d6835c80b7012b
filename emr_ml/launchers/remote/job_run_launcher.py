"""The launcher that runs each attempt as one job run."""

from typing import Generic

from emr_ml.lake.leases import Lease
from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.remote.job_run import Config, JobRun, JobRunContext
from emr_ml.launchers.remote.launcher import RemoteLauncher
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import Attempt, RemoteJob
from spark_jobs.runtime.lake import Lake


class JobRunLauncher(RemoteLauncher, Generic[Config]):
    """Runs each attempt as a job run of EMR Serverless or of EMR on EKS.

    It has nothing to end with a run: pods end with their job, and an application stops by itself
    after `idle_minutes`.
    """

    def __init__(
        self, kind: type[JobRun[Config]], lake: Lake, config: Config, polling: PollingPolicy
    ) -> None:
        super().__init__(lake, polling)
        self._kind = kind
        self._context = JobRunContext(lake, config, find_endpoint(lake.root), polling)

    @property
    def spark(self) -> str:
        return self._context.config.spark

    def job(self, attempt: Attempt) -> RemoteJob:
        return self._kind(self._context, attempt)

    def attempt_location(self, lease: Lease) -> str:
        owner = lease.location.get(self._kind.owner_key)
        if not owner:
            return f"a job run that {super().attempt_location(lease)} is preparing"
        job = lease.location.get("job") or "(being submitted)"
        return self._kind.place(owner, job, self._context.endpoint.region)
