"""What all attempts of a launcher share: lake, cluster configuration, endpoint, polling."""

from dataclasses import dataclass, field

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.logs import Logs
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.polling import PollingPolicy
from spark_jobs.runtime.lake import Lake


@dataclass(frozen=True)
class LauncherContext:
    """What attempts need to know.

    Args:
        shared: the whole lake, with what pipelines share: clusters, code and logs.
        config: the wanted cluster.
        endpoint: where nodes reach the whole lake.
        polling: how often to poll.
        ended_clusters: ids of clusters that ended before they accepted a step, by version: all
            attempts at a version together may only start so many.
    """

    shared: Lake
    config: ClusterConfig
    endpoint: Endpoint
    polling: PollingPolicy
    ended_clusters: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @property
    def logs(self) -> Logs:
        return Logs(self.config.log_address(self.shared.root))
