"""The launcher that runs each attempt as one step of an EMR cluster."""

from logging import Logger

from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.lake.leases import Lease
from emr_ml.launchers.emr.cluster_state import console_link
from emr_ml.launchers.emr.clusters import Clusters
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.context import LauncherContext
from emr_ml.launchers.emr.handover import close_handovers
from emr_ml.launchers.emr.job import EmrJob
from emr_ml.launchers.emr.requests.job_flow import cluster_name
from emr_ml.launchers.emr.shipping.shipment import PackagesError, planned_shipment
from emr_ml.launchers.remote.endpoint import find_endpoint
from emr_ml.launchers.remote.launcher import RemoteLauncher
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml.launchers.remote.target import Attempt, RemoteJob
from spark_jobs.runtime.lake import Lake


class EmrLauncher(RemoteLauncher):
    """Finds or starts a cluster, and runs each attempt as one of its steps."""

    keeps_up = True

    def __init__(self, lake: Lake, config: ClusterConfig, polling: PollingPolicy) -> None:
        super().__init__(lake, polling)
        self._context = LauncherContext(lake, config, find_endpoint(lake.root), polling)

    @property
    def spark(self) -> str:
        return self._context.config.spark

    def job(self, attempt: Attempt) -> RemoteJob:
        return EmrJob(self._context, attempt)

    def attempt_location(self, lease: Lease) -> str:
        cluster = lease.location.get("cluster")
        if not cluster:
            return f"a cluster that {super().attempt_location(lease)} is starting"
        step = lease.location.get("step") or "(being added)"
        link = console_link(self._context.endpoint.region, cluster)
        return f"step {step} of cluster {cluster}, {link}"

    def finish(self, run_id: str, log: Logger, *, others_wait: bool) -> None:
        """Terminate the run's cluster, unless others want it or it is to stay warm.

        EMR itself would do so after the idle timeout, which is at least 60 seconds.
        """
        context = self._context
        close_handovers(context.shared, run_id, log)
        is_wanted = others_wait and context.config.scope == "shared"
        if is_wanted or not context.config.is_transient:
            return
        api = Api("emr", context.polling.cancellation, log)
        try:
            shipment = planned_shipment(context.endpoint.lake, context.config, context.endpoint.url)
            name = cluster_name(context.config, context.endpoint, shipment.bootstrap, run_id)
            Clusters(api, context.shared, context.polling).terminate_if_idle(name, log)
        except (PackagesError, *AWS_ERRORS) as error:
            log.info("the cluster stays up until its idle timeout: %s", error)
