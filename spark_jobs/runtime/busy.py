"""Tell EMR that this node is at work while a job is, although YARN may run nothing yet."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

# EMR takes a node whose file is recent for busy, whatever YARN runs ("Using an auto-termination
# policy" in EMR's management guide). Other machines have no such folder.
BUSY_FILE = Path("/emr/metricscollector/isbusy")
TOUCH_SECONDS = 30.0


@contextmanager
def busy_node(file: Path = BUSY_FILE, interval: float = TOUCH_SECONDS) -> Generator[None]:
    """Touch the file every `interval` seconds until the block ends, if its folder exists."""
    ended = threading.Event()

    def touch() -> None:
        # without the right to, EMR decides by YARN alone
        with suppress(OSError):
            file.touch()
            while not ended.wait(interval):
                file.touch()

    if file.parent.is_dir():
        threading.Thread(target=touch, name="busy-node", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
