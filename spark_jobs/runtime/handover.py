"""Hand a Spark application over from one attempt to the next of its run, so that Spark starts once.

Application and launcher exchange one record in the lake, changed by conditional writes alone: an
offer is taken or withdrawn, never both.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from spark_jobs.runtime.lake import Lake, Stored
from spark_jobs.runtime.lake.base import as_json

State = Literal["waiting", "offered", "taken", "closed"]

WAIT_SECONDS = 60.0  # without an offer
# Since the start of the application. An attempt that is handed over later has less of the step's
# time limit; and with long jobs, the start of Spark is a small part of the time.
MAX_AGE_SECONDS = 600.0
PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Handover:
    """The contents of the record.

    Args:
        state: `waiting` for an attempt; `offered` one; `taken` by the application; or `closed`,
            after which an application of another step may wait.
        host: address of the request for which the application's step was added.
        request: address of the last request that was offered, or "".
        module: of its job, or "".
        more: whether the run may have another job after that one.
    """

    state: State
    host: str
    request: str = ""
    module: str = ""
    more: bool = False

    @staticmethod
    def of(stored: Stored) -> "Handover":
        """Parse the record.

        Raises:
            JobError: it is damaged.
        """

        def parse(value: dict[str, Any]) -> Handover:
            if value["state"] not in get_args(State):
                raise ValueError(f"the state {value['state']!r} is unknown")
            return Handover(**{each.name: value[each.name] for each in fields(Handover)})

        return stored.parsed(parse)

    def write(self, lake: Lake, key: str, over: Stored | None) -> bool:
        """Write the record over another, or none; return False if that is no longer there.

        False may also mean that the answer to the write was lost.
        """
        etag = over.etag if over else None
        return lake.write_if_unchanged(key, as_json(asdict(self)), etag) is not None


def wait_for_next(
    lake: Lake,
    key: str,
    host: str,
    done: str,
    *,
    seconds: float = WAIT_SECONDS,
    is_alive: Callable[[], bool] = lambda: True,
    sleep: Callable[[float], None] = time.sleep,
) -> Handover | None:
    """Wait for an attempt to run next, and take it.

    Args:
        lake: of the record.
        key: of the record.
        host: address of the request for which this application was started.
        done: address of the request that it has run last.
        seconds: to wait at most.
        is_alive: whether Spark can run another job.
        sleep: waits for that many seconds.

    Returns:
        The taken offer; or None if there is none in time, the run is over, Spark has ended, or the
        application of another step waits already.
    """
    stored = lake.read(key)
    if stored is None or Handover.of(stored).state == "closed":
        Handover("waiting", host).write(lake, key, stored)
    deadline = time.monotonic() + seconds
    # The answer to a write may be lost, so what counts is what is read. Only this application says
    # that it has taken an attempt.
    while stored := lake.read(key):
        current = Handover.of(stored)
        if current.host != host or current.state == "closed":
            return None
        if current.state == "taken" and current.request != done:
            return current
        if current.state == "taken":
            # with the request, so that its launcher can still learn that it was taken
            replace(current, state="waiting").write(lake, key, stored)
        elif time.monotonic() > deadline or not is_alive():
            replace(current, state="closed").write(lake, key, stored)
        elif current.state == "offered":
            replace(current, state="taken").write(lake, key, stored)
        else:
            sleep(PAUSE_SECONDS)
    return None
