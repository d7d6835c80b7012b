"""How much of a run is done, as a bar below its log: on a terminal, and nowhere else."""

import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import dagster as dg

if TYPE_CHECKING:  # rich takes a tenth of a second to import, and most processes show no bar
    from rich.console import Console
    from rich.progress import Progress, TaskID

REFRESHES_PER_SECOND = 2  # each takes time from Spark on a small machine
STARTED = dg.DagsterEventType.STEP_START
ENDED = (
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.STEP_SKIPPED,
)
STYLES = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}


class RunBar:
    """A bar, and the log above it."""

    def __init__(self, progress: "Progress", task: "TaskID") -> None:
        self._progress, self._task = progress, task

    def note(self, record: logging.LogRecord) -> None:
        """Move on if the record is of a step that starts or ends."""
        event: dg.DagsterEvent | None = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None:
            return
        if event.event_type is STARTED:
            self._progress.update(self._task, description=event.step_key or "")
        elif event.event_type in ENDED:
            self._progress.advance(self._task)

    def print(self, line: str, level: int) -> None:
        """Print a line of the log above the bar, in a colour if it is a warning or an error."""
        from rich.text import Text

        text = Text(line, style=STYLES.get(level, ""))
        self._progress.console.print(text, soft_wrap=True, highlight=False)


class LogHandler(logging.StreamHandler[TextIO]):
    """Writes to standard error, above the bar if there is one.

    Args:
        level: name of the lowest level that is written. The logger must let all levels pass, for
            Dagster logs the end of a step as DEBUG, and the bar moves with it.
    """

    def __init__(self, level: str) -> None:
        super().__init__(sys.stderr)
        self.setLevel(level)
        self._lowest, self.level = self.level, logging.NOTSET

    def handle(self, record: logging.LogRecord) -> bool:
        # before the filters, which keep such events out of the log
        for bar in _bars:
            bar.note(record)
        return record.levelno >= self._lowest and bool(super().handle(record))

    def emit(self, record: logging.LogRecord) -> None:
        if not _bars:
            super().emit(record)
            return
        try:
            _bars[-1].print(self.format(record), record.levelno)
        except Exception:
            self.handleError(record)


_bars: list[RunBar] = []


@contextmanager
def run_bar(steps: int, console: "Console | None" = None) -> Generator[None]:
    """Show below the log how many steps of a run are done, until the block ends.

    Args:
        steps: of the run.
        console: where the log goes; nothing is shown if it is no terminal.
    """
    from rich.console import Console

    console = console or Console(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield
        return
    with _progress(console) as progress:
        _bars.append(RunBar(progress, progress.add_task("", total=steps)))
        try:
            yield
        finally:
            _bars.pop()


def _progress(console: "Console") -> "Progress":
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
        console=console,
        transient=True,
        refresh_per_second=REFRESHES_PER_SECOND,
        redirect_stdout=False,
        redirect_stderr=False,
    )
