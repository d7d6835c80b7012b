"""The interface of a target: what differs between the services that run Spark jobs.

A new target implements `RemoteJob`, and `RemoteLauncher.job`. Reuse, leases, requests, messages,
waiting for the report, retries, outages and cancellation are the same everywhere.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from logging import Logger
from typing import Any

from emr_ml.errors import UserError
from emr_ml.lake.job_code import JobCode, code_to_ship
from emr_ml.lake.leases import HeldLease
from emr_ml.launchers.base import LaunchError
from emr_ml.launchers.remote.polling import Answers
from spark_jobs.runtime.attempt import Failure
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, job_key

VERSION_DIGITS = 16
VERSION = "<version>"  # in plans, as only a run knows it
# patterns in messages and logs, and what to do
Advice = Iterable[tuple[str, str]]


class TargetConfigError(UserError):
    """The target can't be used as configured."""


class JobOutcome(Enum):
    """What a target's states mean for an attempt."""

    UNFINISHED = "it is queued or running, or not listed yet"
    SUCCEEDED = "its process succeeded, so there must be a report"
    FAILED = "its process failed, or the target refused to run it"
    CANCELLED = "somebody else cancelled it"
    LOST = "what it ran on ended before it was over"


@dataclass(frozen=True)
class JobStatus:
    """A job as its target reports it at one moment.

    Args:
        outcome: what the states mean.
        is_listed: whether the target knows the job: it may not list a new one at once.
        states: the target's own words for the log, by subject, such as `{"job 7": "RUNNING"}`.
    """

    outcome: JobOutcome
    is_listed: bool
    states: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Attempt:
    """What a target is to run.

    Args:
        request: of the attempt; the lake has it at `request_uri`.
        module: of the job.
        held: the lease of the attempt, which records where it runs.
        lake: that has the job's versions.
        shared: the whole lake, with what pipelines share: code, logs and clusters.
        log: the run's log.
        more_follows: whether the run wants another job right after this one.
    """

    request: Request
    module: str
    held: HeldLease
    lake: Lake
    shared: Lake
    log: Logger
    more_follows: bool = False

    @property
    def name(self) -> str:
        """The name that identifies the attempt in a target's listings."""
        # an asset's folder in the whole lake differs by pipeline
        path = self.lake.uri(self.request.asset).removeprefix(f"{self.shared.root}/")
        return attempt_name(path, self.request.version, self.request.attempt)

    @property
    def request_uri(self) -> str:
        request = self.request
        return self.lake.uri(_request_key(request.asset, request.version, request.attempt))

    @property
    def code(self) -> JobCode | None:
        """The code of the job, or None if it is in `spark_jobs`."""
        return code_to_ship(self.module)

    @property
    def location(self) -> dict[str, str]:
        """Where the attempt runs, as far as its lease records it."""
        return {name: value for name, value in self.held.lease.location.items() if value}


def attempt_name(asset_path: str, version: str, attempt: int) -> str:
    """Return the name that identifies an attempt in listings.

    Args:
        asset_path: the asset's folder in the whole lake.
        version: of the asset.
        attempt: its number.
    """
    return f"{asset_path} {version[:VERSION_DIGITS]} #{attempt}"


def _request_key(asset_path: str, version: str, attempt: int) -> str:
    return job_key(asset_path, version, attempt, "request.json")


def planned_attempt(lake: str, asset_path: str, version: str = VERSION) -> tuple[str, str]:
    """Return the name of a first attempt, and the address of its request.

    Args:
        lake: root of the whole lake.
        asset_path: the asset's folder in it.
        version: of the asset.
    """
    return attempt_name(asset_path, version, 1), f"{lake}/{_request_key(asset_path, version, 1)}"


@dataclass(frozen=True)
class JobLocation:
    """Where an attempt runs; every message about the attempt includes it.

    Args:
        asset: the asset that is computed.
        attempt: number of the attempt.
        text: where it runs, for a person, such as `step s-1 of cluster j-2, https://…`.
        log: address of its logs, or how to show them.
    """

    asset: str
    attempt: int
    text: str
    log: str

    def failure_message(self, cause: str, *details: str) -> str:
        """Return the cause first, then the location, then the details that are not empty."""
        headline = f"attempt {self.attempt} of {self.asset} failed: {cause}"
        return "\n".join(line for line in (headline, self.text, *details) if line)


class RemoteJob(ABC):
    """One attempt on one target.

    All methods may raise what `AWS_ERRORS` has; a target outside of AWS raises `UnansweredError`
    if it does not answer.
    """

    #: about what this target itself says, and about what jobs and their logs say
    advice: Advice = ()
    log_advice: Advice = ()

    @property
    @abstractmethod
    def location(self) -> JobLocation:
        """Where the attempt runs, as far as it has come."""

    @property
    @abstractmethod
    def is_submitted(self) -> bool:
        """Whether the lease records the job's id, so that it can be followed."""

    @abstractmethod
    def submit(self) -> None:
        """Submit the job, or find what an earlier owner of the lease has submitted.

        The lease records each stage before the next call, so that the job runs exactly once
        whenever the process dies.

        Raises:
            LaunchError: the target refuses the job.
            TargetConfigError, UserError: the configuration can't be used.
        """

    @abstractmethod
    def status(self) -> JobStatus | None:
        """Return how the job is, or None if the target has not said it yet.

        It is called at every poll of the lake: the target itself decides when to ask again.

        Raises:
            LaunchError: the job can't end any more, and has been ended.
        """

    @property
    @abstractmethod
    def answers(self) -> Answers:
        """When the target last answered `status`."""

    @abstractmethod
    def failure(self, status: JobStatus, recorded: Failure | None) -> LaunchError | None:
        """Return why there is no report, or None if a later status will show the cause better.

        Args:
            status: with an outcome other than `UNFINISHED`.
            recorded: what the job itself recorded, if it could.
        """

    @abstractmethod
    def cancel(self) -> None:
        """Cancel the job, and end what only this run uses."""

    def metadata(self, report: Report | None) -> dict[str, Any]:
        """Return Dagster metadata: where the attempt ran, and, with its report, what it cost."""
        del report
        return {"log": self.location.log} if self.is_submitted else {}
