"""Watches a source: when it has changed and settled, one run is asked for."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import dagster as dg

from emr_ml.lake.versions import DIGITS
from emr_ml.settings import Settings
from emr_ml.sources.listing import SourceError, list_source, readable

KEYS_PER_REQUEST = 1000  # docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
HOUR = 3600.0

Job = Any  # dagster has no public name for what define_asset_job returns


@dataclass(frozen=True)
class Look:
    """What a listing shows: `digest` tells one state of the source from another.

    `youngest` is when the last file was changed, in seconds since 1970.
    """

    digest: str
    files: int
    size: int
    youngest: float

    @property
    def requests(self) -> int:
        """How many requests to S3 the listing took."""
        return self.files // KEYS_PER_REQUEST + 1


@dataclass(frozen=True)
class Cursor:
    """Where the sensor stands.

    `digest` is the state that the last run was asked for, `generation` counts these runs.
    `waiting` is another state that has been seen `since`, but has not settled. The last listing
    was at `listed_at` and took so many `requests`. Times are seconds since 1970.
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
    name: str, job: Job, source_setting: str, settings: Settings
) -> dg.SensorDefinition:
    """The sensor of the source that is set by `source_setting`."""
    source: str | None = getattr(settings, source_setting)
    variable = f"EMR_ML_{source_setting.upper()}"

    @dg.sensor(
        name=name,
        job=job,
        minimum_interval_seconds=settings.sensor_interval_seconds,
        description=f"Runs {job.name} when the files of {variable} have changed and settled.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        if source is None:
            return _skip(f"{variable} is not set, so there is nothing to watch", None)
        return tick(source, Cursor.of(context.cursor), settings, time.time)

    return sensor


def tick(
    source: str, cursor: Cursor, settings: Settings, clock: Callable[[], float]
) -> dg.SensorResult:
    """List the source, unless that is too early, and ask for a run if it has changed and settled.

    The state is compared with the one of the last run, not with the last tick: whatever happened
    in between, one run follows the difference.
    """
    now = clock()
    if (early := _too_early(cursor, settings, now)) is not None:
        listed = f"{cursor.requests} requests list {source}"
        return _skip(f"{listed}: it is listed again in {early:.0f} s", None)
    try:
        look = look_at(source)
    except SourceError as error:
        return _skip(str(error), None)
    return decide(source, look, replace(cursor, listed_at=now, requests=look.requests), settings)


def decide(source: str, look: Look, cursor: Cursor, settings: Settings) -> dg.SensorResult:
    """What follows from a look at the source; the cursor holds when it was taken."""
    now = cursor.listed_at
    seen = f"{look.files} files, {look.size:,} bytes"
    if not look.files:
        return _skip(f"{source} is empty", cursor)
    if look.digest == cursor.digest:
        still = replace(cursor, waiting="", since=0.0)
        return _skip(f"{seen}: nothing new since run {cursor.generation}", still)
    if cursor.waiting != look.digest or cursor.since > now:
        # seen for the first time, or the clock went back
        return _skip(f"{seen}: changed", replace(cursor, waiting=look.digest, since=now))
    if (left := _unsettled(look, cursor, settings)) > 0:
        return _skip(f"{seen}: changed, and settled in {left:.0f} s", cursor)
    generation = cursor.generation + 1
    request = dg.RunRequest(
        run_key=f"{generation}-{look.digest}",
        tags={"emr_ml/source": look.digest, "emr_ml/source_files": str(look.files)},
    )
    asked = replace(cursor, generation=generation, digest=look.digest, waiting="", since=0.0)
    return dg.SensorResult(run_requests=[request], cursor=json.dumps(asdict(asked)))


def look_at(source: str) -> Look:
    """The state of a source, from a listing alone, however many files there are.

    Raises:
        SourceError: it can't be listed.
    """
    digest = hashlib.sha256()
    files, size, youngest = 0, 0, 0.0
    with readable(source):
        for entry in list_source(source):
            digest.update(json.dumps([entry.name, entry.size, entry.stamp]).encode())
            files += 1
            size += entry.size
            youngest = max(youngest, entry.modified)
    return Look(digest.hexdigest()[:DIGITS], files, size, youngest)


def _too_early(cursor: Cursor, settings: Settings, now: float) -> float | None:
    """Seconds until a listing fits into the requests of an hour; None if it does now."""
    past = now - cursor.listed_at
    left = cursor.requests * HOUR / settings.listing_requests_per_hour - past
    # a clock that went back must not keep the sensor from looking
    return left if past >= 0 and left > 0 else None


def _unsettled(look: Look, cursor: Cursor, settings: Settings) -> float:
    """Seconds until the source has settled.

    That is when no file is younger than the settling time; where the clocks of the files and of
    this machine differ, when it was seen unchanged for so long.
    """
    quiet = max(cursor.listed_at - look.youngest, cursor.listed_at - cursor.since)
    return settings.settle_seconds - quiet


def _skip(why: str, cursor: Cursor | None) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=why, cursor=json.dumps(asdict(cursor)) if cursor else None)
