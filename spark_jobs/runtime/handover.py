"""Hand a Spark application from one attempt to the next of its run, so that Spark starts once.

Application and launcher exchange one record in the lake, changed by conditional writes alone: an
offer is taken or withdrawn, never both.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from spark_jobs.runtime.lake import Lake, Stored
from spark_jobs.runtime.lake.base import as_json

WAIT_SECONDS = 60.0  # without an offer
# An attempt that takes over an old application gets less of the step's time limit; and for long
# jobs, starting Spark takes a small part of the time.
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
        location: where the application runs, in the words of the launcher that made the offer.
    """

    state: Literal["waiting", "offered", "taken", "closed"]
    host: str
    request: str = ""
    module: str = ""
    location: Mapping[str, str] = field(default_factory=dict[str, str])

    @staticmethod
    def of(stored: Stored) -> "Handover":
        """Parse the record.

        Raises:
            JobError: it is damaged.
        """

        def parse(value: dict[str, Any]) -> Handover:
            if value["state"] not in ("waiting", "offered", "taken", "closed"):
                raise ValueError(f"the state {value['state']!r} is unknown")
            return Handover(**{name: value[name] for name in asdict(Handover("closed", ""))})

        return stored.parsed(parse)

    def written(self, lake: Lake, key: str, over: Stored | None) -> bool:
        """Write the record over another, or none; return False if that is no longer there."""
        etag = over.etag if over else None
        return lake.write_if_unchanged(key, as_json(asdict(self)), etag) is not None


def wait_for_next(
    lake: Lake, key: str, host: str, *, sleep: Callable[[float], None] = time.sleep
) -> Handover | None:
    """Wait for an attempt to run next, and take it.

    Args:
        lake: of the record.
        key: of the record.
        host: the request for which this application was started.
        sleep: waits for that many seconds.

    Returns:
        The taken offer; or None if there is none within `WAIT_SECONDS`, the run is over, or the
        application of another step waits already.
    """
    stored = lake.read(key)
    current = Handover.of(stored) if stored else None
    if current and current.state != "closed" and (current.host, current.state) != (host, "taken"):
        return None
    is_own = current is not None and current.state == "taken"
    # the launcher of the last attempt may still have to learn that it was taken
    waiting = replace(current, state="waiting") if current and is_own else Handover("waiting", host)
    # The answer to a write may be lost, so what counts is what is read. Only this application says
    # that it has taken an attempt.
    waiting.written(lake, key, stored)
    deadline = time.monotonic() + WAIT_SECONDS
    while stored := lake.read(key):
        current = Handover.of(stored)
        is_new = current.request != waiting.request
        if current.host != host or current.state == "closed":
            return None
        if current.state == "taken" and is_new:
            return current
        if current.state == "offered":
            replace(current, state="taken").written(lake, key, stored)
        elif time.monotonic() > deadline:
            replace(current, state="closed").written(lake, key, stored)
        else:
            sleep(PAUSE_SECONDS)
    return None
