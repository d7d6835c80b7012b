"""One cluster of a name, however many processes want it at once."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from logging import Logger
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, UncertainError
from emr_ml.lake.leases import HeldLease, Lease, LeaseFile
from emr_ml.launchers.emr.cluster_state import CLUSTER_LIVE, STEP_LIVE, Cluster, describe_cluster
from emr_ml.launchers.emr.context import PollingPolicy
from emr_ml.launchers.emr.failures import refused_cluster
from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.lake import Lake

LAST_STEP_SECONDS = 15.0


class Clusters:
    """Finds clusters by name and starts them; a lease in the lake says who starts one."""

    def __init__(self, api: Api, lake: Lake, pace: PollingPolicy) -> None:
        self._api, self._lake, self._pace = api, lake, pace

    def find_or_start(self, request: Mapping[str, Any], run_id: str, log: Logger) -> str:
        """The id of a live cluster with the request's name; it is started if there is none.

        Args:
            request: what RunJobFlow is asked.

        Raises:
            LaunchError: EMR refuses to start it.
        """
        lease_file = LeaseFile(self._lake, lease_key(request["Name"]))
        while True:
            lease = lease_file.read()
            if lease and (known := lease.location.get("cluster")) and self._is_usable(known, lease):
                return known
            if held := lease_file.acquire(run_id, resume=True):
                # a cluster may have been asked for, whatever happens then
                with held.renewing(log, detach_on_error=True):
                    cluster = self._found(held, request["Name"], log)
                    if cluster is None:
                        cluster = self._start(held, request, log)
                    held.record(cluster=cluster)
                    return cluster
            time.sleep(self._pace.fast)

    def describe(self, cluster: str) -> Cluster:
        """What EMR says of a cluster; one that EMR does not know is gone."""
        return describe_cluster(self._api, cluster)

    def end(self, cluster: str, why: str) -> None:
        """Ask for the end of a cluster and all its steps; who follows those is told by the lake."""
        self._lake.write_json(end_key(cluster), {"why": why, "at": now()})
        self._api.ask("terminate_job_flows", JobFlowIds=[cluster])

    def end_if_idle(self, name: str, log: Logger) -> None:
        """End the cluster of that name, unless it has steps that run or wait.

        A step that is added at the same moment is lost with it, and made anew elsewhere: the
        lake tells whoever follows it that a launcher ended the cluster.
        """
        lease = LeaseFile(self._lake, lease_key(name)).read()
        cluster = lease.location.get("cluster") if lease else None
        if cluster is None or not self.describe(cluster).is_live:
            return
        chosen = {"ClusterId": cluster, "StepStates": list(STEP_LIVE)}
        until = time.monotonic() + LAST_STEP_SECONDS
        # the last step may have left its report, and be on its way out
        while self._api.ask("list_steps", **chosen)["Steps"]:
            if time.monotonic() > until:
                log.info("cluster %s has other steps: it is left to them", cluster)
                return
            time.sleep(self._pace.fast)
        log.info("ending cluster %s: all is done", cluster)
        self.end(cluster, "all was done")

    def _is_usable(self, cluster: str, lease: Lease) -> bool:
        described = self.describe(cluster)
        # EMR may take a moment to know a new cluster
        age = datetime.now(UTC) - datetime.fromisoformat(lease.renewed_at)
        new = age.total_seconds() < self._pace.visibility
        return described.is_live or (described.is_forgotten and new)

    def _found(self, held: HeldLease, name: str, log: Logger) -> str | None:
        found = self._listed(name)
        if found:
            log.info("found cluster %s, which is %s", found.id, found.state)
            return found.id
        # whoever held the lease before may have started one that is not listed yet
        return self._appearing(name) if "sent" in held.lease.location else None

    def _start(self, held: HeldLease, request: Mapping[str, Any], log: Logger) -> str:
        held.record(sent=now())
        while True:
            try:
                cluster: str = self._api.tell("run_job_flow", **request)["JobFlowId"]
            except UncertainError as error:
                log.warning("%s. Looking whether the cluster was started", error)
                if appeared := self._appearing(request["Name"]):
                    return appeared
            except ClientError as error:
                raise refused_cluster(error, request) from error
            else:
                log.info("started cluster %s, '%s'", cluster, request["Name"])
                return cluster

    def _appearing(self, name: str) -> str | None:
        """A cluster that may have been asked for a moment ago; None if none shows up."""
        until = time.monotonic() + self._pace.visibility
        while True:
            if found := self._listed(name):
                return found.id
            if time.monotonic() > until:
                return None
            time.sleep(max(self._pace.fast, self._pace.visibility / 10))

    def _listed(self, name: str) -> Cluster | None:
        """A live cluster of that name."""
        live = {"ClusterStates": list(CLUSTER_LIVE)}
        for page in self._api.pages("list_clusters", "Clusters", **live):
            if found := next((entry for entry in page if entry["Name"] == name), None):
                return Cluster.of(found)
        return None


def end_key(cluster: str) -> str:
    """Key of why a launcher ended a cluster that others may use."""
    return f"clusters/{cluster}/ended.json"


def lease_key(name: str) -> str:
    """Key of who starts the cluster of a name, and of its id."""
    return f"clusters/{name.replace(' ', '-')}/claim.json"
