"""Job runs of EMR Serverless and EMR on EKS: from their submission to their end."""

import copy
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from emr_ml_tests.emulator.executions import INTERRUPT, TERMINATE, Execution, Task
from emr_ml_tests.emulator.logs import Logs, contents
from emr_ml_tests.emulator.nodes import Node
from emr_ml_tests.emulator.submissions import Submission, SubmissionError
from emr_ml_tests.emulator.world import AwsError, World, invalid

T = TypeVar("T")
ALPHABET = "0123456789abcdefghijklmnopqrstuv"


def new_id(length: int) -> str:
    return "00" + "".join(secrets.choice(ALPHABET) for _ in range(length - 2))


class JobFailedError(Exception):
    """The job run ends as a failure, for the reason that `stateDetails` will give."""

    def __init__(self, details: str, reason: str = "USER_ERROR") -> None:
        super().__init__(details)
        self.details, self.reason = details, reason


class JobEndedError(Exception):
    """Nobody wants the job run any more."""


@dataclass
class JobRun(Task):
    """One job run. Times are emulated epoch seconds; state is guarded by `world.changed`."""

    owner: str  # the application or the virtual cluster
    request: dict[str, Any]
    created: float
    id: str
    state: str
    caller: str
    details: str = ""
    failure_reason: str | None = None
    updated: float = 0.0
    started: float | None = None
    ended: float | None = None
    attempt: int = 1
    attempt_created: float = 0.0
    worked: list[float] = field(default_factory=list[float])  # seconds of each attempt
    earlier: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    queued: float = 0.0  # seconds
    refused: JobFailedError | None = None  # what others find wrong with it while it waits

    @property
    def name(self) -> str:
        return self.request.get("name", "")


@dataclass(frozen=True)
class Words:
    """What a service calls the states that all have."""

    running: str
    succeeded: str
    cancelling: str
    failed: str = "FAILED"
    cancelled: str = "CANCELLED"

    @property
    def over(self) -> tuple[str, str, str]:
        return self.succeeded, self.failed, self.cancelled


class Tokens(Generic[T]):
    """What was made under which client token. No token is ever forgotten here.

    How long AWS remembers one, and whether it does so by application or by account, is not known.
    """

    def __init__(self, other_request: Callable[[str], AwsError]) -> None:
        self._made: dict[str, tuple[dict[str, Any], T]] = {}
        self._other_request = other_request

    def find(self, parameters: Mapping[str, Any]) -> T | None:
        """What the first request with this token has made.

        Raises:
            AwsError: that was another request.
        """
        known = self._made.get(parameters["clientToken"])
        if known and known[0] != parameters:
            raise self._other_request(
                f"The client token {parameters['clientToken']} was used with other parameters."
            )
        return known[1] if known else None

    def add(self, parameters: Mapping[str, Any], made: T) -> T:
        self._made[parameters["clientToken"]] = (copy.deepcopy(dict(parameters)), made)
        return made


