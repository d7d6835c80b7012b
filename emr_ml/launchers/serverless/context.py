"""What all attempts of a launcher share: lake, configuration, endpoint, polling."""

from dataclasses import dataclass

from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.serverless.config import ServerlessConfig
from spark_jobs.runtime.lake import Lake


@dataclass(frozen=True)
class ServerlessContext:
    """What attempts need to know.

    Args:
        shared: the whole lake, with what pipelines share: applications, code and logs.
        config: the wanted application and sizes of workers.
        endpoint: where workers reach the whole lake.
        polling: how often to poll.
    """

    shared: Lake
    config: ServerlessConfig
    endpoint: Endpoint
    polling: PollingPolicy
