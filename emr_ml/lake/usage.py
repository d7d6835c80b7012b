"""`used.json`: marks a version or a part as used, so that no clean-up removes it.

A reader writes the mark before it looks for the commit; a clean-up removes the commit before it
looks for the mark. So at least one of the two sees the other.
"""

import time

from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.lake import Lake

USED = "used.json"
FRESH_SECONDS = 3600.0


def mark_used(lake: Lake, folder: str) -> None:
    """Mark the folder as used now, unless it was marked within the last hour."""
    key = f"{folder}/{USED}"
    mark = next(iter(lake.list(key)), None)
    if mark is None or time.time() - mark.modified > FRESH_SECONDS:
        lake.write_json(key, {"at": now()})
