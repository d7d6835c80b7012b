"""The pipelines of a project on the MLflow server of the settings."""

import logging
from collections.abc import Callable, Iterable, Iterator

from emr_ml.errors import user_message
from emr_ml.export.model_file import exported_files
from emr_ml.settings import Settings
from emr_ml.stack import with_stack
from emr_ml.tracking.content import Links
from emr_ml.tracking.server import connect
from emr_ml.tracking.sync import SyncResult, Tracked, sync
from spark_jobs.runtime.lake import open_lake

LOG = logging.getLogger("emr_ml")
DEFAULT_NAME = "emr_ml"
FOLLOW_SECONDS = 60.0  # how long a command waits for MLflow after its own work


def name_of(settings: Settings, prefix: str) -> str:
    """Return the name of a pipeline's experiment and registered model.

    Args:
        settings: of the environment.
        prefix: key prefix of the pipeline, joined by slashes; "" for none.
    """
    parts = [settings.mlflow_name or "", *prefix.split("/")]
    return "_".join(filter(None, parts)) or DEFAULT_NAME


def sync_pipelines(
    settings: Settings, prefixes: Iterable[str], seconds: float
) -> Iterator[tuple[str, SyncResult]]:
    """Bring MLflow to what the lake says of each pipeline; yield its name and what was done.

    Raises:
        TrackingError: the server, or a package, can't be used.
        SettingsError: the stack can't be used.
    """
    assert settings.mlflow_tracking_uri, "the caller checks it"
    server = connect(settings.mlflow_tracking_uri.get_secret_value(), seconds)
    lake = open_lake(with_stack(settings).lake)
    for prefix in prefixes:
        name = name_of(settings, prefix)
        links = Links(settings.ui_url, tuple(filter(None, prefix.split("/"))))
        own = lake.below(prefix) if prefix else lake
        yield name, sync(Tracked(own, name, links, exported_files), server, LOG)


def follow(settings: Settings, prefixes: Iterable[str], warn: Callable[[str], object]) -> None:
    """Bring MLflow up to date after something in the lake has changed.

    Whatever goes wrong is only a warning: the lake has changed already, and MLflow catches up with
    the next synchronization.
    """
    try:
        for _, result in sync_pipelines(settings, prefixes, FOLLOW_SECONDS):
            for problem in result.problems:
                warn(f"MLflow lacks something: {problem}")
    except Exception as error:
        # also a mistake in MLflow or in this package must not fail what has succeeded
        warn(user_message(error, settings.lake) or f"MLflow: {type(error).__name__}: {error}")
