"""A step is added to a cluster once, whatever becomes of the answer."""

import time
from collections.abc import Iterator, Mapping
from logging import Logger
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, UncertainError
from emr_ml.lake.leases import HeldLease
from emr_ml.launchers.emr.cluster_state import Cluster, Step
from emr_ml.launchers.emr.clusters import Clusters
from emr_ml.launchers.emr.context import PollingPolicy
from emr_ml.launchers.emr.failures import refused_step
from emr_ml.launchers.emr.requests.step import add_steps_request

FULL = ("maximum number of", "active steps", "exceed")
MOST_REFUSALS = 3


class ClusterGoneError(Exception):
    """The cluster takes no more steps."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(f"cluster {cluster.id} is {cluster.state}: {cluster.message}")
        self.cluster = cluster


class Submission:
    """Adds the step of one attempt; the lease's place says how far that has come."""

    def __init__(self, api: Api, clusters: Clusters, pace: PollingPolicy, role: str | None) -> None:
        self._api, self._clusters, self._pace = api, clusters, pace
        self._role = role

    def submit(self, cluster: str, step: Mapping[str, Any], held: HeldLease, log: Logger) -> str:
        """Add the step to the cluster, unless it is there; its id.

        Raises:
            ClusterGoneError: the cluster is ending, or has ended.
            LaunchError: EMR refuses the step.
        """
        # whoever held the lease before may have sent a step that is not listed yet
        if held.lease.location.get("sent_to") == cluster and (
            found := self.appearing(cluster, step["Name"])
        ):
            return found
        held.record(sent_to=cluster)
        refusals, told = 0, ""
        while True:
            try:
                request = add_steps_request(self._role, cluster, step)
                answer = self._api.tell("add_job_flow_steps", **request)
            except UncertainError as error:
                log.warning("%s. Looking whether the step was accepted", error)
                if found := self.appearing(cluster, step["Name"]):
                    return found
            except ClientError as error:
                refusals += not _is_full(error)
                self._judge(error, cluster, step, final=refusals >= MOST_REFUSALS)
                if str(error) != told:
                    log.info("cluster %s takes no step now: %s", cluster, error)
                told = str(error)
                time.sleep(self._pace.slow)
            else:
                return answer["StepIds"][0]

    def appearing(self, cluster: str, name: str) -> str | None:
        """The id of a step that may have been sent a moment ago; None if it does not show up."""
        until = time.monotonic() + self._pace.visibility
        while True:
            for step in self.listed(cluster):
                if step.name == name:
                    return step.id
            if time.monotonic() > until:
                return None
            time.sleep(max(self._pace.fast, self._pace.visibility / 10))

    def listed(self, cluster: str) -> Iterator[Step]:
        """The steps of a cluster, newest first."""
        for page in self._api.pages("list_steps", "Steps", ClusterId=cluster):
            yield from map(Step.of, page)

    def _judge(
        self, error: ClientError, cluster: str, step: Mapping[str, Any], *, final: bool
    ) -> None:
        """Raises what a refusal means; returns if the step may be taken later."""
        seen = self._clusters.describe(cluster)
        if not seen.is_live:
            raise ClusterGoneError(seen) from error
        if final:
            raise refused_step(error, cluster, step) from error


def _is_full(error: ClientError) -> bool:
    return any(words in str(error).lower() for words in FULL)
