"""The check of the MLflow server."""

import urllib.request
from http.client import HTTPException

from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.tracking.server import TrackingError, check_packages, public_address

NAME = "MLflow"
SECONDS = 5
HARMLESS = "runs succeed without it"


def check_server(uri: str) -> Finding:
    """Check that packages are installed, and that the server answers.

    Args:
        uri: value of `MLFLOW_TRACKING_URI`.
    """
    try:
        address = public_address(uri)
        check_packages()
    except TrackingError as error:
        return bad(NAME, f"{error.problem}; {HARMLESS}", error.fix)
    try:
        # what a server with a login shows to everybody
        with urllib.request.urlopen(f"{address}/health", timeout=SECONDS):  # noqa: S310 - http or https
            return good(NAME, f"{address} answers")
    except (OSError, HTTPException) as error:
        problem = f"{address} does not answer: {getattr(error, 'reason', error)}; {HARMLESS}"
        return bad(NAME, problem, "start the server, or correct MLFLOW_TRACKING_URI")
