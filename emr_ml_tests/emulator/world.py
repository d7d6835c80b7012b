"""What all parts of the emulated EMR share."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config

from emr_ml_tests.emulator.clock import Clock
from emr_ml_tests.emulator.faults import Faults

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from emr_ml_tests.emulator.prices import PriceList

REGION = "eu-west-1"
ACCOUNT = "123456789012"
# the models of services take long to load, and a session keeps them
_SESSION = boto3.Session()
_making = threading.Lock()  # sessions make one client at a time
# JSON, or XML as text, made of the parameters of a call
Answer = Callable[[dict[str, Any]], dict[str, Any] | str]
LAUNCHER, NODE, OBSERVER, SERVICE = "launcher", "node", "observer", "emr-service"


class AwsError(Exception):
    """An error response, with AWS's code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def invalid(message: str) -> AwsError:
    """Return the error for invalid parameters and states."""
    return AwsError("ValidationException", message)


def unknown(message: str) -> AwsError:
    """Return EMR's error for unknown ids."""
    return AwsError("InvalidRequestException", message)


@dataclass(frozen=True)
class Delays:
    """How long things take, in emulated seconds."""

    start: float = 120.0  # STARTING: until there are nodes
    bootstrap: float = 30.0  # at least, whatever the scripts take
    step: float = 5.0  # until a step is picked up
    cancel: float = 3.0  # until a cancelled step gets its signal
    terminate: float = 40.0  # TERMINATING
    logs: float = 120.0  # from a step's end to its logs
    failure_details: float = 5.0  # from a step's end to why it failed
    create: float = 5.0  # CREATING, of an application
    allocate: float = 30.0  # until an application has its capacity, or a job its workers
    release: float = 20.0  # STOPPING, of an application
    schedule: float = 3.0  # in each state before a job is given workers
    job_logs: float = 15.0  # from a job's end to its logs
    utilization: float = 5.0  # from a job's end to what it used


@dataclass(frozen=True)
class Event:
    """A change of state, for the timeline."""

    at: float
    subject: str
    what: str


@dataclass
class World:
    """Options, clock, faults, and the lock that guards the state of clusters and steps.

    `changed` is notified at every change of state.
    """

    folder: Path
    clock: Clock
    faults: Faults
    delays: Delays
    spark: Literal["real", "light"]
    max_nodes: int
    strict_roles: bool
    strict_subnets: bool
    prices: "PriceList | None"
    url: str = ""
    page: int = 50  # entries of a listing
    ahead: float = 0.0  # seconds that the Date of answers is ahead of ours
    ignored_headers: tuple[str, ...] = ()
    # answers that a test has prepared, by operation
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    events: list[Event] = field(default_factory=list[Event])
    changed: threading.Condition = field(default_factory=threading.Condition)
    closing: threading.Event = field(default_factory=threading.Event)
    _clients: dict[tuple[str, str, bool], Any] = field(
        default_factory=dict[tuple[str, str, bool], Any]
    )

    def record_event(self, subject: str, what: str) -> None:
        """Record a change of state, and wake the threads that wait for one."""
        with self.changed:
            self.events.append(Event(self.clock.now(), subject, what))
            self.changed.notify_all()

    def client(self, service: str, key: str = SERVICE, *, retries: bool = True) -> Any:
        """A client of this server, with credentials of its own; always the same one."""
        known = (service, key, retries)
        attempts: Any = None if retries else {"total_max_attempts": 1}
        with _making:
            if known not in self._clients:
                self._clients[known] = _SESSION.client(  # pyright: ignore[reportCallIssue] - the others have defaults
                    service,  # pyright: ignore[reportArgumentType] - any service
                    region_name=REGION,
                    endpoint_url=self.url,
                    aws_access_key_id=key,
                    aws_secret_access_key=key,
                    config=Config(retries=attempts),
                )
            return self._clients[known]

    def close_clients(self) -> None:
        for client in self._clients.values():
            client.close()

    @property
    def s3(self) -> "S3Client":
        """How the service itself reads scripts and writes logs."""
        return self.client("s3")


def bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.partition("://")[2].partition("/")
    return bucket, key
