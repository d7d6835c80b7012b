"""Planned faults, and the record of those that occurred."""

import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

OF_CALLS = ("lost answer", "cut", "throttle", "server error", "expired token", "refuse")
StepLeft = Literal["RUNNING", "INTERRUPTED", "CANCELLED"]
Hang = Literal["stopped", "sleeping", "unnoticed"]
LogTrouble = Literal["missing", "truncated", "plain", "late"]


@dataclass
class Fault:
    """Affects what its glob `of` matches: the first `times` of it after `skip`.

    With `seconds`, a fault of calls lasts for so many emulated seconds from the first it affects.
    With `chance`, it affects only some at random. `detail` has the parameters of its kind.
    """

    kind: str
    of: str = "*"
    times: int | None = 1
    skip: int = 0
    seconds: float | None = None
    chance: float = 1.0
    detail: dict[str, Any] = field(default_factory=dict[str, Any])
    ends: float | None = None
    occurred: bool = False


@dataclass(frozen=True)
class Occurrence:
    """A fault that occurred: its kind, its target and its emulated time."""

    at: float
    kind: str
    subject: str


class Faults:
    """The plan. Its methods may be called from any thread."""

    def __init__(self, now: Callable[[], float], plan: Iterable[Fault] = (), seed: int = 1) -> None:
        self.occurrences: list[Occurrence] = []
        self._now = now
        self._plan = list(plan)
        self._lock = threading.Lock()
        self._chance = random.Random(seed)

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._plan.extend(faults)

    def clear(self) -> None:
        with self._lock:
            self._plan.clear()

    def count(self, kind: str) -> int:
        """How often a fault of that kind has occurred."""
        return sum(one.kind == kind for one in self.occurrences)

    def missed(self) -> list[Fault]:
        """Return the planned faults that have not occurred, so that no test relies on them."""
        with self._lock:
            return [one for one in self._plan if not one.occurred and one.chance == 1.0]

    def take(self, kinds: Iterable[str], *names: str) -> Fault | None:
        """The first planned fault of these kinds that occurs now, to something with these names."""
        wanted = tuple(kinds)
        with self._lock:
            fitting = [
                fault
                for fault in self._plan
                if fault.kind in wanted and any(fnmatchcase(name, fault.of) for name in names)
            ]
            due = [fault for fault in fitting if not fault.skip]
            for fault in fitting:
                fault.skip = max(fault.skip - 1, 0)
            for fault in due:
                if self._occurs(fault):
                    self.occurrences.append(Occurrence(self._now(), fault.kind, names[0]))
                    return fault
        return None

    def _occurs(self, fault: Fault) -> bool:
        now = self._now()
        if fault.times == 0 or (fault.ends is not None and now > fault.ends):
            return False
        if fault.chance < 1.0 and self._chance.random() >= fault.chance:
            return False
        fault.occurred = True
        if fault.times is not None:
            fault.times -= 1
        if fault.seconds is not None and fault.ends is None and fault.kind in OF_CALLS:
            fault.ends = now + fault.seconds
        return True


def _of_calls(kind: str) -> Callable[..., Fault]:
    def planned(
        of: str,
        times: int | None = None,
        skip: int = 0,
        seconds: float | None = None,
        chance: float = 1.0,
    ) -> Fault:
        """`of` is a glob on an operation, as in `RunJobFlow`, `s3:Put*`, `s3:GetObject */x.json`.

        Once, if neither `times` nor `seconds` nor `chance` says otherwise.
        """
        once = times is None and seconds is None and chance == 1.0
        return Fault(kind, of, 1 if once else times, skip, seconds, chance)

    return planned


# done, but the connection is cut before the answer
lost_answer = _of_calls("lost answer")
# the connection is cut before anything is done
cut = _of_calls("cut")
throttle = _of_calls("throttle")
server_error = _of_calls("server error")
expired_token = _of_calls("expired token")


def refuse(
    of: str,
    code: str,
    status: int = 400,
    message: str = "refused by the test",
    times: int | None = None,
) -> Fault:
    """Refuse calls with that error: all of them, unless `times` limits it."""
    return Fault("refuse", of, times, detail={"code": code, "message": message, "status": status})


def before_call(of: str, callback: Callable[[], object]) -> Fault:
    """Run a callback just before the next such call."""
    return Fault("before call", of, detail={"callback": callback})


def hidden_clusters(seconds: float, name: str = "*", times: int | None = None) -> Fault:
    """New clusters are missing from ListClusters for so many emulated seconds."""
    return Fault("hidden cluster", name, times, seconds=seconds)


