"""Watches a source, and requests one run once its files have changed and settled."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Self

import dagster as dg

from emr_ml.jobs import Job
from emr_ml.lake.versions import DIGITS
from emr_ml.settings import Settings
from emr_ml.sources.listing import SourceError, list_source, readable

KEYS_PER_REQUEST = 1000  # docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class SourceState:
    """What a listing of a source shows.

    Args:
        digest: of names, sizes and stamps, which tells one state from another.
        files: their number.
        size: of all files, in bytes.
        last_modified: of the newest file, in seconds since 1970.
    """

    digest: str
    files: int
    size: int
    last_modified: float

    @property
    def requests(self) -> int:
        """How many requests to S3 the listing took."""
        return self.files // KEYS_PER_REQUEST + 1


@dataclass(frozen=True)
class Cursor:
    """The sensor's progress. Times are seconds since 1970.

    Args:
        generation: number of runs that were requested so far.
        digest: state of the source for which the last run was requested.
        waiting: another state that has been seen, but has not settled.
        since: when that state was first seen.
        listed_at: time of the last listing.
        requests: number of requests that it took.
    """

    generation: int = 0
    digest: str = ""
    waiting: str = ""
    since: float = 0.0
    listed_at: float = 0.0
    requests: int = 0

    @classmethod
    def of(cls, text: str | None) -> Self:
        return cls(**json.loads(text)) if text else cls()


def new_data_sensor(
    name: str, job: Job, source: str | None, attribute: str, settings: Settings
) -> dg.SensorDefinition:
    """Return a sensor of a source.

    Args:
        name: of the sensor; its cursor belongs to it.
        job: to run when the files have changed.
        source: file, folder or `s3://` prefix; None if there is nothing to watch.
        attribute: of the component, and of the settings, that names a source.
        settings: how often to look, and how long files must be unchanged.
    """

    @dg.sensor(
        name=name,
        job=job,
        minimum_interval_seconds=settings.sensor_interval_seconds,
        description=f"Runs {job.name} when the files of {source or attribute} have changed and "
        "settled.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        if source is None:
            return _skip(
                f"neither EMR_ML_{attribute.upper()} nor `{attribute}` of the component is set, "
                "so there is nothing to watch",
                None,
            )
        return tick(source, Cursor.of(context.cursor), settings, time.time)

    return sensor


def tick(
    source: str, cursor: Cursor, settings: Settings, clock: Callable[[], float]
) -> dg.SensorResult:
    """List the source unless it is too early, and request a run if it has changed and settled.

    The state is compared with that of the last run, not of the last tick, so that one run follows
    however many changes.
    """
    now = clock()
    if (wait := _seconds_until_listing(cursor, settings, now)) is not None:
        reason = (
            f"a listing of {source} takes {cursor.requests} requests: the next is in {wait:.0f} s"
        )
        return _skip(reason, None)
    try:
        state = read_state(source)
    except SourceError as error:
        return _skip(str(error), None)
    return decide(source, state, replace(cursor, listed_at=now, requests=state.requests), settings)


def decide(source: str, state: SourceState, cursor: Cursor, settings: Settings) -> dg.SensorResult:
    """Request a run or skip, given the state of the source at `cursor.listed_at`."""
    now = cursor.listed_at
    contents = f"{state.files} files, {state.size:,} bytes"
    if not state.files:
        return _skip(f"{source} is empty", cursor)
    if state.digest == cursor.digest:
        unchanged = replace(cursor, waiting="", since=0.0)
        return _skip(f"{contents}: nothing new since run {cursor.generation}", unchanged)
    if cursor.waiting != state.digest or cursor.since > now:
        # seen for the first time, or the clock was set back
        return _skip(f"{contents}: changed", replace(cursor, waiting=state.digest, since=now))
    if (wait := _seconds_until_settled(state, cursor, settings)) > 0:
        return _skip(f"{contents}: changed, and settled in {wait:.0f} s", cursor)
    generation = cursor.generation + 1
    request = dg.RunRequest(
        run_key=f"{generation}-{state.digest}",
        tags={"emr_ml/source": state.digest, "emr_ml/source_files": str(state.files)},
    )
    requested = replace(cursor, generation=generation, digest=state.digest, waiting="", since=0.0)
    return dg.SensorResult(run_requests=[request], cursor=json.dumps(asdict(requested)))


def read_state(source: str) -> SourceState:
    """Return the state of a source from one listing, in constant memory.

    Raises:
        SourceError: it can't be listed.
    """
    digest = hashlib.sha256()
    files, size, last_modified = 0, 0, 0.0
    with readable(source):
        for entry in list_source(source):
            digest.update(json.dumps([entry.name, entry.size, entry.stamp]).encode())
            files += 1
            size += entry.size
            last_modified = max(last_modified, entry.modified)
    return SourceState(digest.hexdigest()[:DIGITS], files, size, last_modified)


def _seconds_until_listing(cursor: Cursor, settings: Settings, now: float) -> float | None:
    """Return how long to wait so as not to exceed the requests per hour, or None if not at all."""
    elapsed = now - cursor.listed_at
    interval = cursor.requests * SECONDS_PER_HOUR / settings.listing_requests_per_hour
    # a clock that was set back must not stop the sensor
    return interval - elapsed if 0 <= elapsed < interval else None


def _seconds_until_settled(state: SourceState, cursor: Cursor, settings: Settings) -> float:
    """Return how long to wait until the source has settled.

    It has settled when no file was modified within the settling time. Because the clocks of files
    and of this machine may differ, it has also settled when it was seen unchanged for that time.
    """
    unmodified = cursor.listed_at - state.last_modified
    unchanged = cursor.listed_at - cursor.since
    return settings.settle_seconds - max(unmodified, unchanged)


def _skip(reason: str, cursor: Cursor | None) -> dg.SensorResult:
    return dg.SensorResult(
        skip_reason=reason, cursor=json.dumps(asdict(cursor)) if cursor else None
    )
