"""Dagster's history, as `emr-ml run` writes it and the UI shows it."""

import fcntl
from collections.abc import Generator
from contextlib import chdir, contextmanager
from pathlib import Path

import dagster as dg

from emr_ml.errors import UserError
from emr_ml.settings import Settings

CONFIG, FOLDER = "dagster.yaml", ".dagster"


class HistoryError(UserError):
    """Dagster's history can't be read."""


def open_instance() -> dg.DagsterInstance:
    """Open the instance of the dagster.yaml in this folder; one process at a time creates it."""
    folder = Path(FOLDER)
    folder.mkdir(exist_ok=True)
    with (folder / "creation.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return dg.DagsterInstance.from_config(".")


@contextmanager
def open_history(settings: Settings) -> Generator[dg.DagsterInstance | None]:
    """Open the instance for reading, or yield None if nothing was ever run.

    Raises:
        HistoryError: the folder is not there, or the storage can't be opened.
    """
    home = Path(settings.dagster_home)
    if not home.is_dir():
        raise HistoryError(
            f"there is no folder {home}",
            fix="set DAGSTER_HOME to the folder of Dagster's dagster.yaml, or unset it",
        )
    # without either, this would start a history in a folder that has nothing to do with it
    if not any((home / name).exists() for name in (CONFIG, FOLDER)):
        yield None
        return
    with chdir(home):  # the paths in dagster.yaml are relative
        try:
            instance = open_instance()
        except Exception as error:
            first = next(iter(str(error).splitlines()), type(error).__name__)
            raise HistoryError(
                f"Dagster's history in {home} can't be opened: {first}",
                fix=f"correct `storage` in {home / CONFIG}, or start its database",
            ) from error
        with instance:
            yield instance
