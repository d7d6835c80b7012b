"""One snapshot of a cluster for all processes that follow its steps, shared through the lake.

However many processes follow steps of a cluster, EMR gets about one request per interval, which
keeps them within its request quotas. A process that finds the shared snapshot too old reserves
the next refresh with a conditional write, asks EMR, and writes the new snapshot.
"""

import random
import time
import uuid
from dataclasses import asdict
from typing import Any

from emr_ml.aws.client import Api
from emr_ml.launchers.emr.cluster_state import (
    Cluster,
    ClusterSnapshot,
    Step,
    describe_cluster,
    describe_step,
)
from emr_ml.launchers.remote.pacing import INTERVAL_GROWTH, MAX_GROWTH, MAX_GROWTH_ON_ERRORS
from emr_ml.launchers.remote.polling import Answers, PollingPolicy
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake, Stored
from spark_jobs.runtime.lake.base import as_json


class ClusterWatcher:
    """The shared snapshot of one cluster, as one follower reads and refreshes it."""

    def __init__(self, api: Api, lake: Lake, cluster: str, polling: PollingPolicy) -> None:
        self._api, self._lake, self._cluster, self._polling = api, lake, cluster, polling
        self._key = f"clusters/{cluster}/steps.json"
        self._etag: str | None = None
        self._interval = 0.0
        self._last_change = time.monotonic()
        self._snapshot: ClusterSnapshot | None = None
        self._described: Cluster | None = None
        self._described_at = 0.0
        self.answers = Answers()

    def latest(self) -> ClusterSnapshot | None:
        """Return the newest shared snapshot, refreshed by this process if it is too old.

        None means that nothing is known: a snapshot from before the last look failed says nothing
        about now.

        Raises:
            ClientError, UnansweredError: EMR refuses the refresh, or does not answer it.
        """
        stored = self._lake.read(self._key)
        if stored and stored.etag != self._etag:
            self._etag, self._last_change = stored.etag, time.monotonic()
            self._interval = self._interval or self._polling.slow
            if snapshot := _parse_snapshot(stored):
                self._accept(snapshot)
        if time.monotonic() - self._last_change >= self._interval:
            self._refresh()
        return None if self.answers.failing else self._snapshot

    def now(self) -> ClusterSnapshot:
        """Ask EMR for a snapshot of this moment, before an action that can't be undone.

        Raises:
            ClientError, UnansweredError: EMR refuses, or does not answer.
        """
        self._described = None
        return self._ask()

    def step_now(self, step: str) -> Step | None:
        """Return one step as EMR lists it now, or None while it is not listed yet.

        Raises:
            ClientError, UnansweredError: EMR refuses, or does not answer.
        """
        return describe_step(self._api, self._cluster, step)

    def _refresh(self) -> None:
        """Refresh the shared snapshot, unless another process is doing so."""
        self._last_change = time.monotonic()
        reservation = as_json({"turn": uuid.uuid4().hex})
        self._etag = self._lake.write_if_unchanged(self._key, reservation, self._etag)
        if self._etag is None:
            return
        snapshot = self._ask()
        self._etag = self._lake.write(self._key, as_json(asdict(snapshot)))

    def _ask(self) -> ClusterSnapshot:
        """Ask EMR for a snapshot, and poll less often while it does not answer."""
        try:
            snapshot = self._request_snapshot()
        except Exception:
            self.answers.failing = True
            self._last_change, slow = time.monotonic(), self._polling.slow
            self._interval = min(max(2 * self._interval, slow), MAX_GROWTH_ON_ERRORS * slow)
            raise
        self._accept(snapshot)
        return snapshot

    def _request_snapshot(self) -> ClusterSnapshot:
        """Describe the cluster and list its steps.

        If the second fails, the description is kept for the next call, so that a busy EMR need not
        answer both at once.
        """
        age = time.monotonic() - self._described_at
        is_recent = age < MAX_GROWTH_ON_ERRORS * self._polling.slow
        cluster = self._described if is_recent else None
        if cluster is None:
            cluster = describe_cluster(self._api, self._cluster)
            self._described_at = time.monotonic()
        self.answers.note()
        if cluster.is_forgotten:
            return ClusterSnapshot(cluster, ())
        self._described = cluster
        steps: list[Step] = []
        for page in self._api.pages("list_steps", "Steps", ClusterId=self._cluster):
            self.answers.note()
            page_steps = [Step.of(listed) for listed in page]
            steps += page_steps
            # newest first: if all steps of a page have ended, so have those of the pages after it
            if not any(step.is_live for step in page_steps):
                break
        self._described = None
        return ClusterSnapshot(cluster, tuple(steps))

    def _accept(self, snapshot: ClusterSnapshot) -> None:
        """Keep a new snapshot, and poll less often while nothing changes."""
        self.answers.failing = False
        self.answers.note()
        slow = self._polling.slow
        interval = self._interval * INTERVAL_GROWTH if snapshot == self._snapshot else slow
        jitter = random.uniform(0.85, 1.15)
        self._interval = min(max(interval, slow), MAX_GROWTH * slow) * jitter
        self._snapshot = snapshot


def _parse_snapshot(stored: Stored) -> ClusterSnapshot | None:
    """Return the stored snapshot, or None if a refresh is reserved instead."""

    def parse(value: dict[str, Any]) -> ClusterSnapshot:
        steps = tuple(Step(**step) for step in value["steps"])
        return ClusterSnapshot(Cluster(**value["cluster"]), steps)

    try:
        return stored.parsed(parse)
    except JobError:
        # a reservation, or a snapshot of a release with other fields
        return None
