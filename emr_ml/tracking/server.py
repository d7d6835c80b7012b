"""A client of the MLflow server that `MLFLOW_TRACKING_URI` names, with short time limits."""

import os
import time
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from emr_ml.errors import UserError, is_aws_error, user_message

if TYPE_CHECKING:
    from mlflow import MlflowClient

REQUEST_SECONDS = 10
UPLOAD_SECONDS = 60
# MLflow's own variables; what the user sets wins
DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": str(REQUEST_SECONDS),
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",  # the next synchronization tries again
    "MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT": str(UPLOAD_SECONDS),
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
SECRETS = ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD")
# set whatever the user sets: nobody but the server is to be called
NO_TELEMETRY = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
MAX_REASON_CHARACTERS = 300


class TrackingError(UserError):
    """MLflow could not be brought up to date: what is wrong, and what to do."""


@dataclass(frozen=True)
class Server:
    """A connection to an MLflow server.

    Args:
        client: of the server.
        address: of the server, without credentials.
        deadline: on the monotonic clock, after which no more requests are begun.
    """

    client: "MlflowClient"
    address: str
    deadline: float

    def check_time(self) -> None:
        """Raise TrackingError if the deadline has passed."""
        if time.monotonic() > self.deadline:
            raise TrackingError(
                f"MLflow at {self.address} is not up to date yet: it took too long",
                fix="the next `emr-ml mlflow sync`, also by the sensor, continues",
            )


def connect(uri: str, seconds: float) -> Server:
    """Return a connection; no request is made yet.

    Sets MLflow's variables in this process. Credentials in the address become
    `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, which MLflow never shows.

    Args:
        uri: value of `MLFLOW_TRACKING_URI`.
        seconds: for everything that is done with the connection.

    Raises:
        TrackingError: it is no address of a server, or a package is missing.
    """
    address = public_address(uri)
    check_packages()
    parts = urlsplit(uri)
    if parts.username:
        os.environ["MLFLOW_TRACKING_USERNAME"] = unquote(parts.username)
        os.environ["MLFLOW_TRACKING_PASSWORD"] = unquote(parts.password or "")
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ.update(NO_TELEMETRY)
    # what MLflow would otherwise read itself, with the credentials
    os.environ["MLFLOW_TRACKING_URI"] = address

    with without_warnings():
        import mlflow  # takes two seconds

        mlflow.set_tracking_uri(address)
    return Server(mlflow.MlflowClient(address, address), address, time.monotonic() + seconds)


def check_packages() -> None:
    """Raise TrackingError if the extra is not installed."""
    if missing := [name for name in ("mlflow", "pandas") if find_spec(name) is None]:
        raise TrackingError(
            f"MLFLOW_TRACKING_URI is set, but {' and '.join(missing)} can't be imported",
            fix="install the extra, `pip install 'emr-ml[mlflow]'`, or unset the variable",
        )


@contextmanager
def without_warnings() -> Generator[None]:
    """Hide the warnings of MLflow about itself, which nobody here can do anything about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def public_address(uri: str) -> str:
    """Return the address without credentials.

    Raises:
        TrackingError: it is not the address of a server.
    """
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in ("http", "https") or not host:
        # not shown, because it may contain a password
        raise TrackingError(
            "MLFLOW_TRACKING_URI is not the http:// or https:// address of an MLflow server",
            fix="correct or unset it",
        )
    host = f"[{host}]" if ":" in host else host
    place = f"{host}:{port}" if port else host
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))


@contextmanager
def server_errors(address: str) -> Generator[None]:
    """Turn what MLflow's client raises in the block into TrackingError.

    Its errors are those of MLflow, of requests, and of the client of the artifact store.
    """
    from mlflow.exceptions import MlflowException
    from requests import RequestException

    try:
        yield
    except (MlflowException, RequestException) as error:
        raise TrackingError(
            f"MLflow at {address} could not be brought up to date: {_reason(error)}",
            fix="once it answers, `emr-ml mlflow sync`, also by the sensor, catches up",
        ) from error
    except Exception as error:
        if not is_aws_error(error):
            raise
        raise TrackingError(
            f"MLflow's artifacts can't be written: {user_message(error)}",
            fix="then run `emr-ml mlflow sync`",
        ) from error


def _reason(error: BaseException) -> str:
    """Return what an error was caused by first, such as `Connection refused`, without secrets."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = " ".join(str(text).split())
    # requests shows a header that it refuses, such as that of a token with a line break
    for secret in filter(None, map(os.environ.get, SECRETS)):
        text = text.replace(repr(secret)[1:-1], "***")
    return text[:MAX_REASON_CHARACTERS]
