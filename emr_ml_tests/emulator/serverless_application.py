"""An application of EMR Serverless and its states, driven by a thread of its own."""

import threading
from dataclasses import dataclass, field
from typing import Any

from emr_ml_tests.emulator.job_runs import JobFailedError, JobRun, new_id
from emr_ml_tests.emulator.rest import resource_arn
from emr_ml_tests.emulator.serverless_sizes import Worker, fits
from emr_ml_tests.emulator.world import World

SUMMARY = ("name", "releaseLabel", "type", "architecture")
COPIED = (
    *SUMMARY,
    *("initialCapacity", "maximumCapacity", "networkConfiguration", "runtimeConfiguration"),
    *("monitoringConfiguration", "imageConfiguration", "workerTypeSpecifications"),
    *("schedulerConfiguration", "diskEncryptionConfiguration", "interactiveConfiguration"),
)
WAITING = ("SUBMITTED", "QUEUED", "PENDING", "SCHEDULED")
AT_WORK = ("PENDING", "SCHEDULED", "RUNNING", "CANCELLING")
OVER = ("SUCCESS", "FAILED", "CANCELLED")


@dataclass
class Application:
    """One application. Times are emulated epoch seconds; `world.changed` guards its state."""

    world: World
    request: dict[str, Any]
    id: str = field(default_factory=lambda: new_id(16))
    state: str = "CREATING"
    details: str | None = None
    created: float = 0.0
    updated: float = 0.0
    hidden_until: float = 0.0
    wanted: bool = False  # somebody has asked for its start, or its stop
    unwanted: bool = False
    jobs: list[JobRun] = field(default_factory=list[JobRun])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    holds: dict[str, list[Worker]] = field(default_factory=dict[str, list[Worker]])

    def __post_init__(self) -> None:
        self.created = self.updated = self.world.clock.now()
        self.tags = dict(self.request.get("tags", {}))
        self.thread = threading.Thread(target=self._live, name=self.id, daemon=True)

    @property
    def name(self) -> str:
        return self.request.get("name", "")

    @property
    def arn(self) -> str:
        return resource_arn("emr-serverless", {"applicationId": self.id})

    @property
    def auto_start(self) -> bool:
        return self.request.get("autoStartConfiguration", {}).get("enabled", True)

    @property
    def idle_timeout(self) -> float:
        """Seconds without a job run after which it stops by itself."""
        policy = self.request.get("autoStopConfiguration", {})
        minutes = policy.get("idleTimeoutMinutes", 15)
        return minutes * 60.0 if policy.get("enabled", True) else float("inf")

    @property
    def busy(self) -> bool:
        return any(job.state not in OVER for job in self.jobs)

    def queue_limit(self) -> int:
        """How many job runs may be at work at once; others are QUEUED."""
        return self.request.get("schedulerConfiguration", {}).get("maxConcurrentRuns", 15)

    def queue_seconds(self) -> float:
        scheduler = self.request.get("schedulerConfiguration", {})
        return scheduler.get("queueTimeoutMinutes", 360) * 60.0

    def has_turn(self, job: JobRun) -> bool:
        """Whether fewer than may be are at work, and nobody has waited longer."""
        working = sum(one.state in AT_WORK for one in self.jobs)
        first = next(one for one in self.jobs if one.state in ("SUBMITTED", "QUEUED"))
        return working < self.queue_limit() and first is job

    def holds_workers(self, job: JobRun, asked: list[Worker]) -> bool:
        """Whether the job run has its workers now: the capacity has room for them."""
        taken = [worker for held in self.holds.values() for worker in held]
        if fits([*taken, *asked], self.request.get("maximumCapacity")):
            self.holds[job.id] = asked
        return job.id in self.holds

    def describe(self, *, whole: bool) -> dict[str, Any]:
        """The answer of GetApplication, or an entry of ListApplications."""
        copied = {name: self.request.get(name) for name in (COPIED if whole else SUMMARY)}
        shown = copied | {
            "arn": self.arn,
            "state": self.state,
            "stateDetails": self.details,
            "createdAt": self.created,
            "updatedAt": self.updated,
            "architecture": self.request.get("architecture", "X86_64"),
            # as AWS's examples show it, however it was written in the request
            "type": self.request["type"].capitalize(),
        }
        if not whole:
            return shown | {"id": self.id}
        stops = self.idle_timeout != float("inf")
        minutes = {"idleTimeoutMinutes": int(self.idle_timeout / 60)} if stops else {}
        return shown | {
            "applicationId": self.id,
            "tags": self.tags,
            "autoStartConfiguration": {"enabled": self.auto_start},
            "autoStopConfiguration": {"enabled": stops, **minutes},
        }

    def become(self, state: str, details: str | None = None) -> None:
        with self.world.changed:
            self.state, self.details, self.updated = state, details, self.world.clock.now()
            self.world.record_event(self.id, f"{state} {self.name} {details or ''}".rstrip())

    def _live(self) -> None:
        self._sleep(self.world.delays.create)
        self.become("CREATED")
        while not self.world.closing.is_set() and self.state != "TERMINATED":
            with self.world.changed:
                starts = self.state in ("CREATED", "STOPPED") and self.wanted
                stops = self.state == "STARTED" and (self.unwanted or self._idle())
                if not (starts or stops):
                    self.world.changed.wait(0.02)
                    continue
                self.wanted = self.unwanted = False
                self.become("STARTING" if starts else "STOPPING")
            if starts:
                self._start()
            else:
                self._sleep(self.world.delays.release)
                self.become("STOPPED")

    def _start(self) -> None:
        self._sleep(self.world.delays.allocate)
        faults = self.world.faults
        if slow := faults.take(["slow start"], self.name):
            self._sleep(slow.seconds or 0.0)
        if lacking := faults.take(["no capacity"], self.name):
            with self.world.changed:
                for job in self.jobs:
                    if job.state in WAITING:
                        job.refused = JobFailedError(lacking.detail["details"], "INTERNAL_ERROR")
                self.become("STOPPED", lacking.detail["details"])
            return
        self.become("STARTED")

    def _idle(self) -> bool:
        ended = [job.ended for job in self.jobs if job.ended is not None]
        since = max([self.updated, *ended])
        return not self.busy and self.world.clock.now() - since >= self.idle_timeout

    def _sleep(self, emulated: float) -> None:
        until = self.world.clock.now() + emulated
        with self.world.changed:
            while (left := until - self.world.clock.now()) > 0 and not self.world.closing.is_set():
                self.world.changed.wait(min(self.world.clock.real(left), 0.2))