def hidden_steps(seconds: float, name: str = "*", times: int | None = None) -> Fault:
    """New steps are missing from ListSteps for so many emulated seconds."""
    return Fault("hidden step", name, times, seconds=seconds)


def hidden_applications(seconds: float, name: str = "*", times: int | None = None) -> Fault:
    """New applications are missing from ListApplications for so many emulated seconds."""
    return Fault("hidden application", name, times, seconds=seconds)


def early_failure(
    job: str = "*",
    details: str = "The job run could not be submitted to the application.",
    stderr: str = "",
    reason: str = "INTERNAL_ERROR",
    times: int | None = 1,
) -> Fault:
    """A job run fails before Python starts; without `stderr`, it leaves no log.

    Args:
        reason: EMR on EKS gives it as `failureReason`.
    """
    detail = {"details": details, "stderr": stderr, "reason": reason}
    return Fault("early failure", job, times, detail=detail)


def no_capacity(
    application: str = "*",
    details: str = "The application could not be started: not enough capacity.",
    times: int | None = 1,
) -> Fault:
    """An application can't start: it is STOPPED again, and the job runs that waited fail."""
    return Fault("no capacity", application, times, detail={"details": details})


def slow_start(seconds: float, name: str = "*", times: int | None = 1) -> Fault:
    """A cluster or an application stays STARTING for so many emulated seconds more.

    A job run of that name waits for its workers for so long.
    """
    return Fault("slow start", name, times, seconds=seconds)


def slow_bootstrap(seconds: float, name: str = "*", times: int | None = 1) -> Fault:
    """A cluster stays BOOTSTRAPPING for so many emulated seconds more."""
    return Fault("slow bootstrap", name, times, seconds=seconds)


def bootstrap_failure(
    exit_code: int = 1, stderr: str = "the package index did not answer\n", times: int | None = 1
) -> Fault:
    """The first bootstrap action on the primary node says this and fails."""
    return Fault("bootstrap failure", "*", times, detail={"exit": exit_code, "stderr": stderr})


def start_failure(code: str, message: str, name: str = "*", times: int | None = 1) -> Fault:
    """A cluster ends before its nodes start, for the reason that is given."""
    return Fault("start failure", name, times, detail={"code": code, "message": message})


def subnet_full(times: int | None = 1) -> Fault:
    """There are no addresses left for the nodes."""
    message = (
        "The subnet does not have enough free addresses: InsufficientFreeAddressesInSubnet: "
        "There are not enough free addresses in the requested subnet"
    )
    return start_failure("VALIDATION_ERROR", message, times=times)


def no_spot(name: str = "*", times: int | None = 1) -> Fault:
    """No spot capacity: the fleet's own TimeoutAction decides what follows."""
    return Fault("no spot", name, times)


def instance_failure(
    step: str = "*",
    after: float | threading.Event = 0.5,
    step_left: StepLeft = "RUNNING",
    times: int | None = 1,
    *,
    process_survives: bool = False,
) -> Fault:
    """The primary node is lost, so many true seconds after a step began to run, or at an event."""
    detail = {"after": after, "left": step_left, "survives": process_survives}
    return Fault("instance failure", step, times, detail=detail)


def hung_step(step: str = "*", how: Hang = "stopped", times: int | None = 1) -> Fault:
    """A step that never ends.

    `stopped`: its processes hear no SIGTERM. `sleeping`: its spark-submit does nothing, but ends
    when asked to. `unnoticed`: it runs as usual, and the API never says that it ended.
    """
    return Fault("hung step", step, times, detail={"how": how})


def idle_end_before(
    operation: str = "AddJobFlowSteps",
    times: int | None = 1,
    *,
    cancelled: bool = False,
    code: str = "ALL_STEPS_COMPLETED",
) -> Fault:
    """The cluster begins to end by its idle timeout just before that call is looked at.

    `cancelled`: those of its steps that had not ended are cancelled by then. Which `code` EMR
    gives as the reason is not documented.
    """
    return Fault("idle end", operation, times, detail={"cancelled": cancelled, "code": code})


def step_logs(
    how: LogTrouble, step: str = "*", seconds: float = 3600.0, times: int | None = 1
) -> Fault:
    """A step's logs are never written, are cut off, are not gzipped, or are so much later."""
    return Fault("step logs", step, times, seconds=seconds, detail={"how": how})
