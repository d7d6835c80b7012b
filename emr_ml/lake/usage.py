"""`used.json`: that somebody has picked a version or a part, so that it is not cleaned away.

A reader says so before it looks whether the version is there; whoever cleans takes the commit
away before it looks whether somebody said so. One of the two always sees the other.
"""

import time

from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.lake import Lake

USED = "used.json"
FRESH_SECONDS = 3600.0


def mark_used(lake: Lake, folder: str) -> None:
    """Note that what is in the folder is used, unless that was noted within the last hour."""
    key = f"{folder}/{USED}"
    noted = next(iter(lake.list(key)), None)
    if noted is None or time.time() - noted.modified > FRESH_SECONDS:
        lake.write_json(key, {"at": now()})
