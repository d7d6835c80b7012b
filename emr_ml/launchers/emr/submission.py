"""Add the step of an attempt to a cluster exactly once, even if EMR's answer is lost."""

import time
from collections.abc import Iterator, Mapping
from logging import Logger
from typing import Any

from botocore.exceptions import ClientError

from emr_ml.aws.client import Api, UncertainError
from emr_ml.lake.leases import HeldLease
from emr_ml.launchers.emr.cluster_state import Cluster, Step
from emr_ml.launchers.emr.clusters import Clusters
from emr_ml.launchers.emr.failures import step_refused
from emr_ml.launchers.emr.requests.step import add_steps_request
from emr_ml.launchers.remote.polling import PollingPolicy

# texts in EMR's refusal of a step while the cluster has as many active steps as it may have
STEP_LIMIT_TEXTS = ("maximum number of", "active steps", "exceed")
MAX_REFUSALS = 3


class ClusterEndedError(Exception):
    """The cluster is ending or has ended, so it accepts no more steps."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(f"cluster {cluster.id} is {cluster.state}: {cluster.message}")
        self.cluster = cluster


class Submission:
    """The submission of one attempt's step; the lease records how far it has come."""

    def __init__(
        self, api: Api, clusters: Clusters, polling: PollingPolicy, runtime_role: str | None
    ) -> None:
        self._api, self._clusters, self._polling = api, clusters, polling
        self._runtime_role = runtime_role

    def submit(self, cluster: str, step: Mapping[str, Any], held: HeldLease, log: Logger) -> str:
        """Add the step to the cluster unless it has been added, and return its id.

        Args:
            cluster: id of the cluster.
            step: entry of AddJobFlowSteps' `Steps`.
            held: the lease of the attempt.
            log: the run's log.

        Raises:
            ClusterEndedError: the cluster is ending, or has ended.
            LaunchError: EMR refuses the step.
        """
        name = step["Name"]
        # a previous owner of the lease may have sent a step that is not listed yet
        sent_before = held.lease.location.get("sent_to") == cluster
        if sent_before and (added := self.wait_until_listed(cluster, name)):
            return added
        held.record(sent_to=cluster)
        refusals, last_refusal = 0, ""
        while True:
            try:
                request = add_steps_request(self._runtime_role, cluster, step)
                answer = self._api.tell("add_job_flow_steps", **request)
            except UncertainError as error:
                log.warning("%s. Looking whether the step was accepted", error)
                if added := self.wait_until_listed(cluster, name):
                    return added
            except ClientError as error:
                refusals += not _is_step_limit(error)
                self._check_retryable(error, cluster, step, is_last=refusals >= MAX_REFUSALS)
                if str(error) != last_refusal:
                    log.info("cluster %s accepts no step now: %s", cluster, error)
                last_refusal = str(error)
                time.sleep(self._polling.slow)
            else:
                return answer["StepIds"][0]

    def wait_until_listed(self, cluster: str, name: str) -> str | None:
        """Return the id of a step that may have just been sent, or None if it is never listed."""

        def find() -> str | None:
            return next((step.id for step in self.steps(cluster) if step.name == name), None)

        return self._polling.wait_until_listed(find)

    def steps(self, cluster: str) -> Iterator[Step]:
        """Yield the steps of a cluster, newest first."""
        for page in self._api.pages("list_steps", "Steps", ClusterId=cluster):
            yield from map(Step.of, page)

    def _check_retryable(
        self, error: ClientError, cluster: str, step: Mapping[str, Any], *, is_last: bool
    ) -> None:
        """Raise what the refusal means, unless EMR may accept the step later.

        Raises:
            ClusterEndedError: the cluster is ending, or has ended.
            LaunchError: this was the last try.
        """
        described = self._clusters.describe(cluster)
        if not described.is_live:
            raise ClusterEndedError(described) from error
        if is_last:
            raise step_refused(error, cluster, step) from error


def _is_step_limit(error: ClientError) -> bool:
    return all(text in str(error).lower() for text in STEP_LIMIT_TEXTS)
