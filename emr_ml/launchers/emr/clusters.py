"""Find, start and terminate clusters: one per name, however many processes want it at once."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from logging import Logger
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, UncertainError
from emr_ml.lake.leases import HeldLease, Lease, LeaseFile
from emr_ml.launchers.emr.cluster_state import CLUSTER_LIVE, STEP_LIVE, Cluster, describe_cluster
from emr_ml.launchers.emr.failures import cluster_refused
from emr_ml.launchers.remote.polling import PollingPolicy
from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.lake import Lake

# how long a step may take to end after its job has written the report
LAST_STEP_SECONDS = 15.0


class Clusters:
    """The clusters of one lake; a lease in the lake decides who starts the cluster of a name."""

    def __init__(self, api: Api, lake: Lake, polling: PollingPolicy) -> None:
        self._api, self._lake, self._polling = api, lake, polling

    def find_or_start(self, request: Mapping[str, Any], run_id: str, log: Logger) -> str:
        """Return the id of a live cluster with the request's name, and start one if needed.

        Args:
            request: parameters of RunJobFlow.
            run_id: the run that wants the cluster.
            log: the run's log.

        Raises:
            LaunchError: EMR refuses to start the cluster.
        """
        lease_file = LeaseFile(self._lake, cluster_lease_key(request["Name"]))
        while True:
            if known := self._usable_cluster(lease_file.read()):
                return known
            if held := lease_file.acquire(run_id, resume=True):
                # detached on any error: the cluster may have been requested by then
                with held.renewing(log, detach_on_error=True):
                    cluster = self._find_requested(held, request["Name"], log)
                    if cluster is None:
                        cluster = self._start(held, request, log)
                    held.record(cluster=cluster)
                    return cluster
            time.sleep(self._polling.fast)

    def describe(self, cluster: str) -> Cluster:
        """Return a cluster as EMR describes it, or as terminated if EMR does not know it."""
        return describe_cluster(self._api, cluster)

    def terminate(self, cluster: str, reason: str) -> None:
        """Terminate a cluster with all its steps, and record in the lake that a launcher did."""
        self._lake.write_json(termination_key(cluster), {"why": reason, "at": now()})
        self._api.ask("terminate_job_flows", JobFlowIds=[cluster])

    def terminate_if_idle(self, name: str, log: Logger) -> None:
        """Terminate the cluster of that name, unless it has live steps.

        A step that is added at the same moment is lost with the cluster. Its follower sees in the
        lake that a launcher terminated the cluster, and starts a new attempt.
        """
        lease = LeaseFile(self._lake, cluster_lease_key(name)).read()
        cluster = lease.location.get("cluster") if lease else None
        if cluster is None or not self.describe(cluster).is_live:
            return
        live = {"ClusterId": cluster, "StepStates": list(STEP_LIVE)}
        deadline = time.monotonic() + LAST_STEP_SECONDS
        # the run's last step may have written its report without having ended yet
        while self._api.ask("list_steps", **live)["Steps"]:
            if time.monotonic() > deadline:
                log.info("cluster %s has other steps, so it stays up", cluster)
                return
            time.sleep(self._polling.fast)
        log.info("terminating cluster %s: the run is over", cluster)
        self.terminate(cluster, "its run was over")

    def _usable_cluster(self, lease: Lease | None) -> str | None:
        """Return the cluster that a lease records if it can be used, or None."""
        cluster = lease.location.get("cluster") if lease else None
        if lease is None or cluster is None:
            return None
        described = self.describe(cluster)
        # EMR may need a moment to know a new cluster
        age = datetime.now(UTC) - datetime.fromisoformat(lease.renewed_at)
        is_new = described.is_forgotten and age.total_seconds() < self._polling.visibility
        return cluster if described.is_live or is_new else None

    def _find_requested(self, held: HeldLease, name: str, log: Logger) -> str | None:
        """Return the live cluster of that name, or the one that a previous owner requested."""
        # another run may have started it after the last look at the lease, and EMR not list it yet
        if known := self._usable_cluster(held.previous):
            return known
        if cluster := self._find_live(name):
            log.info("found cluster %s, which is %s", cluster.id, cluster.state)
            return cluster.id
        if not held.lease.location.get("sent"):
            return None
        requested = self._wait_until_listed(name)
        return requested.id if requested else None

    def _start(self, held: HeldLease, request: Mapping[str, Any], log: Logger) -> str:
        held.record(sent=now())
        while True:
            try:
                cluster: str = self._api.tell("run_job_flow", **request)["JobFlowId"]
            except UncertainError as error:
                log.warning("%s. Looking whether the cluster was started", error)
                if started := self._wait_until_listed(request["Name"]):
                    return started.id
            except ClientError as error:
                # the next run need not look for a cluster that nobody started
                held.record(sent="")
                raise cluster_refused(error, request) from error
            else:
                log.info("started cluster %s, '%s'", cluster, request["Name"])
                return cluster

    def _wait_until_listed(self, name: str) -> Cluster | None:
        """Return a cluster that may have just been requested, or None if it is never listed."""
        return self._polling.wait_until_listed(lambda: self._find_live(name))

    def _find_live(self, name: str) -> Cluster | None:
        live = {"ClusterStates": list(CLUSTER_LIVE)}
        for page in self._api.pages("list_clusters", "Clusters", **live):
            for listed in page:
                if listed["Name"] == name:
                    return Cluster.of(listed)
        return None


def cluster_lease_key(name: str) -> str:
    """Return the key of the lease of a name: who starts its cluster, and the cluster's id."""
    return f"clusters/{name.replace(' ', '-')}/claim.json"


def termination_key(cluster: str) -> str:
    """Return the key of the record that a launcher terminated a cluster, and why."""
    return f"clusters/{cluster}/ended.json"
