"""One attempt at a version: who may run it, and why it failed."""

import os
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import claim_key, job_key


class SupersededError(JobError):
    """Another attempt is the claimed or committed one: there is nothing left to do."""


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed, in words for the user.

    `by_user` is a mistake that the user can mend, `retryable` a loss that a new attempt may not
    meet. `trace` is the end of the job's own stack trace.
    """

    message: str
    by_user: bool = False
    retryable: bool = False
    trace: str = ""


def begin(lake: Lake, request: Request) -> None:
    """The first act of a job: only one process ever runs an attempt, however often it is sent.

    Raises:
        SupersededError: another attempt is the claimed one, or another process runs this one.
    """
    check_claim(lake, request)
    key = job_key(request.asset, request.version, request.attempt, "started.json")
    mark = {"host": socket.gethostname(), "pid": os.getpid(), "at": now()}
    if not lake.create(key, as_json(mark)):
        raise SupersededError(
            f"attempt {request.attempt} of {request.asset} {request.version} was started already: "
            "materialize the asset again for a new attempt, or remove "
            f"{lake.uri(key)} to run this one again by hand"
        )


def check_claim(lake: Lake, request: Request) -> None:
    """Raises SupersededError unless the request's attempt is the one that the claim names."""
    stored = lake.read(claim_key(request.asset, request.version))
    claimed = stored.json().get("attempt") if stored else None
    if claimed != request.attempt:
        raise SupersededError(
            f"attempt {request.attempt} of {request.asset} {request.version} was superseded: "
            f"the claim names attempt {claimed}. Nothing is to be done, follow that one"
        )


def record_failure(lake: Lake, request: Request, failure: Failure) -> None:
    """Keep why the attempt failed; the first who says so is right."""
    key = job_key(request.asset, request.version, request.attempt, "error.json")
    lake.create(key, as_json(asdict(failure)))


def read_failure(lake: Lake, asset: str, version: str, attempt: int) -> Failure | None:
    """Why the attempt failed, as far as anybody has said so."""
    stored = lake.read(job_key(asset, version, attempt, "error.json"))
    return stored.parsed(lambda value: Failure(**value)) if stored else None


def now() -> str:
    """UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