class JobLife(ABC):
    """Takes one job run through its states, in a thread of its own."""

    words: ClassVar[Words]

    def __init__(self, world: World, logs: Logs, job: JobRun) -> None:
        self.world, self.logs, self.job = world, logs, job
        self.thread = threading.Thread(target=self._live, name=job.id, daemon=True)

    @abstractmethod
    def submission(self) -> Submission:
        """What is to be run."""

    @abstractmethod
    def approach(self) -> None:
        """Go through all states before the driver runs.

        Raises:
            JobFailedError: it will not run.
        """

    @abstractmethod
    def failure(self, code: int, stderr: str) -> JobFailedError:
        """Say that the driver failed, as the service does."""

    @abstractmethod
    def log_folder(self) -> str:
        """Where the driver's output goes in S3; empty if it is not kept."""

    def cancel(self, grace: float) -> None:
        """Ask the job run to end, and force it to after so many seconds. Holds `world.changed`."""
        if self.job.state in self.words.over:
            raise invalid(f"Job run {self.job.id} is {self.job.state} and can't be cancelled.")
        if self.job.cancel:
            return
        self.job.grace = grace
        how = INTERRUPT if grace else TERMINATE
        self.job.cancel = (self.world.clock.now() + self.world.delays.cancel, how)
        self.become(self.words.cancelling)

    def become(self, state: str, details: str = "") -> None:
        with self.world.changed:
            self.job.state, self.job.details = state, details[:256]
            self.job.updated = self.world.clock.now()
            self.world.record_event(self.job.id, f"{state} {self.job.name} {details}".rstrip())

    def stage(self, state: str, seconds: float) -> None:
        """Be in a state for so many emulated seconds."""
        until = self.world.clock.now() + seconds
        self.wait_for(state, lambda: self.world.clock.now() >= until)

    def wait_for(self, state: str, ready: Callable[[], bool]) -> None:
        """Be in a state until something is so.

        Raises:
            JobFailedError: others have found something wrong with the job run.
            JobEndedError: it was cancelled, or the emulator ends.
        """
        with self.world.changed:
            self._go_on()
            self.become(state)
            while not ready():
                # a fast clock is not always notified
                self.world.changed.wait(0.02)
                self._go_on()

    def _go_on(self) -> None:
        if self.job.refused:
            raise self.job.refused
        if self.job.cancel or self.world.closing.is_set():
            raise JobEndedError

    def _live(self) -> None:
        attempts = self.request_attempts()
        while not self._attempt(last=self.job.attempt >= attempts):
            with self.world.changed:
                now = self.world.clock.now()
                self.job.attempt, self.job.attempt_created = self.job.attempt + 1, now

    def request_attempts(self) -> int:
        """How often the service itself tries."""
        return 1

    def time_limit(self) -> float:
        """After how many seconds of running the service itself cancels."""
        return float("inf")

    def _attempt(self, *, last: bool) -> bool:
        """Whether there is nothing more to do."""
        try:
            self.approach()
            self._run_driver()
        except JobFailedError as failure:
            if not last:
                self.job.earlier.append({"state": self.words.failed, "details": failure.details})
                return False
            self._end(self.words.failed, failure.details, failure.reason)
        except JobEndedError:
            self._end_cancelled()
        except Exception as error:
            self._end(self.words.failed, f"the emulator failed: {error!r}", "INTERNAL_ERROR")
            raise
        return True

    def _run_driver(self) -> None:
        if early := self.world.faults.take(["early failure"], self.job.name):
            if early.detail["stderr"]:
                said = {"stdout": b"", "stderr": early.detail["stderr"].encode()}
                self.send_logs(said, early=True)
            raise JobFailedError(early.detail["details"], early.detail["reason"])
        with self.world.changed:
            self._go_on()
            self.job.started = self.job.started or self.world.clock.now()
            self.become(self.words.running)
        began = self.world.clock.now()
        self.job.deadline = began + self.time_limit()
        try:
            code, logs = self._execute()
        finally:
            self.job.worked.append(self.world.clock.now() - began)
        if self.world.closing.is_set():
            raise JobEndedError
        output = contents(logs)
        self.send_logs(output)
        if code is None:
            raise JobEndedError
        if code:
            raise self.failure(code, output.get("stderr", b"").decode(errors="replace"))
        self._end(self.words.succeeded)

    def _execute(self) -> tuple[int | None, Path]:
        submission, job = self.submission(), self.job
        folder = self.world.folder / job.owner / job.id / str(job.attempt)
        node = Node(folder, self.world)
        logs = folder / "driver"
        try:
            submission.lay_out(node)
        except SubmissionError as error:
            logs.mkdir(parents=True)
            (logs / "stdout").write_bytes(b"")
            (logs / "stderr").write_text(f"{error}\n")
            return 1, logs
        execution = Execution(
            self.world, node, job, name=job.name, logs=logs, more=submission.variables()
        )
        command = submission.command(real=self.world.spark == "real")
        return execution.run(command), logs

    def send_logs(self, output: Mapping[str, bytes], *, early: bool = False) -> None:
        """Put the output in S3 after a while; `early` if there was no driver."""
        del early
        fault = self.world.faults.take(["step logs"], self.job.name)
        if where := self.log_folder():
            self.logs.send(self.job.id, where, output, self.world.delays.job_logs, fault)

    def _end_cancelled(self) -> None:
        if self.world.closing.is_set():
            return
        details = ""
        if self.job.timed_out:
            details = "The job run has run longer than its execution timeout, and was cancelled."
            self.become(self.words.cancelling, details)
        self._end(self.words.cancelled, details)

    def _end(self, state: str, details: str = "", reason: str | None = None) -> None:
        with self.world.changed:
            self.job.ended = self.world.clock.now()
            self.job.failure_reason = reason if state == self.words.failed else None
            self.become(state, details)


def page(
    items: Sequence[T], parameters: Mapping[str, Any], at_most: int
) -> tuple[list[T], str | None]:
    """One page of the items, and the token for the next if there is one."""
    token = parameters.get("nextToken", "")
    if token and not token.startswith("after-"):
        raise invalid("The nextToken is not valid.")
    start = int(token.removeprefix("after-") or 0)
    end = start + min(parameters.get("maxResults", at_most), at_most)
    return list(items[start:end]), f"after-{end}" if len(items) > end else None
