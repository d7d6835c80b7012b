"""Python's search for garbage, less often.

Dagster and the definitions make a million objects that stay. Python looks through them again and
again while it makes more, and once more at the end, which is a fifth of the time of a run with
nothing to do.
"""

import atexit
import gc

NEW_OBJECTS = 50_000  # after which Python looks for garbage, instead of 700


def collect_less() -> None:
    """Let this process look for garbage less often, and not when it ends."""
    gc.set_threshold(NEW_OBJECTS)
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
