"""What all attempts of one launcher share."""

from dataclasses import dataclass

from emr_ml.launchers.emr.config.cluster_config import ClusterConfig
from emr_ml.launchers.emr.config.target import Target
from emr_ml.launchers.emr.logs import Logs
from emr_ml.launchers.emr.pace import Pace
from spark_jobs.runtime.lake import Lake


@dataclass(frozen=True)
class Setting:
    """The lake, the cluster that is wanted, what its nodes must reach, and the pace."""

    lake: Lake
    config: ClusterConfig
    target: Target
    pace: Pace

    @property
    def logs(self) -> Logs:
        return Logs(self.config.log_address(self.lake.root))
