"""A line in a run's log at least every ten seconds, however quiet the work is."""

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

import dagster as dg

from emr_ml.ui.run_bar import ENDED
from emr_ml.wording import duration, join_first

SECONDS = 9.0  # of silence; a busy machine may be late
NAMES_SHOWN = 2


class Note:
    """What long work is at; `emr_ml/lake/snapshots.py` writes it, and a heartbeat logs it."""

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, text: str) -> None:
        self.text = text


class LastLine(logging.Filter):
    """Lets all records pass, and knows for how many seconds there has been none."""

    def __init__(self) -> None:
        super().__init__()
        self._at = time.monotonic()

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - logging's signature
        self._at = time.monotonic()
        return True

    @property
    def silence(self) -> float:
        """Seconds since the last record."""
        return time.monotonic() - self._at


@contextmanager
def heartbeat(
    log: logging.Logger, describe: Callable[[], str], seconds: float = SECONDS
) -> Generator[None]:
    """Log what `describe` returns whenever nothing has been logged for so many seconds."""
    ended, last = threading.Event(), LastLine()
    log.addFilter(last)

    def beat() -> None:
        while not ended.wait(max(seconds - last.silence, 0.01)):
            if last.silence >= seconds:
                # that it can't be told must not end the work
                with suppress(Exception):
                    log.info("%s", describe())

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        log.removeFilter(last)


def progress_of(context: dg.AssetExecutionContext, note: Note | None = None) -> Callable[[], str]:
    """Return a function that tells how long an asset has taken, and what is left of its run.

    Args:
        context: of the asset.
        note: what it is at, if it tells.
    """
    started, run = time.monotonic(), context.run
    step = context.asset_key.to_python_identifier()

    def describe() -> str:
        at = f"{note.text}; " if note and note.text else ""
        taken = duration(time.monotonic() - started)
        return f"{at}{taken} so far{_left(context.instance, run, step)}"

    return describe


def _left(instance: dg.DagsterInstance, run: dg.DagsterRun, step: str) -> str:
    """Return how many steps of a run are done, and which are left after this one."""
    snapshot = run.execution_plan_snapshot_id
    if snapshot is None:
        return ""
    steps = instance.get_execution_plan_snapshot(snapshot).step_keys_to_execute
    events = instance.get_records_for_run(run.run_id, of_type=set(ENDED)).records
    done = {record.event_log_entry.step_key for record in events}
    left = [key for key in steps if key not in done and key != step]
    after = f", after this: {join_first(left, NAMES_SHOWN)}" if left else ", this is the last"
    return f"; {len(done)} of {len(steps)} assets of this run are done{after}"
