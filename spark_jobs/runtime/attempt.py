"""One attempt at a version: which process may run it, and why it failed."""

import os
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import job_key, lease_key


class SupersededError(JobError):
    """Another attempt holds the lease or is committed, so there is nothing left to do."""


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed, as a message for the user.

    `by_user` marks a mistake that the user can fix, `retryable` a loss that may not
    happen again to a new attempt. `trace` is the end of the job's stack trace.
    """

    message: str
    by_user: bool = False
    retryable: bool = False
    trace: str = ""


def start_attempt(lake: Lake, request: Request) -> None:
    """Mark the attempt as started, so that only one process runs it however often it is sent.

    Raises:
        SupersededError: another attempt holds the lease, or another process runs this one.
    """
    check_lease(lake, request)
    key = job_key(request.asset, request.version, request.attempt, "started.json")
    mark = {"host": socket.gethostname(), "pid": os.getpid(), "at": now()}
    if not lake.create(key, as_json(mark)):
        raise SupersededError(
            f"attempt {request.attempt} of {request.asset} {request.version} was already started: "
            "materialize the asset again for a new attempt, or remove "
            f"{lake.uri(key)} to run this one again by hand"
        )


def check_lease(lake: Lake, request: Request) -> None:
    """Raise SupersededError unless the lease is for the request's attempt."""
    stored = lake.read(lease_key(request.asset, request.version))
    leased = stored.json().get("attempt") if stored else None
    if leased != request.attempt:
        raise SupersededError(
            f"attempt {request.attempt} of {request.asset} {request.version} was superseded: "
            f"the lease is for attempt {leased}. There is nothing to do here; follow that attempt"
        )


def record_failure(lake: Lake, request: Request, failure: Failure) -> None:
    """Record why the attempt failed, unless a reason is recorded already."""
    key = job_key(request.asset, request.version, request.attempt, "error.json")
    lake.create(key, as_json(asdict(failure)))


def read_failure(lake: Lake, asset: str, version: str, attempt: int) -> Failure | None:
    """Return why the attempt failed, or None if nothing is recorded."""
    stored = lake.read(job_key(asset, version, attempt, "error.json"))
    return stored.parsed(lambda value: Failure(**value)) if stored else None


def now() -> str:
    """Return the time in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
