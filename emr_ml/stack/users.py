"""The clusters that run on a stack."""

import time
from collections.abc import Sequence

from emr_ml.launchers.emr.api import Api
from emr_ml.launchers.emr.clusters import describe
from emr_ml.launchers.emr.spending.live import LiveCluster, live_clusters
from emr_ml.launchers.emr.states import CLUSTER_GONE


def clusters_on(emr: Api, service_role: str) -> list[LiveCluster]:
    """The live clusters that have the stack's role.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR does not tell.
    """
    return [
        cluster
        for cluster in live_clusters(emr)
        if _role(emr, cluster.id).rpartition("/")[2] == service_role
    ]


def end_all(emr: Api, clusters: Sequence[LiveCluster], poll_seconds: float) -> None:
    """End them with all their steps, and wait until their nodes are gone.

    Raises:
        ClientError, BotoCoreError, UnansweredError: EMR refuses, or does not answer.
    """
    for cluster in clusters:
        emr.ask("terminate_job_flows", JobFlowIds=[cluster.id])
    for cluster in clusters:
        while describe(emr, cluster.id).state not in CLUSTER_GONE:
            time.sleep(poll_seconds)


def _role(emr: Api, cluster_id: str) -> str:
    return emr.ask("describe_cluster", ClusterId=cluster_id)["Cluster"].get("ServiceRole", "")
