"""The record of calls: caller, action, resource and outcome."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Call:
    """One call. `actions` are pairs of an IAM action and the ARN that it needs it on.

    `status` is 0 if the connection was cut. `fault` is the planned one that affected it.
    """

    at: float
    service: str
    operation: str
    caller: str
    actions: tuple[tuple[str, str], ...]
    status: int
    error: str = ""
    fault: str = ""
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class Record:
    """Calls in the order in which they were answered; written to `file` too, if there is one."""

    file: Path | None = None
    calls: list[Call] = field(default_factory=list[Call])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, call: Call) -> None:
        with self._lock:
            self.calls.append(call)
            if self.file:
                with self.file.open("a") as out:
                    out.write(json.dumps(asdict(call)) + "\n")

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self.calls))

    def of(self, operation: str, caller: str | None = None) -> list[Call]:
        """The calls of an operation, by its name in the API; of S3, by its IAM action."""
        return [
            call
            for call in self
            if call.operation == operation and (caller is None or call.caller == caller)
        ]

    def actions(self, caller: str) -> set[tuple[str, str]]:
        """All IAM actions, with ARNs, that this caller's calls needed."""
        return {action for call in self if call.caller == caller for action in call.actions}

    def throttled(self) -> Counter[str]:
        """How many calls of each operation were refused for their number, by quota or by plan."""
        codes = ("ThrottlingException", "SlowDown", "Throttling")
        return Counter(call.operation for call in self if call.error in codes)
