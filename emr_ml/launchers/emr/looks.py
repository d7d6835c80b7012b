"""One look at a cluster and its steps, shared by all who follow steps of it.

EMR lets an account list steps once in two seconds. So whoever finds the last look too old takes
the turn by a conditional write to the lake, asks EMR, and leaves the answer there for the others.
"""

import random
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from emr_ml.launchers.emr.api import Api
from emr_ml.launchers.emr.clusters import describe
from emr_ml.launchers.emr.pace import Pace
from emr_ml.launchers.emr.states import Cluster, Step
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake, Stored
from spark_jobs.runtime.lake.base import as_json

GROWTH = 1.25
MOST_GROWTH = 2.0
MOST_GROWTH_IN_TROUBLE = 4.0


@dataclass(frozen=True)
class Look:
    """A cluster and its newest steps as EMR told them."""

    cluster: Cluster
    steps: tuple[Step, ...]

    def named(self, name: str) -> list[Step]:
        """The steps of that name: more than one if one was sent twice."""
        return [step for step in self.steps if step.name == name]


class Looks:
    """The looks at one cluster, as one follower sees them over time.

    `failing` while EMR has not told since it was last asked.
    """

    def __init__(self, api: Api, lake: Lake, cluster: str, pace: Pace) -> None:
        self._api, self._lake, self._cluster, self._pace = api, lake, cluster, pace
        self._key = f"clusters/{cluster}/steps.json"
        self._etag: str | None = None
        self._interval = 0.0
        self._since = time.monotonic()
        self._latest: Look | None = None
        self.failing = False

    def latest(self) -> Look | None:
        """The newest look that anybody took; taken now if it is time to.

        Raises:
            ClientError, UnansweredError: EMR was asked, and did not tell.
        """
        stored = self._lake.read(self._key)
        if stored and stored.etag != self._etag:
            self._etag, self._since = stored.etag, time.monotonic()
            self._interval = self._interval or self._pace.slow
            # while somebody has the turn, there is no look
            if found := _look(stored):
                self._learn(found)
        if time.monotonic() - self._since >= self._interval:
            self._take()
        return self._latest

    def ask_for(self, step: str) -> Step | None:
        """One step as EMR tells it now; None while it is not listed yet."""
        listed = self._api.ask("list_steps", ClusterId=self._cluster, StepIds=[step])["Steps"]
        return Step.of(listed[0]) if listed else None

    def _take(self) -> None:
        """Ask EMR, if nobody else has the turn."""
        self._since = time.monotonic()
        turn = as_json({"turn": uuid.uuid4().hex})
        self._etag = (
            self._lake.swap(self._key, turn, self._etag)
            if self._etag
            else self._lake.create(self._key, turn)
        )
        if self._etag is None:
            return
        try:
            look = self._ask()
        except Exception:
            self.failing = True
            slow = self._pace.slow
            self._interval = min(max(2 * self._interval, slow), MOST_GROWTH_IN_TROUBLE * slow)
            raise
        self._learn(look)
        self._etag = self._lake.write(self._key, as_json(asdict(look)))

    def now(self) -> Look:
        """What EMR tells now, for who is about to conclude something."""
        look = self._ask()
        self._learn(look)
        return look

    def _ask(self) -> Look:
        cluster = describe(self._api, self._cluster)
        steps: list[Step] = []
        if cluster.is_forgotten:
            return Look(cluster, ())
        for page in self._api.pages("list_steps", "Steps", ClusterId=self._cluster):
            found = [Step.of(entry) for entry in page]
            steps += found
            # newest first: behind a page on which all have ended, nobody waits for any
            if not any(step.is_live for step in found):
                break
        return Look(cluster, tuple(steps))

    def _learn(self, look: Look) -> None:
        """Take what EMR told; look less often while nothing changes."""
        self.failing = False
        slow = self._pace.slow
        grown = self._interval * GROWTH if look == self._latest else slow
        self._interval = min(max(grown, slow), MOST_GROWTH * slow) * random.uniform(0.85, 1.15)
        self._latest = look


def _look(stored: Stored) -> Look | None:
    def made(value: dict[str, Any]) -> Look:
        return Look(Cluster(**value["cluster"]), tuple(Step(**step) for step in value["steps"]))

    try:
        return stored.parsed(made)
    except JobError:
        # somebody has the turn, or another release has been there
        return None
