"""The launcher that runs each attempt by one `spark-submit`."""

from emr_ml.lake.leases import Lease
from emr_ml.launchers.remote.launcher import RemoteLauncher
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import Attempt, RemoteJob
from emr_ml.launchers.spark_submit.client_job import ClientJob
from emr_ml.launchers.spark_submit.cluster_job import ClusterJob
from emr_ml.launchers.spark_submit.config import SparkSubmitConfig
from spark_jobs.runtime.lake import Lake


class SparkSubmitLauncher(RemoteLauncher):
    """Runs drivers on this machine, or as pods."""

    def __init__(self, lake: Lake, config: SparkSubmitConfig, polling: PollingPolicy) -> None:
        super().__init__(lake, polling)
        self._config = config

    @property
    def spark(self) -> str:
        return self._config.spark

    def job(self, attempt: Attempt) -> RemoteJob:
        in_pods = self._config.deploy_mode == "cluster"
        return (ClusterJob if in_pods else ClientJob)(self._config, attempt, self.polling)

    def attempt_location(self, lease: Lease) -> str:
        where = lease.location
        if "pod" in where:
            return f"pod {where['pod']}, {self._config.master}"
        if "pid" in where:
            return f"driver {where['pid']} on {where['host'].split()[0]}, {self._config.master}"
        return f"a driver that {super().attempt_location(lease)} is starting"
